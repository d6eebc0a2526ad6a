// The panel beside a photo: one answer, how sure the model is, and whether it is right.
import { feedback, isAlone, model, Trouble } from './server.js'
import { chip, isUnknown, make, named, percent, rounded, spoken, tint } from './words.js'

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
  return make(
    'li',
    {},
    make('span', { dir: 'auto' }, named(label)),
    make('span', { className: 'track', 'aria-hidden': 'true' }, fill),
    make('span', { className: 'number' }, percent(p))
  )
}

/** What the model says, in chips or as a number. */
function said(part, colours) {
  if ('value' in part) return [spoken(part)]
  if (!part.labels) return [chip(part.label, undefined, colours)]
  return part.labels.length ? part.labels.map(label => chip(label, undefined, colours)) : ['no label']
}

/** Draw a number and its interval on a line with a few round numbers. */
function drawScale(find, { value, low, high }) {
  const width = high - low || Math.abs(value) || 1
  const ten = 10 ** Math.floor(Math.log10(width / 2))
  const step = [1, 2, 5, 10].map(times => times * ten).find(step => step >= width / 2)
  const from = step * Math.floor(low / step - 0.2)
  const to = step * Math.ceil(high / step + 0.2)
  const place = number => `${(100 * (number - from)) / (to - from)}%`
  find('band').style.left = place(low)
  find('band').style.width = `${(100 * (high - low)) / (to - from)}%`
  find('dot').style.left = place(value)
  for (let tick = from; tick <= to + step / 2; tick += step) {
    const mark = make('span', {}, String(Number(tick.toPrecision(6))))
    mark.style.left = place(tick)
    find('axis').append(mark)
  }
  const [a, b] = rounded([low, high], high - low)
  find('scale').lastElementChild.textContent = `In 9 of 10 such cases the true number lies between ${a} and ${b}.`
  find('scale').hidden = false
}

/** Fill `panel` with one part of the answer: a face, or the whole picture or sound. `step(±1)` goes to another face. */
export function fillPanel(panel, photo, part, place, step) {
  const whole = part.index === null
  const many = !whole && photo.parts.length > 1
  panel.replaceChildren(document.getElementById('panel').content.cloneNode(true))
  panel.setAttribute('aria-label', whole ? 'The answer' : `Face ${place + 1}`)
  const find = name => panel.querySelector(`.${name}`)
  if (photo.shown && !whole) cut(panel.querySelector('canvas'), photo.img, part.box)
  else panel.querySelector('canvas').hidden = true
  find('place').textContent = whole ? `The whole ${model.input}` : `Face ${place + 1} of ${photo.parts.length}`
  find('said').append(...said(part, photo.answer.colours))
  if (isUnknown(part)) find('said').append(' – unlike all that this model has learned')
  find('steppers').hidden = !many
  find('before').onclick = () => step(-1)
  find('after').onclick = () => step(1)
  const sorted = Object.entries(part.probabilities ?? {}).sort(([, a], [, b]) => b - a)
  find('sure').hidden = !sorted.length
  if (typeof part.low === 'number') drawScale(find, part)
  find('sure').append(...sorted.slice(0, 10).map(([label, p]) => sureness(label, p, photo.answer.colours)))
  judge(find, photo, part)
}

/** A button for each class, or where there are many, a list; `say(label)` is called for the one that is chosen. */
function choices(labels, say) {
  if (labels.length <= 8) {
    return labels.map(label => make('button', { type: 'button', value: label, onclick: () => say(label) }, chip(label)))
  }
  const list = make('select', { 'aria-label': 'What is it really?' }, new Option('choose …', ''))
  list.append(...labels.map(label => new Option(named(label), label)))
  list.onchange = () => list.value && say(list.value)
  return [list]
}

/**
 * A button for each label, pressed if it is true; `say(labels)` is called with all that are true when one is changed.
 */
function toggles(part, say, known) {
  return Object.keys(part.probabilities).map(label => {
    const change = () =>
      say(Object.keys(part.probabilities).filter(other => known().includes(other) !== (other === label)))
    return make('button', { type: 'button', value: label, onclick: change }, chip(label))
  })
}

/** Let the reader say whether the answer is right, and if not, what is. */
function judge(find, photo, part) {
  find('judge').hidden = isAlone
  if (isAlone) return
  const unsure = part.label === 'unsure' || isUnknown(part)
  const truth = find('truth')
  const several = !!part.labels
  const known = () => photo.said.get(part.index)?.labels ?? part.labels
  const say = async (right, told) => {
    photo.said.set(part.index, { right, ...told })
    mark()
    const saved = await feedback(photo.answer.id, part.index, right, told).then(
      () => 'Thank you, that is kept.',
      error => error
    )
    if (saved instanceof Trouble) photo.said.delete(part.index)
    find('thanks').textContent = saved.message ?? saved
    mark()
    photo.judged()
  }
  const mark = () => {
    const said = photo.said.get(part.index)
    find('right').setAttribute('aria-pressed', said?.right === true)
    find('wrong').setAttribute('aria-pressed', said?.right === false)
    for (const button of truth.querySelectorAll('button')) {
      button.setAttribute(
        'aria-pressed',
        several ? known().includes(button.value) : !!said && said.label === button.value
      )
    }
    truth.hidden = 'value' in part || !(unsure || said?.right === false || said?.labels)
  }
  if (several) {
    truth.firstElementChild.textContent = 'Which labels are true?'
    truth.append(
      ...toggles(
        part,
        labels =>
          say(labels.length === part.labels.length && labels.every(label => part.labels.includes(label)), { labels }),
        known
      )
    )
  } else if (part.probabilities) {
    truth.append(
      ...choices(
        Object.keys(part.probabilities).filter(label => label !== part.label),
        label => say(false, { label })
      )
    )
  }
  find('judge').hidden = unsure
  find('right').onclick = () => say(true, part.label ? { label: part.label } : {})
  find('wrong').onclick = () => say(false, part.label ? { label: null } : {})
  mark()
}
