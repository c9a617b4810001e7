"""Whether the browser gives this page the camera, and what to do where it does not."""

import ipaddress
from urllib.parse import urlsplit


def camera_problem(address: str | None) -> str:
    """A sentence on why there is no camera at this address of the page, or an empty string.

    Browsers give it to secure contexts only: https, or this very computer (W3C, "Secure Contexts",
    section 3.1).
    """
    parts = urlsplit(address or "")
    if parts.scheme != "http" or _is_this_computer(parts.hostname or ""):
        return ""
    return (
        "No camera here: browsers give it only to pages at https, and this one is at"
        f" http://{parts.hostname}. Open the app by https or, on the computer that serves it, at"
        " http://localhost. Or take the photo with your camera app and choose it under Upload."
    )


def _is_this_computer(host: str) -> bool:
    """Whether a host is the visitor's own computer whatever the network says."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
