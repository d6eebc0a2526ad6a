// One photo, or one sound: its card on the page, its way to the server and back.
import { annotated } from './annotate.js'
import { labelBoxes, labeller } from './labels.js'
import { fillPanel } from './panel.js'
import { enlarged, fit, mayLie, show } from './picture.js'
import { csv, parts, save, stem } from './save.js'
import { about, loadAbout, model, predict, Trouble } from './server.js'
import { counted, inShort, make, named, percent, signOf, thing, tint } from './words.js'

const UNREADABLE = 'This file cannot be read: choose it once more, or another one.'
const FOUND_NONE = 'No face was found: try a photo on which faces are larger, or turned to the camera.'

export class Photo {
  /**
   * Called are `changed` when there is something new to count, `judged` when the reader has said what is right, and
   * what the buttons say.
   */
  constructor(file, mode, { changed, judged, remove, again }) {
    Object.assign(this, {
      file,
      name: file.name,
      mode,
      changed,
      judged,
      answer: null,
      parts: [],
      said: new Map(),
      place: 0
    })
    this.card = document.getElementById('card').content.firstElementChild.cloneNode(true)
    this.img = make('img', { alt: `Photo ${this.name}` })
    this.find('frame').prepend(this.img)
    this.find('name').textContent = this.name
    const clicks = {
      cancel: () => this.cancel(),
      remove: () => remove(this),
      again: () => again(this),
      'save-picture': () => this.savePicture(),
      'save-json': () => save(`${stem(this.name)}.json`, JSON.stringify(this.answer, null, 1), 'application/json'),
      'save-csv': () => save(`${stem(this.name)}.csv`, csv([this]), 'text/csv')
    }
    for (const [name, click] of Object.entries(clicks)) this.find(name).addEventListener('click', click)
    this.find('boxes').addEventListener('keydown', event => this.onKey(event))
    this.wait()
  }

  /** The first element of the card with this class. */
  find(name) {
    return this.card.querySelector(`.${name}`)
  }

  /** Put it in the queue. */
  wait() {
    this.stop = new AbortController()
    this.tell('waiting', 'Waits for its turn …')
  }

  /** Stop at once, also where it still waits. */
  cancel() {
    this.stop.abort()
    if (this.state === 'waiting') this.tell('failed', 'Cancelled.')
  }

  /** Say in the card how far it is: waiting, working, done, or failed. */
  tell(state, ...words) {
    const over = state === 'done' || state === 'failed'
    this.state = this.card.dataset.state = state
    this.card.setAttribute('aria-busy', !over)
    this.find('state').role = state === 'failed' ? 'alert' : null
    this.find('state').replaceChildren(...words)
    this.find('cancel').hidden = over
    this.find('remove').hidden = !over
    this.find('again').hidden = state !== 'failed'
    this.find('saves').hidden = state !== 'done'
    this.changed()
  }

  /** Show it, send it, and show the answer or what went wrong. */
  async run() {
    this.find('note').hidden = true
    try {
      this.tell('working', 'Is read …')
      await this.file
        .slice(0, 1)
        .arrayBuffer()
        .catch(() => {
          throw new Trouble(UNREADABLE)
        })
      await loadAbout()
      this.mode ??= about.mode
      if (model.input === 'sound') this.prepareSound()
      else this.shown = await show(this.img, this.file)
      if (this.shown) this.shape(this.img.naturalWidth, this.img.naturalHeight)
      this.sent = await fit(this.file, this.img, this.shown)
      const does = model.input === 'sound' ? 'The model listens to it' : 'The model looks at it'
      this.tell('working', `${does} …`)
      const answer = await predict(this.sent, this.mode, {
        signal: this.stop.signal,
        onWait: seconds => this.busy(seconds),
        onPart: (part, all) => this.tell('working', `${does}: part ${part} of ${all} …`)
      })
      await this.take(answer)
    } catch (error) {
      if (error instanceof Trouble) return this.tell('failed', error.message)
      if (error.name === 'AbortError') return this.tell('failed', 'Cancelled.')
      this.tell('failed', `This page could not go on (${error.message}): try again, or another ${thing()}.`)
      throw error
    }
  }

  /** Let it be played; its picture is drawn by the server. */
  prepareSound() {
    const player = this.find('player')
    this.shown = false
    this.img.alt = `Spectrogram of ${this.name}`
    player.setAttribute('aria-label', `Play ${this.name}`)
    URL.revokeObjectURL(player.src)
    player.src = URL.createObjectURL(this.file)
    player.hidden = false
  }

  /** Give the frame the shape of the photo; empty where the browser cannot show it. */
  shape(width, height) {
    const frame = this.find('frame')
    frame.style.setProperty('--ratio', width / height)
    frame.style.setProperty('--width', `${width}px`)
    frame.hidden = false
    this.img.hidden = !this.shown
  }

  /** The server has no time now. */
  busy(seconds) {
    this.tell('working', `The server is busy: asks again in ${counted(seconds, 'second')} …`)
  }

