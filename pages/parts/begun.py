"""What was just started or asked for comes into sight, wherever on the page: a run, a search."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from fashion_core.runs import folders
from pages.parts import state

# What it does and why is said in begun.js.
_bring_into_sight = st.components.v2.component(
    "bring_into_sight", js=Path(__file__).with_name("begun.js").read_text("utf-8")
)


def remember_begun(key: str) -> None:
    """Have `bring_into_sight` show what has this key, and was just started or asked for."""
    # The browser may outlive the session, and knows by the time what it has shown
    st.session_state[state.BEGUN] = key, time.time()


def remember_run(run_id: str) -> None:
    """The same for a run, unless it only waits."""
    if folders.read_run(run_id).is_active:
        remember_begun(run_id)


def look_at(run: folders.Run) -> None:
    """Let Train show this paused run, also while another one trains."""
    st.session_state[state.SHOWN_RUN] = st.session_state[state.LOOKED_AT] = run.run_id


def bring_into_sight(cards: Mapping[str, Sequence[str]]) -> None:
    """Scroll, once, to the card of what this visitor has just started or asked for.

    `cards`: by the key of what may be shown, such as the id of a run, the keys of the containers of
    which one is its card.
    """
    begun, at = st.session_state.get(state.BEGUN, ("", 0.0))
    data = {"time": at if begun in cards else None, "cards": list(cards.get(begun, ()))}
    _bring_into_sight(key="bring_into_sight", data=data, height=0)
