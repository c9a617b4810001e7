"""What a model was trained on: images of the data set and, for some, synthetic pictures.

Stands on fashion_core.synthetic.batches (the pictures) and fashion_core.data (the images).
"""

import numpy as np
import streamlit as st

from fashion_core import data
from fashion_core.errors import DataError
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES
from fashion_core.synthetic.batches import pictures_like
from pages.parts import state
from pages.parts.html import escaped, png_data_uri

KEPT = 12  # training images of each class that the server keeps to show


@st.cache_data(show_spinner=False)
def cached_examples() -> np.ndarray:
    """Some training images of each class, (KEPT, 10, 28, 28) uint8. Raises DataError."""
    split = data.load_split("train")
    places = np.stack(
        [np.flatnonzero(split.labels == label)[:KEPT] for label in range(NUM_CLASSES)], axis=1
    )
    return split.pixels[places]


OUTLIERS = "outlier"  # their kind, in fashion_core.synthetic.batches
SYNTHETIC_ROWS = {
    "outlines": "Their outlines",
    "drawn": "Garments drawn from nothing",
    "photographed": "As if cut out of photos",
    OUTLIERS: "Outliers: anything but clothes, to learn to doubt",
}


def show_training_pictures(learns_synthetic: bool) -> None:
    """Ten examples of each kind of training picture, a column per class; a button shows others."""
    try:
        examples = cached_examples()
    except DataError:
        return  # the pages that need the data say how to get it
    turn = st.session_state.get(state.TRAINING_PICTURES, 0)
    images = examples[turn % KEPT]
    with st.container(border=True):
        st.subheader("What it was trained on", anchor=False)
        if learns_synthetic:
            st.caption(
                "People draw outlines and photograph clothes on floors; the data set has neither."
                " So a part of every batch is synthetic: made by the computer, from the data set's"
                " images and from nothing."
            )
        st.html(row_html("Fashion-MNIST's own images", images))
        if learns_synthetic:
            show_synthetic(images, turn)
        st.button("Show others", icon=":material/refresh:", on_click=show_others)


def show_synthetic(images: np.ndarray, seed: int) -> None:
    """A row of each kind of synthetic pictures; `images` (10, 28, 28) uint8, one of each class."""
    for kind, title in SYNTHETIC_ROWS.items():
        made = pictures_like(kind, images, np.arange(NUM_CLASSES), seed=(seed, 1))
        st.html(row_html(title, made, named=kind != OUTLIERS))


def show_others() -> None:
    turn = st.session_state.get(state.TRAINING_PICTURES, 0)
    st.session_state[state.TRAINING_PICTURES] = turn + 1


def row_html(title: str, pixels: np.ndarray, named: bool = True) -> str:
    """Images (10, 28, 28) uint8, one of each class, side by side under a title."""
    names = CLASS_NAMES if named else ("none of the ten",) * NUM_CLASSES
    cells = (
        f'<img src="{png_data_uri(image)}" alt="{name}" title="{name}">'
        for image, name in zip(pixels, map(escaped, names), strict=True)
    )
    return f'<div class="training-row"><b>{title}</b><div>{"".join(cells)}</div></div>'
