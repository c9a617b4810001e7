// Gives the keyboard back to a layer's button, see move in layer_cards.py.
//
// A card that is moved or removed is drawn anew, and the browser forgets that one of its buttons
// had the focus. Whoever moves a layer by keyboard would have to go through the whole page again.
const LONGEST = 3000 // ms until the new card stands there, on a busy server

const isLost = () =>
  document.activeElement === document.body || document.activeElement.closest(".st-key-layer_cards")

function focus(key, until) {
  const button = document.querySelector(`.st-key-${key} button`)
  if (button && !button.disabled) {
    if (isLost()) button.focus()
  } else if (performance.now() < until) {
    requestAnimationFrame(() => focus(key, until))
  }
}

export default function ({ data }) {
  if (data.key) focus(data.key, performance.now() + LONGEST)
}
