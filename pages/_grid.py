"""What answers a click on the three evaluation pages: the image grid, the matrix, and the panel of one image.

Two components of Streamlit's second kind: their script runs in the page itself, so that fifty images are one element
and real buttons, and a click on the matrix is heard wherever it lands.
"""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from fashion_core import plots
from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES
from pages import _shared

NO_CLASS = "Choose"

GRID_CSS = """
.grid { display: grid; gap: 8px; grid-template-columns: repeat(auto-fill, minmax(var(--card), 1fr)); }
button {
  all: unset; box-sizing: border-box; cursor: pointer; display: flex; flex-direction: column; min-width: 0;
  padding: 4px 4px 6px; border-radius: 10px; border: 1px solid var(--st-border-color);
  color: var(--st-text-color); font: 400 0.7rem/1.4 var(--st-font);
}
button:hover { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
button[aria-pressed="true"] { border-color: var(--st-primary-color); box-shadow: 0 0 0 2px var(--st-primary-color); }
img { width: 100%; aspect-ratio: 1; border-radius: 6px; image-rendering: pixelated; margin-bottom: 3px; }
.quiet { opacity: 0.7; }
.right, .wrong { font-weight: 650; }
.right { color: light-dark(#00664A, #4CC9A0); }
.wrong { color: light-dark(#A43800, #FF9A57); }
@media (max-width: 640px) { .grid { grid-template-columns: repeat(3, 1fr); } button { font-size: 0.8rem; } }
"""

# The cards are rebuilt only when what they show has changed: a pick alone keeps focus and decoded images.
GRID_JS = """
function card(item) {
  const button = document.createElement("button")
  const image = Object.assign(document.createElement("img"), { src: item.source, alt: "" })
  const lines = item.lines.map(([kind, text]) =>
    Object.assign(document.createElement("span"), { className: kind, textContent: text }))
  button.type = "button"
  button.dataset.index = item.index
  button.setAttribute("aria-label", item.label)
  button.append(image, ...lines)
  return button
}

export default function ({ parentElement, data, setTriggerValue }) {
  const grid = parentElement.querySelector(".grid")
  const shown = JSON.stringify(data.items)
  const mark = (index) => {
    for (const button of grid.children) button.setAttribute("aria-pressed", button.dataset.index === String(index))
  }
  if (grid.shown !== shown) grid.replaceChildren(...data.items.map(card))
  grid.shown = shown
  mark(data.picked)
  grid.style.setProperty("--card", data.compact ? "56px" : "76px")
  grid.onclick = (event) => {
    const button = event.target.closest("button")
    if (!button) return
    mark(button.dataset.index)
    setTriggerValue("picked", Number(button.dataset.index))
  }
}
"""

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

# On a wide screen the panel stays in view beside the grid; on a phone it is a sheet at the bottom, over the grid. A
# dialog stands outside the app's own element, so the colours that style.css sets there are set here again.
PANEL_CSS = """<style>
.picked { display: flex; flex-wrap: wrap; gap: 0.75rem 1rem;
  --accent: light-dark(#3D5AFE, #8C9EFF); --second: light-dark(#D55E00, #E69F00);
  --quiet: light-dark(#B9C0D8, #4A5068); }
.picked .right { color: light-dark(#00664A, #4CC9A0); }
.picked .wrong { color: light-dark(#A43800, #FF9A57); }
.picked img { width: 100%; max-width: 280px; border-radius: 0.5rem; image-rendering: pixelated; }
.picked .words { flex: 1 1 12rem; }
.picked .bars { flex: 1 1 100%; }
@media (min-width: 641px) {
  .stColumn:has(.st-key-picked_panel) { position: sticky; top: 4.5rem; align-self: flex-start; }
}
@media (max-width: 640px) {
  .st-key-picked_panel { position: fixed; left: 0; right: 0; bottom: 0; z-index: 99; max-height: 75vh; overflow: auto;
    background: light-dark(#FFFFFF, #12141C); border-radius: 1rem 1rem 0 0; box-shadow: 0 -8px 32px rgb(0 0 0 / 35%); }
  .st-key-picked_panel .picked img { width: 112px; }
}
</style>"""

_image_grid = st.components.v2.component(
    "image_grid", html='<div class="grid" role="group" aria-label="Test images"></div>', css=GRID_CSS, js=GRID_JS
)
_matrix_clicks = st.components.v2.component(
    "matrix_clicks", html='<div class="anchor"><div class="ring" hidden></div></div>', css=MATRIX_CSS, js=MATRIX_JS
)


