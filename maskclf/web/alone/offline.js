// Keeps the files of this page, so that it works without a network after the first visit. It hands out nothing else and
// sends nothing.
// CACHE and FILES (name → sha256) stand above: whoever exports the page writes them.

const PREFIX = `maskclf ${new URL(registration.scope).pathname} `
const NAME = PREFIX + CACHE
const addressOf = name => new URL(name, registration.scope).href

/** One file, as it was exported; what the browser has kept from an older page is asked for anew. */
async function fetched([name, hash]) {
  const options = { integrity: `sha256-${hash}` }
  return fetch(addressOf(name), options).catch(() => fetch(addressOf(name), { ...options, cache: 'reload' }))
}

/** Keep all files; one that is missing or another one is an error, and the next visit tries again. */
async function keepAll() {
  const cache = await caches.open(NAME)
  for (const file of Object.entries(FILES)) {
    const response = await fetched(file)
    if (!response.ok) throw new Error(`${file[0]}: ${response.status}`)
    await cache.put(addressOf(file[0]), response)
  }
}

/** Forget the files of older exports of this page. */
async function forgetOlder() {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name)
}

/** The same answer with headers that shut other pages out: only then may a browser compute with several threads. */
function isolated(response) {
  const headers = new Headers(response.headers)
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

/** A kept file; what is none of this page comes from the network as ever. */
async function answered(request) {
  const url = new URL(request.url)
  const isPage = url.href.split(/[?#]/)[0] === registration.scope
  const kept = await (await caches.open(NAME)).match(isPage ? addressOf('index.html') : request, { ignoreSearch: true })
  return kept ? isolated(kept) : fetch(request)
}

addEventListener('install', event => event.waitUntil(keepAll()))
addEventListener('activate', event => event.waitUntil(forgetOlder().then(() => clients.claim())))
addEventListener('fetch', event => {
  const { request } = event
  if (request.method === 'GET' && request.url.startsWith(registration.scope)) event.respondWith(answered(request))
})
