"""Every page in a real browser: no error box, no console error, nothing wider than the screen, cold
start included.
"""

import pytest
from app_server import free_port, overflow, start_server, watch_console
from playwright.sync_api import expect

TITLES = {
    "": "Fashion CNN Lab",
    "train": "Train",
    "runs": "Runs",
    "predictions": "Predictions",
    "confusion_matrix": "Confusion matrix",
    "compare": "Compare",
    "classify": "Classify",
    "inside": "Inside",
}


def open_page(page, app, path):
    page.goto(f"{app}/{path}")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[path])
    expect(page.locator("[data-stale='true']")).to_have_count(0)


@pytest.mark.parametrize("path", TITLES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_page_opens_without_errors_and_fits(page, app, path, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    open_page(page, app, path)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert overflow(page) <= 0


@pytest.mark.parametrize("path", ["train", "confusion_matrix"])
def test_the_first_page_that_a_fresh_server_is_asked_for_has_its_sidebar(
    new_context, tmp_path, path
):
    port = free_port()
    server = start_server(tmp_path, port)
    page = new_context().new_page()
    errors = watch_console(page)
    try:
        open_page(page, f"http://127.0.0.1:{port}", path)
        expect(page.get_by_text("Model in use").first).to_be_visible()
        expect(page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert errors == []
    finally:
        server.kill()
        server.wait()


def test_home_links_lead_to_every_page(page, app):
    open_page(page, app, "")
    for path in [path for path in TITLES if path]:
        page.locator(f"[data-testid='stSidebarNav'] a[href$='/{path}']").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[path])
        expect(page.get_by_test_id("stException")).to_have_count(0)
