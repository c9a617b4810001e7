"""A photo may show more than one thing to answer: a part of somebody dressed, or a turned garment.

Stands on fashion_core.hypotheses (which there are, and which of them a model is sure of).
"""

import zlib

import numpy as np
import streamlit as st

from fashion_core.catalog import ModelEntry
from fashion_core.errors import CheckpointError
from fashion_core.hypotheses import LEFT, WHOLE, hypotheses, surest
from fashion_core.pictures.prepare import Prepared
from pages.parts import state
from pages.parts.cached import cached_model
from pages.parts.classify.correction import correction_of

WORN = (
    "Somebody seems to wear this. What counts:",
    "At first it is the upper part, unless the model is clearly surer of the whole.",
)
LYING = (
    "This seems to lie on its side. What counts:",
    "It was turned because the model is much surer of it like that.",
)


def ask_hypothesis(key: str, prepared: Prepared, entry: ModelEntry) -> Prepared:
    """The hypothesis that is answered, with the others a click away where there is a doubt.

    At first it is what `hypotheses.surest` says, for each picture and model. What the visitor
    picked counts from then on, however else the picture is corrected; one that they have turned
    stays like that.
    """
    found = hypotheses(prepared, turned=not correction_of(key).turns)
    if len(found) == 1:
        return prepared
    kept = state.hypothesis_key(f"{key}_{entry.model_id}_{zlib.crc32(prepared.pixels.tobytes())}")
    said, _ = st.session_state.get(state.said_to_count_key(key), (None, kept))
    sure = said if said in found else _surest(found, entry)
    if LEFT in found and sure == WHOLE != said:
        return prepared
    if kept not in st.session_state:
        st.session_state[kept] = sure
    label, why = LYING if LEFT in found else WORN
    picked = st.segmented_control(
        label,
        list(found),
        required=True,
        key=kept,
        help=why,
        on_change=_keep,
        args=(key, kept),
    )
    return found[picked]


def _keep(key: str, widget: str) -> None:
    """The widget is another one as soon as the picture is corrected, or not drawn."""
    st.session_state[state.said_to_count_key(key)] = st.session_state[widget], widget


def _surest(found: dict[str, Prepared], entry: ModelEntry) -> str:
    pixels = {name: each.pixels for name, each in found.items()}
    try:
        return _cached_surest(pixels, str(entry.path), entry.fingerprint, found)
    except CheckpointError:  # said where the answer would be
        return WHOLE


@st.cache_data(max_entries=200, show_spinner=False)
def _cached_surest(
    pixels: dict[str, np.ndarray], path: str, fingerprint: str, _found: dict[str, Prepared]
) -> str:
    """`surest`, asked once for each picture and model: a card is drawn again with every click."""
    return surest(cached_model(path, fingerprint), _found)
