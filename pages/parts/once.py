"""What is to happen once, also where a button is clicked twice in a row."""

from collections.abc import Callable

import streamlit as st

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


def outcome_once(file_id: str, do: Callable[[], str]) -> str:
    """What `do` says of an uploaded file; a second click only hears that again.

    It stops the run of the page in which the file is dealt with, at Streamlit's next call: what
    came of it is kept before that. What raises is done anew.
    """
    outcomes = st.session_state.setdefault(state.IMPORTED, {})
    if file_id not in outcomes:
        outcomes[file_id] = do()
    return outcomes[file_id]
