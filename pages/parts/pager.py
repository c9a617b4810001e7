"""The numbers of pages with their arrows, as all lists of pictures have them."""

import streamlit as st

BUTTON, SPARE = 36, 92  # pixels: of a number or an arrow; what the widget keeps free beside them
ALL_NUMBERS = 7  # up to so many pages each has its number


def ask_page_number(pages: int, key: str) -> int:
    """The page 1…`pages` that is chosen, also in the URL as `key`.

    As wide as its content, the widget hides numbers that it has room for: of two pages the other.
    """
    width = (pages + 2) * BUTTON + SPARE if pages <= ALL_NUMBERS else "content"
    return st.pagination(pages, key=key, width=width, bind="query-params")
