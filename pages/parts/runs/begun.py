"""A run that was just started comes into sight, wherever in the form it was started."""

from pathlib import Path

import streamlit as st

from fashion_core.runs import folders
from pages.parts import state

# What it does and why is said in begun.js.
_bring_into_sight = st.components.v2.component(
    "bring_into_sight", js=Path(__file__).with_name("begun.js").read_text("utf-8")
)


def remember_begun(run_id: str) -> None:
    """Have `bring_into_sight` show this run, which was just started, unless it only waits."""
    if folders.read_run(run_id).is_active:
        st.session_state[state.BEGUN_RUN] = run_id


def bring_into_sight(run: folders.Run | None) -> None:
    """Scroll to the card of the run, once, where this visitor has just started it."""
    begun = st.session_state.get(state.BEGUN_RUN)
    data = {"run": begun if run and run.run_id == begun else None}
    _bring_into_sight(key="bring_into_sight", data=data, height=0)
