"""A run's name and state with the buttons that change it, or that go on from it."""

from collections.abc import Callable

import streamlit as st

from fashion_core import limits
from fashion_core.errors import RunError
from fashion_core.runs import control, folders
from fashion_core.runs import queue as run_queue
from fashion_core.runs.folders import Run
from pages.parts import state
from pages.parts.glossary import link_plain
from pages.parts.html import plain
from pages.parts.once import button_once
from pages.parts.picker import show_use_button
from pages.parts.runs.continue_run import describe_history, forget_refusal
from pages.parts.words import STATE_BADGES, describe_config


def show_title(run: Run) -> None:
    """Name and state, below them the buttons, and what it is to train.

    The buttons have a row of their own: what is below stays when others take their place.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(run.name), anchor=False, width="content")
        st.badge(run.state.capitalize(), **STATE_BADGES[run.state])
    with st.container(horizontal=True):
        if run.is_active:
            show_running_buttons(run)
        elif run.state == "paused":
            show_paused_buttons(run)
        if not run.is_active and run.has_model:
            show_next_steps(run)
    if run.config:
        st.caption(f"{link_plain(describe_config(run.config))}. {describe_history(run)}")


# What changes a run is a callback: a click counts also when another tab has changed the run before
# it arrives.


def show_running_buttons(run: Run) -> None:
    """Pause and stop, of a run that trains."""
    stopping, pausing = run.is_stopping, (run.run_dir / "pause").exists()
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
        help="It goes on when what trains has ended." if folders.active_run() else None,
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


def show_next_steps(run: Run) -> None:
    """Two ways on from a run that does not train: use its model, see its mistakes."""
    in_use = st.session_state.get(state.MODEL) == run.run_id
    label = "In use on all pages" if in_use else "Use this model"
    options = {"icon": ":material/check:", "disabled": in_use}
    show_use_button(label, run.run_id, f"use-{run.run_id}", **options)
    if st.button("See its mistakes", icon=":material/grid_on:"):
        st.session_state[state.MODEL] = run.run_id
        st.toast(f"All pages now use “{plain(run.name)}”.", icon=":material/check:")
        st.switch_page("pages/confusion_matrix.py", query_params={})


def ask(request: Callable[[str], object], run: Run) -> None:
    """Ask for a change of the run, or keep the sentence that says why not."""
    st.session_state[state.SHOWN_RUN] = run.run_id
    forget_refusal()
    try:
        request(run.run_id)
    except RunError as error:
        st.session_state[state.TRAIN_ERROR] = str(error)
