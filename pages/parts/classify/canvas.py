"""The drawing canvas with its tools: brush, eraser, undo, clear, an example; the drawing survives a
change of page.
"""

from pathlib import Path

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

EDGE = 280  # pixels; fits a phone of 390 px with its margins
INK, PAPER = "#111111", "#FFFFFF"
BRUSHES = {"Fine": 4, "Medium": 9, "Thick": 18}
ERASER_WIDER = 2.5  # times the brush: one rubs out in fewer strokes than one draws
# A pair of trousers
EXAMPLE = [(95, 35), (185, 35), (205, 245), (155, 245), (140, 115), (125, 245), (75, 245)]

# The canvas brings a toolbar of its own that lies, unseen but not untouchable, over its upper right
# corner until a mouse has hovered there: strokes that begin there are lost, and a finger undoes or
# clears. So it is taken away.
_without_toolbar = st.components.v2.component(
    "canvas_without_toolbar", js=Path(__file__).with_name("canvas.js").read_text("utf-8")
)


def ask_drawing() -> Image.Image | None:
    """The canvas with its tools; returns the drawing, None before the first stroke."""
    options = dict(
        default="Medium", required=True, label_visibility="collapsed", persist_state="session"
    )
    brush = st.segmented_control("Brush", list(BRUSHES), key="brush", **options)
    eraser = f"eraser_{st.session_state.get('times_cleared', 0)}"
    erasing = st.session_state.get(eraser, False)
    # Not on screen in the last run: begin with the drawing as it was left
    if "canvas" not in st.session_state:
        st.session_state["canvas_start"] = {"objects": strokes()}
        st.session_state["replaced"] = []
    result = st_canvas(
        stroke_width=round(BRUSHES[brush] * (ERASER_WIDER if erasing else 1)),
        stroke_color=PAPER if erasing else INK,
        background_color=PAPER,
        width=EDGE,
        height=EDGE,
        initial_drawing=st.session_state["canvas_start"],
        return_image_data=True,
        key="canvas",
    )
    if (
        result.image_data is not None
        and result.json_data["objects"] not in st.session_state["replaced"]
    ):
        st.session_state["drawing"] = {
            "strokes": result.json_data["objects"],
            "pixels": result.image_data,
        }
        st.session_state["replaced"] = []
    _without_toolbar(key="without_toolbar", height=0)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Undo", icon=":material/undo:", on_click=undo, disabled=not strokes())
        st.button("Clear", icon=":material/delete:", on_click=clear, disabled=not strokes())
        st.toggle("Eraser", key=eraser)
    pixels = st.session_state["drawing"]["pixels"] if strokes() else None
    return None if pixels is None else Image.fromarray(pixels)


def strokes() -> list[dict]:
    """What has been drawn, oldest first, as the canvas describes it or is about to."""
    return st.session_state.get("drawing", {}).get("strokes", [])


def undo() -> None:
    put_on_canvas(strokes()[:-1])


def clear() -> None:
    """An empty canvas to draw on: the eraser would leave no trace there.

    Hence a new switch, which is off. The old one, put off from here, would be on again as soon as
    the canvas, which says at once that it is empty, does so before the browser has heard of it.
    """
    put_on_canvas([])
    st.session_state["times_cleared"] = st.session_state.get("times_cleared", 0) + 1


def put_on_canvas(objects: list[dict]) -> None:
    """Replace the drawing. The canvas takes up only a beginning that differs from the last one,
    hence the count.

    It takes a moment until the canvas has, and speaks of the drawing before until then. That is no
    news: a second Undo within that moment takes a second stroke back.
    """
    st.session_state["replaced"].append(strokes())
    st.session_state["drawing"] = (
        {"pixels": None} | st.session_state.get("drawing", {}) | {"strokes": objects}
    )
    count = st.session_state["canvas_start"].get("count", 0) + 1
    st.session_state["canvas_start"] = {"objects": objects, "count": count}


def put_example() -> None:
    """Draw a filled pair of trousers."""
    path = [["M", *EXAMPLE[0]], *(["L", *point] for point in EXAMPLE[1:]), ["Z"]]
    put_on_canvas(
        [
            {
                "type": "path",
                "path": path,
                "fill": INK,
                "stroke": INK,
                "strokeWidth": BRUSHES["Medium"],
            }
        ]
    )
