// A photo with its boxes as a picture to keep. It looks as the server's, but is made here: nothing is sent or counted
// once more.
import { inkOn, named, signOf } from './words.js'

/** A rectangle around a box, `line` wide, in colour between two black lines. */
function outline(context, [l, t, r, b], line, colour) {
  for (const [width, style] of [
    [line + 2, '#000'],
    [line, colour]
  ]) {
    context.lineWidth = width
    context.strokeStyle = style
    context.strokeRect(l - line / 2, t - line / 2, r - l + line, b - t + line)
  }
}

/**
 * The name of a class above a box, or its sign where that is too wide; below or inside where there is no room above.
 */
function plate(context, { label, box: [l, t, r, b] }, unit, colour) {
  const { width, height } = context.canvas
  const size = Math.max(10, Math.round(7 * unit))
  const wide = text => context.measureText(text).width
  context.font = `bold ${size}px system-ui, sans-serif`
  const text = wide(named(label)) <= 1.25 * (r - l) ? named(label) : signOf(label)
  const w = wide(text) + 5 * unit
  const h = size + 4 * unit
  const x = Math.min(Math.max(l - unit, 0), width - w)
  const y = [t - h - 2 * unit, b + 2 * unit].find(y => y >= 0 && y <= height - h) ?? Math.max(0, t)
  context.fillStyle = colour
  context.fillRect(x, y, w, h)
  context.lineWidth = Math.max(1, unit / 2)
  context.strokeStyle = '#000'
  context.strokeRect(x, y, w, h)
  context.fillStyle = inkOn(colour)
  context.textBaseline = 'middle'
  context.fillText(text, x + 2.5 * unit, y + h / 2)
}

/** The photo with boxes and names as a JPEG; null where the browser has no room for it. */
export function annotated(img, answer, parts) {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  const [width, height] = ([canvas.width, canvas.height] = answer.size)
  const unit = Math.max(1, Math.max(width, height) / 500)
  const line = Math.max(2, Math.round(1.2 * unit))
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.drawImage(img, 0, 0, width, height)
  const whole = [line, line, width - line, height - line]
  const all = parts.map(part => ({ ...part, box: part.box ?? whole, colour: answer.colours[part.label] ?? '#9a9a9a' }))
  all.sort((a, b) => a.box[3] - b.box[3]) // the nearest last, so that they lie on top
  for (const part of all) outline(context, part.box, line, part.colour)
  for (const part of all) plate(context, part, unit, part.colour)
  return new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.92))
}
