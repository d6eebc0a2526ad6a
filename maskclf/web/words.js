// How things are said: names of classes, probabilities, numbers, and small pieces of the page.
import { model } from './server.js'

/** A new element with properties, attributes (those with a dash, and role) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes('-') || name === 'role') element.setAttribute(name, value)
    else element[name] = value
  }
  element.append(...children)
  return element
}

/** The name of a class as people read it. */
export const named = label => label.replaceAll('_', ' ')

/** What the model looks at, in a word. */
export const thing = () => (model.input === 'sound' ? 'sound' : 'photo')

/** Some numbers as text: with an interval as many digits as make two of its width, else four. */
export function rounded(numbers, width) {
  const digits = Math.min(20, Math.max(0, 1 - Math.floor(Math.log10(Math.max(width, 1e-9)))))
  return numbers.map(number => (width ? number.toFixed(digits) : String(Number(number.toPrecision(4)))))
}

/** A number as text, with its interval if that is known. */
export function spoken({ name, value, low, high }) {
  if (value === null) return `${named(name)} unknown`
  const [about, from, to] = rounded(low === null ? [value] : [value, low, high], low === null ? 0 : high - low)
  return low === null ? `${named(name)} ${about}` : `${named(name)} ${about} (${from} to ${to})`
}

/** The sign of a class: what tells it apart where colours do not. */
export const signOf = label => model.signs[label] ?? (label === 'unsure' ? '?' : named(label).slice(0, 1).toUpperCase())

/** Is the answer that the picture is unlike all that the model has learned? */
export const isUnknown = ({ label, labels, unknown }) =>
  model.may_be_unknown && (unknown === true || label === 'unknown' || labels?.[0] === 'unknown')

/** A probability as text; never 0 % or 100 %, for no model can know that. */
export function percent(p) {
  if (p >= 0.9995) return '> 99.9 %'
  return p < 0.0005 ? '< 0.1 %' : `${(100 * p).toFixed(1)} %`
}

/** A number and its noun: 1 face, 2 faces. */
export const counted = (n, noun) => `${n.toLocaleString()} ${noun}${n === 1 ? '' : 's'}`

/** Black or white, whichever can be read better on a colour such as #2fbf4f (WCAG's relative luminance). */
export function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map(at => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? '#000' : '#fff'
}

/** Give an element the colour of a class, and the ink that can be read on it. */
export function tint(element, label, colours = model.colours) {
  const colour = /^#[0-9a-f]{6}$/i.test(colours[label]) ? colours[label] : '#9a9a9a'
  element.style.setProperty('--colour', colour)
  element.style.setProperty('--on-colour', inkOn(colour))
  return element
}

/** A class as a coloured sign and a text, by default its name. */
export function chip(label, text = named(label), colours = model.colours) {
  const sign = tint(make('span', { className: 'sign', 'aria-hidden': 'true' }, signOf(label)), label, colours)
  return make('span', { className: 'chip', dir: 'auto' }, sign, make('span', {}, text))
}

/** What is said of a whole, in short: the number, or chips. */
export function inShort(answer) {
  if ('value' in answer) return [spoken(answer)]
  return answer.labels?.length === 0 ? ['no label'] : countChips(answer.counts, answer.colours)
}

/** A chip for each class that was counted, in order. */
export const countChips = (counts, colours) =>
  Object.entries(counts)
    .filter(([, n]) => n)
    .map(([label, n]) => chip(label, `${n.toLocaleString()} ${named(label)}`, colours))
