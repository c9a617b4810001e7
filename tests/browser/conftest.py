"""A real server and a real Chromium for the browser tests.

`app` is one server for all tests of this folder, with run and picture folders of its own; `page` is
a fresh browser context whose test fails on any console error or uncaught exception.
"""

from pathlib import Path

import pytest
from app_server import answers_of, launch_browser, served, watch_console
from playwright.sync_api import Error, expect, sync_playwright

# Ms; only ends what hangs: the tests may share two slow cores with trainings and each other
LONGEST = 120_000
expect.set_options(timeout=LONGEST)


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test's report tells what its pages showed, and where a picture of each lies."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if report.when == "call" and report.failed and browser:
        for number, page in enumerate(
            page for context in browser.contexts for page in context.pages
        ):
            report.sections.append((page.url, _shown(page, item, number)))
    return report


def _shown(page, item, number: int) -> str:
    picture = Path(item.config._tmp_path_factory.getbasetemp(), f"{item.name}-{number}.png")
    try:
        page.screenshot(path=picture, timeout=10_000)
        return f"{picture}\n{page.locator('body').inner_text(timeout=10_000)}"
    except Error as error:  # of a page that hangs or has crashed
        return str(error)


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def pictures_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="session")
def app(runs_dir, pictures_dir):
    """The address of a running app."""
    with served(runs_dir, FASHION_PICTURES_DIR=str(pictures_dir)) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = launch_browser(playwright)
        yield browser
        browser.close()


@pytest.fixture
def new_context(browser):
    """new_context(**options): a fresh browser context, closed after the test."""
    contexts = []

    def open_context(**options):
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(LONGEST)
        return contexts[-1]

    yield open_context
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context):
    """A fresh page in India, 1280×900, that must not log an error.

    Without animations, a twelfth of what a browser computes; `phone` and others have them.
    """
    context = new_context(
        viewport={"width": 1280, "height": 900},
        timezone_id="Asia/Kolkata",
        reduced_motion="reduce",
    )
    page = context.new_page()
    errors = watch_console(page)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def answered(page):
    """See `answers_of`."""
    return answers_of(page)


@pytest.fixture
def phone(new_context):
    """A fresh page on a touch screen, 390×844."""
    return new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    ).new_page()
