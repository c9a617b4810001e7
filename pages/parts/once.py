"""What is to happen once, also where a button is clicked twice in a row."""

from collections.abc import Callable
from concurrent import futures

import streamlit as st

from fashion_core.predict import Report
from pages.parts import state


def button_once(label: str, on_click: Callable, args: tuple = (), **options) -> bool:
    """A button whose callback hears one click only, until the button is drawn anew.

    A second click reaches the server while it still answers the first one, and Streamlit would call
    back for both. `options` go to the button.
    """
    drawn = st.session_state.get(state.BUTTONS_DRAWN, 0) + 1
    st.session_state[state.BUTTONS_DRAWN] = drawn
    return st.button(label, on_click=_once, args=(drawn, on_click, args), **options)


def _once(drawn: int, on_click: Callable, args: tuple) -> None:
    if st.session_state.get(state.BUTTON_HEARD) != drawn:
        st.session_state[state.BUTTON_HEARD] = drawn
        on_click(*args)


SHOW_SECONDS = 0.2  # between two words on how far it is


def outcome_once(file_id: str, do: Callable[[Report], str], show: Report) -> str:
    """What `do` says of an uploaded file; a second click only hears that again.

    A click anywhere stops the run of the page at Streamlit's next call, so `do` works in a thread
    of its own and comes to its end all the same; it must ask nothing of Streamlit. What it reports
    is shown by `show`. What raises is done anew.
    """
    works = st.session_state.setdefault(state.IMPORTED, {})
    future, told = works.get(file_id, (None, []))
    if future is None or (future.done() and future.exception()):  # while the visitor was elsewhere
        future, told = works[file_id] = _start(do)
    while not futures.wait([future], SHOW_SECONDS).done:
        if told:
            show(*told[-1])
    try:
        return future.result()
    except Exception:
        works.pop(file_id, None)
        raise


def _start(do: Callable[[Report], str]) -> tuple[futures.Future, list]:
    """The work of a thread, and a list that ends with what it reported last."""
    told = []
    thread = futures.ThreadPoolExecutor(1)
    future = thread.submit(do, lambda *report: told.append(report))
    thread.shutdown(wait=False)
    return future, told
