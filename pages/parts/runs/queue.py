"""The queue as a card: what waits, earlier, later, cancel; what is paused, and starting past it."""

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
from pages.parts.begun import look_at
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
        st.caption(_describe_empty())
    for place, run in enumerate(queue.rows):
        _show_row(run, place, count)
    _show_others(queue, shown)


def _describe_empty() -> str:
    """That nothing waits, and what would."""
    if limits.read_only():
        return "Nothing waits, and on this public copy nothing can be added."
    return (
        "Nothing waits. Runs that you add while another one trains line up here and start one by"
        " one."
    )


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


# What is paused or trains beside the run that is shown


def _show_others(queue: Queue, shown: Run | None) -> None:
    """A sentence on each, with the way to it, and the way past one that holds the queue."""
    active = folders.active_run()
    # Where none is paused, the page goes by itself to the one that trains
    if active and shown is not None and shown.state == "paused" and _is_hidden(active, shown):
        _show_other(active, "trains", shown)
    too = ", too" if active else ""
    for run in folders.list_runs():
        if queue.waiting and queue.paused_by and queue.paused_by.run_id == run.run_id:
            _show_other(run, f"is paused, and the queue waits for it{too}", shown)
        elif run.state == "paused" and _is_hidden(run, shown):
            _show_other(run, "is paused", shown)
    if queue.paused_by and queue.waiting:
        _ask_start("Do not wait for it" if active else "Start the queue")


def _is_hidden(run: Run, shown: Run | None) -> bool:
    return shown is None or shown.run_id != run.run_id


def _show_other(run: Run, does: str, shown: Run | None) -> None:
    """What a run does, and a button that leads to it unless it is `shown`."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="stretch"):
            st.caption(f"“{plain(run.name)}” {does}.")
        if _is_hidden(run, shown) and st.button("Show it", key=f"show-{run.run_id}"):
            look_at(run)
            st.rerun()


def _ask_start(label: str) -> None:
    """The button that starts the queue past paused runs, at once or when nothing trains."""
    off = limits.read_only()
    if st.button(label, icon=":material/play_arrow:", disabled=off, width="stretch"):
        _try(_start_past_paused)
        st.rerun()


def _start_past_paused() -> None:
    started = run_queue.start_next(past_paused=True)
    if started:
        st.session_state[state.SHOWN_RUN] = started


def _try(act: Callable, *args) -> None:
    """Do it, or say why not; in a toast, because the card draws itself anew every two seconds."""
    try:
        act(*args)
    except RunError as error:
        st.toast(plain(str(error)), icon=":material/error:", duration="long")
