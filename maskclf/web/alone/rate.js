// A wave with another number of samples a second. In Python soxr does that; this filter has the same shape, so that
// what both give differs only near the highest pitches that the lower rate can hold.

const REACH = 97 // samples at the lower rate, to each side, that a new sample is made of
const CUT = 0.95687 // of the highest pitch at the lower rate: of that one half passes
const BETA = 13.04 // of the Kaiser window
const MOST_ROWS = 1024 // places between two old samples for which weights are kept; between those they are mixed

/** The Bessel function of which a Kaiser window is made. */
function bessel(x) {
  let sum = 1
  for (let term = 1, n = 1; term > 1e-12 * sum; n++) {
    term *= (x / (2 * n)) ** 2
    sum += term
  }
  return sum
}

/** What an old sample weighs that lies so many samples of the lower rate from a new one. */
function weight(distance) {
  const inside = 1 - (distance / REACH) ** 2
  if (inside <= 0) return 0
  const turn = Math.PI * CUT * distance
  const wave = turn ? Math.sin(turn) / turn : 1
  return (CUT * wave * bessel(BETA * Math.sqrt(inside))) / bessel(BETA)
}

/** The greatest number that divides both. */
const divisor = (a, b) => (b ? divisor(b, a % b) : a)

/** The weights from one rate to another: a row for each place between two old samples, both ends included. */
function weights(rate, wanted) {
  const share = Math.min(1, wanted / rate)
  const reach = Math.ceil(REACH / share)
  const count = 2 * reach
  const rows = Math.min(wanted / divisor(rate, wanted), MOST_ROWS)
  const parts = new Float64Array((rows + 1) * count)
  for (let row = 0, at = 0; row <= rows; row++) {
    for (let i = 1 - reach; i <= reach; i++, at++) parts[at] = share * weight(share * (i - row / rows))
  }
  return { rate, wanted, reach, count, rows, parts }
}

let last = null // the weights that were needed last

/** The wave at the rate `wanted`; beyond its ends there is silence. */
export function resample(wave, rate, wanted) {
  if (rate === wanted) return wave
  if (last?.rate !== rate || last.wanted !== wanted) last = weights(rate, wanted)
  const { reach, count, rows, parts } = last
  const made = new Float32Array(Math.round((wave.length * wanted) / rate))
  for (let n = 0; n < made.length; n++) {
    const whole = Math.floor((n * rate) / wanted)
    const place = ((n * rate - whole * wanted) * rows) / wanted
    const row = Math.floor(place)
    const start = whole - reach + 1
    const from = Math.max(0, -start)
    const to = Math.min(count, wave.length - start)
    const sum = row => {
      let total = 0
      for (let i = from, at = row * count; i < to; i++) total += wave[start + i] * parts[at + i]
      return total
    }
    const mix = place - row
    made[n] = mix ? (1 - mix) * sum(row) + mix * sum(row + 1) : sum(row)
  }
  return made
}
