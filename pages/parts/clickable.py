"""HTML of which parts can be clicked: each part with data-goes-to="…" calls back with what it says.

A component of Streamlit's second kind that stands in the page itself, so that style.css holds.
"""

from collections.abc import Callable, Collection
from pathlib import Path

import streamlit as st

_clickable = st.components.v2.component(
    "clickable_html",
    html='<div class="clickable"></div>',
    js=Path(__file__).with_name("clickable.js").read_text("utf-8"),
    isolate_styles=False,
)


def show_clickable(
    key: str, html: str, targets: Collection[str], on_click: Callable[[str], None]
) -> None:
    """Draw trusted `html`; a click on a part calls `on_click` with its target.

    `targets`: those that are there; anything else that a browser may send is passed over.
    """
    heard = _clickable(key=key, data={"html": html}, on_target_change=lambda: None)
    if heard.target in targets:
        on_click(heard.target)
