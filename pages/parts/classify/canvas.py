"""The drawing canvas with its tools: brush, eraser, undo, clear, an example.

The drawing is kept in the session and survives a change of page; after a refresh the browser
names it. A game, and what is drawn on My pictures, have sheets of their own.
"""

import functools
import secrets
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.components.v2.bidi_component import serialization
from streamlit_drawable_canvas import st_canvas

from pages.parts import state
from pages.parts.classify.correction import drop

EDGE = 280  # pixels of a drawing; on the screen they may be larger, see canvas.js
INK, PAPER = "#111111", "#FFFFFF"
BRUSHES = {"Fine": 4, "Medium": 9, "Thick": 18}
EXAMPLES = "examples"  # the sheet of My pictures
ERASER_WIDER = 2.5  # times the brush: one rubs out in fewer strokes than one draws

# The canvas brings a toolbar of its own. Why that is taken away is said in canvas.js, which also
# sizes the canvas and hears Ctrl+Z.
_canvas_keys = st.components.v2.component(
    "canvas_keys", js=Path(__file__).with_name("canvas.js").read_text("utf-8")
)


def ask_drawing(
    place: str, sheet: str | None = None, begun: dict | None = None
) -> Image.Image | None:
    """The canvas with its tools; returns the drawing, None before the first stroke.

    `place` tells the canvases of two pages apart: they have one drawing, unless one of them has a
    `sheet` of its own. That begins with what was `begun`, as state.DRAWING has it.
    """
    _turn_to(sheet, begun)
    brush = st.segmented_control(
        "Brush",
        list(BRUSHES),
        default="Medium",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
        key=state.BRUSH,
    )
    eraser = state.eraser_key(st.session_state.get(state.TIMES_CLEARED, 0))
    _hear_canvas(place, BRUSHES[brush], st.session_state.get(eraser, False))
    _canvas_keys(
        key=state.CANVAS_KEYS,
        data=_told_to_browser() if sheet is None else None,
        height=0,
        on_key_change=press_key,
        on_kept_change=_take_back,
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            "Undo",
            icon=":material/undo:",
            on_click=undo,
            disabled=not strokes() and state.CLEARED not in st.session_state,
            help="Ctrl+Z, after Clear too. Ctrl+Shift+Z brings the stroke back.",
        )
        st.button("Clear", icon=":material/delete:", on_click=clear, disabled=not strokes())
        st.toggle("Eraser", key=eraser)
    pixels = st.session_state[state.DRAWING]["pixels"] if strokes() else None
    return None if pixels is None else Image.fromarray(pixels)


def _told_to_browser() -> dict:
    """The name that the browser is to keep for this drawing; at first it is asked for a kept one.

    The name alone, since many strokes take a tenth of a second to send.
    """
    name = st.session_state.setdefault(state.DRAWING_NAME, secrets.token_urlsafe(16))
    drawings, packed = _drawings_for_a_refresh(), _known_pixels(strokes())
    if _has_drawn() and packed:
        # The dicts themselves, so that they hold what is still to be corrected or said
        said = {key: st.session_state.setdefault(key, {}) for key in SAID_OF_DRAWINGS}
        drawings.pop(name, None)
        drawings[name] = ForARefresh(strokes(), packed, said)
        for oldest in list(drawings)[:-MOST_FOR_A_REFRESH]:
            drawings.pop(oldest, None)  # perhaps by another session already
    elif _has_drawn() and not strokes():
        drawings.pop(name, None)
    return {"name": name, "asks": not _has_drawn()}


MOST_FOR_A_REFRESH = 200  # some 10 kB each, a hundred where much was drawn
SAID_OF_DRAWINGS = (state.kept_correction_key("drawing"), state.KEPT, state.TALLIED)


class ForARefresh(NamedTuple):
    """A drawing, and what its visitor has corrected and said so far."""

    strokes: list[dict]
    packed: bytes  # its pixels
    said: dict[str, dict]  # by SAID_OF_DRAWINGS


