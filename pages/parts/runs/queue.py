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
from pages.parts.html import plain
from pages.parts.words import describe_config

REFRESH_SECONDS = 2.0


def show_queue(shown: Run | None) -> None:
    """The card, beside the run that is `shown`. It reruns alone while something can change by
    itself.
    """
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
        _show_held(queue, shown)


def _show_row(run: Run, place: int, count: int) -> None:
    off = limits.read_only()
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"queue_row_{run.run_id}"
    ):
        with st.container(gap=None, width="stretch"):
            st.markdown(f"{place + 1}\\. {plain(run.name)}")
            words = _describe_row(run)
            if words.lower() != run.name.lower():
                st.caption(plain(words))
        if run.problem:
            _button(
                "close",
                "Take it out of the queue",
                f"forget-{run.run_id}",
                off,
                run,
                run_queue.forget,
            )
            return
        with st.container(horizontal=True, gap=None, width="content"):
            up, down = off or place == 0, off or place == count - 1
            _button("arrow_upward", "Earlier", f"up-{run.run_id}", up, run, run_queue.move, -1)
            _button("arrow_downward", "Later", f"down-{run.run_id}", down, run, run_queue.move, 1)
            _button("close", "Cancel", f"cancel-{run.run_id}", off, run, run_queue.cancel)


def _describe_row(run: Run) -> str:
    """What will be trained, or what is wrong with it."""
    if run.problem:
        return run.problem
    if run.status.get("step"):
        return (
            "Goes on to"
            f" {format_count(int(run.status.get('target_epochs', run.config.epochs)), 'epoch')}"
        )
    return describe_config(run.config)


def _button(
    icon: str, words: str, key: str, disabled: bool, run: Run, act: Callable, *args
) -> None:
    """A button that is seen as an icon; its label is for those who listen."""
    st.button(
        f"{words}: {plain(run.name)}",
        icon=f":material/{icon}:",
        help=words,
        key=key,
        type="tertiary",
        disabled=disabled,
        on_click=_try,
        args=(act, run.run_id, *args),
    )


def _show_held(queue: Queue, shown: Run | None) -> None:
    """What is paused, and the way to it unless it is `shown`, or another one trains, which is
    always shown.
    """
    busy = shown is not None and shown.is_active
    hidden = shown is None or shown.run_id != queue.paused_by.run_id
    if hidden or queue.waiting:
        name = plain(queue.paused_by.name)
        st.caption(f"“{name}” is paused{', so the queue waits for it' if queue.waiting else ''}.")
    if (
        hidden
        and not busy
        and st.button("Show the paused run", icon=":material/visibility:", width="stretch")
    ):
        st.session_state["shown_run"] = queue.paused_by.run_id
        st.rerun()
    if queue.waiting and st.button(
        "Start the queue",
        icon=":material/play_arrow:",
        disabled=limits.read_only(),
        width="stretch",
    ):
        _try(run_queue.start_next, True)
        st.rerun()


def _try(act: Callable, *args) -> None:
    """Do it, or say why not; in a toast, because the card draws itself anew every two seconds."""
    try:
        act(*args)
    except (RunError, OSError) as error:
        st.toast(plain(str(error)), icon=":material/error:", duration="long")
