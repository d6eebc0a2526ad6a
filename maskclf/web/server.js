// All that is asked of the server. Addresses are relative, so that the page works below any path.

/** An error whose message is a sentence for whoever reads the page. */
export class Trouble extends Error {}

/** What the server can do; filled by `loadAbout`. */
export const about = {
  version: '',
  mode: 'faces',
  modes: ['faces'],
  limits: { max_bytes: Infinity, max_pixels: Infinity, formats: [] }
}

/**
 * The model that answers: its name, what it looks at and answers with, labels, colours and signs; filled by
 * `loadAbout`.
 */
export const model = { name: '', input: 'picture', output: 'class', labels: [], colours: {}, signs: {} }

/**
 * Does the model compute in this page? Here a server does; the file of the same name in the folder `alone` takes its
 * place where there is none.
 */
export const isAlone = false

const GONE = 'The server does not answer. See that it still runs and that you are connected, and try again.'
const MOST_WAITS = 60 // so often a busy server is asked again

/** Wait some seconds, or until `signal` says stop. */
export function sleep(seconds, signal) {
  return new Promise((done, stop) => {
    const timer = setTimeout(done, 1000 * seconds)
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        stop(signal.reason)
      },
      { once: true }
    )
  })
}

/** The sentence of an answer that is an error. */
async function sentence(response) {
  const { detail } = await response.json().catch(() => ({}))
  if (typeof detail === 'string') return detail
  if (response.status === 413) return 'This file is too large for the server: make it smaller and try again.'
  return `The server answered ${[response.status, response.statusText].join(' ').trim()}: try again in a moment.`
}

/** Seconds after which a busy server wants to be asked again, 1 to 60. */
function patience(response) {
  const told = response.headers.get('Retry-After') ?? ''
  const seconds = /^\d+$/.test(told) ? Number(told) : (Date.parse(told) - Date.now()) / 1000
  return Math.min(60, Math.max(1, Math.ceil(seconds || 2)))
}

/** Fetch; a `Trouble` where the server says no or nothing. `onWait(seconds)` is called each time that it is busy. */
async function ask(path, { onWait, ...options } = {}) {
  for (let waits = 0; ; waits++) {
    const response = await fetch(path, options).catch(error => {
      throw options.signal?.aborted ? error : new Trouble(GONE)
    })
    if (response.ok) return response
    if (!onWait || ![429, 503].includes(response.status) || waits >= MOST_WAITS) {
      throw new Trouble(await sentence(response))
    }
    const seconds = patience(response)
    onWait(seconds)
    await sleep(seconds, options.signal)
  }
}

/** The JSON of an answer, or a `Trouble` if it is none. */
const json = response =>
  response.json().catch(error => {
    throw error.name === 'AbortError' ? error : new Trouble('The answer of the server was cut short: try again.')
  })

let asked = null // the question what the server can do, once it has been put

/** Ask what the server can do; only once, if it answers. */
export function loadAbout() {
  asked ??= ask('about')
    .then(json)
    .then(told => {
      Object.assign(about, told)
      Object.assign(model, told.model)
    })
  asked.catch(() => {
    asked = null
  })
  return asked
}

/**
 * Send a photo or a sound; the answer as JSON, or as a picture (a Blob) if `accept` is a type such as image/jpeg. With
 * the id of an answer as `again` it is not counted once more.
 */
export async function predict(file, mode, { accept = 'application/json', again, onPart, ...options } = {}) {
  const body = new FormData()
  body.append(model.input === 'sound' ? 'sound' : 'photo', file, file.name)
  const response = await ask(`predict?mode=${mode}${again ? `&again=${again}` : ''}`, {
    method: 'POST',
    body,
    headers: { Accept: accept },
    ...options
  })
  return accept === 'application/json' ? json(response) : response.blob()
}

/**
 * Say whether an answer is right. `face` is its place in the answer, or null; `truth` holds the `label` or `labels`
 * that are true, if somebody knows.
 */
export async function feedback(id, face, right, truth) {
  const body = JSON.stringify({ id, face, right, ...truth })
  return json(
    await ask('feedback', { method: 'POST', body, headers: { 'Content-Type': 'application/json' }, onWait() {} })
  )
}

/** A page of a server is kept by nobody. */
export const keepForLater = async () => ''

/** What the server has seen and been told so far. */
export const stats = async () => json(await ask('stats'))
