// From a WAV file to the pictures of its windows, as maskclf.inputs.sound draws them in Python.
import { Unreadable } from './decode.js'
import { powers } from './fourier.js'
import { resample } from './rate.js'
import { blank, resize, round } from './resize.js'
import { openWav } from './wav.js'

/** The number furthest from zero, without its sign. */
const peakOf = wave => wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

/** The mean of all numbers. */
const meanOf = wave => wave.reduce((sum, value) => sum + value, 0) / wave.length

/** Some frames as one wave: the mean of the channels, or the loudest one where they cancel one another. */
function oneChannel({ channels, sample }, first, count) {
  const wave = new Float32Array(count)
  const peaks = new Float32Array(channels)
  for (let n = 0; n < count; n++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) {
      const value = sample(first + n, channel)
      peaks[channel] = Math.max(peaks[channel], Math.abs(value))
      sum = Math.fround(sum + value)
    }
    wave[n] = sum / channels
  }
  const highest = Math.max(...peaks)
  if (peakOf(wave) > 0.1 * highest) return wave
  const loudest = peaks.indexOf(highest)
  return wave.map((_, n) => sample(first + n, loudest))
}

/** Where windows of so many frames begin, and how many they have; the last one ends with the sound. */
export function cut(total, frames) {
  const found = [{ first: 0, count: Math.min(total, frames) }]
  for (let first = frames; first < total; first += frames) {
    if (total - first >= frames) found.push({ first, count: frames })
    else if (total - first > 0.1 * frames) found.push({ first: total - frames, count: frames })
  }
  return found
}

/** How loud a wave is: the root of its mean square. */
function levelOf(wave) {
  const mean = Math.fround(meanOf(wave))
  return Math.sqrt(wave.reduce((sum, value) => sum + (value - mean) ** 2, 0) / wave.length)
}

/** A pitch on the mel scale, and back. */
const toMels = hertz => 2595 * Math.log10(1 + hertz / 700)
const toHertz = mels => 700 * (10 ** (mels / 2595) - 1)

/** The bands of pitch, the lowest first: where in the spectrum each begins, and what each pitch in it weighs. */
function melFilters({ rate, fft, mels, low }) {
  const lowest = toMels(low)
  const step = (toMels(rate / 2) - lowest) / (mels + 1)
  const corners = Array.from({ length: mels + 2 }, (_, n) => toHertz(lowest + n * step))
  return Array.from({ length: mels }, (_, band) => {
    const [left, top, right] = corners.slice(band, band + 3)
    const weights = []
    let first = 0
    for (let pitch = 0; pitch <= fft / 2; pitch++) {
      const hertz = (pitch * rate) / fft
      const weight = Math.min((hertz - left) / (top - left), (right - hertz) / (right - top))
      if (weight <= 0) continue
      if (!weights.length) first = pitch
      weights.push(weight)
    }
    return { first, weights }
  })
}

/** The wave between two silences of half a piece, its mean zero and its peak one. */
function prepared(wave, fft) {
  const around = Math.floor(fft / 2)
  const mean = meanOf(wave)
  const peak = Math.max(
    wave.reduce((most, value) => Math.max(most, Math.abs(value - mean)), 0),
    1e-12
  )
  const made = new Float64Array(wave.length + 2 * around)
  for (let n = 0; n < wave.length; n++) made[around + n] = (wave[n] - mean) / peak
  return made
}

/** What draws spectrograms with these settings: a function from a wave to a picture in grey. */
export function drawer(settings) {
  const { fft, hop, mels, floor } = settings
  const strengthsOf = powers(fft)
  const filters = melFilters(settings)
  const bell = Float64Array.from({ length: fft }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / fft))
  return wave => {
    const samples = prepared(wave, fft)
    const width = Math.floor((samples.length - fft) / hop) + 1
    const decibels = new Float64Array(width * mels)
    let loudest = -Infinity
    for (let column = 0; column < width; column++) {
      const strengths = strengthsOf(bell.map((share, n) => share * samples[column * hop + n]))
      filters.forEach(({ first, weights }, band) => {
        const sum = weights.reduce((sum, weight, n) => sum + weight * strengths[first + n], 0)
        const value = 10 * Math.log10(Math.max(sum, 1e-10))
        decibels[(mels - 1 - band) * width + column] = value
        loudest = Math.max(loudest, value)
      })
    }
    const picture = blank(width, mels)
    decibels.forEach((value, place) => {
      picture.data.fill(round(255 * Math.max(0, 1 + (value - loudest) / floor)), 3 * place, 3 * place + 3)
    })
    return picture
  }
}

/**
 * The pictures of those windows of a WAV file in which there is something to hear. `onWindow` is waited for before each
 * window. It throws `Unreadable`.
 */
export async function hear(bytes, settings, onWindow = async () => {}) {
  const wav = openWav(bytes)
  if (wav.frames > settings.longest * wav.rate) {
    throw new Unreadable(`The sound is longer than ${settings.longest} seconds: give a part of it.`)
  }
  const windows = cut(wav.frames, Math.max(1, round(settings.seconds * wav.rate)))
  const draw = drawer(settings)
  const heard = []
  for (const [n, { first, count }] of windows.entries()) {
    await onWindow(n + 1, windows.length)
    const wave = resample(oneChannel(wav, first, count), wav.rate, settings.rate)
    const filled = new Float32Array(round(settings.seconds * settings.rate))
    filled.set(wave.subarray(0, filled.length))
    heard.push({ level: levelOf(wave), picture: draw(filled) })
  }
  const loudest = Math.max(...heard.map(({ level }) => level))
  if (!(loudest >= 1e-5)) throw new Unreadable('This file is silent: there is nothing in it to hear.')
  return heard.filter(({ level }) => level > loudest / 100).map(({ picture }) => picture)
}

const SHOWN = [1200, 288] // width, at most, and height of the picture that a person is shown

/** The pictures side by side in one. */
export function joined(pictures) {
  const [most, height] = SHOWN
  const { width, height: mels } = pictures[0]
  const all = blank(width * pictures.length, mels)
  pictures.forEach(({ data }, n) => {
    for (let row = 0; row < mels; row++) {
      all.data.set(data.subarray(3 * row * width, 3 * (row + 1) * width), 3 * (row * all.width + n * width))
    }
  })
  return resize(all, Math.min(most, Math.max(2 * height, Math.floor((all.width * height) / mels))), height)
}
