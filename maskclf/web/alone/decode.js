// From a file to its pixels. The browser decodes; size, orientation and what is transparent are dealt with as in
// Python.
import { isJpeg, withoutOrientation } from './orientation.js'
import { crop, upright } from './pixels.js'
import { blank, reduce, round } from './resize.js'

const MOST_PIXELS = 51_000_000 // above which a picture is refused
const HALVED_FROM = 24_000_000 // pixels above which a JPEG is made half as large
const AT_A_TIME = 2_000_000 // pixels that go through a canvas at a time: phones have no larger ones

/** A file that cannot be used; its message is a sentence for whoever reads the page. */
export class Unreadable extends Error {}

/**
 * How many times smaller a JPEG is decoded: as `Image.draft` of Pillow does it; `least` pixels of its sides are needed,
 * null: all.
 */
export function draftOf(width, height, least) {
  const most =
    least === null && Math.floor(width / 2) * Math.floor(height / 2) <= HALVED_FROM ? HALVED_FROM : MOST_PIXELS
  if (least === null && width * height <= most) return 1
  const side = least === null ? Math.max(width, height) : Math.max(2 * least, 150)
  let wanted = [side, side]
  if (width * height > most) wanted = [Math.min(side, Math.floor(width / 2)), Math.min(side, Math.floor(height / 2))]
  const scale = Math.min(Math.floor(width / wanted[0]), Math.floor(height / wanted[1]))
  return [8, 4, 2].find(times => scale >= times) ?? 1
}

/** Rows of a bitmap on white, as bytes of red, green and blue. */
function rowsOf(bitmap, top, rows) {
  const canvas = new OffscreenCanvas(bitmap.width, rows)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  context.fillStyle = '#fff'
  context.fillRect(0, 0, bitmap.width, rows)
  context.drawImage(bitmap, 0, -top)
  const { data } = context.getImageData(0, 0, bitmap.width, rows)
  const part = blank(bitmap.width, rows)
  for (let from = 0, at = 0; from < data.length; from += 4, at += 3) {
    part.data[at] = data[from]
    part.data[at + 1] = data[from + 1]
    part.data[at + 2] = data[from + 2]
  }
  return part
}

/** The pixels of a bitmap, `times` smaller. */
function pixelsOf(bitmap, times) {
  const made = blank(Math.ceil(bitmap.width / times), Math.ceil(bitmap.height / times))
  const row = 3 * made.width
  const rows = 8 * Math.max(1, Math.floor(AT_A_TIME / bitmap.width / 8))
  for (let top = 0; top < bitmap.height; top += rows) {
    const part = rowsOf(bitmap, top, Math.min(rows, bitmap.height - top))
    made.data.set(times === 1 ? part.data : reduce(part, times, times).data, (row * top) / times)
  }
  return times === 1 ? made : crop(made, [0, 0, round(bitmap.width / times), round(bitmap.height / times)])
}

/** The bitmap in a file, as it is stored there: not turned, its colours as they are. */
async function bitmapOf(bytes) {
  if (!bytes.length) throw new Unreadable('The photo is empty: copy or download it again.')
  return createImageBitmap(new Blob([bytes]), { colorSpaceConversion: 'none', premultiplyAlpha: 'none' }).catch(() => {
    throw new Unreadable('Your browser cannot read this file: save it as JPEG or PNG and try again.')
  })
}

/** The upright picture in a file, and the size of the photo in `full`. `least` is as for `draftOf`. */
export async function decode(file, least) {
  const { bytes, orientation } = withoutOrientation(new Uint8Array(await file.arrayBuffer()))
  const bitmap = await bitmapOf(bytes)
  try {
    const { width, height } = bitmap
    const times = isJpeg(bytes) ? draftOf(width, height, least) : 1
    if ((width * height) / times ** 2 > MOST_PIXELS) {
      throw new Unreadable('The photo has more than 51 million pixels: make it smaller and try again.')
    }
    const picture = upright(pixelsOf(bitmap, times), orientation)
    return { picture, full: orientation > 4 && orientation < 9 ? [height, width] : [width, height] }
  } finally {
    bitmap.close()
  }
}
