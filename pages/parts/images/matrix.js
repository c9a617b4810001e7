// Clicks on the matrix and the ring around the picked cell, see matrix.py.
//
// Plotly selects what it last saw hovered, and looks at most every 50 ms: the first click of a
// pointer that has not moved since the chart appeared and every first tap of a finger select
// nothing, a quick click the cell before. So the cell is read off the pointer's own place in the
// plot area, whose axes are fixed. The ring is drawn here too, because a figure that changes is
// torn down and built anew.
const STILL = 10 // pixels: a pointer that has moved further has not clicked
let start = null // where the pointer went down, and in which box; an answer can come meanwhile

export default function ({ parentElement, data, setTriggerValue }) {
  // Streamlit calls again for new data without cleaning up after the last call.
  parentElement.stop?.()
  const box = parentElement.host.closest(`.st-key-${data.box}`)
  const anchor = parentElement.querySelector(".anchor")
  const ring = parentElement.querySelector(".ring")
  const stopped = new AbortController()
  const { signal } = stopped
  let cell = data.picked

  // While a changed figure replaces the old one, both are there for a moment.
  const areaIn = (chart) => [...chart.querySelectorAll(".nsewdrag")].at(-1)?.getBoundingClientRect()
  const draw = () => {
    const area = areaIn(box)
    ring.hidden = !area?.width || !cell
    if (ring.hidden) return
    const origin = anchor.getBoundingClientRect()
    const [wide, high] = [area.width / data.size, area.height / data.size]
    ring.style.left = `${area.left - origin.left + cell[1] * wide}px`
    ring.style.top = `${area.top - origin.top + cell[0] * high}px`
    ring.style.width = `${wide}px`
    ring.style.height = `${high}px`
  }
  const cellAt = ({ clientX, clientY }, area) => {
    const row = Math.floor(((clientY - area.top) / area.height) * data.size)
    const column = Math.floor(((clientX - area.left) / area.width) * data.size)
    return Math.min(row, column) >= 0 && Math.max(row, column) < data.size ? [row, column] : null
  }
  const onDown = (event) => {
    const chart = event.target.closest(".js-plotly-plot")
    const begins = chart && event.isPrimary && event.button === 0
    start = begins ? { box, x: event.clientX, y: event.clientY, area: areaIn(chart) } : null
  }
  const onUp = (event) => {
    if (start?.box !== box) return
    const moved = Math.hypot(event.clientX - start.x, event.clientY - start.y)
    const hit = start.area && moved < STILL && cellAt(event, start.area)
    start = null
    if (!hit) return
    cell = hit
    draw()
    setTriggerValue("cell", { true: hit[0], pred: hit[1] })
  }
  let waiting = 0
  const later = () => {
    cancelAnimationFrame(waiting)
    waiting = requestAnimationFrame(draw)
  }
  const resized = new ResizeObserver(later)
  const changed = new MutationObserver(later)

  box.addEventListener("pointerdown", onDown, { capture: true, signal })
  window.addEventListener("pointerup", onUp, { capture: true, signal })
  window.addEventListener("pointercancel", () => { start = null }, { capture: true, signal })
  resized.observe(box)
  // Plotly moves the plot area some time after its box has changed size.
  const attributeFilter = ["x", "y", "width", "height"]
  changed.observe(box, { childList: true, subtree: true, attributeFilter })
  draw()
  parentElement.stop = () => {
    stopped.abort()
    resized.disconnect()
    changed.disconnect()
  }
  return parentElement.stop
}
