// A photo from the camera.

const $ = id => document.getElementById(id)
const NO_WAY =
  'A page may use the camera only over https or on the computer that serves it. Take a photo with the camera app and choose it.'
const REASONS = {
  NotAllowedError:
    'The camera is not allowed here: allow it in the settings of your browser for this page, or choose a photo.',
  NotFoundError: 'No camera was found: connect one and try again, or choose a photo.',
  NotReadableError: 'Another program uses the camera: close it and try again, or choose a photo.'
}

let stream = null
let facing = 'user'

/** Let go of the camera. */
function stop() {
  stream?.getTracks().forEach(track => track.stop())
  stream = $('preview').srcObject = null
}

/** Look through the camera, or say why not. */
async function start() {
  stop()
  tell('Waits for the camera. Your browser may ask whether this page may use it.')
  try {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error(NO_WAY)
    const got = await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing, width: { ideal: 1920 } } })
    if (!$('camera').open) return got.getTracks().forEach(track => track.stop())
    stream = $('preview').srcObject = got
    await $('preview').play()
    tell('Look into the camera.', true)
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(device => device.kind === 'videoinput')
    $('turn').hidden = cameras.length < 2
  } catch (error) {
    tell(
      error.message === NO_WAY
        ? NO_WAY
        : (REASONS[error.name] ?? 'The camera gives no picture: try again, or choose a photo.')
    )
    $('camera-app').hidden = !matchMedia('(pointer: coarse)').matches // a telephone has an app for it
  }
}

/** Say something above the preview; `ready` when there is something to see. */
function tell(text, ready = false) {
  $('camera-note').textContent = text
  $('shoot').disabled = !ready
  $('preview').hidden = !ready
  $('camera-app').hidden = true
  if (ready) $('shoot').focus()
}

/** What the camera sees now, as a file. */
async function shot() {
  const video = $('preview')
  const canvas = document.createElement('canvas')
  canvas.width = video.videoWidth
  canvas.height = video.videoHeight
  canvas.getContext('2d').drawImage(video, 0, 0)
  const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.92))
  const time = new Date().toTimeString().slice(0, 8).replaceAll(':', '.')
  return new File([blob], `camera ${time}.jpg`, { type: 'image/jpeg' })
}

/** Make the dialog work; each photo is given to `use`. */
export function prepareCamera(use) {
  $('take').onclick = () => {
    $('camera').showModal()
    start()
  }
  $('camera').addEventListener('close', stop)
  $('camera-close').onclick = () => $('camera').close()
  $('turn').onclick = () => {
    facing = facing === 'user' ? 'environment' : 'user'
    start()
  }
  $('camera-app').onclick = () => {
    $('camera').close()
    $('snap').click()
  }
  $('shoot').onclick = async () => {
    const file = await shot()
    $('camera').close()
    use([file])
  }
}
