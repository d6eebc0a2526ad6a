// Photos before they are sent: shown, and made smaller where they are too large.
import { about, model, Trouble } from './server.js'

/** Show a file in an <img>; false if this browser cannot. */
export function show(img, file) {
  URL.revokeObjectURL(img.src)
  return new Promise(done => {
    img.onload = () => done(img.naturalWidth > 0)
    img.onerror = () => done(false)
    img.src = URL.createObjectURL(file)
  })
}

const ENVELOPE = 2000 // bytes that a request has besides the photo

/** Might it have been taken lying, which browsers do not heed? So it is with WebP that holds EXIF. */
export async function mayLie(file) {
  const head = new Uint8Array(await file.slice(0, 21).arrayBuffer())
  return String.fromCharCode(...head.slice(8, 16)) === 'WEBPVP8X' && (head[20] & 8) > 0
}

/** Megabytes as text. */
const megabytes = bytes => `${(bytes / 1e6).toLocaleString(undefined, { maximumFractionDigits: 1 })} MB`

/** The upright picture on white, `scale` times as large, as a JPEG; null where a browser has no room for it. */
function drawn(img, scale) {
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.floor(img.naturalWidth * scale))
  canvas.height = Math.max(1, Math.floor(img.naturalHeight * scale))
  const context = canvas.getContext('2d')
  context.fillStyle = '#fff'
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(img, 0, 0, canvas.width, canvas.height)
  return new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.92))
}

/** Does the server take files of this type, as far as their name tells? */
function isTaken(type) {
  const { formats } = about.limits
  return !formats.length || !type.startsWith('image/') || formats.includes(type.slice(6).toUpperCase())
}

/** What is sent of a photo: the file as it is, or a copy as JPEG where the server does not take its format or size. */
export async function fit(file, img, shown) {
  const pixels = about.limits.max_pixels
  const bytes = about.limits.max_bytes - ENVELOPE
  if (model.input === 'sound' && file.size > bytes) {
    throw new Trouble(
      `This file has ${megabytes(file.size)}, and at most ${megabytes(bytes)} can be sent: send a part of it, or save it as MP3.`
    )
  }
  const has = shown ? img.naturalWidth * img.naturalHeight : 0
  if (file.size <= bytes && has <= pixels && (!shown || isTaken(file.type))) return file
  for (let scale = Math.min(1, Math.sqrt(pixels / has)), tries = 0; shown && tries < 12; scale *= 0.75, tries++) {
    const copy = await drawn(img, scale)
    if (copy && copy.size <= bytes) return new File([copy], file.name, { type: 'image/jpeg' })
  }
  throw new Trouble(
    `This file has ${megabytes(file.size)}, and at most ${megabytes(bytes)} can be sent: make it smaller, or save it as JPEG.`
  )
}

/** An answer about a smaller copy, told in pixels of the photo itself. */
export function enlarged(answer, width, height) {
  const [x, y] = [width / answer.size[0], height / answer.size[1]]
  const faces = answer.faces?.map(face => ({ ...face, box: face.box.map((edge, i) => edge * (i % 2 ? y : x)) }))
  return { ...answer, size: [width, height], ...(faces && { faces }) }
}

/** All files of what was dropped, those in folders too. */
export async function dropped(transfer) {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry?.()).filter(Boolean)
  if (!entries.some(entry => entry.isDirectory)) return [...transfer.files]
  return (await Promise.all(entries.map(filesOf))).flat()
}

/** The files of one entry; of a folder, those below it. */
async function filesOf(entry) {
  if (entry.isFile) return [await new Promise((done, stop) => entry.file(done, stop))]
  const reader = entry.createReader()
  const files = []
  for (;;) {
    // a reader gives a hundred at a time
    const some = await new Promise((done, stop) => reader.readEntries(done, stop))
    if (!some.length) return files
    files.push(...(await Promise.all(some.filter(e => !e.name.startsWith('.')).map(filesOf))).flat())
  }
}
