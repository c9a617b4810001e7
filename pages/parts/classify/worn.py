"""Somebody dressed in a photo: the answer is about a part that the model is sure of, or another.

Stands on fashion_core.pictures.worn (the upper and the lower part of a figure).
"""

import zlib

import streamlit as st

from fashion_core import predict
from fashion_core.catalog import ModelEntry
from fashion_core.errors import CheckpointError
from fashion_core.pictures.prepare import Prepared
from fashion_core.pictures.worn import UPPER, worn_parts
from pages.parts import state
from pages.parts.cached import cached_model

WHOLE = "Whole picture"


def ask_part(key: str, prepared: Prepared, entry: ModelEntry) -> Prepared:
    """The part that is answered: the whole picture unless somebody wears what it shows.

    At first it is what `predict.part_is_surer` says, for each picture and model.
    """
    parts = worn_parts(prepared)
    if not parts:
        return prepared
    parts = {WHOLE: prepared, **parts}
    kept = state.part_key(f"{key}_{entry.model_id}_{zlib.crc32(prepared.pixels.tobytes())}")
    if kept not in st.session_state:
        st.session_state[kept] = _surer(parts, entry)
    picked = st.segmented_control(
        "Somebody seems to wear this. What counts:",
        list(parts),
        required=True,
        key=kept,
        help="At first it is the upper part, unless the model is clearly surer of the whole.",
    )
    return parts[picked]


def _surer(parts: dict[str, Prepared], entry: ModelEntry) -> str:
    """WHOLE or UPPER. The lower part stands back: trousers would nearly always be the surest."""
    try:
        model = cached_model(str(entry.path), entry.fingerprint)
    except CheckpointError:  # said where the answer would be
        return WHOLE
    whole, upper = (parts.get(name, parts[WHOLE]).pixels[None] for name in (WHOLE, UPPER))
    return UPPER if predict.part_is_surer(model, whole, upper)[0] else WHOLE
