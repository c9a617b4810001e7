"""What is not a coloured wide screen: paper, high contrast, the narrowest screens."""

import re

from app_server import canvas_at_rest, visit
from playwright.sync_api import expect

PAPER = 718  # CSS pixels: A4 upright between margins of 10 mm


def ends(locator) -> list[tuple[float, float]]:
    """The left and right ends of elements, in pixels of the page."""
    return locator.evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(box => [box.left, box.right])"
    )


CHARTS = "[data-testid=stPlotlyChart] .main-svg, [data-testid=stDataFrame] canvas"


def test_on_paper_nothing_of_the_confusion_matrix_is_cut_off_and_the_first_sheet_is_used(page, app):
    visit(page, f"{app}/confusion_matrix?model=fashion_cnn&true=Shirt&pred=Coat")
    expect(page.locator(".ring")).to_be_visible()
    expect(page.locator("[data-testid=stPlotlyChart] .bars")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")  # what the print dialog begins with
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER, "height": 1047})
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    page.wait_for_function(  # a changed figure takes a moment
        "([paper, charts]) => [...document.querySelectorAll(charts)].every(chart =>"
        " chart.getBoundingClientRect().right <= paper + 1)",
        arg=[PAPER, CHARTS],
    )
    for left, right in ends(page.locator(CHARTS)):
        assert left >= 0
        assert right <= PAPER + 1
    sheet = page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "10mm"))
    assert len(re.findall(rb"/Type\s*/Page\b", sheet)) <= 3
    matrix = page.locator(".st-key-matrix_box").bounding_box()
    assert matrix["y"] + matrix["height"] < 1047


def test_with_high_contrast_bars_and_the_picked_image_are_seen(new_context, app):
    page = new_context(viewport={"width": 1280, "height": 900}, forced_colors="active").new_page()
    visit(page, f"{app}/predictions?model=fashion_cnn&index=5")
    bars = page.locator(".picked .bar-row")
    expect(bars).to_have_count(10)
    colour = "e => getComputedStyle(e).backgroundColor"
    canvas = page.locator("body").evaluate(colour)
    filled = [bars.nth(row).locator("i").evaluate(colour) for row in range(2)]
    assert canvas not in filled
    assert filled[0] != filled[1]  # Trouser is the answer
    outline = "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineWidth]"
    picked = page.locator('.st-key-grid button[aria-pressed="true"]')
    assert picked.evaluate(outline) == ["solid", "3px"]


def test_on_the_narrowest_screen_the_whole_canvas_is_within_reach(new_context, app):
    narrow = {"width": 320, "height": 640}
    page = new_context(viewport=narrow, has_touch=True, is_mobile=True).new_page()
    visit(page, f"{app}/classify")
    box, card = canvas_at_rest(page), page.locator(".st-key-canvas_card").bounding_box()
    assert box["width"] == 280
    assert card["x"] <= box["x"]
    assert box["x"] + box["width"] <= card["x"] + card["width"] <= narrow["width"]
