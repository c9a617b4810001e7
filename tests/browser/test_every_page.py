"""Every page in a real browser: no error box, no console error, nothing wider than the screen, cold
start included.
"""

import json

from app_server import expect_to_fit, page_at_rest, served, visit, watch_console
from listed_pages import page_titles
from playwright.sync_api import expect

from fashion_core import catalog

TITLES = page_titles()
TITLES = {"": "Fashion CNN Lab"} | {name: TITLES[name] for name in TITLES if name != "home"}


def open_page(page, app, path):
    visit(page, f"{app}/{path}")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[path])


def expect_sound(page):
    """Drawn to its end, without an error, and not wider than the screen."""
    page_at_rest(page)
    expect(page.locator("[data-stale='true']")).to_have_count(0)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect_to_fit(page)


def test_every_page_opens_by_its_address_and_fits_light_and_dark_wide_and_narrow(page, app):
    for path in TITLES:
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 900})
        open_page(page, app, path)
        expect_sound(page)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
        expect_sound(page)
        if path == "confusion_matrix":  # of all test images, as the card of the shipped model says
            card = json.loads(catalog.recommended_path().with_suffix(".json").read_text())
            accuracy = page.get_by_test_id("stMetricValue").first
            expect(accuracy).to_have_text(f"{card['test_accuracy']:.1%}")
    links = page.get_by_test_id("stSidebarNav").get_by_role("link")
    leads_to = {link.get_attribute("href").rsplit("/", 1)[-1] for link in links.all()}
    assert leads_to == set(TITLES)


def test_the_first_page_that_a_fresh_server_is_asked_for_has_its_sidebar(new_context, tmp_path):
    page = new_context().new_page()
    errors = watch_console(page)
    with served(tmp_path) as address:
        open_page(page, address, "train")
        expect(page.get_by_text("Model in use").first).to_be_visible()
        expect(page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert errors == []


def test_an_export_that_was_folded_shows_the_content_of_the_kind_that_is_picked(page, app):
    visit(page, app)
    panel = page.get_by_test_id("stExpander").filter(has_text="Export")
    panel.locator("summary").click()
    panel.get_by_role("radio", name="ONNX").click()
    expect(panel).to_contain_text("One graph from raw pixels")
    panel.locator("summary").click()
    expect(panel).not_to_contain_text("Make the file")
    panel.locator("summary").click()
    expect(panel).to_contain_text("Make the file")
    picked = panel.get_by_role("radio", checked=True).inner_text()
    words = {"Model (.pt)": "The weights with their card", "ONNX": "One graph from raw pixels"}
    expect(panel).to_contain_text(words[picked])
