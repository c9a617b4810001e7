"""The class tally kept in step with what a visitor says of an answer; Lecture shows it.

Stands on fashion_core.tally. A picture counts once, however often its visitor changes their mind.
"""

import contextlib

import streamlit as st

from fashion_core import tally
from fashion_core.errors import RunError
from pages.parts import state


def count_picture(digest: int, label: int | None, answer: int) -> None:
    """Count a picture that a visitor says to be `label`, None to count it no longer.

    `digest` tells it from their others; `answer` is what the model called it, both 0…9 or OUTLIER.
    """
    counted = st.session_state.setdefault(state.TALLIED, {})
    with contextlib.suppress(RunError):  # no reason to keep anybody from drawing
        if digest in counted:
            tally.take_back(*counted[digest])
            del counted[digest]
        if label is not None:
            counted[digest] = label, answer, tally.add(label, answer)
