"""The address of this copy of the app as a QR code, so that a whole class can open it."""

import ipaddress
import socket
from pathlib import Path
from urllib.parse import urlsplit

import segno
import streamlit as st

from pages.parts.html import escaped

ANY_ADDRESS = ("0.0.0.0", "::")  # where a server may listen; as a target it is the machine itself


def app_address(url: str | None, page: str = "") -> str | None:
    """The address of Home from that of `page`; None where only this machine can open it."""
    parts = urlsplit(url or "")
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or is_local(host) or host in ANY_ADDRESS:
        return None
    folder = parts.path.rstrip("/").removesuffix(f"/{page}").rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{folder}/"


def address_for_others(url: str | None, page: str) -> tuple[str | None, str]:
    """What others type who shall open the app that is open under `url`, and who can, in a sentence.

    None where nobody else can.
    """
    address = app_address(url, page)
    if address:
        return address, ""
    near = network_address(url, page)
    return near, "For phones in the same network as this machine." if near else ""


def network_address(url: str | None, page: str = "") -> str | None:
    """What others in its network type who has opened `page` under a local address.

    None where that is not known, see `describe_hindrance`.
    """
    if describe_hindrance(url, page):
        return None
    parts = urlsplit(url)
    return app_address(f"http://{network_number()}:{parts.port or 80}{parts.path}", page)


def describe_hindrance(url: str | None, page: str = "") -> str:
    """Why the address in the network of a local `url` is not known, and what to do; else empty.

    A sentence without its end, to which belongs what one finds there.
    """
    parts = urlsplit(url or "")
    listens_to = st.get_option("server.address") or ""
    if listens_to and is_local(listens_to):
        return (
            "The server listens to this machine only. Start it without `--server.address`, open it"
            " under the machine's address in the network"
        )
    port = port_of(url)
    if parts.scheme != "http" or port is None:
        return "Open it under its address in the network"
    if in_container():
        return (
            "It runs in a container, which does not know its machine's address. Open"
            f" `http://NAME:{port}/{page}`, with the name or number of that machine in the network"
            " for NAME"
        )
    if port != st.get_option("server.port"):
        return (
            "It comes here through another port, perhaps from another machine. Open it under the"
            " address of the machine that serves it"
        )
    if not network_number():
        return "This machine is in no network. Join one, open this page anew"
    return ""


def port_of(url: str | None) -> int | None:
    """The port of an http address; None if it is no number."""
    try:
        return urlsplit(url or "").port or 80
    except ValueError:
        return None


def in_container() -> bool:
    """Whether this is Docker or Podman, where the machine's network has another number."""
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def network_number() -> str | None:
    """The number under which this machine is known in its network; None without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        try:
            route.connect(("192.0.2.1", 9))  # sends nothing, only picks the way out
        except OSError:
            return None
        return route.getsockname()[0]


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
