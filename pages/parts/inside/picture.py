"""The picture that is looked into: a test image by its index, or one that a visitor brought.

Pages that answer pictures link to Inside. A brought picture is in the address itself, so that the
link opens it in any session; only what it is called stays in the visitor's own.
"""

import base64
import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fashion_core import predict
from fashion_core.catalog import ModelEntry
from fashion_core.metadata import CLASS_NAMES, IMAGE_SIZE, TEST_SIZE
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

KEPT_NAMES = 30  # of a visitor's pictures


def link_test_image(index: int) -> None:
    """A link to Inside with this test image."""
    _show_link({state.IMAGE: index})


def link_picture(name: str, pixels: np.ndarray) -> None:
    """A link to Inside with a picture (28, 28) uint8 that a visitor brought."""
    packed = pack_pixels(pixels)
    kept = st.session_state.setdefault(state.PICTURE_NAMES, {})
    kept.pop(packed, None)  # so that it is the newest
    kept[packed] = name
    while len(kept) > KEPT_NAMES:
        kept.pop(next(iter(kept)))
    _show_link({state.PICTURE: packed})


def pack_pixels(pixels: np.ndarray) -> str:
    """Pixels (28, 28) uint8 as at most 1,064 characters for an address."""
    return base64.urlsafe_b64encode(zlib.compress(pixels.tobytes(), 9)).decode("ascii")


def unpack_pixels(packed: str) -> np.ndarray | None:
    """The pixels (28, 28) uint8 of `pack_pixels`; None for anything else in an address."""
    size = IMAGE_SIZE * IMAGE_SIZE
    try:
        content = base64.urlsafe_b64decode(packed)
        pixels = zlib.decompressobj().decompress(content, size + 1)
    except (ValueError, zlib.error):
        return None
    if len(pixels) != size:
        return None
    return np.frombuffer(pixels, np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE).copy()


def _show_link(query: dict) -> None:
    st.page_link(
        "pages/inside.py", label="Look inside", icon=":material/visibility:", query_params=query
    )


# The page's choice


def ask_picture(entry: ModelEntry) -> Picture | None:
    """The picture in question with its answer, and the ways to another one.

    None where the address holds none that can be read; then that is said.
    """
    packed = st.query_params.get(state.PICTURE)
    with st.container(border=True, key="picture_card", horizontal=True, gap="medium"):
        shown, words = st.container(width=112), st.container(key="picture_words")
        with words:
            picture = _test_image() if packed is None else _brought(packed)
        if picture:
            _show_answer(picture, entry, shown, words)
    return picture


def _test_image() -> Picture:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        index = st.number_input(
            "Test image", 0, TEST_SIZE - 1, 0, key=state.IMAGE, bind="query-params", width=140
        )
        st.button("Another", icon=":material/shuffle:", on_click=_pick_random)
        st.page_link("pages/classify.py", label="Classify", icon=":material/draw:")
    split = cached_split("test")
    return Picture(f"Test image {index}", split.pixels[index], int(split.labels[index]))


def _pick_random() -> None:
    st.session_state[state.IMAGE] = random.randrange(TEST_SIZE)


def _brought(packed: str) -> Picture | None:
    pixels = unpack_pixels(packed)
    name = st.session_state.get(state.PICTURE_NAMES, {}).get(packed, "A brought picture")
    if pixels is None:
        st.info(
            "This address holds no picture that can be read: a part of it may be missing. Draw or"
            " bring it again, or look into a test image.",
            icon=":material/hide_image:",
        )
    else:
        st.markdown(f"**{plain(name)}**")
    with st.container(horizontal=True, gap="small"):
        st.button("Show a test image", icon=":material/image:", on_click=_forget_picture)
        st.page_link("pages/classify.py", label="Classify", icon=":material/draw:")
    return None if pixels is None else Picture(name, pixels)


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
