"""The visitor's last drawing as a model sees it, for pages that have no canvas."""

import numpy as np
import streamlit as st
from PIL import Image

from fashion_core.pictures.prepare import prepare
from pages.parts import state
from pages.parts.classify.correction import correction_of


def drawn_pixels() -> np.ndarray | None:
    """The drawing as pixels (28, 28) uint8; None where nothing has been drawn."""
    drawing = st.session_state.get(state.DRAWING, {})
    # Another sheet is drawn on, until Classify or Home is opened
    if st.session_state.get(state.SHEET) is not None:
        drawing = st.session_state.get(state.PUT_ASIDE, {}).get(None, {}).get(state.DRAWING, {})
    if not drawing.get("strokes") or drawing.get("pixels") is None:
        return None
    prepared = prepare(Image.fromarray(drawing["pixels"]), correction_of("drawing"))
    return None if prepared.blank else prepared.pixels
