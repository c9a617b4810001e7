"""Correcting what was guessed of a picture: light and dark, frame, background, pieces."""

import math

import numpy as np
import streamlit as st

from fashion_core.pictures.parts_of import Crop, pieces_in
from fashion_core.pictures.prepare import MIN_CROP, Correction, Prepared, framed
from pages.parts import state
from pages.parts.html import image_html

WHOLE = (0, 100)  # per cent of the picture's width or height
BACKGROUNDS = {
    "Found by itself": "auto",
    "Light": "light",
    "Dark": "dark",
    "Coloured or patterned": "patterned",
}
TURNS = {"As it came": 0, "Left": 1, "Upside down": 2, "Right": 3}
DEFAULTS = {
    "invert": False,
    "across": WHOLE,
    "down": WHOLE,
    "background": "Found by itself",
    "turn": "As it came",
}


def correction_of(key: str) -> Correction:
    """What the visitor has corrected of this picture so far."""
    invert, across, down, background, turn = known_values(key).values()
    crop = None
    if not across == down == WHOLE:
        (left, right), (top, bottom) = wide_enough(across), wide_enough(down)
        crop = (left / 100, top / 100, right / 100, bottom / 100)
    return Correction(invert, crop, BACKGROUNDS[background], TURNS[turn])


def known_values(key: str) -> dict:
    """What the fields hold, also while they are not drawn, as Streamlit forgets them then."""
    return DEFAULTS | st.session_state.get(state.kept_correction_key(key), {})


def _keep(key: str, values: dict) -> None:
    st.session_state.setdefault(state.kept_correction_key(key), {}).update(values)


def _keep_field(key: str, name: str) -> None:
    """Keep what a field was changed to, at once: the page may be left before it is drawn again."""
    _keep(key, {name: st.session_state[state.correction_key(name, key)]})


def _turn_frame(key: str, name: str) -> None:
    """Turn the frame along with the picture: what was in it stays in it."""
    before, turn = known_values(key), st.session_state[state.correction_key(name, key)]
    across, down = before["across"], before["down"]
    for _ in range((TURNS[turn] - TURNS[before["turn"]]) % len(TURNS)):  # each to the left
        left, right = wide_enough(across)
        across, down = wide_enough(down), (100 - right, 100 - left)
    _put(key, {"across": across, "down": down})
    _keep_field(key, name)


def _put(key: str, values: dict) -> None:
    """Have fields hold these values, by their names."""
    for name, value in values.items():
        st.session_state[state.correction_key(name, key)] = value
    _keep(key, values)


def drop(key: str) -> None:
    """Take all corrections of a picture back that is not there any more, before it is shown."""
    st.session_state.pop(state.kept_correction_key(key), None)
    _forget_what_counts(key)
    for name in DEFAULTS:
        st.session_state.pop(state.correction_key(name, key), None)


LEAST = round(100 * MIN_CROP)  # per cent


def wide_enough(ends: tuple[int, int]) -> tuple[int, int]:
    """A slider's two ends, in per cent, drawn apart where a frame would have nothing in it."""
    low = min(ends[0], 100 - LEAST)
    return low, max(ends[1], low + LEAST)


def ask_correction(key: str, prepared: Prepared, small: bool) -> None:
    """The ways to correct, folded; a change takes effect in the rerun that it causes.

    `small`: a picture with so few pixels that they are shown with hard edges.
    """
    panel = st.expander(
        "Adjust the picture",
        icon=":material/tune:",
        key=state.adjust_key(key),
        on_change="rerun",
    )
    if panel.open:
        with panel:
            _ask_fields(key, prepared, small)


def _ask_fields(key: str, prepared: Prepared, small: bool) -> None:
    correction = correction_of(key)
    fields = {
        name: {
            "key": state.correction_key(name, key),
            "on_change": _keep_field,
            "args": (key, name),
        }
        for name in DEFAULTS
    }
    fields["turn"]["on_change"] = _turn_frame
    for name, known in known_values(key).items():  # as defaults they would be given twice
        st.session_state.setdefault(fields[name]["key"], known)
    st.segmented_control("Turn the picture", list(TURNS), required=True, **fields["turn"])
    st.toggle("Turn light and dark over", **fields["invert"])
    st.segmented_control(
        "The background is", list(BACKGROUNDS), required=True, **fields["background"]
    )
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        with st.container(key=f"frame_{key}", width=260):
            shown = framed(prepared.steps[0].picture, correction.crop or (0.0, 0.0, 1.0, 1.0))
            kind = "brought small" if small else "brought"
            st.html(image_html(shown, kind, "What is in the frame counts"))
        with st.container(key=f"edges_{key}", width=260):
            st.slider("From left to right", *WHOLE, format="%d%%", **fields["across"])
            st.slider("From top to bottom", *WHOLE, format="%d%%", **fields["down"])
    st.button(
        "Take corrections back",
        icon=":material/restart_alt:",
        key=f"reset_{key}",
        disabled=correction == Correction(),
        on_click=forget,
        args=(key,),
    )


# Several pieces in one picture


def say_pieces(key: str, prepared: Prepared) -> None:
    """Where several pieces lie apart, that the model understands one at a time."""
    pieces = _pieces_of(key, prepared)
    if pieces:
        st.write(_describe(pieces))


def _pieces_of(key: str, prepared: Prepared) -> tuple[Crop, ...]:
    """None in a picture that is framed already."""
    return pieces_in(prepared) if correction_of(key).crop is None else ()


def _describe(pieces: tuple[Crop, ...]) -> str:
    return (
        f"There seem to be {len(pieces)} pieces here, and the answer takes them for one. The model"
        " understands one at a time."
    )


def offer_pieces(key: str, prepared: Prepared) -> None:
    """Where several pieces lie apart, a button for each that leaves only it in the frame."""
    pieces = _pieces_of(key, prepared)
    if not pieces:
        return
    with st.container(border=True, key=f"pieces_{key}"):
        st.write(_describe(pieces))
        with st.container(horizontal=True, gap="medium"):
            for number, piece in enumerate(pieces, 1):
                _offer_piece(key, number, piece, prepared.steps[0].picture)


def _offer_piece(key: str, number: int, piece: Crop, picture: np.ndarray) -> None:
    """One piece of a picture (H, W, 3) uint8 as an image with its button."""
    height, width = picture.shape[:2]
    left, top, right, bottom = piece
    rows = slice(int(top * height), math.ceil(bottom * height))
    columns = slice(int(left * width), math.ceil(right * width))
    with st.container(width=130, key=f"piece_{key}_{number}"):
        part = np.ascontiguousarray(picture[rows, columns])
        st.html(image_html(part, "brought", f"Piece {number}"))
        st.button(
            f"Only piece {number}",
            key=f"only_{key}_{number}",
            on_click=frame_piece,
            args=(key, piece),
        )


def frame_piece(key: str, piece: Crop) -> None:
    """Put the frame around one piece, as far as whole per cents go."""
    left, top, right, bottom = (100 * edge for edge in piece)
    across, down = (
        (math.floor(low), math.ceil(high)) for low, high in ((left, right), (top, bottom))
    )
    _put(key, {"across": across, "down": down})


def forget(key: str) -> None:
    """Take all corrections back: on the visitor's wish, or because the picture is another one."""
    _put(key, DEFAULTS)
    _forget_what_counts(key)


def _forget_what_counts(key: str) -> None:
    said, widget = st.session_state.pop(state.said_to_count_key(key), (None, None))
    if said:
        st.session_state.pop(widget, None)  # where the picture's pixels are the same as before
