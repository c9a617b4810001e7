// The image of the point under the pointer, beside it, see points.py.
//
// Plotly says which point is hovered; the image is cut out of one picture of all 10,000.
const LARGE = 84 // pixels of the screen

export default function ({ parentElement, data }) {
  parentElement.stop?.()
  const box = parentElement.host.closest(`.st-key-${data.box}`)
  const shown = parentElement.querySelector(".hovered")
  const image = shown.querySelector("i")
  image.style.backgroundImage = `url(${data.atlas})`
  image.style.backgroundSize = `${data.across * LARGE}px`
  let chart = null

  const hide = () => { shown.hidden = true }
  const show = ({ points, event }) => {
    const index = [points[0].customdata].flat()[0]
    shown.hidden = !Number.isInteger(index)
    if (shown.hidden) return
    const [column, row] = [index % data.across, Math.floor(index / data.across)]
    image.style.backgroundPosition = `${-column * LARGE}px ${-row * LARGE}px`
    shown.querySelector("span").textContent = `#${index} ${data.words[index]}`
    const right = event.clientX + LARGE + 40 > window.innerWidth
    shown.style.left = `${event.clientX + (right ? -LARGE - 28 : 16)}px`
    shown.style.top = `${Math.max(8, event.clientY - LARGE - 40)}px`
  }
  // A changed figure is a new element, which is heard anew
  const hear = () => {
    const found = [...box.querySelectorAll(".js-plotly-plot")].at(-1)
    if (!found?.on || found === chart) return
    chart = found
    chart.on("plotly_hover", show)
    chart.on("plotly_unhover", hide)
  }
  const changed = new MutationObserver(hear)
  changed.observe(box, { childList: true, subtree: true })
  hear()
  parentElement.stop = () => {
    changed.disconnect()
    chart?.removeListener?.("plotly_hover", show)
    chart?.removeListener?.("plotly_unhover", hide)
  }
  return parentElement.stop
}
