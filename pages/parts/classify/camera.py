"""Whether the browser gives this page the camera, and what to do where it does not."""

from urllib.parse import urlsplit

from pages.parts.address import is_local


def camera_problem(address: str | None) -> str:
    """A sentence on why there is no camera at this address of the page, or an empty string.

    Browsers give it to secure contexts only: https, or this very computer (W3C, "Secure Contexts",
    section 3.1).
    """
    parts = urlsplit(address or "")
    if parts.scheme != "http" or is_local(parts.hostname or ""):
        return ""
    return (
        "No camera here: browsers give it only to pages at https, and this one is at"
        f" http://{parts.hostname}. Open the app by https or, on the computer that serves it, at"
        " http://localhost. Or take the photo with your camera app and choose it under Upload."
    )
