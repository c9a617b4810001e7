// One entry of the browser's history for each page that was opened; read before document.js.
//
// Streamlit adds an entry whenever the server writes a parameter, so that Back would go through
// each of them. Here such a write changes the entry that is there. On the way to another page the
// server first drops the parameters of the page that is left, while its address still stands. They
// are put back when the address changes, so that Back finds what was there.
const LEAVING = 5000 // ms between the two, on a busy server

function isLess(search, than) {
  const all = new URLSearchParams(than)
  const some = [...new URLSearchParams(search)]
  return some.length < [...all].length && some.every(([name, value]) => all.get(name) === value)
}

function keepOneEntryPerPage(history) {
  if (window.keepsOneEntryPerPage) return
  window.keepsOneEntryPerPage = true
  const add = history.pushState.bind(history)
  const change = history.replaceState.bind(history)
  let left = null // the address before its parameters were dropped, and when that was
  // What was dropped before the click or key that leads away, the visitor has dropped
  const forget = (event) => {
    if (event.isTrusted) left = null // not a script's own, of the canvas
  }
  window.addEventListener("click", forget, true)
  window.addEventListener("keydown", forget, true)
  history.pushState = (state, title, address) => {
    const here = new URL(window.location.href)
    const next = new URL(address ?? here, here)
    if (left?.url.pathname !== here.pathname || performance.now() - left.at > LEAVING) left = null
    if (next.pathname === here.pathname) {
      if (!isLess(next.search, (left?.url ?? here).search)) left = null
      else left ??= { url: here, at: performance.now() }
      change(state, title, address)
      return
    }
    if (left) change(history.state, "", left.url)
    left = null
    add(state, title, address)
  }
}
