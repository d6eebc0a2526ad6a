// The page: where photos come from, the queue, and what is told of all photos together.
import { prepareCamera } from './camera.js'
import { Photo } from './photo.js'
import { dropped } from './picture.js'
import { csv, save } from './save.js'
import { about, isAlone, keepForLater, loadAbout, model, stats, Trouble } from './server.js'
import { chip, countChips, counted, make, named, thing } from './words.js'

const AT_ONCE = 2 // photos that are sent at the same time
const $ = id => document.getElementById(id)
const photos = []
let busy = 0
let pasted = 0

/** Say something above the cards; nothing to hide it. */
function notice(text = '') {
  $('notice').textContent = text
  $('notice').hidden = !text
}

/** Take files in: a card for each, and into the queue. */
function add(files) {
  notice(files.length ? '' : 'There is no file in it: save the picture first, then choose it or drop it here.')
  if (!model.labels.length) introduce() // the server did not answer when the page was opened
  const mode = document.querySelector('[name=mode]:checked')?.value
  const added = [...files].map(file => new Photo(file, mode, { changed, judged: tellStats, remove, again }))
  photos.unshift(...added)
  $('cards').prepend(...added.map(photo => photo.card))
  changed()
  if (added.length) $('results').scrollIntoView({ block: 'nearest' })
  next()
}

/** Start the next photos of the queue, the first chosen first. */
function next() {
  while (busy < AT_ONCE) {
    const photo = photos.find(photo => photo.state === 'waiting')
    if (!photo) return
    busy++
    photo.run().finally(() => {
      busy--
      next()
      tellStats()
    })
  }
}

/** Put a photo into the queue once more. */
function again(photo) {
  photo.wait()
  photo.card.focus()
  next()
}

/** Take a photo away; who used the keyboard goes on at its neighbour. */
function remove(photo) {
  const neighbour = photo.card.nextElementSibling ?? photo.card.previousElementSibling ?? $('choose')
  photo.stop.abort()
  for (const { src } of [photo.img, photo.find('player')]) URL.revokeObjectURL(src)
  photo.card.remove()
  photos.splice(photos.indexOf(photo), 1)
  changed()
  neighbour.focus()
}

/** What was counted, if it is more than how often a number was told. */
const chips = counts => (model.output === 'number' ? [] : countChips(counts))

/** Tell anew what all photos have in common. */
function changed() {
  $('results').hidden = !photos.length
  $('steps').hidden = photos.length > 0
  $('give').classList.toggle('small', photos.length > 0)
  const done = photos.filter(photo => photo.state === 'done')
  const left = photos.filter(photo => ['waiting', 'working'].includes(photo.state))
  const counts = {}
  for (const { answer } of done) {
    for (const [label, n] of Object.entries(answer.counts)) counts[label] = (counts[label] ?? 0) + n
  }
  const faces = done.reduce((n, { answer }) => n + (answer.faces?.length ?? 0), 0)
  const begun = left.length ? `${done.length} of ${counted(photos.length, thing())}` : counted(done.length, thing())
  const words = [
    done.some(({ answer }) => answer.faces) ? `${begun}, ${counted(faces, 'face')}` : begun,
    ...chips(counts)
  ]
  const total = make('p', {}, ...words)
  if (total.textContent !== $('total').textContent) $('total').replaceChildren(...total.childNodes)
  for (const id of ['all-json', 'all-csv']) $(id).hidden = done.length < 2
  $('all-remove').hidden = photos.length < 2
}

/** In small print: what the server has seen and been told. */
async function tellStats() {
  const told = await stats().catch(() => null)
  if (!told) return
  const since = new Date(told.since).toLocaleDateString(undefined, { dateStyle: 'long' })
  const judged = told.right + told.wrong
  const seen = about.mode === 'faces' || told.faces ? ` with ${counted(told.faces, 'face')}` : ''
  const sentence =
    `Since ${since}, this server has ${model.input === 'sound' ? 'listened to' : 'looked at'} ${counted(told.photos, thing())}${seen}.` +
    (judged ? ` People called ${told.right} of ${counted(judged, 'answer')} right.` : '')
  $('stats').replaceChildren(sentence, ...chips(told.counts))
}

