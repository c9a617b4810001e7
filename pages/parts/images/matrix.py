"""From pages._grid."""

import streamlit as st

from fashion_core.charts.figures import cell_from_selection
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES

NO_CLASS = "Choose"

MATRIX_CSS = """
.anchor { position: relative; height: 0; }
.ring { position: absolute; box-sizing: border-box; pointer-events: none; border-radius: 4px;
  border: 3px solid var(--st-orange-color); }
"""

# Plotly selects what it last saw hovered, and looks at most every 50 ms: the first click of a pointer that has not
# moved since the chart appeared and every first tap of a finger select nothing, a quick click the cell before. So the
# cell is read off the pointer's own place in the plot area, whose axes are fixed. The ring around the picked cell is
# drawn here too, because a figure that changes is torn down and built anew.
# Streamlit calls this function again for new data without cleaning up after the last call: `stop` does.
MATRIX_JS = """
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
"""
_matrix_clicks = st.components.v2.component(
    "matrix_clicks", html='<div class="anchor"><div class="ring" hidden></div></div>', css=MATRIX_CSS, js=MATRIX_JS
)


def pick_cell(true: int, pred: int) -> None:
    """The cell is kept in the two pickers, so that these, the matrix and the URL always agree."""
    st.session_state.update({"true": CLASS_NAMES[true], "pred": CLASS_NAMES[pred]})


def ask_cell() -> tuple[int, int] | None:
    """The two pickers; the same cell as a click, for keyboard and screen reader."""
    columns = st.columns(2)
    options = [NO_CLASS, *CLASS_NAMES]
    true = columns[0].selectbox("True", options, key="true", bind="query-params")
    pred = columns[1].selectbox("Predicted", options, key="pred", bind="query-params")
    return None if NO_CLASS in (true, pred) else (CLASS_NAMES.index(true), CLASS_NAMES.index(pred))


def show_clickable_matrix(figure, picked: tuple[int, int] | None, alt: str, key: str = "matrix") -> None:
    """Draw a figure of `plots` whose cells are classes by classes; a click on any cell picks it, as `ask_cell` does."""

    def hand_over() -> None:
        cell = cell_from_selection(st.session_state[f"{key}_clicks"].get("cell"))
        if cell:
            pick_cell(*cell)

    box, clicks = f"{key}_box", f"{key}_clicks"
    with st.container(key=box):
        st.plotly_chart(figure, key=key, config={"displayModeBar": False, "doubleClick": False}, alt=alt)
        _matrix_clicks(key=clicks, data={"picked": picked, "size": NUM_CLASSES, "box": box}, on_cell_change=hand_over)
