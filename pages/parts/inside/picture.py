"""The picture that is looked into: a test image by its index, or one that a visitor brought.

Pages that answer pictures keep them here and link to Inside; they stay for the session.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fashion_core import predict
from fashion_core.catalog import ModelEntry
from fashion_core.metadata import CLASS_NAMES, TEST_SIZE
from pages.parts import state
from pages.parts.cached import cached_model, cached_split
from pages.parts.html import image_html, plain
from pages.parts.words import outcome_of


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture to look into. `label` is its true class, None where that is not known."""

    name: str
    pixels: np.ndarray  # (28, 28) uint8
    label: int | None = None


# The links of other pages

KEPT_PICTURES = 30  # of a visitor's, each of 784 bytes


def link_test_image(index: int) -> None:
    """A link to Inside with this test image."""
    _show_link({state.IMAGE: index})


def link_picture(key: str, name: str, pixels: np.ndarray) -> None:
    """A link to Inside with a picture (28, 28) uint8 that a visitor brought; keeps it."""
    kept = st.session_state.setdefault(state.LOOKED_AT, {})
    kept.pop(key, None)  # so that it is the newest
    kept[key] = {"name": name, "pixels": pixels}
    while len(kept) > KEPT_PICTURES:
        kept.pop(next(iter(kept)))
    _show_link({state.PICTURE: key})


def _show_link(query: dict) -> None:
    st.page_link(
        "pages/inside.py", label="Look inside", icon=":material/visibility:", query_params=query
    )


# The page's choice


def ask_picture(entry: ModelEntry) -> Picture | None:
    """The picture in question with its answer, and the ways to another one.

    None where a brought picture is gone, as in a new session; then that is said.
    """
    key = st.query_params.get(state.PICTURE)
    with st.container(border=True, key="picture_card", horizontal=True, gap="medium"):
        shown, words = st.container(width=112), st.container(key="picture_words")
        with words:
            picture = _test_image() if key is None else _brought(key)
        if picture:
            _show_answer(picture, entry, shown, words)
    return picture


def _test_image() -> Picture:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        index = st.number_input(
            "Test image", 0, TEST_SIZE - 1, 0, key=state.IMAGE, bind="query-params", width=140
        )
        st.button("Another", icon=":material/shuffle:", on_click=_pick_random)
        st.page_link("pages/classify.py", label="Draw or bring one", icon=":material/draw:")
    split = cached_split("test")
    return Picture(f"Test image {index}", split.pixels[index], int(split.labels[index]))


def _pick_random() -> None:
    st.session_state[state.IMAGE] = random.randrange(TEST_SIZE)


def _brought(key: str) -> Picture | None:
    kept = st.session_state.get(state.LOOKED_AT, {}).get(key)
    if kept is None:
        st.info(
            "This picture is not here any more: pictures stay for one visit only. Draw or bring it"
            " again, or look into a test image.",
            icon=":material/hide_image:",
        )
    else:
        st.markdown(f"**{plain(kept['name'])}**")
    with st.container(horizontal=True, gap="small"):
        st.button("Show a test image", icon=":material/image:", on_click=_forget_picture)
        st.page_link("pages/classify.py", label="Draw or bring another", icon=":material/draw:")
    return Picture(kept["name"], kept["pixels"]) if kept else None


def _forget_picture() -> None:
    st.query_params.pop(state.PICTURE, None)


def _show_answer(picture: Picture, entry: ModelEntry, shown, words) -> None:
    """The picture, and the model's answer to it in a line."""
    shown.html(image_html(picture.pixels, "sample", f"{picture.name} at 28 × 28 pixels"))
    answer = predict.classify_pixels(
        cached_model(str(entry.path), entry.fingerprint), picture.pixels
    )
    if not np.isfinite(answer.probs).all():
        return  # the view says where the numbers end
    line = describe_answer(answer)
    if picture.label is not None:
        kind = outcome_of(picture.label == answer.label)[1]
        line += f" {kind}: the true label is **{CLASS_NAMES[picture.label]}**."
    words.markdown(line)


def describe_answer(answer: predict.Answer) -> str:
    """What the model says of a picture, in a sentence of Markdown."""
    order: Sequence[int] = answer.probs.argsort()[::-1]
    best, second = (f"{CLASS_NAMES[i]}, {answer.probs[i]:.1%}" for i in order[:2])
    doubt = "" if answer.recognised else " It looks like nothing that the model knows."
    return f"The model says **{best}**, then {second}.{doubt}"
