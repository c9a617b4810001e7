"""From pages._grid."""

import numpy as np
import streamlit as st

from fashion_core.metadata import CLASS_NAMES
from pages.parts.html import png_data_uri, theme_is_dark

# On a wide screen the panel stays in view beside the grid; on a phone it is a sheet at the bottom, over the grid. A
# dialog stands outside the app's own element, so the colours that style.css sets there are set here again.
PANEL_CSS = """<style>
.picked { display: flex; flex-wrap: wrap; gap: 0.75rem 1rem;
  --accent: light-dark(#3D5AFE, #8C9EFF); --second: light-dark(#D55E00, #E69F00);
  --quiet: light-dark(#B9C0D8, #4A5068); }
.picked .right { color: light-dark(#00664A, #4CC9A0); }
.picked .wrong { color: light-dark(#A43800, #FF9A57); }
.picked img { width: 100%; max-width: 280px; border-radius: 0.5rem; image-rendering: pixelated; }
.picked .words { flex: 1 1 12rem; }
.picked .bars { flex: 1 1 100%; }
@media (min-width: 641px) {
  .stColumn:has(.st-key-picked_panel) { position: sticky; top: 4.5rem; align-self: flex-start; }
}
@media (max-width: 640px) {
  .st-key-picked_panel { position: fixed; left: 0; right: 0; bottom: 0; z-index: 99; max-height: 75vh; overflow: auto;
    background: light-dark(#FFFFFF, #12141C); border-radius: 1rem 1rem 0 0; box-shadow: 0 -8px 32px rgb(0 0 0 / 35%); }
  .st-key-picked_panel .picked img { width: 112px; }
}
</style>"""


def show_image(index: int, pixels: np.ndarray, label: int, probs: np.ndarray) -> None:
    """One test image, large, with its labels in words and all ten probabilities as bars."""
    true, pred = CLASS_NAMES[label], CLASS_NAMES[probs.argmax()]
    kind, words = ("right", "✓ Right") if true == pred else ("wrong", "✗ Wrong")
    scheme = "dark" if theme_is_dark() else "light"
    st.html(PANEL_CSS)
    st.html(
        f'<div class="picked" style="color-scheme: {scheme}">'
        f'<img src="{png_data_uri(pixels)}" alt="Test image {index}: {true}">'
        f'<div class="words"><b class="{kind}">{words}</b><br>'
        f"Predicted <b>{pred}</b>, {probs.max():.1%}<br>True label <b>{true}</b></div>"
        f"{probability_bars(probs, label)}</div>"
    )


def probability_bars(probs: np.ndarray, label: int | None = None) -> str:
    """Ten labelled bars as HTML, in class order; the winner stands out, `label` is marked as the true class."""
    rows = []
    for place, (name, prob) in enumerate(zip(CLASS_NAMES, probs, strict=True)):
        winner = " winner" if place == probs.argmax() else ""
        mark = " (true)" if place == label else ""
        bar = f'<div class="bar"><i style="width: {prob:.1%}"></i></div>'
        rows.append(f'<div class="bar-row{winner}"><span>{name}{mark}</span>{bar}<b>{prob:.1%}</b></div>')
    return f'<div class="bars">{"".join(rows)}</div>'
