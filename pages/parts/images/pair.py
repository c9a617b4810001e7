"""Two models' answers to one image: A's and B's bars in one list, buttons with both predictions,
the image large.
"""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from pages.parts.html import escaped, png_data_uri, theme_is_dark
from pages.parts.images.panel import PANEL_STYLE


def paired_bars(probs_a: np.ndarray, probs_b: np.ndarray, label: int | None = None) -> str:
    """Ten labelled pairs of bars as HTML, A over B; each winner stands out, `label` is the
    truth.
    """
    rows = []
    for place, name in enumerate(CLASS_NAMES):
        bars = numbers = ""
        for letter, probs in (("A", probs_a), ("B", probs_b)):
            winner = " winner" if place == probs.argmax() else ""
            bars += (
                f'<div class="bar {letter.lower()}{winner}"><i style="width:'
                f' {probs[place]:.1%}"></i></div>'
            )
            numbers += f'<span class="{winner.strip()}">{letter} {probs[place]:.1%}</span>'
        mark = " (true)" if place == label else ""
        rows.append(
            f'<div class="bar-row"><span>{name}{mark}</span><div>{bars}</div><b>{numbers}</b></div>'
        )
    return f'<div class="bars pair">{"".join(rows)}</div>'


def pair_head(names: Sequence[str], heads: Sequence[str]) -> str:
    """Two models' names with the colours of their bars, and under each what it says, as HTML."""
    parts = [
        f'<div><small class="{letter.lower()}">{letter} ·'
        f" {escaped(name)}</small><div>{head}</div></div>"
        for letter, name, head in zip("AB", names, heads, strict=True)
    ]
    return f'<div class="pair-head">{"".join(parts)}</div>'


def pair_item(
    index: int, pixels: np.ndarray, label: int, probs_a: np.ndarray, probs_b: np.ndarray
) -> dict:
    """A test image with both predictions, for `_grid.show_image_buttons`."""
    lines, spoken = [("quiet", f"#{index}")], f"Image {index}, true label {CLASS_NAMES[label]}"
    for letter, probs in (("A", probs_a), ("B", probs_b)):
        right, pred, confidence = (
            probs.argmax() == label,
            CLASS_NAMES[probs.argmax()],
            f"{probs.max():.1%}",
        )
        lines += [
            ("right" if right else "wrong", f"{letter} {'✓' if right else '✗'} {confidence}"),
            ("", pred),
        ]
        spoken += f"; {letter} says {pred} with {confidence}, {'right' if right else 'wrong'}"
    return {"index": int(index), "source": png_data_uri(pixels), "lines": lines, "label": spoken}


def show_pair_image(
    index: int, split: Split, names: Sequence[str], probs_a: np.ndarray, probs_b: np.ndarray
) -> None:
    """One test image, large, with both models' predictions in words and as bars. `probs_a`,
    `probs_b` (10,).
    """
    label = int(split.labels[index])
    heads = []
    for probs in (probs_a, probs_b):
        kind, words = ("right", "✓ Right") if probs.argmax() == label else ("wrong", "✗ Wrong")
        heads.append(
            f'<b class="{kind}">{words}</b><br><b>{CLASS_NAMES[probs.argmax()]}</b>,'
            f" {probs.max():.1%}"
        )
    true = CLASS_NAMES[label]
    scheme = "dark" if theme_is_dark() else "light"
    st.html(PANEL_STYLE)
    st.html(
        f'<div class="picked" style="color-scheme: {scheme}">'
        f'<img src="{png_data_uri(split.pixels[index])}" alt="Test image {index}: {true}">'
        f'<div class="words">True label <b>{true}</b>{pair_head(names, heads)}</div>'
        f"{paired_bars(probs_a, probs_b, label)}</div>"
    )
