"""The images that were picked, beside what they were picked from; on a phone a sheet over it."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fashion_core import paging
from pages.parts.images.panel import PANEL_STYLE


def sheet(title: str, close: Callable[[], None], label: str = "Close") -> DeltaGenerator:
    """An empty sheet under its title, with the button that calls `close`. One to a page."""
    shown = st.container(border=True, key="picked_panel", gap="xsmall")
    with shown:
        st.html(PANEL_STYLE)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(title, anchor=False, width="stretch")
            icon = ":material/close:" if label == "Close" else ":material/arrow_back:"
            st.button(label, icon=icon, type="tertiary", on_click=close)
    return shown


def show_steps(index: int, found: np.ndarray, go: Callable[[int], None]) -> None:
    """To the image before and after this one, and its place among those `found`: indices (K,)."""
    with st.container(horizontal=True, vertical_alignment="center"):
        _show_step("Previous", ":material/chevron_left:", index, found, -1, go)
        _show_step("Next", ":material/chevron_right:", index, found, 1, go)
        place = paging.page_of(found, index, 1)
        if place:
            st.caption(f"{place:,} of {len(found):,}", width="content")


def _show_step(
    label: str, icon: str, index: int, found: np.ndarray, by: int, go: Callable[[int], None]
) -> None:
    other = paging.neighbour(found, index, by)
    off = other is None
    st.button(label, icon=icon, type="tertiary", disabled=off, on_click=go, args=(other,))
