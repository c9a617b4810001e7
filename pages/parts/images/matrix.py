"""From pages._grid."""

from pathlib import Path

import streamlit as st

from fashion_core.charts.figures import cell_from_selection
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES

NO_CLASS = "Choose"


# Plotly selects what it last saw hovered, and looks at most every 50 ms: the first click of a
# pointer that has not moved since the chart appeared and every first tap of a finger select
# nothing, a quick click the cell before. So the cell is read off the pointer's own place in the
# plot area, whose axes are fixed. The ring around the picked cell is drawn here too, because a
# figure that changes is torn down and built anew. Streamlit calls this function again for new data
# without cleaning up after the last call: `stop` does.
_matrix_clicks = st.components.v2.component(
    "matrix_clicks",
    html='<div class="anchor"><div class="ring" hidden></div></div>',
    css=Path(__file__).with_name("matrix.css").read_text("utf-8"),
    js=Path(__file__).with_name("matrix.js").read_text("utf-8"),
)


def pick_cell(true: int, pred: int) -> None:
    """The cell is kept in the two pickers, so that these, the matrix and the URL always agree."""
    st.session_state.update({"true": CLASS_NAMES[true], "pred": CLASS_NAMES[pred]})


def ask_cell() -> tuple[int, int] | None:
    """The two pickers; the same cell as a click, for keyboard and screen reader."""
    columns = st.columns(2)
    options = [NO_CLASS, *CLASS_NAMES]
    true = columns[0].selectbox("True", options, key="true", bind="query-params")
    pred = columns[1].selectbox("Predicted", options, key="pred", bind="query-params")
    return None if NO_CLASS in (true, pred) else (CLASS_NAMES.index(true), CLASS_NAMES.index(pred))


def show_clickable_matrix(
    figure, picked: tuple[int, int] | None, alt: str, key: str = "matrix"
) -> None:
    """Draw a figure of `plots` whose cells are classes by classes; a click on any cell picks it, as
    `ask_cell` does.
    """

    def hand_over() -> None:
        cell = cell_from_selection(st.session_state[f"{key}_clicks"].get("cell"))
        if cell:
            pick_cell(*cell)

    box, clicks = f"{key}_box", f"{key}_clicks"
    with st.container(key=box):
        st.plotly_chart(
            figure, key=key, config={"displayModeBar": False, "doubleClick": False}, alt=alt
        )
        _matrix_clicks(
            key=clicks,
            data={"picked": picked, "size": NUM_CLASSES, "box": box},
            on_cell_change=hand_over,
        )
