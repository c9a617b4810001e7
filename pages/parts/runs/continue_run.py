"""Continuing a run that has ended or is paused: for how many epochs, and what that means."""

import streamlit as st

from fashion_core import limits
from fashion_core.errors import RunError
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue
from fashion_core.runs.folders import Run
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.glossary import help_on, link_terms
from pages.parts.html import plain
from pages.parts.runs.form import max_epochs


def show_continue(run: Run) -> None:
    """A field and a button, or why it cannot go on; nothing for a run that trains or waits."""
    if run.state not in run_queue.ENDED_STATES or run.config is None:
        return
    if run.epochs_done >= max_epochs():
        trained = format_count(run.epochs_done, "epoch")
        st.caption(f"It has trained {trained}; this copy allows {max_epochs():,}. Start a new run.")
        return
    refusal = run_queue.continue_problem(run, run.epochs_done + 1)
    if refusal:
        st.caption(f"It cannot be continued: {plain(refusal)}")
        return
    kept = folders.resume_path(run.run_dir).is_file()
    if run.problem or not kept:
        ask_again(run, kept)
    else:
        ask_more(run)
    show_refusal(run)


def ask_more(run: Run) -> None:
    """For how many more epochs, and the button."""
    done = run.epochs_done
    allowed = max_epochs() - done
    planned = run.config.epochs - done
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"continue_{run.run_id}"):
        more = st.number_input(
            "Continue for",
            min_value=1,
            max_value=allowed,
            value=min(planned if planned > 0 else run.config.epochs, allowed),
            key=f"more-{run.run_id}-{done}",
            help=help_on("epoch"),
            width=140,
            on_change=forget_refusal,
        )
        pressed = st.button(
            f"Continue for {format_count(more, 'more epoch')}",
            icon=":material/play_arrow:",
            key=f"continue-{run.run_id}",
            disabled=limits.read_only(),
        )
    st.caption(run_queue.describe_continuation(run, more))
    if pressed:
        continue_run(run, more)


def ask_again(run: Run, kept: bool) -> None:
    """One button, where nobody knows how many epochs are done, or nothing of them was `kept`."""
    pressed = st.button(
        "Go on" if kept else "Try again",
        icon=":material/play_arrow:" if kept else ":material/replay:",
        key=f"again-{run.run_id}",
        disabled=limits.read_only(),
    )
    if pressed:
        continue_run(run)
    st.caption(
        link_terms(
            "From where it was, up to the epochs that were planned."
            if kept
            else "From the beginning: there is nothing that it could go on from."
        )
    )


def continue_run(run: Run, more: int = 0) -> None:
    """Go on with a run, or keep the sentence that says why not."""
    forget_refusal()
    try:
        run_queue.continue_run(run.run_id, more)
    except RunError as error:
        st.session_state[state.CONTINUE_REFUSAL] = run.run_id, str(error)
    else:
        st.session_state[state.SHOWN_RUN] = run.run_id
        st.rerun()


# Why a run did not go on is kept until another try: Train draws itself anew every few seconds.


def show_refusal(run: Run) -> None:
    """Why this run did not go on, if it was asked to."""
    run_id, words = st.session_state.get(state.CONTINUE_REFUSAL, (None, ""))
    if run_id == run.run_id:
        st.error(plain(words), icon=":material/error:")


def forget_refusal() -> None:
    """Show it no more."""
    st.session_state.pop(state.CONTINUE_REFUSAL, None)


def describe_history(run: Run) -> str:
    """How the run came to its number of epochs; empty if it was never changed."""
    if not run.config or not run.epochs_before:
        return ""
    first, *then = [*run.epochs_before, run.config.epochs]
    changes = ", then for ".join(map(str, then))
    return f"Planned for {format_count(first, 'epoch')}, then for {changes}."
