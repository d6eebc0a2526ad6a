// An answer that is no box, written on its picture.
import { percent, spoken } from './words.js'

/** The lines that tell of an answer. */
function linesOf(answer) {
  if ('value' in answer) return [spoken(answer)]
  if (!answer.labels) return [`${answer.label} (${percent(answer.probability)})`]
  return answer.labels.length
    ? answer.labels.map(label =>
        label in answer.probabilities ? `${label} (${percent(answer.probabilities[label])})` : label
      )
    : ['no label']
}

/** The picture with its answer in the upper left corner, as a JPEG; null where the browser has no room for it. */
export function captioned(img, answer) {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  const lines = linesOf(answer)
  const [width, height] = ([canvas.width, canvas.height] = answer.size)
  context.drawImage(img, 0, 0, width, height)
  let size = Math.max(10, Math.floor(Math.max(width, height) / 25)) + 1
  let wide
  do {
    size--
    context.font = `bold ${size}px system-ui, sans-serif`
    wide = Math.max(...lines.map(line => context.measureText(line).width))
  } while (size > 6 && wide + size > width)
  context.fillStyle = '#fff'
  context.fillRect(0, 0, wide + size, 1.2 * size * lines.length + 0.6 * size)
  context.fillStyle = '#000'
  context.textBaseline = 'top'
  lines.forEach((line, n) => context.fillText(line, size / 2, size / 3 + 1.2 * size * n))
  return new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.92))
}
