"""A run's name and state with the buttons that change it: pause, resume, stop."""

from collections.abc import Callable

import streamlit as st

from fashion_core import limits
from fashion_core.errors import RunError
from fashion_core.runs import control
from fashion_core.runs import queue as run_queue
from fashion_core.runs.folders import Run
from pages.parts import state
from pages.parts.glossary import link_plain
from pages.parts.html import plain
from pages.parts.once import button_once
from pages.parts.runs.continue_run import describe_history, forget_refusal
from pages.parts.words import STATE_BADGES, describe_config


def show_title(run: Run) -> None:
    """Name, state and buttons in a row, and below what it is to train."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.name), anchor=False, width="content")
        st.badge(run.state.capitalize(), **STATE_BADGES[run.state])
        st.space("stretch")
        with st.container(horizontal=True, width="content"):
            if run.is_active:
                show_running_buttons(run)
            elif run.state == "paused":
                show_paused_buttons(run)
    if run.config:
        st.caption(f"{link_plain(describe_config(run.config))}. {describe_history(run)}")


# All are callbacks: a click counts also when another tab has changed the run before it arrives.


def show_running_buttons(run: Run) -> None:
    """Pause and stop, of a run that trains."""
    stopping, pausing = (run.run_dir / "stop").exists(), (run.run_dir / "pause").exists()
    st.button(
        "Pausing…" if pausing else "Pause",
        icon=":material/pause_circle:",
        key="pause",
        disabled=pausing or stopping or limits.read_only(),
        on_click=ask,
        args=(control.request_pause, run),
        help="Keeps everything that going on needs and frees the machine's memory.",
    )
    st.button(
        "Stopping…" if stopping else "Stop",
        icon=":material/stop_circle:",
        key="stop",
        disabled=stopping or limits.read_only(),
        on_click=ask,
        args=(control.request_stop, run),
    )


def show_paused_buttons(run: Run) -> None:
    """Resume and stop, of a paused run."""
    button_once(
        "Resume",
        icon=":material/play_circle:",
        key="resume",
        type="primary",
        disabled=limits.read_only(),
        on_click=ask,
        args=(run_queue.continue_run, run),
    )
    button_once(
        "Stop",
        icon=":material/stop_circle:",
        key="stop",
        disabled=limits.read_only(),
        help="Ends it as it is and lets the queue go on. It can still be continued.",
        on_click=ask,
        args=(control.request_stop, run),
    )


def ask(request: Callable[[str], object], run: Run) -> None:
    """Ask for a change of the run, or keep the sentence that says why not."""
    st.session_state[state.SHOWN_RUN] = run.run_id
    forget_refusal()
    try:
        request(run.run_id)
    except (RunError, OSError) as error:
        st.session_state[state.TRAIN_ERROR] = str(error)
