// Where the names of classes stand on a photo.

const MOST = 100 // names that are tried; in a larger crowd there is no room

/** Do two rectangles overlap? */
const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

/**
 * Write out the names of those boxes where that hides no other face or sign, the largest first; the others keep their
 * sign alone.
 */
export function labelBoxes(frame) {
  const inside = frame.getBoundingClientRect()
  const boxes = [...frame.querySelectorAll('.box')].sort((a, b) => b.offsetWidth - a.offsetWidth).slice(0, MOST)
  for (const box of boxes) box.classList.remove('roomy')
  const taken = new Map(boxes.map(box => [box, [box, box.firstChild].map(part => part.getBoundingClientRect())]))
  for (const box of boxes) {
    box.classList.add('roomy')
    const plate = box.firstChild.getBoundingClientRect()
    const others = boxes.filter(other => other !== box).flatMap(other => taken.get(other))
    const fits =
      plate.left >= inside.left - 5 && plate.right <= inside.right + 5 && !others.some(other => overlap(plate, other))
    box.classList.toggle('roomy', fits)
    if (fits) taken.get(box)[1] = plate
  }
}

/** Do that whenever a photo changes its size on the page. */
export const labeller = new ResizeObserver(changes => changes.forEach(({ target }) => labelBoxes(target)))
