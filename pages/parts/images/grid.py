"""A grid of images as buttons, for the pages that evaluate a model.

A component of Streamlit's second kind: its script runs in the page itself, so that fifty images
are one element and real buttons.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from pages.parts.html import png_data_uri
from pages.parts.images.source import describe_source
from pages.parts.words import outcome_of

_image_grid = st.components.v2.component(
    "image_grid",
    html='<div class="grid" role="group"></div>',
    css=Path(__file__).with_name("grid.css").read_text("utf-8"),
    js=Path(__file__).with_name("grid.js").read_text("utf-8"),
)

SPLIT_IMAGES = {"train": "Training images", "val": "Validation images", "test": "Test images"}


def show_image_grid(
    key: str,
    indices: Sequence[int],
    split: Split,
    probs: np.ndarray,
    on_pick: Callable[[int], None],
    picked: int | None = None,
    compact: bool = False,
) -> None:
    """Draw images of a split as buttons with outcome and predicted label; the rest for listeners.

    `indices` of the split of N images, `probs` (N, 10). `picked` is outlined; a click calls
    `on_pick` with the image's index before the next run. `compact`: smaller, with index and
    confidence only, where the labels of all are said above.
    """
    items = [
        _grid_item(int(i), split.pixels[i], split.labels[i], probs[i], compact) for i in indices
    ]
    show_image_buttons(key, items, on_pick, picked, compact, describe_images(split.name))


def describe_images(split_name: str) -> str:
    """What the images of a split, or of a picture set, are called all together."""
    return SPLIT_IMAGES.get(split_name) or describe_source(split_name)


def show_image_buttons(
    key: str,
    items: list[dict],
    on_pick: Callable[[int], None],
    picked: int | None = None,
    compact: bool = False,
    name: str = "Test images",
) -> None:
    """Draw images as buttons; a click calls `on_pick` with the image's index before the next run.

    An item: "index"; "source", the picture's address; "lines", pairs of style class and text;
    "label", all in words. `picked` is outlined; `compact`: smaller. `name`: what they are all
    together, for those who listen.
    """
    indices = [item["index"] for item in items]

    def hand_over() -> None:  # junk that a browser may send is passed over
        index = st.session_state[key].get("picked")
        if index in indices:
            on_pick(int(index))

    _image_grid(
        key=key,
        data={"items": items, "picked": picked, "compact": compact, "name": name},
        on_picked_change=hand_over,
    )


def _grid_item(
    index: int, pixels: np.ndarray, label: int, probs: np.ndarray, compact: bool
) -> dict:
    """One button; `pixels` (28, 28) uint8, `probs` (10,)."""
    true, pred, confidence = CLASS_NAMES[label], CLASS_NAMES[probs.argmax()], f"{probs.max():.1%}"
    kind, outcome = outcome_of(true == pred)
    number, share = ("quiet", f"#{index}"), ("quiet", confidence)
    lines = [number, share]
    if not compact:
        lines = [(kind, f"{outcome[0]} {pred}")]
    spoken = f"Image {index}, {kind}: predicted {pred} with {confidence}, true label {true}"
    return {"index": index, "source": png_data_uri(pixels), "lines": lines, "label": spoken}
