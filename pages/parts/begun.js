// Brings the card of what was just started or asked for into sight, see begun.py.
//
// Started from far down the form, a run would begin above the screen. On a phone, where it stands
// before the form, the browser keeps the form where it was, and nothing seems to happen.
const LONGEST = 3000 // ms until the card stands there, on a busy server
const LOWEST = 0.6 // of the screen; a card that begins further down is not in sight either
let brought = null // what was begun when, so that it is done once

function bring(cards, until) {
  const card = document.querySelector(cards.map((key) => `.st-key-${key}`).join())
  if (card) {
    const { top } = card.getBoundingClientRect()
    const highest = parseFloat(getComputedStyle(card).scrollMarginTop) - 1 // less is behind the bar
    if (top < highest || top > LOWEST * innerHeight) card.scrollIntoView()
  } else if (performance.now() < until) requestAnimationFrame(() => bring(cards, until))
}

export default function ({ data }) {
  if (!data.time || data.time === brought) return
  brought = data.time
  const until = performance.now() + LONGEST
  requestAnimationFrame(() => bring(data.cards, until)) // once the page is laid out
}
