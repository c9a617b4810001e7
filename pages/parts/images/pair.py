"""Two models' answers to one image: in words, as a button of a grid, and the image large."""

from collections.abc import Sequence

import numpy as np

from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from fashion_core.predict import kept_answer
from pages.parts.html import bars_html, escaped, png_data_uri
from pages.parts.images.panel import show_panel
from pages.parts.words import is_doubted, outcome_of


def pair_head(names: Sequence[str], heads: Sequence[str]) -> str:
    """Two models' names with the colours of their bars, and under each what it says, as HTML."""
    parts = [
        f'<div><small class="{letter.lower()}">{letter} · {escaped(name)}</small>'
        f"<div>{head}</div></div>"
        for letter, name, head in zip("AB", names, heads, strict=True)
    ]
    return f'<div class="pair-head">{"".join(parts)}</div>'


def pair_item(
    index: int, pixels: np.ndarray, label: int, probs_a: np.ndarray, probs_b: np.ndarray
) -> dict:
    """A test image (28, 28) uint8 with both predictions, as `grid.show_image_buttons` takes it.

    `probs_a`, `probs_b` (10,).
    """
    lines = [("quiet", f"#{index}")]
    spoken = f"Image {index}, true label {CLASS_NAMES[label]}"
    for letter, probs in (("A", probs_a), ("B", probs_b)):
        kind, outcome = outcome_of(probs.argmax() == label)
        pred, confidence = CLASS_NAMES[probs.argmax()], f"{probs.max():.1%}"
        lines += [(kind, f"{letter} {outcome[0]} {confidence}"), ("", pred)]
        spoken += f"; {letter} says {pred} with {confidence}, {kind}"
    return {"index": int(index), "source": png_data_uri(pixels), "lines": lines, "label": spoken}


def show_pair_image(
    index: int,
    split: Split,
    entries: Sequence[ModelEntry],
    probs_a: np.ndarray,
    probs_b: np.ndarray,
) -> None:
    """A test image, large, with both models' predictions; `probs_a`, `probs_b` (10,)."""
    label = int(split.labels[index])
    heads = [_head(probs, label) for probs in (probs_a, probs_b)]
    names = [entry.title for entry in entries]
    words = f"True label <b>{CLASS_NAMES[label]}</b>{pair_head(names, heads)}"
    pixels = split.pixels[index]
    doubted = [
        is_doubted(kept_answer(entry.card, probs, pixels))
        for entry, probs in zip(entries, (probs_a, probs_b), strict=True)
    ]
    bars = bars_html(CLASS_NAMES, probs_a, probs_b, label=label, doubted=doubted)
    show_panel(index, pixels, label, words, bars, entries)


def _head(probs: np.ndarray, label: int) -> str:
    pred = int(probs.argmax())
    kind, outcome = outcome_of(pred == label)
    return f'<b class="{kind}">{outcome}</b><br><b>{CLASS_NAMES[pred]}</b>, {probs[pred]:.1%}'
