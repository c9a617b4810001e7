"""The gallery of a visitor's pictures: filters, a grid for each class, the open picture.

Stands on fashion_core.my_pictures.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fashion_core import limits, paging
from fashion_core.errors import LabError
from fashion_core.metadata import OUTLIER
from fashion_core.my_pictures import LABELS, UNLABELLED, MyPicture, label_name
from fashion_core.pictures.opening import open_picture
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.html import escaped, image_html, plain, png_data_uri
from pages.parts.images.grid import show_image_buttons
from pages.parts.images.sheet import sheet
from pages.parts.inside.picture import link_picture
from pages.parts.mine.store import attempt, store
from pages.parts.once import button_once
from pages.parts.pager import ask_page_number
from pages.parts.times import say_time, visitor_zone

WRONG_FIRST, WRONG, RIGHT = "Wrong first", "Wrong", "Right"
PER_PAGE = 60
GROUPS = (UNLABELLED, *LABELS)


@dataclass(frozen=True, eq=False)
class Gallery:
    """The pictures with what the model in use calls them: preds (N,), OUTLIER where it doubts."""

    pictures: Sequence[MyPicture]
    preds: np.ndarray

    @functools.cached_property
    def labels(self) -> np.ndarray:
        """(N,) int64, OUTLIER or UNLABELLED where it is none of the ten."""
        return np.array([each.label for each in self.pictures], np.int64)

    @functools.cached_property
    def right(self) -> np.ndarray:
        """(N,) bool; what has no label is neither right nor wrong."""
        return self.preds == self.labels

    @functools.cached_property
    def wrong(self) -> np.ndarray:
        """(N,) bool."""
        return (self.preds != self.labels) & (self.labels != UNLABELLED)

    @functools.cached_property
    def doubted(self) -> np.ndarray:
        """(N,) bool: those of the wrong ones that the model gives no name."""
        return self.wrong & (self.preds == OUTLIER)

    @functools.cached_property
    def groups(self) -> list[int]:
        """The labels as they are shown: unlabelled, those with wrong pictures, the rest."""
        wrong = set(self.labels[self.wrong].tolist())
        return sorted(GROUPS, key=lambda label: (label != UNLABELLED, label not in wrong))


def describe_doubted(count: int) -> str:
    """What follows a number of right answers: those in doubt are neither right nor a wrong name."""
    return f", {count:,} in doubt" if count else ""


def describe_answer(pred: int) -> str:
    """What a model says of a picture, in a word or two."""
    return "Does not know it" if pred == OUTLIER else label_name(pred)


def ask_places(gallery: Gallery) -> np.ndarray:
    """Filter and page; returns the places (K,) to show, grouped by class, wrong ones first.

    What has no label yet comes before all classes, and classes with wrong ones before the others.
    """
    shown = st.segmented_control(
        "Which",
        [WRONG_FIRST, WRONG, RIGHT],
        default=WRONG_FIRST,
        required=True,
        key=state.MINE_SHOWN,
        bind="query-params",
        on_change=_to_first_page,
        label_visibility="collapsed",
    )
    chosen = {WRONG: gallery.wrong, RIGHT: gallery.right}
    places = np.flatnonzero(chosen.get(shown, np.ones(len(gallery.pictures), bool)))
    order = gallery.groups
    groups = np.array([order.index(label) for label in gallery.labels[places]], np.int64)
    places = places[np.lexsort((places, gallery.right[places], groups))]
    pages = paging.page_count(len(places), PER_PAGE)
    page = 1
    if pages > 1:
        page = ask_page_number(pages, state.MINE_PAGE)
    return places[(page - 1) * PER_PAGE : page * PER_PAGE]


def _to_first_page() -> None:
    st.session_state[state.MINE_PAGE] = 1


def _show_all() -> None:
    st.session_state[state.MINE_SHOWN] = WRONG_FIRST
    _to_first_page()


def show_groups(gallery: Gallery, places: np.ndarray) -> None:
    """The pictures at these places, a grid for each class."""
    if not len(places):
        st.info("None of your pictures is like that.", icon=":material/task_alt:")
        st.button("Show all of them", on_click=_show_all)
    for label in gallery.groups:
        of_class = [int(i) for i in places if gallery.pictures[i].label == label]
        if of_class:
            show_class(gallery, label, of_class)


def show_class(gallery: Gallery, label: int, places: Sequence[int]) -> None:
    """One class: its name, how many are right, its pictures as buttons."""
    every = np.flatnonzero(gallery.labels == label)
    right, doubted = int(gallery.right[every].sum()), int(gallery.doubted[every].sum())
    count = f"{right:,} of {len(every):,} right{describe_doubted(doubted)}"
    if label == UNLABELLED:
        count = f"{len(every):,}: open one and say what it is"
    name = label_name(label)
    st.markdown(f"**{name[0].upper()}{name[1:]}** · {count}")
    items = [_item(gallery, i) for i in places]
    picked = _place_of(gallery, st.session_state.get(state.MINE_PICKED))

    def pick(place: int) -> None:
        st.session_state[state.MINE_PICKED] = gallery.pictures[place].picture_id

    show_image_buttons(f"mine_{label}", items, pick, picked, name=f"Your pictures: {name}")


def _item(gallery: Gallery, place: int) -> dict:
    picture, pred = gallery.pictures[place], int(gallery.preds[place])
    said = describe_answer(pred)
    kind, mark, outcome = _outcome(gallery, place)
    return {
        "index": place,
        "source": png_data_uri(picture.pixels),
        "lines": [(kind, f"{mark}{'Unknown' if pred == OUTLIER else said}")],  # it has to fit
        "label": f"{label_name(picture.label)}, the model says: {said}{outcome}",
    }


def _outcome(gallery: Gallery, place: int) -> tuple[str, str, str]:
    """Whether the model is right of a picture: the style's class, a mark, a word; empty if open."""
    if gallery.pictures[place].label == UNLABELLED:
        return "quiet", "", ""
    return ("right", "✓ ", ", right") if gallery.right[place] else ("wrong", "✗ ", ", wrong")


