"""Inside: what a network computes of one picture, layer by layer, and what it looks at.

Stands on fashion_core.inside; test image and view are in the URL.
"""

import streamlit as st

from fashion_core.catalog import ModelEntry
from pages.parts import state
from pages.parts.cached import load_model
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.inside.alike import show_alike
from pages.parts.inside.layers import show_layers
from pages.parts.inside.looks import show_looks
from pages.parts.inside.picture import ask_picture
from pages.parts.inside.points import show_points
from pages.parts.lesson_line import show_lesson_line

VIEWS = {
    "Layer by layer": show_layers,
    "Where it looks": show_looks,
    "What it is like": show_alike,
    "Map": show_points,
}


def show_inside(entry: ModelEntry) -> None:
    """The picture, the choice of a view, and that view."""
    # Streamlit overlooks a link to what is shown at first, and keeps what was chosen last
    for key, usual in ((state.VIEW, next(iter(VIEWS))), (state.IMAGE, "0")):
        if st.query_params.get(key) == usual:
            st.session_state.pop(key, None)
    load_model(entry)
    picture = ask_picture(entry)
    if picture is None:
        return
    if not picture.pixels.any():
        st.info(
            "There is nothing to look into: this picture is one plain colour. Choose another one.",
            icon=":material/visibility_off:",
        )
        return
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default=next(iter(VIEWS)),
        required=True,
        key=state.VIEW,
        bind="query-params",
        label_visibility="collapsed",
    )
    VIEWS[view or next(iter(VIEWS))](picture, entry)


run_through_router()
st.title("Inside", anchor=False)
show_lesson_line("inside")
st.write("See what each layer makes of a picture. Pick any map and follow its arithmetic.")
show_with_model(show_inside)
