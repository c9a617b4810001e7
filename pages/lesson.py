"""Lesson: six steps of two minutes, each a question that is answered by doing something in the app.

What the steps are and what counts as an answer is in pages.parts.lesson_steps.
"""

import streamlit as st

from fashion_core import limits
from fashion_core.catalog import ModelEntry
from fashion_core.metadata import CLASS_NAMES
from pages.parts import state
from pages.parts.classify.drawn import drawn_pixels
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.glossary import link_plain, link_terms
from pages.parts.lesson_progress import (
    forget_progress,
    keep_progress,
    mark_done,
    steps_done,
)
from pages.parts.lesson_steps import (
    STEPS,
    LessonStep,
    Outcome,
    fill_train,
    is_of_another_drawing,
    note_drawing,
)


def show_steps(entry: ModelEntry) -> None:
    """How far it is, and all steps; the first that is not done is open."""
    st.session_state.pop(state.LESSON_SOLVED, None)
    outcomes = {number: step.check(entry) for number, step in enumerate(STEPS, 1)}
    for number, outcome in outcomes.items():
        if outcome.done:
            mark_done(number)
    done, possible = steps_done(), possible_steps()
    show_progress(len(done.intersection(possible)), len(possible))
    first_open = next((number for number in possible if number not in done), 0)
    for number, step in enumerate(STEPS, 1):
        show_step(number, step, outcomes[number], number in done, number == first_open)


def possible_steps() -> list[int]:
    """The numbers of the steps that this copy allows: on a public one those without training."""
    closed = limits.read_only()
    return [number for number, step in enumerate(STEPS, 1) if step.fill is None or not closed]


def show_progress(count: int, possible: int) -> None:
    """How many of the possible steps are done, and the way to begin anew."""
    told = f"{count} of {possible} steps done"
    end = "of it: a picture, a filter, a loss, a rate, a mistake and a trick."
    if possible < len(STEPS):
        told = f"{count} of the {possible} steps done that this public copy allows"
        end = "that this public copy allows: a picture, a filter, a mistake and a trick."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(count / possible, text=told)
        if count:
            st.button("Begin anew", icon=":material/restart_alt:", on_click=begin_anew)
    if count == possible:
        st.success(f"You have been through all {end}", icon=":material/school:")


def begin_anew() -> None:
    """Forget the steps and what would answer them at once."""
    forget_progress()
    for key in (state.PICKED_MAP, state.PICKED_RANK, state.SEEN_CELL, state.LESSON_STEP):
        st.session_state.pop(key, None)
    st.session_state[state.LESSON_DRAWN] = None  # said aloud, else the browser keeps the old one


def show_step(number: int, step: LessonStep, outcome: Outcome, done: bool, is_open: bool) -> None:
    """One step: its story, its question, the link, and what happened."""
    icon = ":material/check_circle:" if done else ":material/circle:"
    label = f"**{number}. {step.title}**" + (" · done" if done else " · about 2 minutes")
    with st.expander(label, expanded=is_open, icon=icon, key=f"lesson_step_{number}"):
        st.markdown(link_terms(step.story))
        st.markdown(f"**{step.question}**")
        show_link(number, step)
        if step.asks_drawn:
            ask_drawn()
        if outcome.done or (outcome.sentence and not done):
            kind, mark = (st.success, "check") if outcome.done else (st.info, "hourglass_top")
            kind(link_plain(outcome.sentence), icon=f":material/{mark}:")


def show_link(number: int, step: LessonStep) -> None:
    """The way to where the step is done; to Train with its form filled in."""
    query = dict(step.query) | {state.LESSON_STEP: str(number)}
    if step.fill is None:
        icon = ":material/arrow_forward:"
        st.page_link(f"pages/{step.page}.py", label=step.link, icon=icon, query_params=query)
        return
    if limits.read_only():
        st.caption(limits.READ_ONLY_SENTENCE)
    # Not from a callback: what that puts into the form's fields would be gone by the next page
    options = {"key": f"fill_{number}", "disabled": limits.read_only()}
    if st.button(step.link, icon=":material/arrow_forward:", **options):
        fill_train(step.fill)
        st.switch_page(f"pages/{step.page}.py", query_params=query)


def ask_drawn() -> None:
    """What the visitor has drawn, which the network is to find out; asked anew of each drawing."""
    if is_of_another_drawing(drawn_pixels()):
        st.session_state[state.LESSON_DRAWN] = None
    st.selectbox(
        "What did you draw?",
        CLASS_NAMES,
        index=None,
        placeholder="Choose",
        key=state.LESSON_DRAWN,
        on_change=note_drawing,
        persist_state="session",
        width=300,
    )


run_through_router()
st.title("Lesson", anchor=False)
st.write(
    "Six steps of two minutes. Each asks one question that you answer by trying it out; come back"
    " here and see whether it worked."
)
show_with_model(show_steps)
keep_progress()  # with what was just done
