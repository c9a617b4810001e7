"""From pages._shared."""

import base64
import html
import io
import re

import numpy as np
import streamlit as st
from PIL import Image


def theme_is_dark() -> bool:
    """Whether the visitor's browser shows the dark theme."""
    return st.context.theme.type == "dark"


def png_data_uri(pixels: np.ndarray) -> str:
    """An image (H, W) uint8 as the address of an inline PNG, for HTML."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def image_html(pixels: np.ndarray, kind: str, alt: str) -> str:
    """An image (H, W) or (H, W, 3) uint8 as an HTML element of this class."""
    return f'<img class="{kind}" src="{png_data_uri(pixels)}" alt="{escaped(alt)}">'


def plain(text: str) -> str:
    """Text safe inside Markdown: a run's name must not become a link, a picture or a heading.

    Backslashes keep it from Markdown. Streamlit looks for addresses, icons and arrows once more
    after they are gone: what begins or makes one up is parted by a character that has no width and
    breaks no line.
    """
    discordant = re.sub(
        r"(?<=[:@])(?=\S)|(?<=www)(?=\.)|(?<=[-<>=])(?=[-<>=])", "\u2060", text, flags=re.IGNORECASE
    )
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$])", r"\\\1", discordant)


def escaped(text: object) -> str:
    """Text safe inside HTML: names come from visitors and from hand-edited files."""
    return html.escape(str(text), quote=True)
