// The model at work, beside the page, so that the page stays quick. It is sent { id, file, mode } and sends { id,
// answer } or { id, trouble };
// without a mode the answer is the upright photo, or the picture of a sound.
import * as ort from './ort.mjs'
import { decode, Unreadable } from './decode.js'
import { findFaces } from './finder.js'
import { squareCrop, toArray, toSquare } from './pixels.js'
import { round } from './resize.js'
import { hear, joined } from './sound.js'
import { answerOf, countsOf, seenOf, texts, together } from './tasks.js'

const MARGIN = 1.3 // side of the square around a face, in longer sides of its box
const TOGETHER = 8 // faces, or windows of a sound, that go through the network at a time
const threads =
  self.crossOriginIsolated && self.name !== 'one thread' ? Math.min(4, navigator.hardwareConcurrency ?? 1) : 1
const OPTIONS = { executionProviders: ['wasm'], logSeverityLevel: 4 }

ort.env.logLevel = 'fatal'
ort.env.wasm.wasmPaths = { wasm: new URL('ort-wasm-simd-threaded.wasm', import.meta.url).href }
ort.env.wasm.numThreads = threads
ort.env.wasm.initTimeout = threads > 1 ? 20_000 : 0 // milliseconds, after which threads that do not start are given up

const cancelled = new Set()
const fetched = name =>
  fetch(new URL(name, import.meta.url)).then(response => {
    if (!response.ok) throw new Unreadable(`Part of this page is missing (${name}, ${response.status}): load it again.`)
    return response
  })
const bytesOf = async name => (await fetched(name)).arrayBuffer()
const session = async (content, level = 'all') =>
  ort.InferenceSession.create(new Uint8Array(await content), { ...OPTIONS, graphOptimizationLevel: level })

/** Model and networks; the finder is fetched at once where there is one, and opened when it is first needed. */
const loaded = (async () => {
  const content = bytesOf('model.onnx')
  const model = await (await fetched('model.json')).json()
  const finder = model.finder && bytesOf('finder.onnx')
  finder?.catch(() => {}) // what is wrong is said when it is needed
  return { model, network: await session(content, model.optimisation), finder }
})()

/** Let messages in, and stop where the reader no longer wants an answer. */
async function pause(id) {
  await new Promise(done => setTimeout(done))
  if (cancelled.delete(id)) throw new DOMException('cancelled', 'AbortError')
}

/** What the network gives for some opened pictures. */
async function seen(pictures, { model, network }) {
  const squares = pictures.map(picture => toSquare(picture, model.size, model.method, model.detail))
  const pixels = new ort.Tensor('float32', toArray(squares, model.mean, model.std), [
    squares.length,
    3,
    model.size,
    model.size
  ])
  const { logits, features } = await network.run({ pixels }, model.unknown ? ['logits', 'features'] : ['logits'])
  const rows = (tensor, n) => tensor?.data.subarray(n * tensor.dims[1], (n + 1) * tensor.dims[1])
  return squares.map((_, n) => seenOf(rows(logits, n), rows(features, n), model))
}

/** The boxes in a photo. */
async function faces(picture, full, kept, id) {
  kept.opened ??= session(kept.finder)
  const finder = await kept.opened
  return findFaces(picture, full, kept.model.finder, async ({ pixels, width, height }, part, all) => {
    if (all > 1) postMessage({ id, part, all })
    await pause(id)
    const { logits } = await finder.run({ pixels: new ort.Tensor('float32', pixels, [1, 3, height, width]) })
    return { logits: logits.data, width: logits.dims[3], height: logits.dims[2] }
  })
}

let drawn = {} // the picture of the sound that was heard last, and the id of its answer

/** The windows of a sound as pictures; whoever waits is told which part is drawn. */
const windowsOf = async (file, settings, id) =>
  hear(new Uint8Array(await file.arrayBuffer()), settings, async (part, all) => {
    if (all > 1) postMessage({ id, part, all })
    await pause(id)
  })

/** The answer about a sound, as the service for this model would send it. */
async function listen({ id, file, mode }, all) {
  const { model } = all
  const windows = await windowsOf(file, model.sound, id)
  const views = []
  for (let start = 0; start < windows.length; start += TOGETHER) {
    await pause(id)
    views.push(...(await seen(windows.slice(start, start + TOGETHER), all)))
  }
  const answer = answerOf(together(views), model)
  drawn = { id: String(id), picture: joined(windows) }
  const size = [drawn.picture.width, drawn.picture.height]
  return { id: String(id), mode, size, colours: model.colours, counts: countsOf(texts(answer)), ...answer }
}

/** The answer about a photo, as the service for this model would send it. */
async function look({ id, file, mode }, all) {
  const { model } = all
  const { picture, full } = await decode(file, mode === 'picture' && model.draft ? model.size : null)
  const about = { id: String(id), mode, size: full, colours: model.colours }
  if (mode === 'picture') {
    const answer = answerOf((await seen([picture], all))[0], model)
    return { ...about, counts: countsOf(texts(answer)), ...answer }
  }
  const found = await faces(picture, full, all, id)
  const scale = picture.width / full[0]
  const named = []
  const square = ({ box }) =>
    squareCrop(
      picture,
      box.map(edge => (scale === 1 ? round(edge) : round(round(edge) * scale))),
      MARGIN
    )
  for (let start = 0; start < found.length; start += TOGETHER) {
    await pause(id)
    const some = found.slice(start, start + TOGETHER)
    const views = await seen(some.map(square), all)
    some.forEach((face, n) => named.push({ ...face, ...answerOf(views[n], model) }))
  }
  const zeros = Object.fromEntries(model.labels.map(label => [label, 0]))
  return { ...about, counts: { ...zeros, ...countsOf(named.map(({ label }) => label)) }, faces: named }
}

/** The upright photo, or the picture of a sound. */
async function shown({ id, file, again }) {
  const { model } = await loaded
  if (!model.sound) return (await decode(file, null)).picture
  return drawn.id === again ? drawn.picture : joined(await windowsOf(file, model.sound, id))
}

/** The same as a bitmap. */
async function show(question) {
  const { width, height, data } = await shown(question)
  const image = new ImageData(width, height)
  for (let from = 0, at = 0; from < data.length; from += 3, at += 4) {
    for (let channel = 0; channel < 3; channel++) image.data[at + channel] = data[from + channel]
    image.data[at + 3] = 255
  }
  return createImageBitmap(image)
}

/** A sentence about what went wrong. */
function sentence(error) {
  if (error instanceof Unreadable) return error.message
  if (error instanceof RangeError || /memory|allocat/i.test(String(error))) {
    return 'There is not enough memory for this file: make it smaller and try again.'
  }
  return `The model cannot work in this browser (${error?.message ?? error}): load the page again, or try a newer browser.`
}

/** The answer to a question with a mode. */
async function answered(question) {
  const all = await loaded
  await pause(question.id)
  return all.model.sound ? listen(question, all) : look(question, all)
}

let queue = Promise.resolve() // one file at a time
onmessage = ({ data }) => {
  if (data.cancel) {
    cancelled.add(data.cancel)
    return
  }
  queue = queue
    .then(() => (data.mode ? answered(data) : show(data)))
    .then(
      answer => postMessage({ id: data.id, answer }),
      error => {
        cancelled.delete(data.id)
        postMessage({ id: data.id, trouble: sentence(error), stopped: error?.name === 'AbortError' })
      }
    )
}
loaded.then(
  () => postMessage({ ready: true }),
  error => postMessage({ broken: sentence(error), threads })
)
