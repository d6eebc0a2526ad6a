// What can be taken home: JSON, CSV, pictures.
import { model } from './server.js'
import { thing } from './words.js'

/** Save a text or a Blob as a file. */
export function save(name, content, type) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

/** The name of a file without its ending. */
export const stem = name => name.replace(/\.[^.]*$/, '') || name

/** What the model says of each face from left to right, or of the whole picture or sound: one list for both. */
export function parts(answer) {
  if (!answer.faces) return [{ ...answer, index: null }]
  const middle = ({ box }) => box[0] + box[2]
  return answer.faces.map((face, index) => ({ ...face, index })).sort((a, b) => middle(a) - middle(b))
}

/** One line of CSV (RFC 4180). */
const line = cells =>
  cells.map(cell => (/[",\r\n]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell))).join(',')

const BOX = ['face', 'left', 'top', 'right', 'bottom', 'score']

/** The columns of a table of such answers, but for the probabilities. */
function columns() {
  if (model.output !== 'class') return model.output === 'number' ? ['name', 'value', 'low', 'high'] : ['labels']
  return [...(model.input === 'sound' ? [] : BOX), 'label', 'probability']
}

/** What stands in these columns for one part of an answer. */
function cells(part, i) {
  const all = {
    ...part,
    face: part.box ? i + 1 : '',
    labels: part.labels?.join(';'),
    ...Object.fromEntries(['left', 'top', 'right', 'bottom'].map((side, at) => [side, part.box?.[at]]))
  }
  return columns().map(name => all[name] ?? '')
}

/** A table with a row for each face of each answered photo, or for the whole picture or sound. */
export function csv(photos) {
  const answers = photos.filter(photo => photo.answer)
  const labels = [
    ...new Set(answers.flatMap(({ answer }) => parts(answer).flatMap(part => Object.keys(part.probabilities ?? {}))))
  ]
  const head = [thing(), ...columns(), ...labels]
  const rows = answers.flatMap(({ name, answer }) =>
    parts(answer).map((part, i) => [name, ...cells(part, i), ...labels.map(label => part.probabilities[label] ?? '')])
  )
  return [head, ...rows].map(line).join('\r\n') + '\r\n'
}
