// From a WAV file to its samples, as soundfile reads them in Python.
import { Unreadable } from './decode.js'

const PICTURES = [
  /^\x89PNG/,
  /^\xff\xd8\xff/,
  /^GIF8/,
  /^BM/,
  /^II\*\0/,
  /^MM\0\*/,
  /^RIFF.{4}WEBP/s,
  /^.{4}ftyp(heic|mif1|avif)/s
]
const DAMAGED = 'This file is damaged or cut short: copy or download it again.'
const EXTENSIBLE = 0xfffe // the number of the codec stands further on

/** A byte of µ-law, with which telephones make 14 bits of 8. */
function fromMuLaw(byte) {
  const flipped = ~byte & 255
  const size = (((flipped & 15) << 3) + 132) << ((flipped & 112) >> 4)
  return (flipped & 128 ? 132 - size : size - 132) / 2 ** 15
}

/** A byte of A-law, with which other telephones make 13 bits of 8. */
function fromALaw(byte) {
  const flipped = byte ^ 0x55
  const step = (flipped & 112) >> 4
  const size = (((flipped & 15) << 4) + (step ? 264 : 8)) << Math.max(0, step - 1)
  return (flipped & 128 ? size : -size) / 2 ** 15
}

/** A number from a file as one that can be computed with: 32 bits, and no sum of them is infinite. */
function finite(number) {
  const value = Math.fround(number)
  return Number.isFinite(value) ? Math.min(Math.max(value, -1e36), 1e36) : 0
}

const READERS = {
  // number of the codec, bytes of a sample → what reads one
  '1 1': (view, at) => (view.getUint8(at) - 128) / 2 ** 7,
  '1 2': (view, at) => view.getInt16(at, true) / 2 ** 15,
  '1 3': (view, at) => (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 2 ** 23,
  '1 4': (view, at) => Math.fround(view.getInt32(at, true) / 2 ** 31),
  '3 4': (view, at) => finite(view.getFloat32(at, true)),
  '3 8': (view, at) => finite(view.getFloat64(at, true)),
  '6 1': (view, at) => fromALaw(view.getUint8(at)),
  '7 1': (view, at) => fromMuLaw(view.getUint8(at))
}

/** Some bytes as letters. */
const letters = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to))

/** Why a file cannot be read that is no WAV file, and what to do. */
function whatIsWrong(bytes) {
  if (!bytes.length) return 'This file is empty: copy or download it again.'
  const head = letters(bytes, 0, 12)
  if (PICTURES.some(begins => begins.test(head))) {
    return 'This file is a picture, but this model knows sounds: give it a WAV file.'
  }
  return 'This page reads WAV files only: save the sound as WAV and try again.'
}

/** Where a part of the file lies, from its first byte to the one after its last; null if there is none. */
function partOf(view, bytes, wanted) {
  let at = 12
  while (at + 8 <= bytes.length) {
    const name = letters(bytes, at, at + 4)
    const size = view.getUint32(at + 4, true)
    if (name === wanted) return [at + 8, Math.min(at + 8 + size, bytes.length)]
    at += 8 + size + (size % 2)
  }
  return null
}

/** What stands in the head: number of the codec, channels, rate and bytes of a sample. */
function formOf(view, [start, end]) {
  if (end - start < 16) throw new Unreadable(DAMAGED)
  const codec = view.getUint16(start, true)
  return {
    codec: codec === EXTENSIBLE && end - start >= 26 ? view.getUint16(start + 24, true) : codec,
    channels: view.getUint16(start + 2, true),
    rate: view.getUint32(start + 4, true),
    width: Math.ceil(view.getUint16(start + 14, true) / 8)
  }
}

/**
 * An opened WAV file: its rate, channels and frames, and `sample(frame, channel)`, a number from -1 to 1. It throws
 * `Unreadable` if it is none.
 */
export function openWav(bytes) {
  if (!/^RIFF.{4}WAVE/s.test(letters(bytes, 0, 12))) throw new Unreadable(whatIsWrong(bytes))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const head = partOf(view, bytes, 'fmt ')
  const body = partOf(view, bytes, 'data')
  if (!head || !body) throw new Unreadable(DAMAGED)
  const { codec, channels, rate, width } = formOf(view, head)
  const read = READERS[`${codec} ${width}`]
  if (!read) {
    const name = `0x${codec.toString(16).padStart(4, '0')}`
    throw new Unreadable(`This file is a WAV file with the codec ${name}: save it as WAV with PCM and try again.`)
  }
  if (!channels || channels > 64 || rate < 100 || rate > 1e6) throw new Unreadable(DAMAGED)
  const [start, told] = body
  const end = told === start ? bytes.length : told // a recorder that was cut off has written that there is nothing
  const frame = width * channels
  const frames = Math.floor((end - start) / frame)
  if (!frames) throw new Unreadable('This file holds no sound: copy or download it again.')
  return { rate, channels, frames, sample: (n, channel) => read(view, start + n * frame + channel * width) }
}
