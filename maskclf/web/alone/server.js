// In the place of the server: the model computes in a worker of this page, and no photo or sound leaves the device.
import { annotated } from './annotate.js'
import { captioned } from './caption.js'
import { parts } from './save.js'

/** An error whose message is a sentence for whoever reads the page. */
export class Trouble extends Error {}

/** What the page can do; filled by `loadAbout`. */
export const about = {
  version: '',
  mode: 'picture',
  modes: ['picture'],
  limits: { max_bytes: Infinity, max_pixels: Infinity, formats: [] }
}

/**
 * The model that answers: its name, what it looks at and answers with, labels, colours and signs; filled by
 * `loadAbout`.
 */
export const model = { name: '', input: 'picture', output: 'class', labels: [], colours: {}, signs: {} }

/** Does the model compute in this page? Then nothing is sent, and nobody counts what readers say of an answer. */
export const isAlone = true

const asked = new Map() // number of a photo → what is called with its answer
let worker = null
let numbers = 0
let isReady = false
let name = ''

/** Begin anew with one thread, where this browser could not start several. */
function goOnWithOne() {
  worker.terminate()
  worker = null
  name = 'one thread'
  worked()
  for (const [id, { question }] of asked) worker.postMessage({ id, ...question })
}

/** End a worker that cannot work, and say why to all who wait; the next photo begins anew. */
function giveUp(sentence) {
  worker?.terminate()
  worker = null
  for (const { stop } of asked.values()) stop(new Trouble(sentence))
  asked.clear()
}

/** The worker; the first call starts it. */
function worked() {
  if (worker) return worker
  worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module', name })
  worker.onmessage = ({ data }) => {
    if (data.broken) return data.threads > 1 ? goOnWithOne() : giveUp(data.broken)
    isReady ||= data.ready === true
    const waiting = asked.get(data.id)
    if (data.part) return waiting?.onPart?.(data.part, data.all)
    asked.delete(data.id)
    if (data.answer) waiting?.done(data.answer)
    else waiting?.stop(data.stopped ? new DOMException('cancelled', 'AbortError') : new Trouble(data.trouble))
  }
  worker.onerror = ({ message }) =>
    giveUp(`The model cannot work in this browser (${message ?? 'no worker'}): try a newer browser.`)
  return worker
}

let told = null // what the page can do, once it has been asked for

/** Read what the page can do; only once, if that is there. The worker begins to load the model. */
export function loadAbout() {
  told ??= fetch(new URL('about.json', import.meta.url))
    .then(response => response.json())
    .then(found => {
      Object.assign(about, found, { limits: { ...about.limits, ...found.limits } })
      Object.assign(model, found.model)
      worked()
    })
    .catch(() => {
      throw new Trouble('Part of this page is missing: see that you are connected, and load it again.')
    })
  told.catch(() => {
    told = null
  })
  return told
}

/** What the worker says to a question about a file: an answer, or the picture that is shown of it. */
function ask(question, signal, onPart) {
  return new Promise((done, stop) => {
    const id = ++numbers
    asked.set(id, { done, stop, onPart, question })
    signal?.addEventListener(
      'abort',
      () => {
        if (!asked.delete(id)) return
        worked().postMessage({ cancel: id })
        stop(signal.reason)
      },
      { once: true }
    )
    worked().postMessage({ id, ...question })
  })
}

/** The upright photo, or the picture of a sound, with the answer drawn on it, as a JPEG; null where this browser has no room for it. */
async function drawnOn(file, answer, signal) {
  const bitmap = await ask({ file, again: answer.id }, signal)
  try {
    return model.output === 'class' ? await annotated(bitmap, answer, parts(answer)) : await captioned(bitmap, answer)
  } finally {
    bitmap.close()
  }
}

const given = new Map() // id → answer

/**
 * What the model says of a photo or a sound, as JSON; or drawn on it (a Blob) if `accept` is a type such as image/jpeg, where
 * `again` is the id of the answer. `onPart` is told how far it is.
 */
export async function predict(file, mode, { accept = 'application/json', again, signal, onPart } = {}) {
  signal?.throwIfAborted()
  await loadAbout()
  const answer = given.get(again) ?? (await ask({ file, mode }, signal, onPart))
  given.set(answer.id, answer)
  return accept === 'application/json' ? answer : drawnOn(file, answer, signal)
}

/** Nobody keeps what readers say of an answer. */
export const feedback = async () => null

/** Nobody counts. */
export const stats = async () => null

const sleep = seconds => new Promise(done => setTimeout(done, 1000 * seconds))

/**
 * Keep all files of this page, so that it works without a network from the next visit on; what the reader is told then.
 */
export async function keepForLater() {
  if (!navigator.serviceWorker) return ''
  while (!isReady || asked.size) await sleep(0.3) // the first answer comes first
  await navigator.serviceWorker.register(new URL('../offline.js', import.meta.url), {
    scope: new URL('../', import.meta.url).pathname
  })
  await navigator.serviceWorker.ready
  return 'This page works without a network from now on.'
}
