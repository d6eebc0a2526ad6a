// What can be taken home: JSON, CSV, pictures.

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

/** What the model says of each face from left to right, or of the whole picture: one list for both. */
export function parts(answer) {
  if (!answer.faces) return [{ ...answer, index: null }]
  const middle = ({ box }) => box[0] + box[2]
  return answer.faces.map((face, index) => ({ ...face, index })).sort((a, b) => middle(a) - middle(b))
}

/** One line of CSV (RFC 4180). */
const line = cells => cells.map(cell => /[",\r\n]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell)).join(',')

/** A table with a row for each face of each answered photo, or for the whole picture. */
export function csv(photos) {
  const answers = photos.filter(photo => photo.answer)
  const labels = [...new Set(answers.flatMap(({ answer }) => parts(answer).flatMap(part => Object.keys(part.probabilities))))]
  const head = ['photo', 'face', 'left', 'top', 'right', 'bottom', 'score', 'label', 'probability', ...labels]
  const rows = answers.flatMap(({ name, answer }) => parts(answer).map((part, i) => [
    name, part.box ? i + 1 : '', ...(part.box ?? ['', '', '', '']), part.score ?? '', part.label, part.probability,
    ...labels.map(label => part.probabilities[label] ?? ''),
  ]))
  return [head, ...rows].map(line).join('\r\n') + '\r\n'
}
