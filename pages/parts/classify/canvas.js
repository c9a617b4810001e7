// Takes the toolbar of the drawing canvas away, see canvas.py.
//
// It lies, unseen but not untouchable, over the canvas's upper right corner until a mouse has
// hovered there: strokes that begin there are lost, and a finger undoes or clears.
export default function ({ parentElement }) {
  const card = parentElement.host.closest(".st-key-canvas_card")
  const isCanvas = (element) => element.shadowRoot?.querySelector(".canvas-root")
  const takeToolbar = () => {
    const canvas = [...card.querySelectorAll("*")].find(isCanvas)
    if (!canvas) return
    clearInterval(waiting)
    if (canvas.shadowRoot.querySelector(".no-toolbar")) return
    const style = Object.assign(document.createElement("style"), { className: "no-toolbar" })
    style.textContent = ".dc-toolbar { display: none !important }"
    canvas.shadowRoot.append(style)
  }
  const waiting = setInterval(takeToolbar, 50)
  takeToolbar()
  return () => clearInterval(waiting)
}
