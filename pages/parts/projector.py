"""The projector view, for a lecture: large type, no sidebar, controls by keyboard.

`?view=projector` in the address of any page opens it; until it is left it stays in this tab of the
browser, on every page and after a refresh. What the keys do is said in projector.js.
"""

import streamlit as st

from pages.parts import state

PROJECTOR = "projector"  # what the address says


def link_projector_view(page: str) -> None:
    """A link that opens the projector view on a page, such as "home"."""
    st.page_link(
        f"pages/{page}.py",
        label="Open the projector view",
        icon=":material/cast:",
        query_params={state.VIEW: PROJECTOR},
    )
