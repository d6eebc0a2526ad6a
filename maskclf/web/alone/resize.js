// Pillow's own way to make pictures smaller, number by number: what a canvas does is another one, and would change the
// answers.
// A picture is { width, height, data }, with three bytes (red, green, blue) for each pixel.

/** A picture without content. */
export const blank = (width, height) => ({ width, height, data: new Uint8Array(3 * width * height) })

/** A number rounded as Python does it: a half goes to the even neighbour. */
export function round(number) {
  const below = Math.floor(number)
  const rest = number - below
  if (rest !== 0.5) return Math.round(number)
  return below % 2 === 0 ? below : below + 1
}

const BITS = 22 // of the fraction with which Pillow computes

/** For each new place along one side: where its old places begin, how many there are, and what each of them weighs. */
function weights(oldSize, from, to, newSize) {
  const scale = (to - from) / newSize
  const support = Math.max(scale, 1)
  const most = 2 * Math.ceil(support) + 1
  const starts = new Int32Array(newSize)
  const counts = new Int32Array(newSize)
  const parts = new Int32Array(newSize * most)
  const share = new Float64Array(most)
  for (let place = 0; place < newSize; place++) {
    const centre = from + (place + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - support + 0.5))
    const n = Math.min(oldSize, Math.trunc(centre + support + 0.5)) - start
    let sum = 0
    for (let i = 0; i < n; i++) {
      share[i] = Math.max(0, 1 - Math.abs((i + start - centre + 0.5) * (1 / support)))
      sum += share[i]
    }
    for (let i = 0; i < n; i++) {
      parts[place * most + i] = Math.trunc(0.5 + (sum ? share[i] / sum : share[i]) * (1 << BITS))
    }
    starts[place] = start
    counts[place] = n
  }
  return { starts, counts, parts, most }
}

/** A sum with fraction as a byte. */
const byte = sum => Math.min(255, Math.max(0, sum >> BITS))

/** Rows `top` to `bottom` in a new width. */
function across({ width, data }, top, bottom, from, to, newWidth) {
  const { starts, counts, parts, most } = weights(width, from, to, newWidth)
  const made = blank(newWidth, bottom - top)
  for (let y = top, at = 0; y < bottom; y++) {
    for (let x = 0; x < newWidth; x++, at += 3) {
      let red = 1 << (BITS - 1)
      let green = red
      let blue = red
      for (let i = 0, part = x * most, old = 3 * (y * width + starts[x]); i < counts[x]; i++, part++, old += 3) {
        red += data[old] * parts[part]
        green += data[old + 1] * parts[part]
        blue += data[old + 2] * parts[part]
      }
      made.data[at] = byte(red)
      made.data[at + 1] = byte(green)
      made.data[at + 2] = byte(blue)
    }
  }
  return made
}

/** A new height; the first row of the picture is the row `first` of the weights. */
function down({ width, data }, { starts, counts, parts, most }, first, newHeight) {
  const made = blank(width, newHeight)
  const row = 3 * width
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < row; x++) {
      let sum = 1 << (BITS - 1)
      for (let i = 0, part = y * most, old = (starts[y] - first) * row + x; i < counts[y]; i++, part++, old += row) {
        sum += data[old] * parts[part]
      }
      made.data[y * row + x] = byte(sum)
    }
  }
  return made
}

/**
 * The part of a picture within `box` (left, top, right, bottom) in a new size: each pixel the weighted mean of those it
 * came from.
 */
export function resize(picture, width, height, box = [0, 0, picture.width, picture.height]) {
  const [left, top, right, bottom] = box.map(Math.fround)
  const isWide = width !== picture.width || left !== 0 || right !== width
  const isHigh = height !== picture.height || top !== 0 || bottom !== height
  if (!isHigh) return isWide ? across(picture, 0, picture.height, left, right, width) : picture
  const rows = weights(picture.height, top, bottom, height)
  const first = rows.starts[0]
  const last = rows.starts[height - 1] + rows.counts[height - 1]
  if (!isWide) return down(picture, rows, 0, height)
  if (height < picture.height && picture.height - height > 2 * (picture.width - width)) {
    // as Pillow 13 decides; each way rounds in its own
    return across(down(picture, rows, 0, height), 0, height, left, right, width)
  }
  return down(across(picture, first, last, left, right, width), rows, first, height)
}

/** What a sum of `n` bytes is multiplied by to give 2**24 times their mean, with Pillow's own rounding. */
const multiplier = n => Math.trunc(Math.fround(2 ** 32 / (256 * n)))

/**
 * The part of a picture within a box of whole numbers; each pixel is the plain mean of `across` × `down` old ones, at
 * the edges of fewer.
 */
export function reduce(picture, across, down, [left, top, right, bottom] = [0, 0, picture.width, picture.height]) {
  const made = blank(Math.ceil((right - left) / across), Math.ceil((bottom - top) / down))
  for (let y = 0, at = 0; y < made.height; y++) {
    const y0 = top + y * down
    const y1 = Math.min(bottom, y0 + down)
    for (let x = 0; x < made.width; x++, at += 3) {
      const x0 = left + x * across
      const x1 = Math.min(right, x0 + across)
      const n = (y1 - y0) * (x1 - x0)
      const times = multiplier(n)
      let red = n >> 1
      let green = red
      let blue = red
      for (let row = y0; row < y1; row++) {
        for (let old = 3 * (row * picture.width + x0), end = old + 3 * (x1 - x0); old < end; old += 3) {
          red += picture.data[old]
          green += picture.data[old + 1]
          blue += picture.data[old + 2]
        }
      }
      made.data[at] = Math.floor((red * times) / 2 ** 24)
      made.data[at + 1] = Math.floor((green * times) / 2 ** 24)
      made.data[at + 2] = Math.floor((blue * times) / 2 ** 24)
    }
  }
  return made
}

const GAP = 3 // a picture that has to become much smaller is first reduced, and has so many times the new size left

/** As `resize`, quicker for a picture that becomes much smaller: Pillow's reducing_gap=3. */
export function resizeQuickly(picture, width, height, box = [0, 0, picture.width, picture.height]) {
  const [left, top, right, bottom] = box
  const x = (right - left) / width
  const y = (bottom - top) / height
  const across = Math.trunc(x / GAP) || 1
  const down = Math.trunc(y / GAP) || 1
  if (across === 1 && down === 1) return resize(picture, width, height, box)
  const safe = [
    Math.max(0, Math.trunc(left - x / 2)),
    Math.max(0, Math.trunc(top - y / 2)),
    Math.min(picture.width, Math.ceil(right + x / 2)),
    Math.min(picture.height, Math.ceil(bottom + y / 2))
  ]
  const inner = [
    (left - safe[0]) / across,
    (top - safe[1]) / down,
    (right - safe[0]) / across,
    (bottom - safe[1]) / down
  ]
  return resize(reduce(picture, across, down, safe), width, height, inner)
}
