"""The projector view, for a lecture: large type, no sidebar, controls by keyboard.

`?view=projector` in the address of any page opens it; until it is left it stays in this tab of the
browser, on every page and after a refresh. What the keys do is said in projector.js.
"""

from pathlib import Path

import streamlit as st

from pages.parts import state
from pages.parts.html import script

PROJECTOR = "projector"  # what the address says

_projector = st.components.v2.component(
    "projector_view", js=script(Path(__file__).with_name("projector.js"))
)


def keep_projector_view(page: str) -> None:
    """Show the projector view where it was opened. Called by the router with the page's title."""
    _projector(key="projector_view", data={"page": page}, height=0)


def link_projector_view(page: str) -> None:
    """A link that opens the projector view on a page, such as "home"."""
    st.page_link(
        f"pages/{page}.py",
        label="Open the projector view",
        icon=":material/cast:",
        query_params={state.VIEW: PROJECTOR},
    )
