"""Drawing and its answer: the canvas, what the model sees, what it says; on Home and Classify."""

from collections.abc import Sequence

import streamlit as st

from fashion_core import catalog
from fashion_core.catalog import ModelEntry
from fashion_core.pictures.prepare import Correction, Prepared, prepare
from pages.parts import state
from pages.parts.classify.answer import show_result, show_steps, show_ways_on
from pages.parts.classify.canvas import ask_drawing, put_example
from pages.parts.classify.correction import (
    ask_correction,
    correction_of,
    drop,
    offer_pieces,
    say_pieces,
)
from pages.parts.html import plain
from pages.parts.inside.looks import show_looks_panel
from pages.parts.inside.picture import link_picture
from pages.parts.mine.row import ask_what_it_was
from pages.parts.picker import show_use_button
from pages.parts.runs.drawing_after import knows_drawings


@st.fragment
def show_draw(entries: Sequence[ModelEntry], place: str = "classify") -> None:
    """The canvas and its answer; a stroke reruns only this.

    On another `place` than Classify without the steps and the ways to correct, but with where the
    model looks, and the links that lead inside and to the rest.
    """
    cards = st.container(horizontal=True, gap="small")
    with cards.container(border=True, key="canvas_card"):
        picture = ask_drawing(place)
    beside = cards.container(key="answers", gap="small")
    answer = beside.container(border=True, key="answer_card")
    seen = beside.container(
        border=True, horizontal=True, vertical_alignment="center", key="seen_card"
    )
    correction = correction_of("drawing")
    prepared = prepare(picture, correction) if picture else None
    if prepared and (not prepared.blank or correction != Correction()):
        said = show_result(prepared, entries, seen, answer)
        if said:
            with answer:
                show_puzzled(entries[0])
        ask_what_it_was("drawing", "drawing", picture, prepared, said)
        if place == "classify":
            show_more(prepared, entries)
        else:
            with answer:
                show_less(prepared, correction, entries)
        return
    can_return = st.session_state.get(state.CLEARED) or st.session_state.get(state.UNDONE)
    if picture is None and not can_return:  # the next drawing begins without corrections
        drop("drawing")
    seen.caption("**What the model sees** will be here: your drawing at 28 × 28 pixels.")
    answer.markdown("### Draw something")
    answer.write(
        "One piece of clothing, as large as fits: a T-shirt, trousers, a shoe. The answer appears"
        " here."
    )
    answer.button("Start with an example", icon=":material/lightbulb:", on_click=put_example)


def show_puzzled(entry: ModelEntry) -> None:
    """Where the model has learned from no drawings, that they puzzle it, and one that has."""
    config = entry.card.get("config") or {}
    trained_elsewhere = "input_scaling" in entry.card  # on who knows what
    if trained_elsewhere or config.get("start_model") or knows_drawings(config):
        return
    known = {each.model_id: each for each in catalog.list_models()}.get(catalog.RECOMMENDED)
    st.caption(f"{plain(entry.title)} has learned from no drawings: they puzzle it.")
    if known and known.model_id != entry.model_id:
        show_use_button(
            f"Use {plain(known.title)}", known.model_id, "use_drawings", icon=":material/draw:"
        )


def show_more(prepared: Prepared, entries: Sequence[ModelEntry]) -> None:
    """What Classify has below an answer: pieces, ways on, steps, corrections."""
    offer_pieces("drawing", prepared)
    show_ways_on("drawing", "Your drawing", prepared, entries)
    show_steps(prepared, "drawing")
    ask_correction("drawing", prepared, small=False)


def show_less(prepared: Prepared, correction: Correction, entries: Sequence[ModelEntry]) -> None:
    """What Home has below an answer: where the model looks, the ways inside and to the rest."""
    say_pieces("drawing", prepared)
    if prepared.blank and correction.crop:
        st.write("You have framed a part of it on Classify.")
    if not prepared.blank:
        show_looks_panel("drawing", prepared.pixels, entries)
    with st.container(horizontal=True, gap="small"):
        if not prepared.blank:
            link_picture("Your drawing", prepared.pixels)
        st.page_link("pages/classify.py", label="Open on Classify", icon=":material/search:")
