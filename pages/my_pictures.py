"""My pictures: what a visitor kept, by class, with the model's answer; and teaching it to one.

Stands on fashion_core.my_pictures (keeping), picture_zip (export, import) and taught (teaching).
"""

import streamlit as st

from fashion_core import limits
from fashion_core.catalog import ModelEntry
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.begun import bring_into_sight
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.html import plain
from pages.parts.mine.gallery import (
    Gallery,
    ask_places,
    describe_doubted,
    picked_place,
    show_delete_all,
    show_groups,
    show_picked,
    show_undo,
)
from pages.parts.mine.sketch import show_sketch
from pages.parts.mine.store import SESSION_SENTENCE, answers, store
from pages.parts.mine.teach import TAUGHT_CARD, TEACH_CARD, show_last_teaching, show_teach
from pages.parts.mine.transfer import ask_import, show_export


def show_messages() -> None:
    """What the last click came to."""
    if limits.read_only():
        st.info(SESSION_SENTENCE, icon=":material/lock:")
    said = st.session_state.pop(state.MINE_OUTCOME, "")
    problem = st.session_state.pop(state.KEEP_PROBLEM, "")
    if said:
        st.success(plain(said), icon=":material/check:")
    if problem:
        st.error(plain(problem), icon=":material/error:")
    show_undo()


def show_empty() -> None:
    """What would be here, and the other way to it."""
    teach = "" if limits.read_only() else " With three or more you can teach the model."
    st.info(
        "Nothing is kept yet. Open “Draw examples” above and click what each is, or bring a photo"
        f" on Classify: it appears here.{teach}",
        icon=":material/photo_library:",
    )
    st.page_link("pages/classify.py", label="Classify", icon=":material/draw:")


def show_mine(entry: ModelEntry) -> None:
    """The pictures with the model's answers, beside them teaching."""
    pictures = store().read_all()
    show_sketch(entry, pictures)
    if not pictures:
        show_empty()
        show_last_teaching()
        ask_import()
        return
    gallery = Gallery(pictures, answers(entry, pictures))
    grid, side = st.columns([2, 1])
    with grid:
        show_head(gallery, entry)
        show_groups(gallery, ask_places(gallery))
        ask_import()
    with side:
        place = picked_place(gallery)
        if place is not None:
            show_picked(gallery, place)
        show_last_teaching()
        show_teach(entry, pictures)


def show_head(gallery: Gallery, entry: ModelEntry) -> None:
    """How many there are, how many the model has right or doubts, and the export."""
    with st.container(horizontal=True, vertical_alignment="center"):
        count, right = len(gallery.pictures), int(gallery.right.sum())
        said = f"**{format_count(count, 'picture')}**, {right:,} right by {plain(entry.title)}"
        said += describe_doubted(int(gallery.doubted.sum()))
        unlabelled = count - right - int(gallery.wrong.sum())
        if unlabelled:
            said += f", {unlabelled:,} without a label"
        st.markdown(said, width="content")
        st.space("stretch")
        show_export(list(gallery.pictures))
        show_delete_all(gallery.pictures)


run_through_router()
st.title("My pictures", anchor=False)
to_do = (
    "Teach them to the model and see what that changes. Everybody who uses this copy sees them, and"
    " can teach or delete them."
)
if limits.read_only():
    to_do = "Look at what the model says of it, and say what is still without a label."
st.write(f"What you kept, with its right label. {to_do}")
show_messages()
show_with_model(show_mine)
bring_into_sight({card: (card,) for card in (TEACH_CARD, TAUGHT_CARD)})
