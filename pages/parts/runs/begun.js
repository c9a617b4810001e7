// Brings the card of a run that was just started into sight, see begun.py.
//
// Started from far down the form, the run would begin above the screen. On a phone, where it stands
// before the form, the browser keeps the form where it was, and nothing seems to happen.
const LONGEST = 3000 // ms until the card stands there, on a busy server
const LOWEST = 0.6 // of the screen; a card that begins further down is not in sight either
let brought = null // the run, so that it is done once

function bring(until) {
  const card = document.querySelector(".st-key-watched_run, .st-key-live_run")
  if (card) {
    const { top } = card.getBoundingClientRect()
    const highest = parseFloat(getComputedStyle(card).scrollMarginTop) - 1 // less is behind the bar
    if (top < highest || top > LOWEST * innerHeight) card.scrollIntoView()
  } else if (performance.now() < until) requestAnimationFrame(() => bring(until))
}

export default function ({ data }) {
  if (!data.run || data.run === brought) return
  brought = data.run
  requestAnimationFrame(() => bring(performance.now() + LONGEST)) // once the page is laid out
}
