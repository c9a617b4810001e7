"""One test image, large, with its labels in words and the classes as bars."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from fashion_core.catalog import ModelEntry
from fashion_core.metadata import CLASS_NAMES
from fashion_core.predict import kept_answer
from pages.parts.html import bars_html, image_html, theme_is_dark
from pages.parts.images.source import describe_image
from pages.parts.inside.alike import show_alike_panel
from pages.parts.inside.looks import show_looks_panel
from pages.parts.inside.picture import link_picture, link_test_image
from pages.parts.words import describe_doubt, is_doubted, outcome_of

# On a wide screen the panel stays in view beside the grid; on a phone it is a sheet at the bottom,
# over the grid. A dialog stands outside the app's own element, so the colours that style.css sets
# there are set here again.
PANEL_STYLE = Path(__file__).with_name("panel.css")


def show_image(
    index: int,
    pixels: np.ndarray,
    label: int,
    probs: np.ndarray,
    entry: ModelEntry,
    split_name: str = "test",
) -> None:
    """An image (28, 28) uint8 of a split and what one model says of it, `probs` (10,)."""
    answer = kept_answer(entry.card, probs, pixels)
    kind, outcome = outcome_of(answer.label == label)
    words = (
        f'<b class="{kind}">{outcome}</b><br>Predicted <b>{CLASS_NAMES[answer.label]}</b>,'
        f" {probs[answer.label]:.1%}<br>True label <b>{CLASS_NAMES[label]}</b>"
    )
    if doubt := describe_doubt(answer):
        words += f"<br><small>{doubt}</small>"
    bars = bars_html(CLASS_NAMES, probs, label=label, doubted=[is_doubted(answer)])
    show_panel(index, pixels, label, words, bars, [entry], split_name)


def show_panel(
    index: int,
    pixels: np.ndarray,
    label: int,
    words: str,
    bars: str,
    entries: Sequence[ModelEntry],
    split_name: str = "test",
) -> None:
    """An image (28, 28) uint8 beside `words`, with `bars` below; both are HTML.

    Then the link that takes the image inside and, folded, where the models `entries` look and what
    the image is like for them.
    """
    show_large(index, pixels, label, words, bars, split_name)
    show_looks_panel("test_image", pixels, entries)
    show_alike_panel("test_image", pixels, entries)


def show_large(
    index: int, pixels: np.ndarray, label: int, words: str, bars: str, split_name: str
) -> None:
    """The image with words, bars and the link that takes it inside."""
    scheme = "dark" if theme_is_dark() else "light"
    name = describe_image(split_name, index)
    image = image_html(pixels, "large", f"{name}: {CLASS_NAMES[label]}")
    st.html(PANEL_STYLE)
    st.html(
        f'<div class="picked" style="color-scheme: {scheme}">{image}'
        f'<div class="words">{words}</div>{bars}</div>'
    )
    if split_name == "test":
        link_test_image(index)
    else:
        link_picture(name, pixels)
