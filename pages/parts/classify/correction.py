"""Correcting what was guessed of a picture: light and dark, the part that counts, the
background.
"""

import streamlit as st

from fashion_core.pictures.prepare import MIN_CROP, Correction, Prepared, framed
from pages.parts.html import image_html

WHOLE = (0, 100)  # per cent of the picture's width or height
LEAST = round(100 * MIN_CROP)
GROUNDS = {
    "Found by itself": "auto",
    "Light": "light",
    "Dark": "dark",
    "Coloured or patterned": "patterned",
}
DEFAULTS = {"invert": False, "across": WHOLE, "down": WHOLE, "ground": "Found by itself"}


def correction_of(key: str) -> Correction:
    """What the visitor has corrected of this picture so far; Streamlit forgets it once the picture
    is not shown.
    """
    invert, across, down, ground = (
        st.session_state.get(f"{name}_{key}", usual) for name, usual in DEFAULTS.items()
    )
    if across == down == WHOLE:
        return Correction(invert, None, GROUNDS[ground])
    (left, right), (top, bottom) = wide_enough(across), wide_enough(down)
    return Correction(invert, (left / 100, top / 100, right / 100, bottom / 100), GROUNDS[ground])


def wide_enough(ends: tuple[int, int]) -> tuple[int, int]:
    """A slider's two ends, in per cent, drawn apart where a frame would have nothing in it."""
    low = min(ends[0], 100 - LEAST)
    return low, max(ends[1], low + LEAST)


def ask_correction(key: str, prepared: Prepared, small: bool) -> None:
    """The ways to correct, folded. A change takes effect in the rerun that it causes, through
    `correction_of`.
    """
    correction = correction_of(key)
    for name, usual in DEFAULTS.items():  # instead of default values, which must not be given twice
        st.session_state.setdefault(f"{name}_{key}", usual)
    with st.expander("It guessed wrong? Correct it", icon=":material/tune:", key=f"correct_{key}"):
        st.toggle("Turn light and dark over", key=f"invert_{key}")
        st.segmented_control("The background is", list(GROUNDS), required=True, key=f"ground_{key}")
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            with st.container(key=f"frame_{key}", width=260):
                shown = framed(prepared.steps[0].picture, correction.crop or (0.0, 0.0, 1.0, 1.0))
                kind = "brought small" if small else "brought"
                st.html(image_html(shown, kind, "What is in the frame counts"))
            with st.container(key=f"edges_{key}", width=260):
                st.slider("From left to right", *WHOLE, format="%d%%", key=f"across_{key}")
                st.slider("From top to bottom", *WHOLE, format="%d%%", key=f"down_{key}")
        st.button(
            "Take corrections back",
            icon=":material/restart_alt:",
            key=f"reset_{key}",
            disabled=correction == Correction(),
            on_click=forget,
            args=(key,),
        )


def forget(key: str) -> None:
    """Take all corrections of a picture back: its visitor's wish, or another picture stands in its
    place.
    """
    for name, usual in DEFAULTS.items():
        st.session_state[f"{name}_{key}"] = usual
