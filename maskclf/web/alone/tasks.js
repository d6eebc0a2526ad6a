// From what the network gives to an answer, as maskclf.tasks does it in Python.

/** Scores as positive numbers that add up to 1. */
export function softmax(scores) {
  const highest = Math.max(...scores)
  const powers = scores.map(score => Math.exp(score - highest))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map(power => power / sum)
}

/** Each score as a number from 0 to 1 by itself. */
export const sigmoid = scores => scores.map(score => 1 / (1 + Math.exp(-score)))

/** Labels and their numbers as an object. */
const named = (labels, row) => Object.fromEntries(labels.map((label, i) => [label, row[i]]))

/** One class of several; `unsure` below the threshold. */
function oneClass(row, { labels, thresholds }) {
  const best = row.indexOf(Math.max(...row))
  const least = thresholds?.unsure ?? null
  const label = least === null || row[best] >= least ? labels[best] : 'unsure'
  return { label, probability: row[best], probabilities: named(labels, row) }
}

/** Any number of labels, each with its own threshold. */
function severalLabels(row, { labels, thresholds }) {
  return {
    labels: labels.filter((label, i) => row[i] >= (thresholds?.[label] ?? 0.5)),
    probabilities: named(labels, row)
  }
}

/** A number, and where known the bounds of the true one. */
function oneNumber([value], { labels, interval }) {
  const half = interval?.half ?? null
  return {
    value,
    low: half === null ? null : value - half,
    high: half === null ? null : value + half,
    name: labels[0],
    unknown: false
  }
}

/** What is said instead about what is unlike all that was learned. */
const refused = {
  class: answer => ({ ...answer, label: 'unknown' }),
  labels: answer => ({ ...answer, labels: ['unknown'] }),
  number: answer => ({ ...answer, value: null, low: null, high: null, unknown: true })
}

const ROWS = { class: softmax, labels: sigmoid, number: scores => scores }
const TASKS = { class: oneClass, labels: severalLabels, number: oneNumber }

/** How far from all that was learned, in limits: above 1 it is unknown. */
export function strangeness(features, { centres, limit }) {
  const distance = centre => Math.sqrt(centre.reduce((sum, number, i) => sum + (features[i] - number) ** 2, 0))
  return Math.min(...centres.map(distance)) / limit
}

/** What was seen in one picture, by its scores (and features): probabilities, or a number, and how strange it is. */
export function seenOf(scores, features, model) {
  const scale = model.output === 'number' ? 1 : model.temperature
  const row = ROWS[model.output]([...scores].map(score => score / scale))
  return { row, strange: model.unknown && features ? strangeness(features, model.unknown) : 0 }
}

/** The mean of what was seen: what is said of all windows of a sound. */
export function together(all) {
  const mean = numbers => numbers.reduce((sum, number) => sum + number, 0) / all.length
  return {
    row: all[0].row.map((_, i) => mean(all.map(({ row }) => row[i]))),
    strange: mean(all.map(one => one.strange))
  }
}

/** The answer that follows from what was seen. */
export function answerOf({ row, strange }, model) {
  const answer = TASKS[model.output](row, model)
  return strange > 1 ? refused[model.output](answer) : answer
}

/** What is counted of an answer. */
export function texts({ label, labels, name, unknown }) {
  if (labels) return labels
  return [name === undefined ? label : unknown ? 'unknown' : name]
}

/** How often each text was said. */
export function countsOf(all) {
  const counts = {}
  for (const text of all) counts[text] = (counts[text] ?? 0) + 1
  return counts
}
