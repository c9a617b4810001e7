// The projector view: large type, no sidebar, a bar with what the keys do; see projector.py. Read
// before document.js.
//
// Kept in the tab's own storage, not in the session of the server, which a refresh ends, nor in the
// address, whose parameters Streamlit drops on the way to another page.
const KEPT = "projector-size"
const SIZES = [1, 1.25, 1.5, 1.75, 2] // times the usual size of type
const USUAL = 1.25
const calm = window.matchMedia("(prefers-reduced-motion: reduce)")
const SCROLL = 0.6 // of the screen's height
const NAV = "[data-testid=stSidebarNav] a"
// Where keys have a meaning of their own
const BUSY =
  "input, textarea, select, canvas, [contenteditable=true], [role=slider], [role=grid]," +
  " [role=radio], [role=listbox], [role=option], [role=application], [role=combobox]," +
  " [role=dialog] *"

const storage = (() => {
  try {
    return window.sessionStorage
  } catch { // a browser that blocks all data of a site throws
    return null
  }
})()
let now = 0 // where nothing can be stored
const size = () => Number(storage ? storage.getItem(KEPT) : now)
const root = document.documentElement

function open(times) {
  now = times
  storage?.setItem(KEPT, times)
  root.dataset.projector = "on"
  root.style.setProperty("--projector-size", times)
  window.dispatchEvent(new Event("resize"))
}

function leave() {
  now = 0
  storage?.removeItem(KEPT)
  delete root.dataset.projector
  const url = new URL(window.location.href)
  if (url.searchParams.get("view") === "projector") url.searchParams.delete("view")
  window.history.replaceState(window.history.state, "", url)
  window.dispatchEvent(new Event("resize"))
}

function resize(by) {
  const place = SIZES.indexOf(size()) + by
  open(SIZES[Math.max(0, Math.min(SIZES.length - 1, place))])
}

function turn(by) {
  const links = [...document.querySelectorAll(NAV)]
  const path = window.location.pathname.replace(/\/$/, "")
  const here = links.findIndex((link) => new URL(link.href).pathname.replace(/\/$/, "") === path)
  links[(here + by + links.length) % links.length]?.click()
}

function scroll(by) {
  const main = document.querySelector("[data-testid=stMain]")
  const behavior = calm.matches ? "auto" : "smooth"
  main?.scrollBy({ top: by * SCROLL * window.innerHeight, behavior })
}

const ACTIONS = {
  ArrowRight: () => turn(1), PageDown: () => turn(1), // what a presenter's remote sends, too
  ArrowLeft: () => turn(-1), PageUp: () => turn(-1),
  ArrowDown: () => scroll(1), ArrowUp: () => scroll(-1),
  "+": () => resize(1), "=": () => resize(1), "-": () => resize(-1),
  Escape: leave,
}

// Whether a chart or a dialog lay over the page when the key was pressed: Streamlit may have closed
// it by the time that `hear` is called. A chart over the whole screen keeps the page from scrolling
let covered = false

function look() {
  const dialog = document.querySelector("[role=dialog]")
  covered = document.body.style.overflow === "hidden" || Boolean(dialog)
}

function hear(event) {
  const action = ACTIONS[event.key]
  if (!size() || !action || event.ctrlKey || event.altKey || event.metaKey) return
  if (event.defaultPrevented || covered) return
  if (event.composedPath()[0].closest?.(BUSY)) return // also within a component's shadow
  event.preventDefault()
  action()
}

// A link to the view that opens it on the page it stands on: Streamlit then calls no script anew.
function follow(event) {
  const link = event.target.closest?.("a[href]")
  const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey
  if (!link || elsewhere || new URL(link.href).searchParams.get("view") !== "projector") return
  open(size() || USUAL)
}

function bar() {
  const made = element("div", "projector-bar",
    button("← Page", () => turn(-1)), element("b", "", ""), button("Page →", () => turn(1)),
    button("− Type", () => resize(-1)), button("+ Type", () => resize(1)),
    button("Esc Leave", leave))
  made.setAttribute("role", "toolbar")
  made.setAttribute("aria-label", "Projector view")
  // In the app, whose theme its colours follow
  document.querySelector(".stApp").append(made)
  return made
}

function keepProjectorView(page) {
  if (!window.projectorBar) {
    window.projectorBar = bar()
    window.addEventListener("keydown", look, true)
    window.addEventListener("keydown", hear)
    window.addEventListener("click", follow, true)
  }
  window.projectorBar.querySelector("b").textContent = page
  const asked = new URLSearchParams(window.location.search).get("view") === "projector"
  if (size()) open(size())
  else if (asked) open(USUAL)
}
