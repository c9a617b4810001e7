"""A page as a new visitor opens it, run by Streamlit itself without a browser."""

from streamlit.testing.v1 import AppTest
from waiting import SECONDS

from fashion_core import files


def open_page(name: str, **query) -> AppTest:
    """Open a page ("home", "train" and so on) with these URL parameters, through the router as the
    server does.

    Fails on any exception shown on the page.
    """
    app = AppTest.from_file(str(files.PROJECT_DIR / "streamlit_app.py"), default_timeout=SECONDS)
    app.query_params.update(query)
    app.run()
    if name != "home":
        app.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    return app