@st.cache_resource(show_spinner=False)
def _drawings_for_a_refresh() -> dict[str, ForARefresh]:
    """The latest drawings of all sessions, by their secret names."""
    return {}


def _has_drawn() -> bool:
    """Whether this session has had a drawing of its own yet, on no other sheet."""
    return state.HAS_DRAWN in st.session_state


def _note_drawn(objects: list[dict]) -> None:
    if objects and st.session_state.get(state.SHEET) is None:
        st.session_state[state.HAS_DRAWN] = True


def _take_back() -> None:
    """Go on with the drawing whose name the browser kept; anything else it sends is passed over."""
    name = st.session_state[state.CANVAS_KEYS].get("kept")
    kept = _drawings_for_a_refresh().get(name) if isinstance(name, str) else None
    if kept and not _has_drawn():
        # A duplicated tab has one dict with its first: what one of them takes back is not counted
        counted = kept.said[state.TALLIED]
        counted.update(st.session_state.get(state.TALLIED, {}))
        for key, said in kept.said.items():
            st.session_state[key] = said | st.session_state.get(key, {})
        st.session_state[state.TALLIED] = counted
        st.session_state[state.KNOWN_DRAWINGS].append((kept.strokes, kept.packed))
        put_on_canvas(kept.strokes)


def _turn_to(sheet: str | None, begun: dict | None) -> None:
    """Draw on this sheet from now on; what was drawn on another one is put aside and comes back.

    A game's rounds are over when they are left, or told as `begun`.
    """
    before = st.session_state.get(state.SHEET)
    if before == sheet:
        return
    on_sheet = (state.DRAWING, state.UNDONE, state.CLEARED)
    put_aside = st.session_state.setdefault(state.PUT_ASIDE, {})
    if before in (None, EXAMPLES):
        kept = {key: st.session_state[key] for key in on_sheet if key in st.session_state}
        put_aside[before] = kept
    _forget(*on_sheet)
    st.session_state.update({state.DRAWING: begun} if begun else put_aside.pop(sheet, {}))
    st.session_state[state.SHEET] = sheet


@functools.cache
def _spare_pandas() -> None:
    """Have Streamlit take a dict that is sent to a component for what it is.

    It loads pandas and Arrow, 80 MB, to see whether the canvas's first drawing is a table.
    """
    is_table = serialization.is_dataframe_like
    serialization.is_dataframe_like = lambda value: type(value) is not dict and is_table(value)


def _hear_canvas(place: str, width: int, erasing: bool) -> None:
    """Draw the canvas and keep what it says has been drawn on it."""
    _spare_pandas()
    # Not on screen in the last run: begin with the drawing as it was left
    if state.canvas_key(place) not in st.session_state:
        st.session_state[state.CANVAS_START] = {"objects": strokes()}
        st.session_state[state.REPLACED] = []
        st.session_state.setdefault(state.KNOWN_DRAWINGS, [])
    result = st_canvas(
        stroke_width=round(width * (ERASER_WIDER if erasing else 1)),
        stroke_color=PAPER if erasing else INK,
        background_color=PAPER,
        width=EDGE,
        height=EDGE,
        initial_drawing=st.session_state[state.CANVAS_START],
        return_image_data=True,
        key=state.canvas_key(place),
    )
    # Anything of another size is no drawing of this canvas
    if np.shape(result.image_data)[:2] == (EDGE, EDGE):
        _take_in({"strokes": result.json_data["objects"], "pixels": result.image_data})


def _take_in(drawing: dict) -> None:
    """Keep a drawing that the canvas speaks of, unless it is one that was replaced since."""
    is_replaced = drawing["strokes"] in st.session_state[state.REPLACED]
    if drawing["strokes"] != strokes():
        if is_replaced:
            return
        if len(drawing["strokes"]) > len(strokes()):
            if not strokes() and st.session_state.get(state.SHEET) is None:
                drop("drawing")
            _forget(state.UNDONE, state.CLEARED)  # drawn on: what was taken back is gone
    st.session_state[state.DRAWING] = drawing
    _note_drawn(drawing["strokes"])
    _remember(drawing)
    if not is_replaced:  # otherwise it may be one from before an Undo and a Redo
        st.session_state[state.REPLACED] = []


