// Where the faces in a photo are, as maskclf.use.detect finds them in Python.
import { crop } from './pixels.js'
import { blank, resizeQuickly, round } from './resize.js'

const OVERLAP = 160 // pixels that two neighbouring pieces share
const MOST = 8_000_000 // pixels of the largest version that is looked at
const MOST_BETWEEN = 4_000_000 // pixels of what is kept while a photo is scaled
const MOST_BOXES = 5000
const MOST_FACES = 1000

/** By which factors a photo is scaled: once to `size`, and then twice as large each time, up to its own size. */
export function zooms(width, height, size) {
  const found = [Math.min(size / Math.max(width, height), 3)]
  const finest = Math.min(1, Math.sqrt(MOST / (width * height)))
  while (found.at(-1) < 0.8 * finest) found.push(Math.min(2 * found.at(-1), finest))
  return found
}

/** Where the pieces begin into which one side of a picture is divided. */
export function pieces(length, size) {
  if (length <= size) return [0]
  const n = Math.ceil((length - OVERLAP) / (size - OVERLAP))
  return Array.from({ length: n }, (_, i) => round((i * (length - size)) / (n - 1)))
}

/** Into how many pieces a picture is divided when it is scaled. */
const piecesOf = ({ width, height }, zoom, size) =>
  [width, height].reduce((n, length) => n * pieces(Math.max(1, round(length * zoom)), size).length, 1)

/** The picture, so many times as large. */
export function scaled(picture, zoom) {
  const width = Math.max(1, round(picture.width * zoom))
  const height = Math.max(1, round(picture.height * zoom))
  if (width === picture.width && height === picture.height) return picture
  if (width * picture.height <= MOST_BETWEEN) return resizeQuickly(picture, width, height)
  const made = blank(width, height)
  const rows = Math.max(1, round((MOST_BETWEEN * zoom) / width))
  const times = picture.height / height
  for (let top = 0; top < height; top += rows) {
    const bottom = Math.min(top + rows, height)
    const above = Math.max(0, top - 2)
    const below = Math.min(height, bottom + 2)
    const box = [0, above * times, picture.width, Math.min(below * times, picture.height)]
    const band = resizeQuickly(picture, width, below - above, box)
    made.data.set(band.data.subarray(3 * width * (top - above), 3 * width * (bottom - above)), 3 * width * top)
  }
  return made
}

/** What the network reads of a piece: its sides are made multiples of 32 with black. */
function planes(picture, { mean, std }) {
  const height = 32 * Math.ceil(picture.height / 32)
  const width = 32 * Math.ceil(picture.width / 32)
  const area = width * height
  const pixels = new Float32Array(3 * area)
  for (let channel = 0; channel < 3; channel++) {
    const taken = Math.fround(Math.fround(mean[channel]) * 255)
    const divided = Math.fround(Math.fround(std[channel]) * 255)
    const values = Float32Array.from({ length: 256 }, (_, value) => Math.fround(Math.fround(value - taken) / divided))
    pixels.fill(values[0], channel * area, (channel + 1) * area)
    for (let y = 0, from = channel; y < picture.height; y++) {
      for (let x = 0, at = channel * area + y * width; x < picture.width; x++, at++, from += 3) {
        pixels[at] = values[picture.data[from]]
      }
    }
  }
  return { pixels, width, height }
}

/** The brightness at which that share of the boxes is right. */
function brightnessOf(share, curve) {
  if (!curve || share <= 0) return Math.max(0, share)
  return share >= 1 ? Infinity : curve.half * (share / (1 - share)) ** (1 / curve.slope)
}

/** Of a box whose peak is so bright: how sure it is that it is right. */
const scoreOf = (brightness, curve) =>
  curve ? 1 / (1 + (curve.half / brightness) ** curve.slope) : Math.min(1, brightness)

/**
 * A box and a score for each peak; `logits` is 5 × height × width: brightness, and the logarithms of four distances.
 */
