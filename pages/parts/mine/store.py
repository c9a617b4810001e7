"""Where a visitor's pictures are kept: in this copy's folder, on a public copy in the session.

Stands on fashion_core.my_pictures; both have the same methods.
"""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from fashion_core import limits, predict
from fashion_core.catalog import ModelEntry
from fashion_core.errors import LabError
from fashion_core.metadata import IMAGE_SIZE, OUTLIER
from fashion_core.my_pictures import MyPicture, PicturesInFolder, PicturesInMemory, my_folder
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.cached import cached_model, logits_in_parts

SESSION_SENTENCE = (
    "This is a public copy: your pictures stay in this session, nobody else sees them, and they are"
    " gone when you close or reload the page. Export them to keep them."
)


def store() -> PicturesInFolder | PicturesInMemory:
    """The pictures of this copy, or on a public one those of this session."""
    if limits.read_only():
        return st.session_state.setdefault(state.MY_PICTURES, PicturesInMemory())
    return my_folder()


def attempt(change: Callable[[], None], problem_key: str) -> bool:
    """Do what changes them; where that fails, keep the sentence for the next drawing.

    A picture that was deleted before can no longer be brought back then.
    """
    deleted = st.session_state.get(state.TAKEN_BACK)
    try:
        change()
    except LabError as error:
        st.session_state[problem_key] = str(error)
        return False
    if st.session_state.get(state.TAKEN_BACK) is deleted:
        st.session_state.pop(state.TAKEN_BACK, None)
    return True


def stacked(pictures: Sequence[MyPicture]) -> tuple[np.ndarray, np.ndarray]:
    """Their pixels (N, 28, 28) uint8 and labels (N,) int64."""
    pixels = np.array([each.pixels for each in pictures], np.uint8)
    labels = np.array([each.label for each in pictures], np.int64)
    return pixels.reshape(-1, IMAGE_SIZE, IMAGE_SIZE), labels


def answers(entry: ModelEntry, pictures: Sequence[MyPicture]) -> np.ndarray:
    """What the model calls them: (N,) int64, OUTLIER where it doubts. Raises CheckpointError."""
    pixels, _ = stacked(pictures)
    if not len(pixels):
        return np.empty(0, np.int64)
    logits = logits_in_parts(entry, pixels, f"your {format_count(len(pixels), 'picture')}")
    model = cached_model(str(entry.path), entry.fingerprint)
    return np.where(predict.recognised(model, logits, pixels), logits.argmax(axis=1), OUTLIER)
