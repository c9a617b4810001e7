// Takes the toolbar of the drawing canvas away, shows the canvas as large as there is room, has it
// tell of each stroke at once, hears the keys that undo, and keeps the drawing over a refresh, see
// canvas.py.
//
// Strokes and pixels are the same at every size: the canvas takes a pointer's place for that on its
// own 280 pixels.
//
// The toolbar lies, unseen but not untouchable, over the canvas's upper right corner until a mouse
// has hovered there: strokes that begin there are lost, and a finger undoes or clears.

const STYLE = `
  .dc-toolbar { display: none !important }
  .dc-container, .canvas-container, canvas {
    width: var(--canvas, 280px) !important; height: var(--canvas, 280px) !important;
  }`
const TEXT = "textarea, input:not([type=checkbox], [type=radio], [type=range]), [contenteditable]"
const isTyping = (event) => event.composedPath()[0].matches?.(TEXT)

// Where the layout has no Latin letters, those that stand on the keys beside the others
const LETTERS = { KeyZ: "z", KeyY: "y" }

function undoKey(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null
  const isLatin = /^[a-z]$/i.test(event.key)
  const key = isLatin ? event.key.toLowerCase() : LETTERS[event.code]
  if (key === "y" && !event.shiftKey && !event.metaKey) return "redo" // Cmd+Y: the history
  if (key !== "z") return null
  return event.shiftKey ? "redo" : "undo"
}

// The canvas waits a fifth of a second for more strokes before it tells of one. The first button of
// its toolbar, out of sight, does not: each stroke is told of as soon as the canvas has taken it
// in.
function tellAtOnce(shadow) {
  const tell = () => shadow.querySelector(".dc-icon-button")?.click()
  for (const [down, up] of [["mousedown", "mouseup"], ["touchstart", "touchend"]]) {
    const told = (event) => {
      if (event.touches?.length) return // another finger went up
      document.removeEventListener(up, told)
      setTimeout(tell)
    }
    shadow.addEventListener(down, (event) => {
      if (event.target.matches(".upper-canvas")) document.addEventListener(up, told)
    })
  }
}

// The canvas ends a stroke only once no finger at all is on the screen, and never when the system
// takes a touch away, a palm or a gesture of its own: this and the next strokes would be lost. Here
// the finger that draws ends it; what a touch drew that was taken away stays, as Undo is there.
function endEachStroke(shadow) {
  let drawing = null // the finger whose stroke the canvas draws: the first one on it
  shadow.addEventListener("touchstart", ({ target, targetTouches, changedTouches }) => {
    if (!target.matches(".upper-canvas")) return
    const isFirst = targetTouches.length === changedTouches.length
    if (isFirst || drawing === null) drawing = changedTouches[0].identifier
  })
  for (const kind of ["touchend", "touchcancel"]) {
    shadow.addEventListener(kind, ({ target, touches, changedTouches }) => {
      if (![...changedTouches].some(({ identifier }) => identifier === drawing)) return
      if (!target.matches(".upper-canvas")) return
      drawing = null
      if (kind === "touchend" && !touches.length) return // the canvas hears that itself
      const end = new Event("touchend", { bubbles: true })
      shadow.host.dispatchEvent(Object.assign(end, { touches: [], changedTouches }))
    })
  }
}

const LABEL =
  "Drawing canvas, for mouse, finger or pen. Without these: Upload or Samples on Classify."

// A refresh begins another session of the server; the browser keeps the drawing's name for it.
const KEPT = "fashion_drawing"

function keep({ name, asks }, setTriggerValue) {
  try { // a browser may forbid storage
    const kept = sessionStorage.getItem(KEPT)
    if (!asks) sessionStorage.setItem(KEPT, name)
    else if (kept) setTriggerValue("kept", kept)
  } catch {}
}

let hear = null // each page has a canvas of its own, and a key is heard once

export default function ({ parentElement, data, setTriggerValue }) {
  if (data) keep(data, setTriggerValue)
  const card = parentElement.host.closest(".st-key-canvas_card")
  if (!card) return // on its way out: what is shown instead has taken the card's place
  const isCanvas = (element) => element.shadowRoot?.querySelector(".canvas-root")
  const takeToolbar = () => {
    const canvas = [...card.querySelectorAll("*")].find(isCanvas)
    if (!canvas) return
    clearInterval(waiting)
    if (canvas.shadowRoot.querySelector(".no-toolbar")) return
    const style = Object.assign(document.createElement("style"), { className: "no-toolbar" })
    style.textContent = STYLE
    canvas.shadowRoot.append(style)
    const drawn = canvas.shadowRoot.querySelector(".canvas-root")
    drawn.setAttribute("role", "img")
    drawn.setAttribute("aria-label", LABEL)
    tellAtOnce(canvas.shadowRoot)
    endEachStroke(canvas.shadowRoot)
  }
  const waiting = setInterval(takeToolbar, 50)
  takeToolbar()
  document.removeEventListener("keydown", hear)
  hear = (event) => {
    const key = card.isConnected && undoKey(event)
    if (!key || isTyping(event)) return
    event.preventDefault()
    setTriggerValue("key", key)
  }
  document.addEventListener("keydown", hear)
  return () => clearInterval(waiting)
}
