"""A matrix of classes by classes: any cell is picked by a click or in two pickers.

The click is heard by a component of Streamlit's second kind, whose script runs in the page itself.
"""

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fashion_core.charts.figures import cell_from_selection
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES
from pages.parts import state
from pages.parts.history import has_returned

# Why the script reads the cell off the pointer's own place is said in matrix.js.
_matrix_clicks = st.components.v2.component(
    "matrix_clicks",
    html='<div class="anchor"><div class="ring" hidden></div></div>',
    css=Path(__file__).with_name("matrix.css").read_text("utf-8"),
    js=Path(__file__).with_name("matrix.js").read_text("utf-8"),
)


def pick_cell(true: int, pred: int) -> None:
    """Pick a cell: the two pickers keep it, so that these, the matrix and the URL always agree."""
    st.session_state[state.TRUE] = CLASS_NAMES[true]
    st.session_state[state.PRED] = CLASS_NAMES[pred]


NO_CLASS = "Choose"


def unpick_cell() -> None:
    """Pick none."""
    st.session_state[state.TRUE] = st.session_state[state.PRED] = NO_CLASS


def ask_cell() -> tuple[int, int] | None:
    """The two pickers: the same cell as a click, for keyboard and screen reader.

    Not bind="query-params": two pages have these pickers, and on the way Back from one to the other
    Streamlit drops what it takes for the parameters of the page that is left.
    """
    columns = st.columns(2)
    true = _ask_class(columns[0], "True", state.TRUE)
    pred = _ask_class(columns[1], "Predicted", state.PRED)
    if NO_CLASS in (true, pred):
        return None
    cell = CLASS_NAMES.index(true), CLASS_NAMES.index(pred)
    st.session_state[state.SEEN_CELL] = cell
    return cell


def _ask_class(column: DeltaGenerator, label: str, key: str) -> str:
    """One picker, kept in the URL; one of CLASS_NAMES or NO_CLASS."""
    if has_returned() or key not in st.session_state:
        linked = st.query_params.get(key)
        st.session_state[key] = linked if linked in CLASS_NAMES else NO_CLASS
    chosen = column.selectbox(label, [NO_CLASS, *CLASS_NAMES], key=key)
    if chosen == NO_CLASS:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen


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