export function boxesAt(logits, width, height, { score, calibration }, stride = 4) {
  const area = width * height
  const darkest = brightnessOf(score, calibration)
  const found = []
  const heat = Float64Array.from(logits.subarray(0, area), logit => 1 / (1 + Math.exp(-logit)))
  const lit = (x, y) => (x >= 0 && y >= 0 && x < width && y < height ? heat[y * width + x] : 0)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = heat[y * width + x]
      if (here < darkest / 3) continue
      const box = [0, 0, 0, 0]
      let isPeak = true
      let sum = 0
      for (let place = 0; place < 9; place++) {
        const row = y + Math.floor(place / 3) - 1
        const column = x + (place % 3) - 1
        const bright = lit(column, row)
        if (bright > here) {
          isPeak = false
          break
        }
        if (bright === 0) continue
        const far = [0, 1, 2, 3].map(side =>
          Math.exp(Math.min(9, Math.max(-9, logits[(side + 1) * area + row * width + column])))
        )
        const edges = [column + 0.5 - far[0], row + 0.5 - far[1], column + 0.5 + far[2], row + 0.5 + far[3]]
        edges.forEach((edge, side) => {
          box[side] += edge * stride * bright
        })
        sum += bright
      }
      if (!isPeak) continue
      const bright = Math.sqrt((here * 2 * sum) / 9) // a peak that stands alone counts less
      if (bright >= darkest) found.push({ box: box.map(edge => edge / sum), score: scoreOf(bright, calibration) })
    }
  }
  return found
}

/** Is a box in a piece of a photo smaller than the overlap, and not cut off by an edge within the photo? */
function isSmallAndWhole([left, top, right, bottom], part, { width, height }) {
  if (Math.max(right - left, bottom - top) >= OVERLAP) return false
  if ((part[0] > 0 && left <= 1) || (part[1] > 0 && top <= 1)) return false
  return !((part[2] < width && right >= part[2] - part[0] - 1) || (part[3] < height && bottom >= part[3] - part[1] - 1))
}

/** The IoU of two boxes. */
function overlap(a, b) {
  const both =
    Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]))
  const area = box => (box[2] - box[0]) * (box[3] - box[1])
  return both / Math.max(area(a) + area(b) - both, 1e-9)
}

/** One box for each face, the surest first. */
export function suppress(found) {
  const kept = []
  for (const one of [...found].sort((a, b) => b.score - a.score).slice(0, MOST_BOXES)) {
    if (kept.length >= MOST_FACES) break
    if (!kept.some(other => overlap(one.box, other.box) > 0.5)) kept.push(one)
  }
  return kept
}

/**
 * The faces in a photo, the surest first: box and score of each, in pixels of a photo of the size `full`. `look(planes,
 * part, all)` asks the network.
 */
export async function findFaces(picture, full, finder, look) {
  const found = []
  const steps = zooms(picture.width, picture.height, finder.size)
  const all = steps.reduce((sum, zoom) => sum + piecesOf(picture, zoom, finder.size), 0)
  let part = 0
  for (const [number, zoom] of steps.entries()) {
    const photo = scaled(picture, zoom)
    const x = photo.width / picture.width
    const y = photo.height / picture.height
    for (const top of pieces(photo.height, finder.size)) {
      for (const left of pieces(photo.width, finder.size)) {
        const piece = [left, top, Math.min(left + finder.size, photo.width), Math.min(top + finder.size, photo.height)]
        const { logits, width, height } = await look(planes(crop(photo, piece), finder), ++part, all)
        for (const { box, score } of boxesAt(logits, width, height, finder)) {
          if (number > 0 && !isSmallAndWhole(box, piece, photo)) continue
          found.push({ score, box: [(box[0] + left) / x, (box[1] + top) / y, (box[2] + left) / x, (box[3] + top) / y] })
        }
      }
    }
  }
  const times = full[0] / picture.width
  const inside = found.map(({ box, score }) => ({
    score,
    box: box.map((edge, side) => Math.min(Math.max(edge * times, 0), full[side % 2]))
  }))
  return suppress(inside.filter(({ box }) => box[2] - box[0] >= 1 && box[3] - box[1] >= 1))
}
