"""A matrix of classes by classes: any cell is picked by a click or in two pickers.

The click is heard by a component of Streamlit's second kind, whose script runs in the page itself.
"""

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from fashion_core.charts.figures import cell_from_selection
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES
from pages.parts import state

# Why the script reads the cell off the pointer's own place is said in matrix.js.
_matrix_clicks = st.components.v2.component(
    "matrix_clicks",
    html='<div class="anchor"><div class="ring" hidden></div></div>',
    css=Path(__file__).with_name("matrix.css").read_text("utf-8"),
    js=Path(__file__).with_name("matrix.js").read_text("utf-8"),
)


def pick_cell(true: int, pred: int) -> None:
    """Pick a cell. The two pickers keep it, so that these, the matrix and the URL always agree."""
    st.session_state[state.TRUE] = CLASS_NAMES[true]
    st.session_state[state.PRED] = CLASS_NAMES[pred]


NO_CLASS = "Choose"


def ask_cell() -> tuple[int, int] | None:
    """The two pickers: the same cell as a click, for keyboard and screen reader."""
    columns = st.columns(2)
    options = [NO_CLASS, *CLASS_NAMES]
    true = columns[0].selectbox("True", options, key=state.TRUE, bind="query-params")
    pred = columns[1].selectbox("Predicted", options, key=state.PRED, bind="query-params")
    return None if NO_CLASS in (true, pred) else (CLASS_NAMES.index(true), CLASS_NAMES.index(pred))


def show_clickable_matrix(
    figure: go.Figure, picked: tuple[int, int] | None, alt: str, key: str = "matrix"
) -> None:
    """Draw a figure of classes by classes; a click on a cell picks it, as `ask_cell` does."""
    box, clicks = f"{key}_box", state.clicks_key(key)

    def hand_over() -> None:
        cell = cell_from_selection(st.session_state[clicks].get("cell"))
        if cell:
            pick_cell(*cell)

    with st.container(key=box):
        st.plotly_chart(
            figure, key=key, config={"displayModeBar": False, "doubleClick": False}, alt=alt
        )
        _matrix_clicks(
            key=clicks,
            data={"picked": picked, "size": NUM_CLASSES, "box": box},
            on_cell_change=hand_over,
        )
