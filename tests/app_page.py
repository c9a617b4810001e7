"""A page as a new visitor opens it, run by Streamlit itself without a browser; what it says."""

import functools
import re

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from waiting import SECONDS

from fashion_core import files
from pages.parts import cached

# A server looks through the installed packages for components once, AppTest at every run: 0.1 s,
# more than most pages take
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)

# On a machine that other work takes, even the classic network is slow; test_cached.py tells of jobs
cached.JOB_SECONDS = SECONDS

TEXT_ELEMENTS = (
    "title",
    "subheader",
    "markdown",
    "caption",
    "text",
    "info",
    "warning",
    "error",
    "success",
    "code",
)


def open_page(name: str, **query) -> AppTest:
    """Open a page ("home", "train" and so on) with these URL parameters, through the router.

    Fails on any exception shown on the page.
    """
    app = AppTest.from_file(str(files.PROJECT_DIR / "streamlit_app.py"), default_timeout=SECONDS)
    app.query_params.update(query)
    if name != "home":
        app.switch_page(f"pages/{name}.py")
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    """Everything that the page says, in one text, as it is read.

    Without what keeps names from being Markdown, and without addresses of the glossary.
    """
    texts = [str(element.value) for kind in TEXT_ELEMENTS for element in getattr(app, kind)]
    text = "\n".join(texts).replace("\\", "").replace("\u2060", "")
    return re.sub(r"\[([^]]*)\]\(glossary\?[^)]*\)", r"\1", text)


def labels(app: AppTest) -> list[str]:
    """The labels of all buttons."""
    return [button.label for button in app.button]


def labelled(elements, start: str):
    """The first of the elements (app.button, app.text_input, …) whose label begins like this."""
    return next(element for element in elements if element.label.startswith(start))


def unfold(app: AppTest, label: str, number: int = 0) -> AppTest:
    """Unfold this of the panels with this label, as a click does; returns the app."""
    panels = [panel for panel in app.expander if panel.label == label]
    app.session_state[panels[number].key] = True
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, label: str) -> AppTest:
    """Click the button with this label."""
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app