MOST_KNOWN = 20  # drawings, packed to a few kB each


def _remember(drawing: dict) -> None:
    """Keep a drawing among the latest that were on the canvas."""
    if not _known_pixels(drawing["strokes"]):
        packed = zlib.compress(drawing["pixels"].tobytes(), 1)
        known = [*st.session_state[state.KNOWN_DRAWINGS], (drawing["strokes"], packed)]
        st.session_state[state.KNOWN_DRAWINGS] = known[-MOST_KNOWN:]


def _known_pixels(objects: list[dict]) -> bytes | None:
    """The packed pixels of a drawing with these strokes that was on the canvas."""
    known = st.session_state[state.KNOWN_DRAWINGS]
    return next((packed for strokes, packed in known if strokes == objects), None)


def strokes() -> list[dict]:
    """What has been drawn, oldest first, as the canvas describes it or is about to."""
    return st.session_state.get(state.DRAWING, {}).get("strokes", [])


def _forget(*keys: str) -> None:
    for key in keys:
        st.session_state.pop(key, None)


def undo() -> None:
    """Take the last stroke back, and keep the drawing as it was for `redo`; or take Clear back."""
    undone = st.session_state.setdefault(state.UNDONE, [])
    if strokes():
        undone.append(strokes())
        put_on_canvas(strokes()[:-1])
    elif state.CLEARED in st.session_state:
        put_on_canvas(st.session_state.pop(state.CLEARED))


def redo() -> None:
    """Bring back what was undone last."""
    undone = st.session_state.get(state.UNDONE)
    if undone:
        put_on_canvas(undone.pop())


def press_key() -> None:
    """Do what Ctrl+Z or Ctrl+Shift+Z ask for; junk that a browser may send is passed over."""
    actions = {"undo": undo, "redo": redo}
    actions.get(st.session_state[state.CANVAS_KEYS].get("key"), lambda: None)()


def clear() -> None:
    """An empty canvas to draw on: the eraser would leave no trace there.

    Hence a new switch, which is off. The old one, put off from here, would be on again as soon as
    the canvas, which says at once that it is empty, does so before the browser has heard of it.
    A second click in that moment must not put the empty canvas in the drawing's place.
    """
    if not strokes():
        return
    _forget(state.UNDONE)
    st.session_state[state.CLEARED] = strokes()
    put_on_canvas([])
    times = st.session_state.get(state.TIMES_CLEARED, 0)
    st.session_state[state.TIMES_CLEARED] = times + 1


def put_on_canvas(objects: list[dict]) -> None:
    """Replace the drawing.

    The canvas takes up only a beginning that differs from the last one, hence the count. Until it
    has, it speaks of the drawing before. That is no news: a second Undo within that moment takes a
    second stroke back. Now and then what the canvas says is lost; a drawing that was seen before
    has its pixels from then.
    """
    st.session_state[state.REPLACED].append(strokes())
    pixels = st.session_state.get(state.DRAWING, {}).get("pixels")
    if packed := _known_pixels(objects):
        pixels = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(EDGE, EDGE, -1)
    st.session_state[state.DRAWING] = {"strokes": objects, "pixels": pixels}
    _note_drawn(objects)
    count = st.session_state[state.CANVAS_START].get("count", 0) + 1
    st.session_state[state.CANVAS_START] = {"objects": objects, "count": count}


# The corners of a pair of trousers
EXAMPLE = [(95, 35), (185, 35), (205, 245), (155, 245), (140, 115), (125, 245), (75, 245)]


def put_example() -> None:
    """Draw a filled pair of trousers: a new drawing, without what the former one had."""
    drop("drawing")
    _forget(state.UNDONE, state.CLEARED)
    path = [["M", *EXAMPLE[0]], *(["L", *point] for point in EXAMPLE[1:]), ["Z"]]
    shape = {"type": "path", "path": path, "fill": INK}
    put_on_canvas([shape | {"stroke": INK, "strokeWidth": BRUSHES["Medium"]}])
