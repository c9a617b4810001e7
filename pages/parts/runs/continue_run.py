"""Going on with a run that has ended or is paused: for how many epochs, and what that means."""

import streamlit as st

from fashion_core import limits
from fashion_core.errors import RunError
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue
from fashion_core.runs.folders import Run
from fashion_core.text import format_count
from pages.parts.html import plain
from pages.parts.runs.form import most_epochs
from pages.parts.words import GLOSSARY

REFUSAL_KEY = "continue_refused"  # id of a run and why it does not go on


def show_continue(run: Run) -> None:
    """A field and a button, or why it cannot go on; nothing for a run that trains or waits."""
    if run.state not in run_queue.ENDED_STATES or run.config is None:
        return
    refusal = run_queue.continue_problem(run, run.epochs_done + 1)
    if refusal:
        st.caption(f"It cannot be continued: {plain(refusal)}")
        return
    kept = folders.resume_path(run.run_dir).is_file()
    if run.problem or not kept:
        show_again(run, kept)
        return
    done, most = run.epochs_done, most_epochs()
    planned = run.config.epochs - done
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"continue_{run.run_id}"):
        more = st.number_input(
            "Continue for",
            1,
            most - done,
            min(planned if planned > 0 else run.config.epochs, most - done),
            key=f"more-{run.run_id}-{done}",
            help=GLOSSARY["epoch"],
            width=140,
            on_change=forget_refusal,
        )
        words = f"Continue for {more} more epoch{'s' if more > 1 else ''}"
        pressed = st.button(
            words,
            icon=":material/play_arrow:",
            key=f"continue-{run.run_id}",
            disabled=limits.read_only(),
        )
    st.caption(run_queue.describe_continuation(run, more))
    if pressed:
        continue_run(run, more)
    show_refusal(run)


def show_again(run: Run, kept: bool) -> None:
    """One button, up to the epochs that were planned, where nothing or nobody knows how many are
    done.
    """
    if kept:
        words, icon, meaning = (
            "Go on",
            "play_arrow",
            "From where it was, up to the epochs that were planned.",
        )
    else:
        words, icon, meaning = (
            "Try again",
            "replay",
            "From the beginning: there is nothing that it could go on from.",
        )
    if st.button(
        words, icon=f":material/{icon}:", key=f"again-{run.run_id}", disabled=limits.read_only()
    ):
        continue_run(run)
    st.caption(meaning)
    show_refusal(run)


def continue_run(run: Run, more: int = 0) -> None:
    """Go on with a run, or keep the sentence that says why not."""
    forget_refusal()
    try:
        run_queue.continue_run(run.run_id, more)
    except (RunError, OSError) as error:
        st.session_state[REFUSAL_KEY] = run.run_id, str(error)
    else:
        st.session_state["shown_run"] = run.run_id
        st.rerun()


def show_refusal(run: Run) -> None:
    """Why it did not go on, until another try: the Train page draws itself anew every few
    seconds.
    """
    run_id, words = st.session_state.get(REFUSAL_KEY, (None, ""))
    if run_id == run.run_id:
        st.error(plain(words), icon=":material/error:")


def forget_refusal() -> None:
    st.session_state.pop(REFUSAL_KEY, None)


def describe_history(run: Run) -> str:
    """How the run came to its number of epochs; empty if it was never changed."""
    if not run.config or not run.epochs_before:
        return ""
    first, *then = [*run.epochs_before, run.config.epochs]
    changes = ", then for ".join(map(str, then))
    return f"Planned for {format_count(first, 'epoch')}, then for {changes}."