def show_image_grid(
    key: str,
    indices: Sequence[int],
    split: Split,
    probs: np.ndarray,
    on_pick: Callable[[int], None],
    picked: int | None = None,
    compact: bool = False,
) -> None:
    """Draw test images as buttons with index, outcome, predicted and true label and confidence.

    `probs` (10000, 10). `picked` is outlined; a click calls `on_pick` with the image's index before the next run.
    `compact`: smaller, with index and confidence only, where the labels of all are said above.
    """
    indices = [int(index) for index in indices]
    items = [_grid_item(i, split.pixels[i], split.labels[i], probs[i], compact) for i in indices]
    show_image_buttons(key, items, on_pick, picked, compact)


def show_image_buttons(
    key: str, items: list[dict], on_pick: Callable[[int], None], picked: int | None = None, compact: bool = False
) -> None:
    """Draw images as buttons; a click calls `on_pick` with the image's index before the next run.

    An item: "index"; "source", the picture's address; "lines", pairs of style class and text; "label", all in words.
    """
    indices = [item["index"] for item in items]

    def hand_over() -> None:
        index = st.session_state[key].get("picked")
        if index in indices:
            on_pick(int(index))

    _image_grid(key=key, data={"items": items, "picked": picked, "compact": compact}, on_picked_change=hand_over)


def _grid_item(index: int, pixels: np.ndarray, label: int, probs: np.ndarray, compact: bool) -> dict:
    true, pred, confidence = CLASS_NAMES[label], CLASS_NAMES[probs.argmax()], f"{probs.max():.1%}"
    right = true == pred
    outcome = ("right", "✓ Right") if right else ("wrong", "✗ Wrong")
    labels = [] if compact else [outcome, ("", pred), ("quiet", f"is {true}")]
    lines = [("quiet", f"#{index}"), *labels[:2], ("quiet", confidence), *labels[2:]]
    spoken = f"Image {index}, {'right' if right else 'wrong'}: predicted {pred} with {confidence}, true label {true}"
    return {"index": index, "source": _shared.png_data_uri(pixels), "lines": lines, "label": spoken}


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
        cell = plots.cell_from_selection(st.session_state[f"{key}_clicks"].get("cell"))
        if cell:
            pick_cell(*cell)

    box, clicks = f"{key}_box", f"{key}_clicks"
    with st.container(key=box):
        st.plotly_chart(figure, key=key, config={"displayModeBar": False, "doubleClick": False}, alt=alt)
        _matrix_clicks(key=clicks, data={"picked": picked, "size": NUM_CLASSES, "box": box}, on_cell_change=hand_over)


def show_image(index: int, pixels: np.ndarray, label: int, probs: np.ndarray) -> None:
    """One test image, large, with its labels in words and all ten probabilities as bars."""
    true, pred = CLASS_NAMES[label], CLASS_NAMES[probs.argmax()]
    kind, words = ("right", "✓ Right") if true == pred else ("wrong", "✗ Wrong")
    scheme = "dark" if _shared.theme_is_dark() else "light"
    st.html(PANEL_CSS)
    st.html(
        f'<div class="picked" style="color-scheme: {scheme}">'
        f'<img src="{_shared.png_data_uri(pixels)}" alt="Test image {index}: {true}">'
        f'<div class="words"><b class="{kind}">{words}</b><br>'
        f"Predicted <b>{pred}</b>, {probs.max():.1%}<br>True label <b>{true}</b></div>"
        f"{probability_bars(probs, label)}</div>"
    )


def probability_bars(probs: np.ndarray, label: int | None = None) -> str:
    """Ten labelled bars as HTML, in class order; the winner stands out, `label` is marked as the true class."""
    rows = []
    for place, (name, prob) in enumerate(zip(CLASS_NAMES, probs, strict=True)):
        winner = " winner" if place == probs.argmax() else ""
        mark = " (true)" if place == label else ""
        bar = f'<div class="bar"><i style="width: {prob:.1%}"></i></div>'
        rows.append(f'<div class="bar-row{winner}"><span>{name}{mark}</span>{bar}<b>{prob:.1%}</b></div>')
    return f'<div class="bars">{"".join(rows)}</div>'
