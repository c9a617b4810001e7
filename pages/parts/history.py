"""The browser's Back and Forward: one entry for each page, and whether a page is drawn for them."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

# What it does and why is said in history.js.
_one_entry_per_page = st.components.v2.component(
    "one_entry_per_page", js=Path(__file__).with_name("history.js").read_text("utf-8")
)


def keep_one_entry_per_page() -> None:
    """Let Back lead to the page before, as it was left. Called by the router on every page."""
    _one_entry_per_page(key="one_entry_per_page", height=0)


def has_returned() -> bool:
    """Whether the page is drawn because the visitor went Back or Forward.

    Then the address says what was there, and the session what was there last. Streamlit knows it
    for the widgets that it binds to the address, and has no public name for it.
    """
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
