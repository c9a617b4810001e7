"""Examples drawn where they are kept: draw one, click what it is, draw the next.

Stands on fashion_core.my_pictures (keeping) and pictures.prepare (a drawing to 28×28).
"""

import contextlib
from collections.abc import Sequence

import streamlit as st
from PIL import Image

from fashion_core import predict
from fashion_core.catalog import ModelEntry
from fashion_core.errors import CheckpointError
from fashion_core.my_pictures import LABELS, MyPicture, encode_brought, label_name, new_picture
from fashion_core.pictures.prepare import Prepared, prepare
from pages.parts import state
from pages.parts.cached import cached_model, load_model
from pages.parts.classify.answer import describe_answer
from pages.parts.classify.canvas import EXAMPLES, ask_drawing, clear
from pages.parts.html import plain
from pages.parts.inside.picture import link_picture
from pages.parts.mine.store import attempt, store
from pages.parts.once import button_once


def show_sketch(entry: ModelEntry, pictures: Sequence[MyPicture]) -> None:
    """The canvas and its labels, folded; the model is loaded only when it is opened.

    `pictures`: all that are kept. They are not read again with each stroke.
    """
    panel = st.expander(
        "Draw examples", icon=":material/draw:", key=state.SKETCH, on_change="rerun"
    )
    if panel.open:
        # Before the canvas is there: a stroke that is made meanwhile would be lost
        with contextlib.suppress(CheckpointError):  # which is said in place of the answer
            load_model(entry)
        last_id = st.session_state.get(state.LAST_SKETCH)
        last = next((each for each in pictures if each.picture_id == last_id), None)
        with panel:
            _show_canvas(entry, last)


@st.fragment
def _show_canvas(entry: ModelEntry, last: MyPicture | None) -> None:
    """A stroke reruns only this; `last`: what was kept here last, while it is there."""
    cards = st.container(horizontal=True, gap="small")
    with cards.container(border=True, key="canvas_card"):
        picture = ask_drawing("mine", EXAMPLES)
    prepared = prepare(picture) if picture else None
    with cards.container(key="answers", gap="small"), st.container(border=True):
        if prepared is None or prepared.blank:
            prepared = None
            st.markdown("**Draw one piece of clothing**, then click what it is.")
        else:
            st.markdown(_describe(entry, prepared))
            link_picture("Your drawing", prepared.pixels)
        _ask_label(picture, prepared)
        _show_kept(last)


def _describe(entry: ModelEntry, prepared: Prepared) -> str:
    """What the model in use calls the drawing."""
    try:
        model = cached_model(str(entry.path), entry.fingerprint)
    except CheckpointError as error:  # what is raised in a fragment comes no further
        return plain(str(error))
    head, _ = describe_answer(predict.classify_pixels(model, prepared.pixels), "")
    return f"{plain(entry.title)} says: **{plain(head)}**. What is it?"


def _ask_label(picture: Image.Image | None, prepared: Prepared | None) -> None:
    """The labels; a click keeps the drawing and clears the canvas for the next one."""
    key = state.sketch_key(st.session_state.get(state.SKETCHED, 0))  # anew, with none picked
    st.pills(
        "What is it?",
        LABELS,
        format_func=label_name,
        key=key,
        disabled=prepared is None,
        label_visibility="collapsed",
        on_change=_keep,
        args=(key, picture, prepared),
    )


def _keep(key: str, picture: Image.Image, prepared: Prepared) -> None:
    count = st.session_state.get(state.SKETCHED, 0)
    label = st.session_state[key]
    if key != state.sketch_key(count) or label is None:  # a second click came before the answer
        return
    st.session_state[state.SKETCHED] = count + 1
    kept = new_picture(label, "drawing", prepared.pixels)
    if attempt(lambda: store().add([(kept, encode_brought(picture))]), state.KEEP_PROBLEM):
        st.session_state[state.LAST_SKETCH] = kept.picture_id
        clear()
        st.session_state.pop(state.CLEARED, None)  # it is kept, and must not be kept again
    st.rerun()  # the gallery, too


def _show_kept(last: MyPicture | None) -> None:
    """What was kept last, and the way to take it back."""
    if last is None:
        st.caption("A few of each class, drawn in different ways, teach a model most.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"Kept: {label_name(last.label)}. Draw the next one.", width="content")
        options = {"icon": ":material/undo:", "type": "tertiary"}
        button_once("Take it back", on_click=_take_back, args=(last.picture_id,), **options)


def _take_back(picture_id: str) -> None:
    attempt(lambda: store().delete(picture_id), state.KEEP_PROBLEM)
    st.rerun()
