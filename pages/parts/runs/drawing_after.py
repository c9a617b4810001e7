"""After a run: the visitor's last drawing, answered by the new model and by the shipped one.

Stands on fashion_core.predict (the answers). torch is loaded with the first model, not with this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from fashion_core import catalog
from fashion_core.catalog import ModelEntry
from fashion_core.config import share_of
from fashion_core.errors import CheckpointError
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import film, folders
from pages.parts.cached import cached_model
from pages.parts.classify.drawn import drawn_pixels
from pages.parts.html import image_html, plain
from pages.parts.inside.picture import link_picture

if TYPE_CHECKING:
    from fashion_core.predict import Answer

YOURS = "Your drawing"
DRAWN_KINDS = ("synthetic", "drawings")  # pictures to learn from that are drawings


def knows_drawings(config: dict) -> bool:
    """Whether a training with these settings learns from drawings at all."""
    return any(share_of(config, kind) for kind in DRAWN_KINDS)


def learned_from(config: dict) -> str:
    """What a training with these settings learns from: "kept", "drawings" or "photos" only."""
    if config.get("start_model"):
        return "kept"
    return "drawings" if knows_drawings(config) else "photos"


def show_drawing_after(run: folders.Run) -> None:
    """Both answers side by side with the reason in a sentence; where nothing is drawn, the way."""
    entries = {entry.model_id: entry for entry in catalog.list_models()}
    new, shipped = entries.get(run.run_id), entries.get(catalog.RECOMMENDED)
    if not (new and shipped):
        return
    pixels, whose = drawn_pixels(), YOURS
    if pixels is None:
        pixels = film.read_drawing(run.run_dir)
        if pixels is not None:  # perhaps somebody else's
            whose = "The drawing of this run"
    with st.container(border=True, key="drawing_after"):
        st.markdown(f"**{whose}: what the new model and the shipped one call it**")
        if pixels is None:
            st.caption("Draw something on Classify, and here you see what the new model calls it.")
            st.page_link("pages/classify.py", label="Classify", icon=":material/draw:")
            return
        try:
            show_both(pixels, new, shipped)
            with st.container(horizontal=True, gap="small"):
                link_picture(whose, pixels)
                if whose == YOURS:
                    label = "Correct or keep it on Classify"
                    st.page_link("pages/classify.py", label=label, icon=":material/draw:")
        except CheckpointError as error:
            st.caption(plain(str(error)))


def show_both(pixels: np.ndarray, new: ModelEntry, shipped: ModelEntry) -> None:
    """The drawing (28, 28) uint8 and what two models say of it. Raises CheckpointError."""
    from pages.parts.classify.answer import two_answers_html

    entries = (new, shipped)
    answers = [_cached_answer(str(each.path), each.fingerprint, pixels) for each in entries]
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=112):
            st.html(image_html(pixels, "sample", "The drawing at 28 × 28 pixels"))
        with st.container(key="drawing_answers"):
            titles = [entry.title for entry in entries]
            st.html(two_answers_html(list(zip(titles, answers, strict=True)), ""))
    st.write(describe_reason(*answers, learned_from(new.card.get("config") or {})))


@st.cache_data(max_entries=20, show_spinner=False)
def _cached_answer(path: str, fingerprint: str, pixels: np.ndarray) -> Answer:
    from fashion_core import predict

    return predict.classify_pixels(cached_model(path, fingerprint), pixels)


WHY_ALIKE = {
    "kept": ": the new model was taught pictures that were kept here.",
    "drawings": ": the new model learned from drawings, too.",
    "photos": ", although the new model has not learned from drawings.",
}
WHY_DIFFERENT = {
    "kept": "They differ: the new model was taught pictures that were kept here."
    " The shipped one was not.",
    "drawings": "They differ although both learned from drawings: no two trainings come to agree on"
    " everything.",
    "photos": "They differ: the new model has learned from photos, where clothes are filled areas,"
    " the shipped one also from people's drawings.",
}


def describe_reason(new: Answer, shipped: Answer, learned: str) -> str:
    """Why two models agree or differ on a drawing, in a sentence; `learned`: see `learned_from`."""
    names = [CLASS_NAMES[answer.label] for answer in (new, shipped)]
    doubts = [not answer.recognised for answer in (new, shipped)]
    if all(doubts):
        return "Neither knows this: it is unlike everything that either has learned from."
    if doubts == [False, False] and names[0] == names[1]:
        return f"Both call it {names[0]}{WHY_ALIKE[learned]}"
    return WHY_DIFFERENT[learned]
