"""What the document around the app needs on every page, by script.

One entry of its history for each page, the projector view, the theme that is shown, paper: what
each does and why is said in history.js, projector.js and document.js. One component for all of
them, since each that a page has costs every change of the page some milliseconds.
"""

from pathlib import Path

import streamlit as st

from pages.parts.html import script, theme_is_dark

_document = st.components.v2.component(
    "document",
    js=script(*map(Path(__file__).with_name, ("history.js", "projector.js", "document.js"))),
)


def keep_document(page: str) -> None:
    """Do all this for the page of this title; once on every page."""
    data = {"theme": "dark" if theme_is_dark() else "light", "page": page}
    _document(key="document", height=0, data=data, on_theme_change=lambda: None)
