"""A line with the question of the lesson's step that led to a page, and the way back to it.

It stays until the step is done, which the lesson finds out, or the visitor closes it. Where that
takes no time it finds it out itself, and stays until the visitor is back in the lesson.
"""

import streamlit as st

from pages.parts import state
from pages.parts.lesson_progress import STEP_COUNT, keep_progress, mark_done, steps_done


def show_lesson_line(page: str) -> None:
    """The line, on the page that the step asks for; none for whoever did not come from there."""
    # There also without a line: what is below stays the same element, and a canvas keeps its paper
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lesson_line"):
        number = step_in_hand()
        st.session_state[state.LESSON_ANSWER] = ""
        if number:
            _show_question(number, page)


def step_in_hand() -> int:
    """The number of the step that the visitor was last sent to, or 0 where it was done before."""
    linked = st.query_params.get(state.LESSON_STEP)
    if linked in map(str, range(1, STEP_COUNT + 1)):
        st.session_state[state.LESSON_STEP] = int(linked)  # remembered on the way to other pages
    number = st.session_state.get(state.LESSON_STEP, 0)
    is_over = number in steps_done() and number != st.session_state.get(state.LESSON_SOLVED)
    return 0 if is_over else number


def _show_question(number: int, page: str) -> None:
    from pages.parts.lesson_steps import STEPS  # with pandas, which drawing does without

    step = STEPS[number - 1]
    if step.page != page:
        return
    answer = _answer(number)
    st.session_state[state.LESSON_ANSWER] = answer
    if answer:
        mark_done(number)
        st.session_state[state.LESSON_SOLVED] = number
    head = f"Lesson, step {number} of {STEP_COUNT}"
    with st.container(width="stretch"):
        if st.session_state.get(state.LESSON_SOLVED) == number:
            st.markdown(f"**✓ {head}, solved.** {answer}")
            keep_progress()
        else:
            st.markdown(f"**{head}:** {step.question}")
    st.page_link("pages/lesson.py", label="Back to the lesson", icon=":material/school:")
    st.button(
        "Close the lesson's question",
        icon=":material/close:",
        type="tertiary",
        key="close_lesson_line",
        on_click=_close,
    )


def update_lesson_line() -> None:
    """Draw the page anew once the line's question is answered, or no longer.

    For a fragment, whose own run leaves the line as it was.
    """
    number = step_in_hand()
    if number and _answer(number) != st.session_state.get(state.LESSON_ANSWER, ""):
        st.rerun()


def _answer(number: int) -> str:
    """The sentence on a right answer; empty without one, and where to look would take long."""
    from pages.parts.lesson_steps import STEPS, check_map

    if STEPS[number - 1].check is not check_map:
        return ""
    outcome = check_map()
    return outcome.sentence if outcome.done else ""


def _close() -> None:
    st.session_state.pop(state.LESSON_STEP, None)
    st.query_params.pop(state.LESSON_STEP, None)
