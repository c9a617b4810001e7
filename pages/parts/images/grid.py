"""What answers a click on the three evaluation pages: the image grid, the matrix, and the panel of one image.

Two components of Streamlit's second kind: their script runs in the page itself, so that fifty images are one element
and real buttons, and a click on the matrix is heard wherever it lands.
"""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from pages.parts.html import png_data_uri

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

_image_grid = st.components.v2.component(
    "image_grid", html='<div class="grid" role="group" aria-label="Test images"></div>', css=GRID_CSS, js=GRID_JS
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
    return {"index": index, "source": png_data_uri(pixels), "lines": lines, "label": spoken}
