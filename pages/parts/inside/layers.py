"""Layer by layer: all maps of a network for one picture, and the arithmetic behind any number.

Stands on fashion_core.inside.layers, which records the forward pass.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fashion_core.catalog import ModelEntry
from fashion_core.inside import layers
from fashion_core.inside.layers import Layer, Passage
from fashion_core.metadata import CLASS_NAMES, PIXEL_MEAN, PIXEL_STD
from fashion_core.text import format_signed
from pages.parts import state
from pages.parts.cached import cached_model
from pages.parts.glossary import link_terms
from pages.parts.images.panel import PANEL_STYLE
from pages.parts.inside.picked import (
    judge_pick,
    keep_pick,
    picked_place,
    read_address,
    write_address,
)
from pages.parts.inside.picture import Picture
from pages.parts.inside.pixel import show_number, softmax_html
from pages.parts.inside.rows import show_rows
from pages.parts.lesson_line import update_lesson_line

if TYPE_CHECKING:
    from torch import nn

PASSAGES = 6  # kept in memory; the largest network's takes 3 MB


@st.cache_resource(max_entries=PASSAGES, show_spinner=False)
def cached_passage(path: str, fingerprint: str, pixels: np.ndarray, way: int) -> Passage:
    """All that a model computes of one picture. Raises CheckpointError, InsideError."""
    return layers.record(cached_model(path, fingerprint), pixels, way)


def show_layers(picture: Picture, entry: ModelEntry) -> None:
    """The rows of maps beside the picked one, and the way to the probabilities."""
    passage = cached_passage(str(entry.path), entry.fingerprint, picture.pixels, 0)
    way = ask_way(passage)
    if way:
        passage = cached_passage(str(entry.path), entry.fingerprint, picture.pixels, way)
    digest = hashlib.sha256(picture.pixels.tobytes()).hexdigest()[:16]
    states = {layers.map_state(each) for layer in passage.layers for each in layer.output}
    for state_of_maps, words in MARKED.items():
        if state_of_maps in states:
            st.caption(link_terms(words))
    st.caption(link_terms(describe_inputs(cached_model(str(entry.path), entry.fingerprint))))
    show_rows_and_number(passage, f"{entry.model_id}-{entry.fingerprint}-{digest}-{way}")
    st.subheader("From logits to probabilities", anchor=False)
    temperature = cached_model(str(entry.path), entry.fingerprint).temperature
    st.caption(
        link_terms(
            f"The logits are divided by the temperature, {temperature:.3g}, which was measured on"
            " validation images so that the model is right as often as it says. Their exponentials,"
            " as shares of their sum, are the probabilities: the softmax."
        )
    )
    st.html(softmax_html(passage.logits, temperature))


MARKED = {
    layers.DEAD: "A dashed map is dead: its filter finds nothing in this picture.",
    layers.SATURATED: "A saturated map is high everywhere, so it hardly tells one place from"
    " another.",
}


def describe_inputs(model: "nn.Module") -> str:
    """What the network computes with, where that is not what its pixels and layers suggest."""
    from fashion_core.models import has_folded_norms

    black, white = (format_signed((level - PIXEL_MEAN) / PIXEL_STD, 2) for level in (0, 1))
    words = (
        f"Each pixel is scaled first, (pixel ÷ 255 − {PIXEL_MEAN:.3f}) ÷ {PIXEL_STD:.3f}:"
        f" background is {black}, white {white}."
    )
    if has_folded_norms(model):
        words += (
            " A trained batch norm is a fixed scale and shift; here they are part of the kernel and"
            " the bias before it."
        )
    return words


def ask_way(passage: Passage) -> int:
    """Whether to follow the picture or, in a network that looks at it too, its mirror image."""
    if len(passage.logits) == 1:
        return 0
    mirrored = st.toggle(
        "Follow the mirror image",
        key=state.MIRROR,
        persist_state="session",
        help="This network looks at the picture and at its mirror image, and takes the mean of"
        " both answers.",
    )
    return int(mirrored)


@st.fragment
def show_rows_and_number(passage: Passage, version: str) -> None:
    """The rows and the card beside them; a pick reruns only this.

    On a phone the card stands below the rows, and once a map is picked as a sheet over them.
    """
    read_address(passage)
    write_address(passage)
    judge_pick(passage)
    update_lesson_line()
    picked = picked_place(passage)
    left, right = st.columns([5, 4], gap="medium")
    with left:
        show_rows(
            state.LAYER_ROWS,
            passage,
            picked,
            version,
            lambda place: pick(place, passage, version),
        )
    layer, channel = passage.layers[picked[0]], picked[1]
    with right, st.container(border=True, key="number_card"):
        st.html(PANEL_STYLE)
        with st.container(horizontal=True, vertical_alignment="center"):
            name = describe_number(layer, channel, picked[0] == len(passage.layers) - 1)
            st.markdown(f"**{name}**", width="stretch")
            if st.session_state.get(state.NUMBER_OPEN) == version:
                with st.container(key="close_number", width="content"):
                    st.button("Close", icon=":material/close:", type="tertiary", on_click=close)
        show_number(layer, channel, version)


def pick(place: tuple[int, int], passage: Passage, version: str) -> None:
    """Keep the picked map; a phone then shows its numbers."""
    st.session_state[state.NUMBER_OPEN] = version
    keep_pick(place, passage)


def close() -> None:
    st.session_state[state.NUMBER_OPEN] = None


def describe_number(layer: Layer, channel: int, last: bool) -> str:
    """What is enlarged: "conv1, map 3", "linear, Shirt"."""
    if last:
        return f"{layer.name}, {CLASS_NAMES[channel]}"
    return f"{layer.name}, {'map' if layer.output.ndim == 3 else 'number'} {channel}"
