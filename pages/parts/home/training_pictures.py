"""What a model was trained on: images of the data set, for some synthetic and people's pictures.

Stands on fashion_core.synthetic.batches (the pictures) and fashion_core.data (the images).
"""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from fashion_core import data, picture_sets
from fashion_core.config import share_of
from fashion_core.errors import DataError
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES
from fashion_core.synthetic.batches import pictures_like
from fashion_core.text import format_list, format_share
from pages.parts import state
from pages.parts.glossary import link_terms
from pages.parts.html import escaped, png_data_uri
from pages.parts.images.source import KNOWN_SETS, describe_source

KEPT = 12  # training images of each class that the server keeps to show


@st.cache_data(show_spinner=False)
def cached_examples() -> tuple[np.ndarray, np.ndarray]:
    """Some training images of each class, (KEPT, 10, 28, 28) uint8, and their indices (KEPT, 10).

    Raises DataError.
    """
    split = data.load_split("train")
    places = np.stack(
        [np.flatnonzero(split.labels == label)[:KEPT] for label in range(NUM_CLASSES)], axis=1
    )
    return split.pixels[places], split.indices[places]


OUTLIERS = "outlier"  # their kind, in fashion_core.synthetic.batches
SYNTHETIC_ROWS = {
    "outlines": "Their outlines",
    "drawn": "Garments drawn from nothing",
    "photographed": "As if cut out of photos",
    OUTLIERS: "Outliers: anything but clothes, to learn to doubt",
}


def show_training_pictures(card: dict) -> None:
    """Ten examples of each kind of training picture, a column per class; a button shows others.

    `card` is that of the model, empty where there is none.
    """
    try:
        images, indices = cached_examples()
    except DataError:
        return  # the pages that need the data say how to get it
    turn = st.session_state.get(state.TRAINING_PICTURES, 0)
    learns_synthetic = bool(share_of(card.get("config") or {}, "synthetic"))
    with st.container(border=True):
        st.subheader("What it was trained on", anchor=False)
        if learns_synthetic:
            st.caption(
                link_terms(
                    "People draw outlines and photograph clothes on floors; the data set has"
                    " neither. So a part of every batch is synthetic: made by the computer, from"
                    " the data set's images and from nothing."
                )
            )
        pairs = zip(CLASS_NAMES, indices[turn % KEPT], strict=True)
        names = [f"{name}, training image {index}" for name, index in pairs]
        st.html(row_html("Fashion-MNIST's own images", images[turn % KEPT], names))
        if learns_synthetic:
            st.html(cached_synthetic_rows(turn))
        show_people(card)
        st.button("Show others", icon=":material/refresh:", on_click=show_others)


@st.cache_data(show_spinner=False, max_entries=2 * KEPT)  # Home took 0.07 s without it, 0.03 with
def cached_synthetic_rows(turn: int) -> str:
    """HTML: a row of each kind of synthetic pictures, made of an example of each class.

    `turn`: how many times others were asked for. Raises DataError.
    """
    images, rows = cached_examples()[0][turn % KEPT], []
    for kind, title in SYNTHETIC_ROWS.items():
        made = pictures_like(kind, images, np.arange(NUM_CLASSES), seed=(turn, 1))
        names = ("none of the ten",) * NUM_CLASSES if kind == OUTLIERS else CLASS_NAMES
        rows.append(row_html(title, made, names))
    return "".join(rows)


PEOPLE = {"drawings": "people's drawings", "photos": "people's photos of clothes"}


def show_people(card: dict) -> None:
    """What it learned from people's pictures; these are not shipped, so there is no row of them."""
    words = describe_people(card)
    if not words:
        return
    st.html('<div class="training-row"><b>Pictures by people</b></div>')
    st.caption(link_terms(words))
    here = picture_sets.list_picture_sets()
    for name in (name for name in KNOWN_SETS if name in here):
        st.page_link(
            "pages/predictions.py",
            label=f"See what it calls {describe_source(name).lower()}",
            icon=":material/grid_view:",
            query_params={state.IMAGES: describe_source(name), state.OUTCOME: "All"},
        )


def describe_people(card: dict) -> str:
    """How much of each batch people made, and how many pictures those are; empty for nothing."""
    config = card.get("config") or {}
    kinds = [kind for kind in PEOPLE if share_of(config, kind)]
    shares = [f"{format_share(share_of(config, kind))} {PEOPLE[kind]}" for kind in kinds]
    others = share_of(config, "others")
    if others:
        others = format_share(others)
        shares.append(f"{others} their pictures of other things, which teach it to doubt")
    if not shares:
        return ""
    sentence = f"Of each batch {format_list(shares)}."
    counts = counts_of(card, kinds)
    return f"{sentence} It learned from {format_list(counts)} of clothes." if counts else sentence


def counts_of(card: dict, kinds: list[str]) -> list[str]:
    """How many pictures of each kind, as far as its card says: "840 drawings"."""
    learned = card.get("learned_from")
    numbers = {}
    for kind in kinds if isinstance(learned, dict) else ():
        facts = learned.get(kind)
        numbers[kind] = facts.get("garments") if isinstance(facts, dict) else None
    return [f"{number:,} {kind}" for kind, number in numbers.items() if isinstance(number, int)]


def show_others() -> None:
    turn = st.session_state.get(state.TRAINING_PICTURES, 0)
    st.session_state[state.TRAINING_PICTURES] = turn + 1


def row_html(title: str, pixels: np.ndarray, names: Sequence[str]) -> str:
    """Images (10, 28, 28) uint8 with their names, side by side under a title."""
    cells = (
        f'<img src="{png_data_uri(image)}" alt="{name}" title="{name}">'
        for image, name in zip(pixels, map(escaped, names), strict=True)
    )
    return f'<div class="training-row"><b>{title}</b><div>{"".join(cells)}</div></div>'
