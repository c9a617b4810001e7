"""What pages write as HTML: inline images, bars, and text that stays text."""

import base64
import html
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from fashion_core.charts.colors import DIFFERENCE_SCALES, MARK_COLOR, SCALES


def theme_is_dark() -> bool:
    """Whether the visitor's browser shows the dark theme."""
    return st.context.theme.type == "dark"


def scales() -> dict:
    """The colours of maps and of the ring around a pixel, for the theme that is shown."""
    dark = theme_is_dark()
    return {"scale": SCALES[dark], "difference": DIFFERENCE_SCALES[dark], "ring": MARK_COLOR}


def png_of(pixels: np.ndarray) -> bytes:
    """An image (H, W) or (H, W, 3) uint8 as a PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def png_data_uri(pixels: np.ndarray) -> str:
    """An image (H, W) uint8 as the address of an inline PNG, for HTML."""
    return "data:image/png;base64," + base64.b64encode(png_of(pixels)).decode("ascii")


def encode(values: np.ndarray) -> str:
    """An array's memory as base64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")


def script(*paths: Path) -> str:
    """A component's script, in one file or several; it may use what stands in dom.js."""
    files = Path(__file__).with_name("dom.js"), *paths
    return "".join(path.read_text("utf-8") for path in files)


def image_html(pixels: np.ndarray, kind: str, alt: str) -> str:
    """An image (H, W) or (H, W, 3) uint8 as an HTML element of this class."""
    return f'<img class="{kind}" src="{png_data_uri(pixels)}" alt="{escaped(alt)}">'


def plain(text: str) -> str:
    """Text safe inside Markdown: a run's name must not become a link, a picture or a heading.

    Backslashes keep it from Markdown and its entities. Streamlit looks for addresses, icons and
    arrows once more after they are gone, so a character without width, which breaks no line, stands
    inside of each.
    """
    inside = r"(?<=[:@])(?=\S)|(?<=www)(?=\.)|(?<=[-<>=])(?=[-<>=])"
    separated = re.sub(inside, "\u2060", text, flags=re.IGNORECASE)
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$&])", r"\\\1", separated)


def escaped(text: object) -> str:
    """Text safe inside HTML: names come from visitors and from hand-edited files."""
    return html.escape(str(text), quote=True)


def bars_html(
    names: Sequence[str],
    *series: Sequence[float],
    label: int | None = None,
    mark_best: bool = True,
    title: str = "",
    clickable: bool = False,
    doubted: Sequence[bool] = (),
) -> str:
    """Labelled bars: a row for each name, in it a bar for each of one or two series, A over B.

    `series`: shares 0…1, one for each name; the largest of each stands out if `mark_best`. The row
    `label` is marked as the true class. `title` appears under the mouse. `clickable`: for
    `clickable.show_clickable`, each row goes to its name. `doubted`: of each series whether its
    largest share must not look like a sure answer; without it none is.
    """
    doubted = list(doubted) or [False] * len(series)
    rows = []
    for place, name in enumerate(names):
        shares = [values[place] for values in series]
        best = [mark_best and place == np.argmax(values) for values in series]
        mark = " (true)" if place == label else ""
        row = _bar_row(f"{escaped(name)}{mark}", shares, best, doubted)
        rows.append(goes_to(name, row) if clickable else row)
    kind = "bars pair" if len(series) == 2 else "bars"
    tooltip = f' title="{escaped(title)}"' if title else ""
    return f'<div class="{kind}"{tooltip}>{"".join(rows)}</div>'


def goes_to(target: str, element: str) -> str:
    """An HTML element that can be clicked, by mouse or keyboard, in `clickable.show_clickable`."""
    link = f' data-goes-to="{escaped(target)}" role="link" tabindex="0">'
    return element.replace(">", link, 1)


def _bar_row(name: str, shares: list[float], best: list[bool], doubted: list[bool]) -> str:
    marks = [_marks(*each) for each in zip(best, doubted, strict=True)]
    if len(shares) == 1:
        bar = _bar(shares[0], "bar")
        return (
            f'<div class="bar-row{marks[0]}"><span>{name}</span>{bar}<b>{shares[0]:.1%}</b></div>'
        )
    bars = numbers = ""
    for letter, share, mark in zip("AB", shares, marks, strict=True):
        bars += _bar(share, f"bar {letter.lower()}{mark}")
        numbers += f'<span class="{mark.strip()}">{letter} {share:.1%}</span>'
    return f'<div class="bar-row"><span>{name}</span><div>{bars}</div><b>{numbers}</b></div>'


def _marks(is_best: bool, is_doubted: bool) -> str:
    """The classes of a bar's style that say so."""
    return (" winner" if is_best else "") + (" doubted" if is_doubted else "")


def _bar(share: float, kind: str) -> str:
    return f'<div class="{kind}"><i style="width: {share:.1%}"></i></div>'
