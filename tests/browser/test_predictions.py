"""The image grid in a real browser: how many across, picking by mouse and keys, the panel beside
it, shared views.
"""

import re

from app_server import expect_to_fit, page_at_rest, place_at_rest, visit
from playwright.sync_api import expect

GRID = ".st-key-grid button"


def open_predictions(page, app, query="&outcome=All"):
    visit(page, f"{app}/predictions?model=fashion_cnn{query}")
    page.locator(GRID).first.wait_for()


def across(page) -> int:
    """How many images stand in the first row of the grid, once the page has its width."""
    place_at_rest(page.locator(GRID).last)
    tops = page.locator(GRID).evaluate_all(
        "all => all.map(b => Math.round(b.getBoundingClientRect().top))"
    )
    return tops.count(tops[0])


def cut_off(page) -> list[str]:
    """What stands under the images and does not fit there in one line."""
    return page.locator(f"{GRID} span").evaluate_all(
        "all => all.filter(s => s.scrollWidth > s.clientWidth || s.clientHeight > 20)"
        ".map(s => s.textContent)"
    )


def test_images_are_ten_across_and_picked_by_mouse_or_keys_and_enlarged_with_hard_edges(page, app):
    open_predictions(page, app)
    expect(page.locator(GRID)).to_have_count(50)
    assert across(page) == 10
    page.locator(GRID).nth(23).click()
    panel = page.locator(".st-key-picked_panel")
    expect(panel).to_contain_text("Image 23")
    expect(panel.locator(".bar-row")).to_have_count(10)
    expect(page).to_have_url(re.compile("index=23"))
    expect(page.locator(f'{GRID}[aria-pressed="true"]')).to_have_attribute("data-index", "23")
    grid = page.locator(".st-key-grid").bounding_box()
    beside = panel.bounding_box()
    assert beside["x"] >= grid["x"] + grid["width"]
    assert beside["y"] < grid["y"] + 50
    expect(page.locator(GRID).filter(has_text="T-shirt/top").first).to_be_visible()
    assert cut_off(page) == []
    expect_focus_kept(page)
    for image in (page.locator(f"{GRID} img").first, panel.locator("img")):
        expect(image).to_have_js_property("naturalWidth", 28)
        style = image.evaluate("i => [getComputedStyle(i).imageRendering, i.naturalWidth]")
        assert style == ["pixelated", 28]


def expect_focus_kept(page):
    """A button picked by key says what it is, and the next key goes on from there."""
    first = page.locator(GRID).first
    assert re.fullmatch(
        r"Image 0, (right|wrong): predicted [\w/ -]+ with [\d.]+%, true label [\w/ -]+",
        first.get_attribute("aria-label"),
    )
    first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-picked_panel")).to_contain_text("Image 1")
    expect(page.locator(f'{GRID}[aria-pressed="true"]')).to_have_attribute("data-index", "1")
    assert page.evaluate("document.activeElement.shadowRoot?.activeElement?.dataset.index") == "1"


def test_it_opens_on_mistakes_and_a_reload_shows_what_was_chosen(page, app):
    open_predictions(page, app, "")
    expect(page).to_have_url(f"{app}/predictions?model=fashion_cnn")
    expect(page.locator(GRID).filter(has_text="✗")).to_have_count(50)
    page.get_by_role("combobox", name="True label").focus()
    page.keyboard.type("Shirt")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"(?=.*true_label=Shirt)(?=.*outcome=Wrong)"))
    count = int(page.get_by_text(re.compile(r"^\d+ of 10,000 images$")).inner_text().split()[0])
    others = [str(number) for number in range(2, -(-count // 50) + 1)]
    expect(page.get_by_test_id("stPaginationPage")).to_have_text(others)
    expect(page.locator(f"{GRID}:not([aria-label*='true label Shirt'])")).to_have_count(0)
    expect_same_after_reload(page)
    page.get_by_role("radio", name="All").click()
    expect(page).to_have_url(re.compile(r"(?=.*true_label=Shirt)(?=.*outcome=All)"))
    expect(page.locator(GRID).filter(has_text="✓").first).to_be_visible()
    expect_same_after_reload(page)
    names = page.locator(GRID).evaluate_all("all => all.map(b => b.ariaLabel)")
    assert {name.split("true label ")[1] for name in names} == {"Shirt"}


def test_back_leaves_the_page_that_opened_by_itself_and_a_page_by_chance_is_kept(page, app):
    open_predictions(page, app, "")
    entries = page.evaluate("history.length")
    assert entries == 2  # the empty page of a new window, and this one
    page.get_by_role("button", name="Random page").click()
    expect(page).to_have_url(re.compile(r"(?=.*page=)(?=.*sort=Confident\+mistakes)"))
    expect_same_after_reload(page)
    assert page.evaluate("history.length") == entries
    page.go_back()
    expect(page).to_have_url("about:blank")


def expect_same_after_reload(page):
    page_at_rest(page)
    shown = page.locator(GRID).evaluate_all("all => all.map(b => b.dataset.index)")
    visit(page)
    page.locator(GRID).first.wait_for()
    assert page.locator(GRID).evaluate_all("all => all.map(b => b.dataset.index)") == shown


def test_on_a_phone_the_grid_is_three_across_and_the_picked_image_is_in_sight(phone, app):
    open_predictions(phone, app)
    assert across(phone) == 3
    target = phone.locator(GRID).nth(20)
    target.scroll_into_view_if_needed()
    target.tap()
    panel = phone.locator(".st-key-picked_panel")
    expect(panel).to_contain_text("Image 20")
    expect(panel).to_be_in_viewport(ratio=1)
    expect_to_fit(phone)
    panel.get_by_role("button", name="Next").tap()
    expect(panel).to_contain_text("Image 21")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_have_count(0)
