// How a photo was held when it was taken, as EXIF says; and the same file without that note, so that no browser turns
// it by itself.

const text = (bytes, from, to) => String.fromCharCode(...bytes.subarray(from, to))
const view = bytes => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * Where in EXIF notes the value of the orientation stands, and in which order its bytes do; null where there is none.
 */
function orientationPlace(bytes, start, end) {
  const data = view(bytes)
  const order = text(bytes, start, start + 2)
  if (end - start < 8 || !['II', 'MM'].includes(order)) return null
  const little = order === 'II'
  const directory = start + data.getUint32(start + 4, little)
  if (directory + 2 > end) return null
  for (let i = 0, n = data.getUint16(directory, little); i < n; i++) {
    const entry = directory + 2 + 12 * i
    if (entry + 12 > end) return null
    if (data.getUint16(entry, little) === 0x0112 && data.getUint16(entry + 2, little) === 3) {
      return { place: entry + 8, little }
    }
  }
  return null
}

/** The blocks of a JPEG before its pixels: kind, start and end of what is in each. */
function* jpegBlocks(bytes) {
  for (let place = 2; place + 4 <= bytes.length;) {
    if (bytes[place] !== 0xff || bytes[place + 1] === 0xff || bytes[place + 1] === 0) {
      place++
      continue
    }
    const kind = bytes[place + 1]
    if (kind === 0xda || kind === 0xd9) return
    if (kind >= 0xd0 && kind <= 0xd8) {
      place += 2
      continue
    }
    const end = Math.min(bytes.length, place + 2 + view(bytes).getUint16(place + 2))
    yield [kind, place + 4, end]
    place = end
  }
}

/** The chunks of a PNG: name, start and end of what is in each. */
function* pngChunks(bytes) {
  for (let place = 8; place + 12 <= bytes.length;) {
    const end = place + 8 + view(bytes).getUint32(place)
    yield [text(bytes, place + 4, place + 8), place + 8, Math.min(end, bytes.length)]
    place = end + 4
  }
}

/** The chunks of a WebP. */
function* webpChunks(bytes) {
  for (let place = 12; place + 8 <= bytes.length;) {
    const length = view(bytes).getUint32(place + 4, true)
    yield [text(bytes, place, place + 4), place + 8, Math.min(place + 8 + length, bytes.length)]
    place += 8 + length + (length % 2)
  }
}

/** All notes of EXIF in a file: start and end of each. */
function exifParts(bytes) {
  const afterName = ([start, end]) => (text(bytes, start, start + 6) === 'Exif\0\0' ? [start + 6, end] : [start, end])
  if (isJpeg(bytes)) {
    const blocks = [...jpegBlocks(bytes)].filter(
      ([kind, start]) => kind === 0xe1 && text(bytes, start, start + 6) === 'Exif\0\0'
    )
    return blocks.map(([, start, end]) => [start + 6, end])
  }
  if (isPng(bytes)) {
    return [...pngChunks(bytes)].filter(([kind]) => kind === 'eXIf').map(([, ...part]) => afterName(part))
  }
  if (text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP') {
    return [...webpChunks(bytes)].filter(([kind]) => kind === 'EXIF').map(([, ...part]) => afterName(part))
  }
  return []
}

/** What XMP says, which counts where EXIF says nothing. */
function fromXmp(bytes) {
  if (!isJpeg(bytes)) return 1
  const name = 'http://ns.adobe.com/xap/1.0/\0'
  for (const [kind, start, end] of jpegBlocks(bytes)) {
    if (kind !== 0xe1 || text(bytes, start, start + name.length) !== name) continue
    const found = new TextDecoder('latin1').decode(bytes.subarray(start, end)).match(/tiff:Orientation(?:="|>)([0-9])/)
    if (found) return Number(found[1])
  }
  return 1
}

/** Does a file begin like a JPEG? */
export const isJpeg = bytes => bytes[0] === 0xff && bytes[1] === 0xd8

/** Does a file begin like a PNG? */
const isPng = bytes => text(bytes, 0, 4) === '\x89PNG'

/** The orientation of a picture, 1 to 8 as EXIF counts, and a copy of its bytes in which that is 1. */
export function withoutOrientation(bytes) {
  const places = exifParts(bytes)
    .map(([start, end]) => orientationPlace(bytes, start, end))
    .filter(Boolean)
  if (!places.length) return { bytes, orientation: fromXmp(bytes) }
  const orientation = view(bytes).getUint16(places[0].place, places[0].little)
  if (orientation === 1) return { bytes, orientation }
  const copy = bytes.slice()
  for (const { place, little } of places) view(copy).setUint16(place, 1, little)
  return { bytes: isPng(bytes) ? withoutChunk(bytes, 'eXIf') : copy, orientation }
}

/** A PNG without chunks of one name: their sum of check would no longer be right. */
function withoutChunk(bytes, name) {
  const kept = [bytes.subarray(0, 8)]
  for (const [kind, start, end] of pngChunks(bytes)) {
    if (kind !== name) kept.push(bytes.subarray(start - 8, Math.min(end + 4, bytes.length)))
  }
  const copy = new Uint8Array(kept.reduce((sum, part) => sum + part.length, 0))
  let place = 0
  for (const part of kept) {
    copy.set(part, place)
    place += part.length
  }
  return copy
}