  /** Keep the answer, in pixels of the photo itself, and show it. */
  async take(answer) {
    const copied = this.sent !== this.file
    const smaller = copied && answer.size[0] !== this.img.naturalWidth
    this.answer = smaller ? enlarged(answer, this.img.naturalWidth, this.img.naturalHeight) : answer
    const [width, height] = this.answer.size
    const asShown = this.shown && this.img.naturalWidth === width && this.img.naturalHeight === height
    if (!asShown || (!copied && (await mayLie(this.file)))) await this.showTheirs()
    this.shape(width, height)
    if (smaller) this.note(`Made smaller before it was sent: ${width} × ${height} → ${answer.size.join(' × ')} pixels.`)
    else if (copied) this.note('Sent as a JPEG, since the server does not take this kind of file.')
    this.parts = parts(this.answer)
    this.drawBoxes()
    const { faces } = this.answer
    this.tell('done', ...(faces && !faces.length ? [FOUND_NONE] : inShort(this.answer)))
    if (!faces) this.find('save-picture').textContent = 'Picture with the answer'
    if (this.parts.length) this.select(0)
    labelBoxes(this.find('frame'))
    labeller.observe(this.find('frame'))
  }

  /** The picture as the server draws it; null if it cannot be had. */
  drawTheirs() {
    const options = { accept: 'image/jpeg', again: this.answer.id, signal: this.stop.signal, onWait() {} }
    return predict(this.sent, this.mode, options).catch(() => null)
  }

  /** Show that picture: this browser cannot show the file, or holds it another way up. */
  async showTheirs() {
    this.theirs = await this.drawTheirs()
    this.shown = !!this.theirs && (await show(this.img, this.theirs))
    this.card.classList.toggle('theirs', this.shown)
    if (model.input === 'sound') return
    this.note(
      this.shown
        ? 'Your browser cannot show this file upright, so this is a copy with the answer drawn on it.'
        : 'Your browser cannot show this file upright; the boxes stand where the faces are.'
    )
  }

  /** A line below the photo. */
  note(text) {
    this.find('note').textContent = text
    this.find('note').hidden = false
  }

  /** A button over each face, exactly where its box is. */
  drawBoxes() {
    const {
      size: [width, height],
      faces
    } = this.answer
    const boxes = this.find('boxes')
    boxes.hidden = !faces?.length
    boxes.setAttribute('aria-label', `Faces in ${this.name}`)
    boxes.replaceChildren(...(faces ? this.parts.map((part, place) => this.box(part, place, width, height)) : []))
  }

  /** The button over one face: left, top, width and height in shares of the photo. */
  box({ box: [l, t, r, b], label, probability }, place, width, height) {
    const sign = make('b', { 'aria-hidden': 'true' }, signOf(label))
    const plate = make(
      'span',
      { className: 'plate', 'aria-hidden': 'true' },
      sign,
      make('span', { className: 'word' }, named(label))
    )
    const button = make(
      'button',
      {
        type: 'button',
        className: 'box',
        role: 'radio',
        onclick: event => this.select(this.meant(event, place)),
        'aria-label': `Face ${place + 1} of ${this.parts.length}: ${named(label)}, ${percent(probability)}`
      },
      plate
    )
    const shares = { left: l / width, top: t / height, width: (r - l) / width, height: (b - t) / height }
    for (const [side, share] of Object.entries(shares)) button.style[side] = `${100 * share}%`
    button.classList.toggle('plate-below', t < 0.08 * height)
    button.classList.toggle('plate-left', l + r > width)
    button.style.zIndex = Math.round((1000 * b) / height) // the nearest lie on top
    return tint(button, label, this.answer.colours)
  }

  /** The face that a click means: the smallest box below it; of keys and signs, the button's own. */
  meant({ clientX: x, clientY: y, detail, target }, place) {
    if (!detail || target.closest('.plate')) return place
    const below = [...this.find('boxes').children]
      .map((box, i) => ({ i, ...box.getBoundingClientRect().toJSON() }))
      .filter(box => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom)
    return below.sort((a, b) => a.width * a.height - b.width * b.height)[0]?.i ?? place
  }

  /** Choose a face: it is marked, and the panel tells of it. */
  select(place, focus = false) {
    this.place = (place + this.parts.length) % this.parts.length
    this.find('boxes').childNodes.forEach((button, i) => {
      button.setAttribute('aria-checked', i === this.place)
      button.tabIndex = i === this.place ? 0 : -1
      if (focus && i === this.place) button.focus()
    })
    const panel = this.find('panel')
    const held = panel.contains(document.activeElement) && document.activeElement.classList[0]
    panel.hidden = false
    fillPanel(panel, this, this.parts[this.place], this.place, step => this.select(this.place + step))
    if (held) panel.querySelector(`.${held}`)?.focus()
  }

  /** Arrow keys go from face to face. */
  onKey(event) {
    const last = this.parts.length - 1
    const to = {
      ArrowRight: this.place + 1,
      ArrowDown: this.place + 1,
      ArrowLeft: this.place - 1,
      ArrowUp: this.place - 1,
      Home: 0,
      End: last
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    this.select(to, true)
  }

  /** Save the photo with its boxes. */
  async savePicture() {
    const ours = model.output === 'class' // labels and numbers are written by the server
    const picture =
      this.theirs ??
      (ours ? this.shown && (await annotated(this.img, this.answer, this.parts)) : await this.drawTheirs())
    if (picture) save(`${stem(this.name)}-${this.answer.faces ? 'boxes' : 'answer'}.jpg`, picture)
    else {
      this.note(
        ours
          ? 'This photo is too large for your browser to draw on.'
          : 'The picture could not be drawn: try again in a moment.'
      )
    }
  }
}
