"""Going on with a run that has ended or is paused: for how many epochs, and what that means."""

import streamlit as st

from fashion_core import run_queue, runs
from fashion_core.config import field_spec
from fashion_core.runs import Run
from pages import _shared


def show_continue(run: Run) -> None:
    """A field and a button, or why it cannot go on; nothing for a run that trains or waits."""
    if run.state not in run_queue.ENDED_STATES or run.config is None:
        return
    refusal = run_queue.continue_problem(run, run.epochs_done + 1)
    if refusal:
        st.caption(f"It cannot be continued: {_shared.plain(refusal)}")
        return
    if not runs.resume_path(run.run_dir).is_file():  # it failed in its first epoch: there is nothing to go on from
        if st.button("Try again", icon=":material/replay:", key=f"again-{run.run_id}", disabled=runs.read_only()):
            continue_run(run)
        st.caption("From the beginning: it failed before there was anything to keep.")
        return
    done, most = run.epochs_done, field_spec("epochs")["high"]
    planned = run.config.epochs - done
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"continue_{run.run_id}"):
        more = st.number_input(
            "Continue for", 1, most - done, planned if planned > 0 else min(run.config.epochs, most - done),
            key=f"more-{run.run_id}-{done}", help=_shared.GLOSSARY["epoch"], width=140,
        )  # fmt: skip
        words = f"Continue for {more} more epoch{'s' if more > 1 else ''}"
        pressed = st.button(
            words, icon=":material/play_arrow:", key=f"continue-{run.run_id}", disabled=runs.read_only()
        )
    st.caption(run_queue.continue_words(run, more))
    if pressed:
        continue_run(run, more)


def continue_run(run: Run, more: int = 0) -> None:
    """Go on with a run, or say why not; for a button anywhere on a page."""
    try:
        run_queue.continue_run(run.run_id, more)
    except (runs.RunError, OSError) as error:
        st.error(_shared.plain(str(error)))
    else:
        st.session_state["shown_run"] = run.run_id
        st.rerun()


def history_words(run: Run) -> str:
    """How the run came to its number of epochs; empty if it was never changed."""
    if not run.config or not run.epochs_before:
        return ""
    first, *then = [*run.epochs_before, run.config.epochs]
    return f"Continued from {first} to {', then to '.join(map(str, then))} epochs."
