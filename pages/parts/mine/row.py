"""Under an answer: was it right, and if not, what was it? One click keeps the picture with that.

"Keep" keeps it without saying anything of it. What is said also counts for the class tally. Stands
on fashion_core.my_pictures. A kept picture can be taught to a model on My pictures.
"""

import zlib
from dataclasses import dataclass

import streamlit as st
from PIL import Image

from fashion_core import limits, predict
from fashion_core.metadata import OUTLIER
from fashion_core.my_pictures import (
    LABELS,
    MAX_EDGE,
    TEST_IMAGE,
    UNLABELLED,
    MyPicture,
    encode_brought,
    label_name,
    new_picture,
)
from fashion_core.pictures.prepare import Prepared
from fashion_core.taught import MIN_PICTURES
from pages.parts import state
from pages.parts.begun import remember_begun
from pages.parts.class_tally import count_picture
from pages.parts.html import plain
from pages.parts.mine.store import attempt, store
from pages.parts.mine.teach import TEACH_CARD, teachable
from pages.parts.once import button_once


@dataclass(frozen=True, eq=False)
class Answered:
    """An answered picture: where it is from, and what the model said of it, OUTLIER in doubt."""

    widget: str  # the key of its row of labels
    source: str
    picture: Image.Image
    prepared: Prepared
    said: int

    @property
    def digest(self) -> int:
        """Tells it from a visitor's others."""
        return zlib.crc32(self.prepared.pixels.tobytes())


def ask_what_it_was(
    key: str, source: str, picture: Image.Image, prepared: Prepared, answer: predict.Answer | None
) -> None:
    """The row for one answered picture; a click keeps it, another one changes its label.

    `key` tells the picture from others on the page, `source` says where it is from. `answer` is
    what the model in use says of it, None where there is no model to ask.
    """
    if prepared.blank:
        return
    said = answer.label if answer and answer.recognised else OUTLIER
    widget = state.keep_key(key, zlib.crc32(prepared.pixels.tobytes()))
    if max(picture.size) > MAX_EDGE:  # the session holds it while its buttons are shown
        picture = picture.copy()
        picture.thumbnail((MAX_EDGE, MAX_EDGE))  # at least a pixel of a narrow strip
    answered = Answered(widget, source, picture, prepared, said)
    was_kept = answered.digest in st.session_state.get(state.KEPT, {})
    kept = _kept_picture(answered.digest)
    if kept:  # perhaps on another page since
        st.session_state[widget] = kept.label if kept.label in LABELS else None
    elif was_kept:  # and deleted there
        st.session_state[widget] = None  # said aloud, else the browser keeps the old one
    with st.container(key=f"what_{key}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**What was it?**", width="content")
            if answer:
                _show_right(answered, answer.label, kept)
            _show_keep(answered, kept)
        st.pills(
            "What was it?",
            LABELS,
            format_func=label_name,
            key=widget,
            label_visibility="collapsed",
            on_change=_choose,
            args=(answered,),
        )
        _show_outcome(answered, kept)


def _show_right(answered: Answered, label: int, kept: MyPicture | None) -> None:
    """The button that takes the model's best guess as the label, in doubt, too."""
    name = label_name(label)
    st.button(
        f"Right, {name}" if answered.said == label else f"{name}, as it guessed",
        icon=":material/check:",
        key=f"right_{answered.widget}",
        help="Keeps the picture with the model's best guess.",
        disabled=kept is not None and kept.label == label,  # there all the same: nothing jumps
        on_click=_say,
        args=(answered, label),
    )


def _show_keep(answered: Answered, kept: MyPicture | None) -> None:
    """The button that leaves open what the picture is."""
    button_once(
        "Keep",
        icon=":material/bookmark_add:",
        key=f"later_{answered.widget}",
        help="Keeps the picture without a label. You can say on My pictures what it is.",
        disabled=kept is not None,
        on_click=_say,
        args=(answered, UNLABELLED),
    )


