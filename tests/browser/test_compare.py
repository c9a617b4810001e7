"""Two models in a real browser: the difference matrix clicked, a drawing answered twice."""

import re

import pytest
from app_server import IDLE, canvas_at_rest, page_at_rest, place_at_rest, visit
from playwright.sync_api import expect
from shipped_answers import shipped_probs

from fashion_core import comparison
from fashion_core.charts.figures import describe_difference
from fashion_core.metadata import CLASS_NAMES

PULLOVER, SHIRT_AS_TOP, BOOT_AS_SNEAKER = (2, 2), (6, 0), (9, 7)
BOX = [(60, 60), (220, 60), (220, 220), (60, 220), (60, 60)]


@pytest.fixture(scope="module")
def sides(test_set):
    """sides(true, pred) → the images that came into a cell and those that left it: A the classic
    model, B with norm.
    """
    labels, probs = test_set
    other = shipped_probs("fashion_cnn_norm")
    return lambda true, pred: comparison.prediction_changes(labels, probs, other, true, pred)


def plot_area(page) -> dict:
    """Where the cells are on the screen, scrolled into sight."""
    page.locator(".st-key-difference_box").scroll_into_view_if_needed()
    return place_at_rest(page.locator(".st-key-difference_box .nsewdrag"))


def click_cell(page, true, pred):
    box = plot_area(page)
    page.mouse.click(
        box["x"] + (pred + 0.5) * box["width"] / 10, box["y"] + (true + 0.5) * box["height"] / 10
    )


def expect_cell(page, sides, true, pred):
    """The page says the cell in words, shows its images, keeps it in the URL and rings it."""
    came, left = sides(true, pred)
    words = describe_difference(len(came) - len(left), true, pred)
    expect(page.locator(".st-key-changes_card h3").first).to_have_text(words)
    for key, found in (("came", came), ("left", left)):
        buttons = page.locator(f".st-key-{key}_grid button")
        expect(buttons).to_have_count(len(found))
        for place, index in enumerate(found[:3]):
            expect(buttons.nth(place)).to_have_attribute("data-index", str(index))
            expect(buttons.nth(place)).to_contain_text(re.compile(r"A [✓✗].*B [✓✗]"))
    slug = re.escape(CLASS_NAMES[true].replace("/", "%2F").replace(" ", "+"))
    expect(page).to_have_url(re.compile(rf"true={slug}(&|$)"))
    box = plot_area(page)
    middle = box["x"] + (pred + 0.5) * box["width"] / 10
    page.wait_for_function(
        "middle => { const find = root => [...root.querySelectorAll('*')].flatMap(e => "
        "[...(e.matches('.ring') ? [e] : []), ...(e.shadowRoot ? find(e.shadowRoot) : [])]);"
        "const ring = find(document)[0]?.getBoundingClientRect();"
        "return ring && Math.abs(ring.x + ring.width / 2 - middle) < 2 }",
        arg=middle,
    )


def test_clicks_on_the_difference_show_the_images_that_changed_sides_the_first_one_too(
    page, app, sides
):
    visit(page, f"{app}/compare?model=fashion_cnn&with=fashion_cnn_norm")
    # Both models look at all images first.
    page.locator(".st-key-difference_box .heatmaplayer image").first.wait_for()
    for cell in (SHIRT_AS_TOP, PULLOVER, BOOT_AS_SNEAKER):
        click_cell(page, *cell)
        expect_cell(page, sides, *cell)
    index = int(sides(*BOOT_AS_SNEAKER)[1][0])
    page.locator(f'.st-key-left_grid button[data-index="{index}"]').click()
    panel = page.locator(".st-key-picked_panel")
    expect(panel).to_contain_text(f"Image {index}")
    expect(panel.locator(".pair .bar")).to_have_count(20)
    # A click on a number anywhere in its card, and on one in the table of the classes
    page_at_rest(page)
    page.locator(".st-key-counted_only_a").click(position={"x": 20, "y": 20})
    expect(page).to_have_url(re.compile("group=only_a"))
    expect(page.locator(".st-key-changes_card h3").first).to_have_text("Only A right")
    shown = page.locator(".st-key-group_grid button")
    expect(shown.filter(has_text=re.compile(r"A ✓.*B ✗"))).to_have_count(60)
    page_at_rest(page)
    table = page.get_by_test_id("stDataFrame")
    table.scroll_into_view_if_needed()
    box = place_at_rest(table)
    place = box["x"] + box["width"] - 30, box["y"] + box["height"] - 15
    page.mouse.move(*place, steps=5)  # the table wants to have seen the mouse come
    page.wait_for_timeout(300)
    page.evaluate(IDLE)
    page.mouse.click(*place)
    expect(page).to_have_url(re.compile(r"(?=.*group=only_b)(?=.*group_class=Ankle\+boot)"))
    expect(page.locator(".st-key-changes_card h3").first).to_have_text("Only B right")
    expect(page.locator(".st-key-changes_card h3").first).to_be_in_viewport()


def canvas(page):
    return page.locator("canvas").last


def test_both_models_answer_a_drawing_and_neither_answer_nor_choice_moves_the_canvas(page, app):
    visit(page, f"{app}/classify")
    expect(page.get_by_text("The answer appears here")).to_be_visible()
    place = canvas_at_rest(page)
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name="Classic CNN").click()
    expect(page).to_have_url(re.compile("with=fashion_cnn"))
    assert canvas_at_rest(page) == place
    page.mouse.move(place["x"] + BOX[0][0], place["y"] + BOX[0][1])
    page.mouse.down()
    for x, y in BOX[1:]:
        page.mouse.move(place["x"] + x, place["y"] + y, steps=5)
    page.mouse.up()
    answer = page.get_by_role("status")
    expect(answer.get_by_role("heading")).to_have_count(2)
    expect(answer).to_contain_text("A · All-round net")
    expect(answer).to_contain_text("B · Classic CNN")
    expect(page.locator(".answer .pair .bar")).to_have_count(20)
    assert canvas_at_rest(page) == place
    page.get_by_role("combobox", name="Compare with").focus()
    page.get_by_test_id("stSelectbox").get_by_role(
        "button", name=re.compile("clear", re.IGNORECASE)
    ).click()
    expect(answer.get_by_role("heading")).to_have_count(1)
    expect(page).not_to_have_url(re.compile("with="))
    assert canvas(page).bounding_box() == place