def _place_of(gallery: Gallery, picture_id: str | None) -> int | None:
    ids = [each.picture_id for each in gallery.pictures]
    return ids.index(picture_id) if picture_id in ids else None


# The open picture

KINDS = {"drawing": "drawing", "game": "drawing", "camera": "photo"}  # by their source


def picked_place(gallery: Gallery) -> int | None:
    """The place of the open picture, None where none is."""
    return _place_of(gallery, st.session_state.get(state.MINE_PICKED))


def show_picked(gallery: Gallery, place: int) -> None:
    """The open picture as brought and as the model sees it, its label, the way to delete it."""
    picture, pred = gallery.pictures[place], int(gallery.preds[place])
    with sheet(describe_source(picture), close):
        with st.container(horizontal=True):
            brought = _brought(picture)
            if brought is not None:
                st.html(image_html(brought, "brought", "As it was brought"), width=112)
            st.html(image_html(picture.pixels, "seen", "As the model sees it"), width=112)
        kind, mark, _ = _outcome(gallery, place)
        st.html(
            f'<div class="picked"><div class="words">The model: <b class="{kind}">'
            f"{mark}{escaped(describe_answer(pred))}</b></div></div>"
        )
        key = state.relabel_key(picture.picture_id, picture.label)
        st.selectbox(
            "It is",
            LABELS,
            index=LABELS.index(picture.label) if picture.label in LABELS else None,
            placeholder="Say what it is",
            format_func=label_name,
            key=key,
            on_change=_relabel,
            args=(picture, key),
        )
        link_picture(f"Your {KINDS.get(picture.source, 'picture')}", picture.pixels)
        button_once("Delete", icon=":material/delete:", on_click=_delete, args=([picture],))


def describe_source(picture: MyPicture) -> str:
    """Where a picture comes from and when it was kept, by the visitor's clock."""
    return plain(f"{picture.source.capitalize()}, {say_time(picture.kept_at, visitor_zone())}")


def _brought(picture: MyPicture) -> np.ndarray | None:
    """The picture as it was brought, (H, W, 3) uint8; None where it cannot be shown."""
    try:
        return np.asarray(open_picture(store().brought(picture.picture_id)).convert("RGB"))
    except LabError:
        return None


def close() -> None:
    st.session_state[state.MINE_PICKED] = None


def _relabel(picture: MyPicture, key: str) -> None:
    label = st.session_state[key]
    if attempt(lambda: store().relabel(picture.picture_id, label), state.KEEP_PROBLEM):
        st.session_state[state.MINE_OUTCOME] = f"It is {label_name(label)} now."


def show_delete_all(pictures: Sequence[MyPicture]) -> None:
    """The way to an empty gallery, as between two classes; it asks once more."""
    count = format_count(len(pictures), "picture")
    with st.popover("Delete all", icon=":material/delete_sweep:"):
        whose = "" if limits.read_only() else ", other people's too"
        st.write(f"Deletes all pictures kept here{whose}. Export them first to keep a copy.")
        button_once(f"Delete {count}", type="primary", on_click=_delete, args=(pictures,))


MOST_UNDO_BYTES = 20_000_000  # a session holds no more; one picture is far smaller


def _delete(pictures: Sequence[MyPicture]) -> None:
    """Delete them, and remember them for Undo."""

    def delete() -> None:
        # As they are now: another tab may have given another label, or deleted some
        now = {each.picture_id: each for each in store().read_all()}
        ids = [each.picture_id for each in pictures if each.picture_id in now]
        deleted = st.session_state[state.TAKEN_BACK] = []  # as far as it comes
        size = 0
        for picture_id in ids or [pictures[0].picture_id]:  # of which the store says it is gone
            content = store().brought(picture_id)
            store().delete(picture_id)
            size += len(content)
            deleted.append((now[picture_id], content))
            if size > MOST_UNDO_BYTES:
                deleted.clear()
        if ids and not deleted:
            said = f"{format_count(len(ids), 'picture')} deleted, too many to bring them back."
            st.session_state[state.MINE_OUTCOME] = said

    if attempt(delete, state.KEEP_PROBLEM):
        close()


def show_undo() -> None:
    """The way back after pictures were deleted."""
    deleted = st.session_state.get(state.TAKEN_BACK)
    if deleted:
        were = "was" if len(deleted) == 1 else "were"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{format_count(len(deleted), 'picture')} {were} deleted.", width="content")
            st.button("Undo", icon=":material/undo:", type="tertiary", on_click=_bring_back)


def _bring_back() -> None:
    deleted = st.session_state.get(state.TAKEN_BACK)
    if deleted:  # not at a second click
        attempt(lambda: store().add(deleted), state.KEEP_PROBLEM)
