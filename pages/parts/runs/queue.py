"""The queue as a card: what waits, earlier, later, cancel, and starting it past a paused run."""

from collections.abc import Callable

import streamlit as st

from fashion_core import limits
from fashion_core.errors import RunError
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue
from fashion_core.runs.folders import Run
from fashion_core.runs.queue import Queue
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.html import plain
from pages.parts.once import button_once
from pages.parts.visitor import may_delete
from pages.parts.words import describe_config

REFRESH_SECONDS = 2.0


def show_queue(shown: Run | None) -> None:
    """The card, beside the run that is `shown`; it draws itself anew while anything can change."""
    changes = folders.active_run() is not None or run_queue.read_queue().will_start
    with st.container(border=True, key="queue_card"):
        st.fragment(_show_queue, run_every=REFRESH_SECONDS if changes else None)(shown)


def _show_queue(shown: Run | None) -> None:
    queue = run_queue.read_queue()
    count = len(queue.rows)
    st.markdown(f"**Queue** · {count} waiting" if count else "**Queue**")
    if queue.problem:
        st.warning(plain(queue.problem), icon=":material/error:")
    if not queue.rows:
        st.caption(
            "Nothing waits. Runs that you add while another one trains line up here and start one"
            " by one."
        )
    for place, run in enumerate(queue.rows):
        _show_row(run, place, count)
    if queue.paused_by:
        _show_paused(queue, shown)


# A row


def _show_row(run: Run, place: int, count: int) -> None:
    key = f"queue_row_{run.run_id}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=key):
        with st.container(gap=None, width="stretch"):
            st.markdown(f"{place + 1}\\. {plain(run.name)}")
            words = _describe_row(run)
            if words.lower() != run.name.lower():
                st.caption(plain(words))
        if run.problem:
            _ask_row_button("close", "Take it out of the queue", run, run_queue.forget)
        else:
            with st.container(horizontal=True, gap=None, width="content"):
                _ask_place(run, place, count)


def _describe_row(run: Run) -> str:
    """What will be trained, or what is wrong with it."""
    if run.problem:
        return run.problem
    if run.status.get("step"):
        epochs = int(run.status.get("target_epochs", run.config.epochs))
        return f"Goes on to {format_count(epochs, 'epoch')}"
    return describe_config(run.config)


def _ask_place(run: Run, place: int, count: int) -> None:
    """The buttons that move or cancel a run that waits at this place of so many."""
    first, last = place == 0, place == count - 1
    _ask_row_button("arrow_upward", "Earlier", run, run_queue.move, -1, disabled=first)
    _ask_row_button("arrow_downward", "Later", run, run_queue.move, 1, disabled=last)
    _ask_row_button("close", "Cancel", run, run_queue.cancel, disabled=not may_delete(run))


def _ask_row_button(
    icon: str, words: str, run: Run, act: Callable, *args, disabled: bool = False
) -> None:
    """A button that is seen as an icon; its label is for those who listen."""
    make = st.button if act is run_queue.move else button_once  # two steps are two clicks
    make(
        f"{words}: {plain(run.name)}",
        icon=f":material/{icon}:",
        help=words,
        key=f"{icon}-{run.run_id}",
        type="tertiary",
        disabled=disabled or limits.read_only(),
        on_click=_try,
        args=(act, run.run_id, *args),
    )


# A paused run


def _show_paused(queue: Queue, shown: Run | None) -> None:
    """What is paused, and the way to it unless it is `shown` or another run trains."""
    paused = queue.paused_by
    hidden = shown is None or shown.run_id != paused.run_id
    if hidden or queue.waiting:
        waits = ", so the queue waits for it" if queue.waiting else ""
        st.caption(f"“{plain(paused.name)}” is paused{waits}.")
    busy = shown is not None and shown.is_active  # a run that trains is always the one shown
    if hidden and not busy:
        _ask_show(paused)
    if queue.waiting:
        _ask_start()


def _ask_show(paused: Run) -> None:
    if st.button("Show the paused run", icon=":material/visibility:", width="stretch"):
        st.session_state[state.SHOWN_RUN] = paused.run_id
        st.rerun()


def _ask_start() -> None:
    pressed = st.button(
        "Start the queue",
        icon=":material/play_arrow:",
        disabled=limits.read_only(),
        width="stretch",
    )
    if pressed:
        _try(run_queue.start_next, True)
        st.rerun()


def _try(act: Callable, *args) -> None:
    """Do it, or say why not; in a toast, because the card draws itself anew every two seconds."""
    try:
        act(*args)
    except RunError as error:
        st.toast(plain(str(error)), icon=":material/error:", duration="long")
