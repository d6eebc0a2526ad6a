// The Fourier transform: how much of each pitch there is in a piece of a wave.

/** The transform of `n` complex numbers, in place, where `n` is a power of two. */
function byHalves(n) {
  const cosines = Float64Array.from({ length: n / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / n))
  const sines = Float64Array.from({ length: n / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / n))
  const turned = new Uint32Array(n) // each place with its bits in reverse
  for (let i = 1; i < n; i++) turned[i] = (turned[i >> 1] >> 1) | (i & 1 ? n >> 1 : 0)
  return (real, imaginary) => {
    for (let i = 0; i < n; i++) {
      const j = turned[i]
      if (j <= i) continue
      ;[real[i], real[j]] = [real[j], real[i]]
      ;[imaginary[i], imaginary[j]] = [imaginary[j], imaginary[i]]
    }
    for (let half = 1; half < n; half *= 2) {
      for (let first = 0; first < n; first += 2 * half) {
        for (let i = first, turn = 0; i < first + half; i++, turn += n / (2 * half)) {
          const j = i + half
          const a = real[j] * cosines[turn] - imaginary[j] * sines[turn]
          const b = real[j] * sines[turn] + imaginary[j] * cosines[turn]
          real[j] = real[i] - a
          imaginary[j] = imaginary[i] - b
          real[i] += a
          imaginary[i] += b
        }
      }
    }
  }
}

/**
 * The same for any `n`, by Bluestein's way: as a convolution, whose length may be a power of two. What comes out is
 * turned, each number by its own angle, but as large as it should be.
 */
function byConvolution(n) {
  const long = 2 ** Math.ceil(Math.log2(2 * n))
  const transform = byHalves(long)
  const angle = i => (Math.PI * ((i * i) % (2 * n))) / n
  const cosines = Float64Array.from({ length: n }, (_, i) => Math.cos(angle(i)))
  const sines = Float64Array.from({ length: n }, (_, i) => Math.sin(angle(i)))
  const chirp = [new Float64Array(long), new Float64Array(long)]
  for (let i = 0; i < n; i++) {
    chirp[0][i] = chirp[0][(long - i) % long] = cosines[i]
    chirp[1][i] = chirp[1][(long - i) % long] = sines[i]
  }
  transform(...chirp)
  const a = new Float64Array(long)
  const b = new Float64Array(long)
  return (real, imaginary) => {
    a.fill(0)
    b.fill(0)
    for (let i = 0; i < n; i++) {
      a[i] = real[i] * cosines[i] + imaginary[i] * sines[i]
      b[i] = imaginary[i] * cosines[i] - real[i] * sines[i]
    }
    transform(a, b)
    for (let i = 0; i < long; i++) {
      const product = a[i] * chirp[0][i] - b[i] * chirp[1][i]
      b[i] = -(a[i] * chirp[1][i] + b[i] * chirp[0][i]) // turned round, the same transform leads back
      a[i] = product
    }
    transform(a, b)
    for (let i = 0; i < n; i++) {
      real[i] = a[i] / long
      imaginary[i] = b[i] / long
    }
  }
}

/** A function that makes of `n` samples (an array, which it uses up) how strong each of n/2 + 1 pitches is. */
export function powers(n) {
  const transform = Number.isInteger(Math.log2(n)) ? byHalves(n) : byConvolution(n)
  const imaginary = new Float64Array(n)
  const strengths = new Float64Array(Math.floor(n / 2) + 1)
  return samples => {
    imaginary.fill(0)
    transform(samples, imaginary)
    for (let i = 0; i < strengths.length; i++) strengths[i] = samples[i] ** 2 + imaginary[i] ** 2
    return strengths
  }
}
