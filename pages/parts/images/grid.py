"""What answers a click on the three evaluation pages: the image grid, the matrix, and the panel of
one image.

Two components of Streamlit's second kind: their script runs in the page itself, so that fifty
images are one element and real buttons, and a click on the matrix is heard wherever it lands.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from pages.parts.html import png_data_uri

_image_grid = st.components.v2.component(
    "image_grid",
    html='<div class="grid" role="group" aria-label="Test images"></div>',
    css=Path(__file__).with_name("grid.css").read_text("utf-8"),
    js=Path(__file__).with_name("grid.js").read_text("utf-8"),
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

    `probs` (10000, 10). `picked` is outlined; a click calls `on_pick` with the image's index before
    the next run. `compact`: smaller, with index and confidence only, where the labels of all are
    said above.
    """
    indices = [int(index) for index in indices]
    items = [_grid_item(i, split.pixels[i], split.labels[i], probs[i], compact) for i in indices]
    show_image_buttons(key, items, on_pick, picked, compact)


def show_image_buttons(
    key: str,
    items: list[dict],
    on_pick: Callable[[int], None],
    picked: int | None = None,
    compact: bool = False,
) -> None:
    """Draw images as buttons; a click calls `on_pick` with the image's index before the next run.

    An item: "index"; "source", the picture's address; "lines", pairs of style class and text;
    "label", all in words.
    """
    indices = [item["index"] for item in items]

    def hand_over() -> None:
        index = st.session_state[key].get("picked")
        if index in indices:
            on_pick(int(index))

    _image_grid(
        key=key,
        data={"items": items, "picked": picked, "compact": compact},
        on_picked_change=hand_over,
    )


def _grid_item(
    index: int, pixels: np.ndarray, label: int, probs: np.ndarray, compact: bool
) -> dict:
    true, pred, confidence = CLASS_NAMES[label], CLASS_NAMES[probs.argmax()], f"{probs.max():.1%}"
    right = true == pred
    outcome = ("right", "✓ Right") if right else ("wrong", "✗ Wrong")
    labels = [] if compact else [outcome, ("", pred), ("quiet", f"is {true}")]
    lines = [("quiet", f"#{index}"), *labels[:2], ("quiet", confidence), *labels[2:]]
    spoken = (
        f"Image {index}, {'right' if right else 'wrong'}: predicted {pred} with {confidence}, true"
        f" label {true}"
    )
    return {"index": index, "source": png_data_uri(pixels), "lines": lines, "label": spoken}
