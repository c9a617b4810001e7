export default function ({ parentElement, data, setTriggerValue }) {
  parentElement.stop?.()
  const box = parentElement.host.closest(`.st-key-${data.box}`)
  const anchor = parentElement.querySelector(".anchor")
  const ring = parentElement.querySelector(".ring")
  const stopped = new AbortController()
  const { signal } = stopped
  let start = null
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
    start = chart && event.isPrimary && event.button === 0 ? { at: event, area: areaIn(chart) } : null
  }
  const onUp = (event) => {
    const still = start?.area && Math.hypot(event.clientX - start.at.clientX, event.clientY - start.at.clientY) < 10
    const hit = still && cellAt(event, start.area)
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
  resized.observe(box)
  // Plotly moves the plot area some time after its box has changed size.
  changed.observe(box, { childList: true, subtree: true, attributeFilter: ["x", "y", "width", "height"] })
  draw()
  parentElement.stop = () => {
    stopped.abort()
    resized.disconnect()
    changed.disconnect()
  }
  return parentElement.stop
}
