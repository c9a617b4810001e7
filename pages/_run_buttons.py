"""A run's name and state with the buttons that change it: pause, resume, stop."""

import streamlit as st

from fashion_core import runs
from fashion_core.runs import Run
from pages import _continue, _shared


def show_title(run: Run) -> None:
    """Name, state and buttons in a row, and below what it is to train."""
    resume = False
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_shared.plain(run.name), anchor=False, width="content")
        st.badge(run.state.capitalize(), **_shared.STATE_BADGES[run.state])
        st.space("stretch")
        with st.container(horizontal=True, width="content"):
            if run.is_active:
                show_running_buttons(run)
            elif run.state == "paused":
                resume = ask_paused_buttons(run)
    if resume:
        _continue.continue_run(run)
    if run.config:
        st.caption(f"{run.config.describe().capitalize()}. {_continue.history_words(run)}")


def show_running_buttons(run: Run) -> None:
    stopping, pausing = (run.run_dir / "stop").exists(), (run.run_dir / "pause").exists()
    st.button(
        "Pausing…" if pausing else "Pause", icon=":material/pause_circle:", key="pause",
        disabled=pausing or stopping or runs.read_only(), on_click=ask, args=(runs.request_pause, run),
        help="Keeps everything that going on needs and frees the machine's memory.",
    )  # fmt: skip
    st.button(
        "Stopping…" if stopping else "Stop", icon=":material/stop_circle:", key="stop",
        disabled=stopping or runs.read_only(), on_click=ask, args=(runs.request_stop, run),
    )  # fmt: skip


def ask_paused_buttons(run: Run) -> bool:
    """Resume and Stop; returns whether Resume was pressed."""
    off = runs.read_only()
    resume = st.button("Resume", icon=":material/play_circle:", key="resume", type="primary", disabled=off)
    if st.button("Stop", icon=":material/stop_circle:", key="stop", disabled=off, help="Ends it for good as it is."):
        ask(runs.request_stop, run)
        st.rerun()
    return resume


def ask(request, run: Run) -> None:
    try:
        request(run.run_id)
    except runs.RunError as error:
        st.session_state["train_error"] = str(error)
