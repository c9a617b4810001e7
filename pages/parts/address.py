"""The address of this copy of the app as a QR code, so that a whole class can open it."""

import ipaddress
from urllib.parse import urlsplit

import segno
import streamlit as st

from pages.parts.html import escaped


def app_address(url: str | None, page: str = "") -> str | None:
    """The address of Home from that of `page`; None where only this machine can open it."""
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or is_local(host):
        return None
    folder = parts.path.rstrip("/").removesuffix(f"/{page}").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{folder}/"


def is_local(host: str) -> bool:
    """Whether a name or number of a machine means the one that asks."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return not host or host == "localhost" or host.endswith(".localhost")


@st.cache_data(max_entries=20, show_spinner=False)
def qr_source(address: str) -> str:
    """The QR code of an address as that of an inline image, drawn as large as it is shown.

    Dark on white in both themes: most readers know no other.
    """
    code = segno.make(address, error="m", micro=False)
    return code.svg_data_uri(dark="#000000", light="#FFFFFF", border=3, scale=8)


def qr_html(address: str, size: str) -> str:
    """The code as an HTML element; `size` is small or large."""
    alt = escaped(f"QR code of {address}")
    return f'<img class="qr {size}" src="{escaped(qr_source(address))}" alt="{alt}">'
