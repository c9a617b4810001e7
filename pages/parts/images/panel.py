"""From pages._grid."""

from pathlib import Path

import numpy as np
import streamlit as st

from fashion_core.metadata import CLASS_NAMES
from pages.parts.html import png_data_uri, theme_is_dark

# On a wide screen the panel stays in view beside the grid; on a phone it is a sheet at the bottom,
# over the grid. A dialog stands outside the app's own element, so the colours that style.css sets
# there are set here again.
PANEL_STYLE = Path(__file__).with_name("panel.css")


def show_image(index: int, pixels: np.ndarray, label: int, probs: np.ndarray) -> None:
    """One test image, large, with its labels in words and all ten probabilities as bars."""
    true, pred = CLASS_NAMES[label], CLASS_NAMES[probs.argmax()]
    kind, words = ("right", "✓ Right") if true == pred else ("wrong", "✗ Wrong")
    scheme = "dark" if theme_is_dark() else "light"
    st.html(PANEL_STYLE)
    st.html(
        f'<div class="picked" style="color-scheme: {scheme}">'
        f'<img src="{png_data_uri(pixels)}" alt="Test image {index}: {true}">'
        f'<div class="words"><b class="{kind}">{words}</b><br>'
        f"Predicted <b>{pred}</b>, {probs.max():.1%}<br>True label <b>{true}</b></div>"
        f"{probability_bars(probs, label)}</div>"
    )


def probability_bars(probs: np.ndarray, label: int | None = None) -> str:
    """Ten labelled bars as HTML, in class order; the winner stands out, `label` is marked as the
    true class.
    """
    rows = []
    for place, (name, prob) in enumerate(zip(CLASS_NAMES, probs, strict=True)):
        winner = " winner" if place == probs.argmax() else ""
        mark = " (true)" if place == label else ""
        bar = f'<div class="bar"><i style="width: {prob:.1%}"></i></div>'
        rows.append(
            f'<div class="bar-row{winner}"><span>{name}{mark}</span>{bar}<b>{prob:.1%}</b></div>'
        )
    return f'<div class="bars">{"".join(rows)}</div>'
