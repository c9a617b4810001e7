"""Under an answer: was it right, and if not, what was it? One click keeps the picture with that.

It also counts for the class tally. Stands on fashion_core.my_pictures. A kept picture can be
taught to a model on My pictures.
"""

import zlib

import streamlit as st
from PIL import Image

from fashion_core import predict
from fashion_core.catalog import ModelEntry
from fashion_core.errors import CheckpointError
from fashion_core.metadata import OUTLIER
from fashion_core.my_pictures import (
    LABELS,
    MyPicture,
    encode_brought,
    label_name,
    new_picture,
)
from fashion_core.pictures.prepare import Prepared
from pages.parts import state
from pages.parts.cached import cached_model
from pages.parts.class_tally import count_picture
from pages.parts.html import plain
from pages.parts.mine.store import attempt, store


def ask_what_it_was(
    key: str, source: str, picture: Image.Image, prepared: Prepared, entry: ModelEntry
) -> None:
    """The row for one answered picture; a click keeps it, another one changes its label.

    `key` tells the picture from others on the page, `source` says where it is from.
    """
    if prepared.blank:
        return
    digest = zlib.crc32(prepared.pixels.tobytes())
    kept = _kept_picture(digest)
    answer = _answer(prepared, entry)
    widget, arguments = state.keep_key(key, digest), (digest, source, picture, prepared, answer)
    if kept:  # perhaps on another page since
        st.session_state[widget] = kept.label
    with st.container(key=f"what_{key}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**What was it?**", width="content")
            if answer != OUTLIER:
                st.button(
                    f"Right, {label_name(answer)}",
                    icon=":material/check:",
                    key=f"right_{widget}",
                    help="Keeps the picture with the model's own answer.",
                    disabled=kept is not None,  # there all the same: nothing jumps
                    on_click=_keep,
                    args=(answer, widget, *arguments),
                )
        st.pills(
            "What was it?",
            LABELS,
            format_func=label_name,
            key=widget,
            label_visibility="collapsed",
            on_change=_choose,
            args=(widget, *arguments),
        )
        _show_outcome(kept is not None, digest, widget)


def _kept_picture(digest: int) -> MyPicture | None:
    """The answered picture as it is kept; None where it is not, or was deleted elsewhere."""
    kept_id = st.session_state.setdefault(state.KEPT, {}).get(digest)
    pictures = store().read_all() if kept_id else []
    return next((each for each in pictures if each.picture_id == kept_id), None)


def _answer(prepared: Prepared, entry: ModelEntry) -> int:
    """What the model calls the picture, OUTLIER where it doubts it."""
    try:
        model = cached_model(str(entry.path), entry.fingerprint)
    except CheckpointError:  # said where the answer would be
        return OUTLIER
    answer = predict.classify_pixels(model, prepared.pixels)
    return answer.label if answer.recognised else OUTLIER


def _show_outcome(is_kept: bool, digest: int, widget: str) -> None:
    problem = st.session_state.pop(state.problem_key(widget), None)
    if problem:
        st.error(plain(problem), icon=":material/error:")
    if not is_kept:
        st.caption("A click keeps the picture in My pictures, so that you can teach it to a model.")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption("Kept in My pictures.", width="content")
        st.button(
            "Undo",
            icon=":material/undo:",
            type="tertiary",
            key=f"undo_{widget}",
            on_click=_undo,
            args=(digest, widget),
        )
        st.page_link("pages/my_pictures.py", label="Teach it", icon=":material/school:")


def _choose(
    widget: str, digest: int, source: str, picture: Image.Image, prepared: Prepared, answer: int
) -> None:
    """A label was clicked: keep the picture, or change its label; the same again takes it back."""
    label, kept = st.session_state[widget], _kept_picture(digest)
    if label is None:
        _undo(digest, widget)
    elif kept:
        count_picture(digest, label, answer)
        attempt(lambda: store().relabel(kept.picture_id, label), state.problem_key(widget))
    else:
        _keep(label, widget, digest, source, picture, prepared, answer)


def _keep(
    label: int,
    widget: str,
    digest: int,
    source: str,
    picture: Image.Image,
    prepared: Prepared,
    answer: int,
) -> None:
    count_picture(digest, label, answer)  # also where this copy keeps no more pictures
    kept = new_picture(label, source, prepared.pixels)
    content = encode_brought(picture)
    if attempt(lambda: store().add([(kept, content)]), state.problem_key(widget)):
        st.session_state[state.KEPT][digest] = kept.picture_id
        st.session_state[widget] = label
    else:
        st.session_state[widget] = None


def _undo(digest: int, widget: str) -> None:
    """Keep the picture no longer; one that was deleted elsewhere is gone already."""
    count_picture(digest, None, OUTLIER)
    kept = _kept_picture(digest)
    if kept:
        attempt(lambda: store().delete(kept.picture_id), state.problem_key(widget))
    st.session_state[widget] = None