def _kept_picture(digest: int) -> MyPicture | None:
    """The answered picture as it is kept; None where it is not, or was deleted elsewhere."""
    kept_ids = st.session_state.setdefault(state.KEPT, {})
    pictures = store().read_all() if digest in kept_ids else []
    kept = next((each for each in pictures if each.picture_id == kept_ids[digest]), None)
    if kept is None:
        kept_ids.pop(digest, None)
    return kept


def _show_outcome(answered: Answered, kept: MyPicture | None) -> None:
    problem = st.session_state.pop(state.problem_key(answered.widget), None)
    if problem:
        st.error(plain(problem), icon=":material/error:")
    if not kept:
        then = f" With {MIN_PICTURES} or more you can teach a model."
        if limits.read_only() or answered.source == TEST_IMAGE:
            then = ""
        st.caption(f"A click keeps the picture in My pictures.{then}")
        return
    kept_so_far, next_step, icon = _next_step(kept)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(kept_so_far, width="content")
        st.button(
            "Undo",
            icon=":material/undo:",
            type="tertiary",
            key=f"undo_{answered.widget}",
            on_click=_undo,
            args=(answered,),
        )
        if st.button(
            next_step,
            icon=f":material/{icon}:",
            type="tertiary",
            key=f"next_{answered.widget}",
        ):
            _go_on(kept)


def _next_step(kept: MyPicture) -> tuple[str, str, str]:
    """What is said of a kept picture, the words of the way to My pictures, its icon."""
    if kept.label == UNLABELLED:
        return "Kept in My pictures, without a label yet.", "Label it", "label"
    missing = _missing()
    if limits.read_only() or kept.source == TEST_IMAGE:
        return "Kept in My pictures.", "My pictures", "photo_library"
    if missing > 0:
        then = f"{missing} more, and you can teach them."
        return f"Kept in My pictures. {then}", "My pictures", "photo_library"
    return "Kept in My pictures.", "Teach it", "school"


def _missing() -> int:
    """How many pictures are missing until they can be taught."""
    return MIN_PICTURES - len(teachable(store().read_all()))


def _go_on(kept: MyPicture) -> None:
    """To My pictures, where this picture is open if it has no label, else teaching is in sight."""
    if kept.label == UNLABELLED:
        st.session_state[state.MINE_PICKED] = kept.picture_id
    elif kept.source != TEST_IMAGE and _missing() <= 0 and not limits.read_only():
        remember_begun(TEACH_CARD)
    st.switch_page("pages/my_pictures.py", query_params={})


def _choose(answered: Answered) -> None:
    """A label was clicked; the same again takes the picture back."""
    label = st.session_state[answered.widget]
    if label is None:
        _undo(answered)
    else:
        _say(answered, label)


def _say(answered: Answered, label: int) -> None:
    """Keep the picture with this label, or give it another one if it is kept already."""
    kept = _kept_picture(answered.digest)
    if kept and label == UNLABELLED:  # "Keep", clicked before the page said that it is kept
        return
    if answered.source != TEST_IMAGE:  # counted also where this copy keeps no more pictures
        count_picture(answered.digest, None if label == UNLABELLED else label, answered.said)
    if kept:
        attempt(lambda: store().relabel(kept.picture_id, label), state.problem_key(answered.widget))
    else:
        _keep(answered, label)


def _keep(answered: Answered, label: int) -> None:
    kept = new_picture(label, answered.source, answered.prepared.pixels)
    content = encode_brought(answered.picture)
    if attempt(lambda: store().add([(kept, content)]), state.problem_key(answered.widget)):
        st.session_state[state.KEPT][answered.digest] = kept.picture_id
    else:
        st.session_state[answered.widget] = None


def _undo(answered: Answered) -> None:
    """Keep the picture no longer; one that was deleted elsewhere is gone already."""
    count_picture(answered.digest, None, OUTLIER)
    kept = _kept_picture(answered.digest)
    if kept:
        problem_key = state.problem_key(answered.widget)
        attempt(lambda: store().delete(kept.picture_id), problem_key)
    st.session_state[answered.widget] = None
