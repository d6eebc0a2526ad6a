// The panel beside a photo: one answer, how sure the model is, and whether it is right.
import { feedback, Trouble } from './server.js'
import { chip, make, named, percent, tint } from './words.js'

/** The picture of one face, cut out with some room around it, on a canvas. */
function cut(canvas, img, [l, t, r, b]) {
  const side = 1.4 * Math.max(r - l, b - t)
  const context = canvas.getContext('2d')
  context.clearRect(0, 0, canvas.width, canvas.height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(img, (l + r - side) / 2, (t + b - side) / 2, side, side, 0, 0, canvas.width, canvas.height)
}

/** A line for a class: its name, a bar as long as its probability, and the number. */
function sureness(label, p, colours) {
  const fill = tint(make('i'), label, colours)
  fill.style.width = `${100 * p}%`
  return make('li', {}, make('span', { dir: 'auto' }, named(label)), make('span', { className: 'track', 'aria-hidden': 'true' }, fill),
    make('span', { className: 'number' }, percent(p)))
}

/** Fill `panel` with one part of the answer: a face, or the whole picture. `step(±1)` goes to another face. */
export function fillPanel(panel, photo, part, place, step) {
  const whole = part.index === null, many = !whole && photo.parts.length > 1
  panel.replaceChildren(document.getElementById('panel').content.cloneNode(true))
  panel.setAttribute('aria-label', whole ? 'The answer' : `Face ${place + 1}`)
  const find = name => panel.querySelector(`.${name}`)
  if (photo.shown && !whole) cut(panel.querySelector('canvas'), photo.img, part.box)
  else panel.querySelector('canvas').hidden = true
  find('place').textContent = whole ? 'The whole picture' : `Face ${place + 1} of ${photo.parts.length}`
  find('said').append(chip(part.label, undefined, photo.answer.colours))
  find('steppers').hidden = !many
  find('before').onclick = () => step(-1)
  find('after').onclick = () => step(1)
  const sorted = Object.entries(part.probabilities).sort(([, a], [, b]) => b - a)
  find('sure').append(...sorted.slice(0, 10).map(([label, p]) => sureness(label, p, photo.answer.colours)))
  judge(find, photo, part)
}

/** A button for each class, or where there are many, a list; `say(label)` is called for the one that is chosen. */
function choices(labels, say) {
  if (labels.length <= 8) return labels.map(label => make('button', { type: 'button', value: label, onclick: () => say(label) }, chip(label)))
  const list = make('select', { 'aria-label': 'What is it really?' }, new Option('choose …', ''))
  list.append(...labels.map(label => new Option(named(label), label)))
  list.onchange = () => list.value && say(list.value)
  return [list]
}

/** Let the reader say whether the answer is right, and if not, what is. */
function judge(find, photo, part) {
  const unsure = part.label === 'unsure', truth = find('truth')
  const say = async (right, label) => {
    photo.said.set(part.index, { right, label })
    mark()
    const saved = await feedback(photo.answer.id, part.index, right, label).then(() => 'Thank you, that is kept.', error => error)
    if (saved instanceof Trouble) photo.said.delete(part.index)
    find('thanks').textContent = saved.message ?? saved
    mark()
    photo.judged()
  }
  const mark = () => {
    const said = photo.said.get(part.index)
    find('right').setAttribute('aria-pressed', said?.right === true)
    find('wrong').setAttribute('aria-pressed', said?.right === false)
    for (const button of truth.querySelectorAll('button')) button.setAttribute('aria-pressed', !!said && said.label === button.value)
    truth.hidden = !(unsure || said?.right === false)
  }
  truth.append(...choices(Object.keys(part.probabilities).filter(label => label !== part.label), label => say(false, label)))
  find('judge').hidden = unsure
  find('right').onclick = () => say(true, part.label)
  find('wrong').onclick = () => say(false, null)
  mark()
}
