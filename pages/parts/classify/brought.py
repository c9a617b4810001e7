"""The pictures and the photo that a visitor brought, kept while they look at other pages too.

Streamlit forgets the files of a field that is not drawn any more.
"""

from typing import NamedTuple

import streamlit as st

from fashion_core.pictures.opening import FORMAT_NAMES, MAX_FILE_BYTES
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.classify.correction import drop, forget

MAX_PICTURES = 12  # answered at once; more would be a long wait and a long page


class BroughtFile(NamedTuple):
    """A file as it came: what tells it from others, its name, what is in it."""

    file_id: str
    name: str
    content: bytes


def ask_files() -> tuple[list[BroughtFile], int]:
    """The field for pictures; MAX_PICTURES at most of those in it and from before, and of how many.

    Files of any name are let in: the browser would refuse them without a sentence.
    """
    if state.UPLOADS not in st.session_state:  # the field is new, and empty
        st.session_state[state.BROUGHT_BEFORE] = st.session_state.get(state.BROUGHT, [])
    st.file_uploader(
        "Pictures of one piece each",
        accept_multiple_files=True,
        max_upload_size=MAX_FILE_BYTES // 1_000_000,
        help=f"{FORMAT_NAMES}. A plain background works best.",
        key=state.UPLOADS,
        on_change=_take_files,
    )
    before = st.session_state[state.BROUGHT_BEFORE]
    if before:
        st.button(
            f"Remove {format_count(len(before), 'picture')} from before",
            icon=":material/delete:",
            on_click=_forget_before,
        )
    count = len(st.session_state[state.UPLOADS]) + len(before)
    return st.session_state.get(state.BROUGHT, []), count


def _take_files() -> None:
    """Keep the chosen files, those that were added last first: their answers are in sight."""
    known = st.session_state.get(state.UPLOADED, [])
    chosen = sorted(
        st.session_state[state.UPLOADS], key=lambda file: _place_in(known, file.file_id)
    )
    st.session_state[state.UPLOADED] = [file.file_id for file in chosen]
    files = [
        BroughtFile(file.file_id, file.name, file.getvalue()) for file in chosen[:MAX_PICTURES]
    ]
    brought = files + st.session_state[state.BROUGHT_BEFORE]
    there = {file.file_id for file in (*chosen, *brought)}
    for file in st.session_state.get(state.BROUGHT, []):
        if file.file_id not in there:
            drop(file.file_id)
    st.session_state[state.BROUGHT] = brought[:MAX_PICTURES]


def _place_in(known: list[str], file_id: str) -> int:
    """-1 for one that was added last: it comes first, the others stay as they were."""
    return known.index(file_id) if file_id in known else -1


def _forget_before() -> None:
    st.session_state[state.BROUGHT_BEFORE] = []
    _take_files()


def ask_photo() -> bytes | None:
    """The camera, and the photo that was taken last."""
    with st.container(width=480):
        st.camera_input(
            "Hold one piece in front of a plain wall and take a photo",
            key=state.CAMERA,
            on_change=_take_photo,
        )
        kept = st.session_state.get(state.PHOTO)
        if kept and not st.session_state[state.CAMERA]:
            label = "Remove the photo from before"
            st.button(label, icon=":material/delete:", on_click=_take_photo)
    return kept


def _take_photo() -> None:
    """Keep what the camera holds: a photo, or none."""
    photo = st.session_state[state.CAMERA]
    st.session_state[state.PHOTO] = photo and photo.getvalue()
    forget("photo")