/** Write on the page what the server says of itself. */
async function introduce() {
  try {
    await loadAbout()
  } catch (error) {
    if (error instanceof Trouble) return notice(error.message)
    throw error
  }
  if (!model.labels.includes('with_mask')) {
    $('title').textContent = question()
    document.title = `maskclf: ${question()}`
  }
  if (about.mode === 'picture') {
    $('lead').textContent = 'Give it a picture: the model says what it shows, and how sure it is.'
  }
  if (model.input === 'sound') expectSounds()
  if (model.output === 'number') {
    $('lead').textContent = `Give it a ${model.input}: the model tells a number, and how far off it may be.`
    $('answer-is').textContent =
      `It is a number, ${named(model.labels[0])}, and where known the bounds between which the true one lies in 9 of 10 cases.`
  } else $('legend').replaceChildren(...model.labels.slice(0, 8).map(label => chip(label)))
  tellPrivacy()
  $('about').textContent = `maskclf ${about.version}, model ${model.name}: ${model.labels.map(named).join(', ')}`
  document.querySelector(`[name=mode][value=${about.mode}]`).checked = true
  $('modes').hidden = about.modes.length < 2
}

/** The title: what the model is asked. */
function question() {
  if (model.output === 'number') return `What is the ${named(model.labels[0])}?`
  if (model.input === 'sound') return 'What is to be heard?'
  return about.mode === 'faces' ? 'What do the faces show?' : 'What does the picture show?'
}

/** Ask for sounds in place of photos. */
function expectSounds() {
  for (const word of document.querySelectorAll('.thing')) word.textContent = thing()
  for (const id of ['take', 'sample']) $(id).hidden = true
  $('files').accept = isAlone ? 'audio/wav,.wav' : 'audio/*,.wav,.flac,.ogg,.mp3'
  $('many').textContent =
    `One or many, as ${about.limits.formats.join(', ')}, each up to ${counted(about.limits.max_seconds, 'second')} long.`
  $('lead').textContent = 'Give it a sound: the model says what is to be heard in it, and how sure it is.'
  $('answer-is').textContent = 'Colour and sign say what was heard:'
}

/** Say where photos go. */
function tellPrivacy() {
  const here = isAlone || ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
  const things = model.input === 'sound' ? 'Sounds' : 'Photos'
  const device = isAlone ? 'device: the model works in your browser' : 'computer'
  $('privacy').textContent = here
    ? `${things} do not leave this ${device}.`
    : `${things} go to ${location.host}, and nowhere else.`
  $('privacy').append(
    isAlone ? ' None is kept.' : ' None is kept: only how often each answer was given, and what you say of it.'
  )
}

/** Connect the ways in which photos come. */
function listen() {
  $('choose').onclick = () => $('files').click()
  for (const id of ['files', 'snap']) {
    $(id).onchange = ({ target }) => {
      add(target.files)
      target.value = ''
    }
  }
  $('sample').onclick = async () => {
    const sample = await fetch('static/sample.jpg')
      .then(response => response.blob())
      .catch(() => null)
    if (sample) add([new File([sample], 'drawn photo.jpg', { type: 'image/jpeg' })])
    else notice('The drawn photo cannot be had: see that you are still connected, and try again.')
  }
  prepareCamera(add)
  document.addEventListener('paste', ({ clipboardData: { files } }) =>
    add(
      [...files].map(
        file => new File([file], file.name === 'image.png' ? `pasted ${++pasted}.png` : file.name, { type: file.type })
      )
    )
  )
  document.addEventListener('dragover', event => {
    event.preventDefault()
    $('give').classList.add('over')
  })
  document.addEventListener('dragleave', event => {
    if (!event.relatedTarget) $('give').classList.remove('over')
  })
  document.addEventListener('drop', async event => {
    event.preventDefault()
    $('give').classList.remove('over')
    add(await dropped(event.dataTransfer))
  })
  $('all-json').onclick = () => {
    const all = photos.filter(photo => photo.answer).map(({ name, answer }) => ({ [thing()]: name, ...answer }))
    save(`${thing()}s.json`, JSON.stringify(all, null, 1), 'application/json')
  }
  $('all-csv').onclick = () => save(`${thing()}s.csv`, csv(photos), 'text/csv')
  $('all-remove').onclick = () => {
    for (const photo of [...photos]) remove(photo)
  }
}

/** Let the page work without a network later, where it is one that can; say so in small print. */
async function keep() {
  const told = await keepForLater().catch(() => '')
  if (told) $('stats').replaceChildren(told)
}

if (isAlone) $('judge-step').textContent = 'Look closer.'
tellPrivacy()
listen()
introduce().then(tellStats).then(keep)
