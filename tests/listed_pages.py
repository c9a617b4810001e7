"""The pages that the router lists, for the tests and pictures of every page."""

import re
from pathlib import Path

ROUTER = Path(__file__).resolve().parents[1] / "streamlit_app.py"


def page_titles() -> dict[str, str]:
    """The title in the sidebar by the name of the page's file, in the order of the sidebar."""
    return dict(
        re.findall(r'st\.Page\("pages/(\w+)\.py", title="([^"]+)"', ROUTER.read_text("utf-8"))
    )
