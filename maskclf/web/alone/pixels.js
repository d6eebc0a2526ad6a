// From an opened picture to what the network reads, as maskclf.inputs does it in Python.
import { blank, resize, resizeQuickly, round } from './resize.js'

/** A part of a picture: left, top, right, bottom in whole pixels within it. */
export function crop(picture, [left, top, right, bottom]) {
  const made = blank(right - left, bottom - top)
  const row = 3 * made.width
  for (let y = 0; y < made.height; y++) {
    const from = 3 * ((top + y) * picture.width + left)
    made.data.set(picture.data.subarray(from, from + row), y * row)
  }
  return made
}

/** The picture the right way up; `orientation` is 1 to 8 as EXIF counts. */
export function upright(picture, orientation) {
  if (!(orientation > 1 && orientation < 9)) return picture
  const { width, height, data } = picture
  const lies = orientation > 4
  const made = lies ? blank(height, width) : blank(width, height)
  const right = [2, 3, 7, 8].includes(orientation)
  const below = [3, 4, 6, 7].includes(orientation) // does the old first column, row lie last?
  for (let y = 0, at = 0; y < made.height; y++) {
    for (let x = 0; x < made.width; x++, at += 3) {
      const a = lies ? y : x
      const b = lies ? x : y
      const from = 3 * ((below ? height - 1 - b : b) * width + (right ? width - 1 - a : a))
      made.data[at] = data[from]
      made.data[at + 1] = data[from + 1]
      made.data[at + 2] = data[from + 2]
    }
  }
  return made
}

const MOST_SIDE = 2000 // pixels of a square that is cut out

/** The square part of a picture around a box of whole numbers; beyond the edge its last pixels go on. */
export function squareCrop(picture, [left, top, right, bottom], margin) {
  const side = Math.max(1, round(margin * Math.max(right - left, bottom - top)))
  const x = Math.floor((left + right - side) / 2)
  const y = Math.floor((top + bottom - side) / 2)
  const inside = [Math.max(x, 0), Math.max(y, 0), Math.min(x + side, picture.width), Math.min(y + side, picture.height)]
  let before = inside[0] - x
  let above = inside[1] - y
  let part
  if (side <= MOST_SIDE) part = crop(picture, inside)
  else {
    const zoom = MOST_SIDE / side
    const [width, height] = [inside[2] - inside[0], inside[3] - inside[1]].map(length =>
      Math.max(1, round(zoom * length))
    )
    before = Math.min(round(zoom * before), MOST_SIDE - width)
    above = Math.min(round(zoom * above), MOST_SIDE - height)
    part = resizeQuickly(picture, width, height, inside)
  }
  return extended(part, before, above, Math.min(side, MOST_SIDE))
}

/** A square in which a picture lies that far from the left and from above; its edges go on outwards. */
function extended(picture, before, above, side) {
  if (picture.width === side && picture.height === side) return picture
  const made = blank(side, side)
  for (let y = 0, at = 0; y < side; y++) {
    const row = Math.min(Math.max(y - above, 0), picture.height - 1) * picture.width
    for (let x = 0; x < side; x++, at += 3) {
      const from = 3 * (row + Math.min(Math.max(x - before, 0), picture.width - 1))
      made.data[at] = picture.data[from]
      made.data[at + 1] = picture.data[from + 1]
      made.data[at + 2] = picture.data[from + 2]
    }
  }
  return made
}

/** The whole picture in the middle of a black square. */
function padded(picture, size) {
  const longer = Math.max(picture.width, picture.height)
  const made = blank(size, size)
  const [width, height] = [picture.width, picture.height].map(length => Math.max(1, round((length * size) / longer)))
  const small = resize(picture, width, height)
  const left = Math.floor((size - width) / 2)
  const top = Math.floor((size - height) / 2)
  for (let y = 0; y < height; y++) {
    made.data.set(small.data.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((top + y) * size + left))
  }
  return made
}

/** The picture as a square of `size` pixels; `detail` is how many it may have before, null for any number. */
export function toSquare(picture, size, method, detail) {
  if (detail !== null && detail < Math.min(size, picture.width, picture.height)) {
    return resize(toSquare(picture, detail, method, null), size, size)
  }
  if (method === 'pad') return padded(picture, size)
  if (method === 'squish') return resize(picture, size, size)
  const { width, height } = picture
  const side = Math.min(width, height)
  return resize(picture, size, size, [(width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2])
}

/** What each byte becomes, computed in 32 bits as NumPy does it. */
function table(mean, std) {
  const [taken, divided] = [Math.fround(mean), Math.fround(std)]
  return Float32Array.from({ length: 256 }, (_, value) =>
    Math.fround(Math.fround(Math.fround(value / 255) - taken) / divided)
  )
}

/** Squares as one array for the network: n × 3 × size × size. */
export function toArray(squares, mean, std) {
  const area = squares[0].width * squares[0].height
  const array = new Float32Array(3 * area * squares.length)
  for (let channel = 0; channel < 3; channel++) {
    const values = table(mean[channel], std[channel])
    squares.forEach(({ data }, n) => {
      for (let i = 0, at = (3 * n + channel) * area; i < area; i++) array[at + i] = values[data[3 * i + channel]]
    })
  }
  return array
}
