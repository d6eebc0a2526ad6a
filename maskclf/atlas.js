/* The map of a data set: points to move among, with the mouse, a finger or the keyboard. It asks no network for anything. */
'use strict'
;(() => {
  // x, y: 0 to 10,000 across the map; near: [[picture, similarity], …] of each picture; groupings: [{name, groups, of}],
  // where `of` holds the number of each picture's group; sprite: small copies, `columns` in a row, `cell` pixels a side.
  // A place is the number of a picture.
  const data = JSON.parse(document.getElementById('atlas-data').textContent)
  const n = data.x.length
  const map = document.getElementById('atlas-map')
  const canvas = map.querySelector('canvas')
  const pen = canvas.getContext('2d')
  const find = id => document.getElementById(id)

  // Okabe and Ito's colours, which people with any colour vision can tell apart; with more groups, other shapes
  const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#b8a800']
  const SHAPES = ['circle', 'square', 'triangle', 'diamond', 'cross']
  const style = place => ({
    colour: COLOURS[place % COLOURS.length],
    shape: SHAPES[Math.floor(place / COLOURS.length) % SHAPES.length]
  })

  const sprite = new Image()
  let grouping = data.groupings[0]
  let hidden = new Set() // groups that are not shown
  let selected = -1
  let zoom = 1
  let left = 0
  let top = 0 // of the map, in widths and heights of it
  let width = 1
  let height = 1
  const near = new Set()

  const shows = place => !hidden.has(grouping.of[place])
  const EDGE = 36 // pixels around the map, so that no picture is cut off
  const wide = () => Math.max(1, width - 2 * EDGE)
  const high = () => Math.max(1, height - 2 * EDGE)
  const toX = place => EDGE + (data.x[place] / 10000 - left) * zoom * wide()
  const toY = place => EDGE + (data.y[place] / 10000 - top) * zoom * high()

  /** Draws a marker of a group. */
  function marker(to, x, y, size, { colour, shape }) {
    to.beginPath()
    if (shape === 'circle') to.arc(x, y, size, 0, 2 * Math.PI)
    else if (shape === 'square') to.rect(x - size * 0.9, y - size * 0.9, size * 1.8, size * 1.8)
    else if (shape === 'triangle') {
      to.moveTo(x, y - size * 1.2)
      to.lineTo(x + size * 1.1, y + size * 0.8)
      to.lineTo(x - size * 1.1, y + size * 0.8)
    } else if (shape === 'diamond') {
      to.moveTo(x, y - size * 1.3)
      to.lineTo(x + size * 1.3, y)
      to.lineTo(x, y + size * 1.3)
      to.lineTo(x - size * 1.3, y)
    } else {
      to.rect(x - size * 1.2, y - size * 0.45, size * 2.4, size * 0.9)
      to.rect(x - size * 0.45, y - size * 1.2, size * 0.9, size * 2.4)
    }
    to.closePath()
    to.fillStyle = colour
    to.fill()
  }

  /** Draws the small copy of a picture. */
  function small(to, place, x, y, size) {
    if (!sprite.complete || !sprite.naturalWidth) return
    const cell = data.cell
    to.drawImage(
      sprite,
      (place % data.columns) * cell,
      Math.floor(place / data.columns) * cell,
      cell,
      cell,
      x,
      y,
      size,
      size
    )
  }

  /** Draws the map: pictures where there is room for them, markers elsewhere. */
  function draw() {
    const scale = window.devicePixelRatio || 1
    const box = map.getBoundingClientRect()
    width = box.width
    height = box.height
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(height * scale)
    pen.setTransform(scale, 0, 0, scale, 0, 0)
    pen.clearRect(0, 0, width, height)
    const ink = getComputedStyle(map).color
    const withPictures = find('atlas-pictures').checked
    const size = width < 600 ? 34 : 46
    const taken = {}
    const pictures = []
    for (let place = 0; place < n; place++) {
      if (!shows(place)) continue
      const x = toX(place)
      const y = toY(place)
      if (x < -size || y < -size || x > width + size || y > height + size) continue
      const column = Math.floor(x / (size + 4))
      const row = Math.floor(y / (size + 4))
      const free =
        withPictures &&
        ![-1, 0, 1].some(i =>
          [-1, 0, 1].some(j => {
            const other = taken[`${column + i} ${row + j}`]
            return other && Math.abs(other[0] - x) < size + 4 && Math.abs(other[1] - y) < size + 4
          })
        )
      if (free) {
        taken[`${column} ${row}`] = [x, y]
        pictures.push(place)
      } else {
        pen.globalAlpha = near.size && !near.has(place) ? 0.35 : 0.85
        marker(pen, x, y, 4.5, style(grouping.of[place]))
      }
    }
    pen.globalAlpha = 1
    for (const place of pictures) {
      const own = style(grouping.of[place])
      framed(place, size, 3, own.colour)
      if (grouping.of[place] >= COLOURS.length) marker(pen, toX(place) - size / 2, toY(place) - size / 2, 6, own)
    }
    for (const place of near) {
      if (shows(place)) {
        pen.lineWidth = 2
        pen.strokeStyle = ink
        pen.beginPath()
        pen.arc(toX(place), toY(place), 8, 0, 2 * Math.PI)
        pen.stroke()
      }
    }
    if (selected >= 0) framed(selected, Math.max(size, 64), 4, ink)
  }

  function framed(place, size, frame, colour) {
    const x = toX(place) - size / 2
    const y = toY(place) - size / 2
    pen.fillStyle = colour
    pen.fillRect(x - frame, y - frame, size + 2 * frame, size + 2 * frame)
    small(pen, place, x, y, size)
  }

  /** Shows a picture, what is known of it and what is most like it, beside the map. */
  function select(place, move) {
    selected = place
    near.clear()
    const panel = find('atlas-side')
    panel.replaceChildren()
    if (place < 0) {
      panel.append(find('atlas-help').content.cloneNode(true))
      draw()
      return
    }
    for (const [other] of data.near[place]) near.add(other)
    const heading = document.createElement('h2')
    heading.textContent = data.names[place]
    const shown = picture(place, data.cell * 2)
    shown.className = 'shown'
    const facts = document.createElement('p')
    facts.textContent = data.groupings.map(one => `${one.name}: ${one.groups[one.of[place]]}`).join(' · ')
    const title = document.createElement('h3')
    title.textContent = 'Most like it'
    const list = document.createElement('div')
    list.className = 'atlas-near'
    for (const [other, similarity] of data.near[place]) {
      const button = document.createElement('button')
      button.type = 'button'
      button.title = data.names[other]
      button.setAttribute(
        'aria-label',
        `${data.names[other]}, ${grouping.groups[grouping.of[other]]}, similarity ${similarity}`
      )
      button.append(picture(other, data.cell), document.createTextNode(similarity.toFixed(2)))
      button.onclick = () => {
        select(other, true)
      }
      list.append(button)
    }
    panel.append(heading, shown, facts, title, list)
    find('atlas-said').textContent = `${data.names[place]}, ${grouping.name} ${grouping.groups[grouping.of[place]]}`
    if (move) bringIntoView(place)
    draw()
  }

  function picture(place, size) {
    const own = document.createElement('canvas')
    own.width = own.height = size
    small(own.getContext('2d'), place, 0, 0, size)
    return own
  }

  function bringIntoView(place) {
    const x = toX(place)
    const y = toY(place)
    if (x < 30 || x > width - 30) left += (x - width / 2) / (wide() * zoom)
    if (y < 30 || y > height - 30) top += (y - height / 2) / (high() * zoom)
  }

  /** Zooms, so that what is at this place of the map stays there. */
  function zoomAt(x, y, factor) {
    const after = Math.min(60, Math.max(0.8, zoom * factor))
    const atX = (x - EDGE) / wide()
    const atY = (y - EDGE) / high()
    left += atX / zoom - atX / after
    top += atY / zoom - atY / after
    zoom = after
    draw()
  }

  function reset() {
    zoom = 1
    left = 0
    top = 0
    draw()
  }

  /** The picture that is nearest to a place of the map; -1 if there is none within `most` pixels. */
  function nearestTo(x, y, most) {
    let best = -1
    let least = most * most
    for (let place = 0; place < n; place++) {
      if (!shows(place)) continue
      const distance = (toX(place) - x) ** 2 + (toY(place) - y) ** 2
      if (distance < least) {
        best = place
        least = distance
      }
    }
    return best
  }

  /** The next picture in a direction: near, and not far aside. */
  function step(dx, dy) {
    if (selected < 0) {
      select(nearestTo(width / 2, height / 2, Infinity), true)
      return
    }
    const x = toX(selected)
    const y = toY(selected)
    let best = -1
    let least = Infinity
    for (let place = 0; place < n; place++) {
      if (place === selected || !shows(place)) continue
      const ahead = (toX(place) - x) * dx + (toY(place) - y) * dy
      const aside = Math.abs((toX(place) - x) * dy) + Math.abs((toY(place) - y) * dx)
      if (ahead <= 0 || aside > ahead) continue
      if (ahead + 2 * aside < least) {
        best = place
        least = ahead + 2 * aside
      }
    }
    if (best >= 0) select(best, true)
  }

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
  map.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (ARROWS[event.key]) step(...ARROWS[event.key])
    else if (event.key === '+' || event.key === '=') {
      zoomAt(selected < 0 ? width / 2 : toX(selected), selected < 0 ? height / 2 : toY(selected), 1.5)
    } else if (event.key === '-') zoomAt(width / 2, height / 2, 1 / 1.5)
    else if (event.key === '0') reset()
    else if (event.key === 'Escape') select(-1)
    else if (event.key === 'Enter' || event.key === ' ') {
      if (selected < 0) step(1, 0)
    } else return
    event.preventDefault()
  })

  // mouse and fingers: a click selects, dragging moves the map, two fingers or the wheel zoom
  const fingers = new Map()
  let dragged = 0
  const middle = () => {
    const all = [...fingers.values()]
    return [all.reduce((sum, p) => sum + p.x, 0) / all.length, all.reduce((sum, p) => sum + p.y, 0) / all.length]
  }
  const spread = () => {
    const all = [...fingers.values()]
    return all.length < 2 ? 0 : Math.hypot(all[0].x - all[1].x, all[0].y - all[1].y)
  }
  const pointOf = event => {
    const box = canvas.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  canvas.addEventListener('pointerdown', event => {
    canvas.setPointerCapture(event.pointerId)
    fingers.set(event.pointerId, pointOf(event))
    if (fingers.size === 1) dragged = 0
  })
  canvas.addEventListener('pointermove', event => {
    if (!fingers.has(event.pointerId)) return
    const [x, y] = middle()
    const before = spread()
    fingers.set(event.pointerId, pointOf(event))
    const [newX, newY] = middle()
    const after = spread()
    dragged += Math.abs(newX - x) + Math.abs(newY - y) + Math.abs(after - before)
    if (dragged < 6) return
    left -= (newX - x) / (wide() * zoom)
    top -= (newY - y) / (high() * zoom)
    if (before && after) zoomAt(newX, newY, after / before)
    else draw()
  })
  canvas.addEventListener('pointerup', event => {
    const at = pointOf(event)
    fingers.delete(event.pointerId)
    if (!fingers.size && dragged < 6) select(nearestTo(at.x, at.y, 30))
  })
  canvas.addEventListener('pointercancel', event => fingers.delete(event.pointerId))
  canvas.addEventListener(
    'wheel',
    event => {
      event.preventDefault()
      const at = pointOf(event)
      zoomAt(at.x, at.y, Math.exp(-event.deltaY / 400))
    },
    { passive: false }
  )

  /** The legend: a box for each group, which shows and hides it. */
  function legend() {
    const list = find('atlas-legend')
    list.replaceChildren()
    grouping.groups.forEach((name, group) => {
      const count = grouping.of.filter(other => other === group).length
      const label = document.createElement('label')
      const box = document.createElement('input')
      box.type = 'checkbox'
      box.checked = !hidden.has(group)
      box.onchange = () => {
        if (box.checked) hidden.delete(group)
        else hidden.add(group)
        if (selected >= 0 && !shows(selected)) select(-1)
        else draw()
      }
      const swatch = document.createElement('canvas')
      swatch.width = swatch.height = 36
      marker(swatch.getContext('2d'), 18, 18, 12, style(group))
      label.append(box, swatch, document.createTextNode(`${name} (${count})`))
      const item = document.createElement('li')
      item.append(label)
      list.append(item)
    })
  }

  const chooser = find('atlas-grouping')
  data.groupings.forEach((one, number) => chooser.append(new Option(one.name, number)))
  chooser.onchange = () => {
    grouping = data.groupings[chooser.value]
    hidden = new Set()
    legend()
    select(selected)
  }
  find('atlas-pictures').onchange = draw
  find('atlas-in').onclick = () => zoomAt(width / 2, height / 2, 1.5)
  find('atlas-out').onclick = () => zoomAt(width / 2, height / 2, 1 / 1.5)
  find('atlas-all').onclick = reset
  new ResizeObserver(draw).observe(map)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
  sprite.onload = () => {
    legend()
    select(-1)
  }
  sprite.src = data.sprite
})()
