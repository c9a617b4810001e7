"""The matrix in a real browser: every click counts, the first one too, with mouse, finger and
keyboard.
"""

import codecs
import csv
import re

import numpy as np
import pytest
from app_server import page_at_rest, place_at_rest, visit
from playwright.sync_api import expect
from waiting import wait_for

from fashion_core import evaluation
from fashion_core.charts.figures import describe_cell
from fashion_core.metadata import CLASS_NAMES

SHIRT_AS_TOP = (6, 0)


@pytest.fixture(scope="module")
def cells(test_set):
    """The images of a cell, as the classic model sees the test set: cells(true, pred) → indices."""
    labels, probs = test_set
    return lambda true, pred: evaluation.cell_indices(labels, probs, true, pred)


# Whether the matrix's script hears clicks
LISTENING = "anchor => Boolean(anchor.getRootNode().stop)"


def open_matrix(page, app, query=""):
    """Open the page in a new session and return once the matrix hears clicks and is at rest."""
    visit(page, f"{app}/confusion_matrix?model=fashion_cnn{query}")
    page.locator(".st-key-matrix_box .heatmaplayer image").first.wait_for()
    anchor = page.locator(".st-key-matrix_box .anchor")
    wait_for(lambda: anchor.evaluate(LISTENING), "the matrix to hear clicks")
    plot_area(page)


def plot_area(page):
    """Where the cells are on the screen."""
    return place_at_rest(page.locator(".st-key-matrix_box .nsewdrag"))


def place(page, true, pred):
    """The middle of a cell on the screen."""
    box = plot_area(page)
    return box["x"] + (pred + 0.5) * box["width"] / 10, box["y"] + (true + 0.5) * box["height"] / 10


def expect_cell(page, cells, true, pred):
    """The page says the cell in words, shows its images, keeps it in the URL and rings it."""
    indices = cells(true, pred)
    expect(page.locator("h3").first).to_have_text(describe_cell(len(indices), true, pred))
    shown = page.locator(".st-key-cell_grid button")
    for place_in_grid, index in enumerate(indices[:24]):  # it follows the heading a moment later
        expect(shown.nth(place_in_grid)).to_have_attribute("data-index", str(index))
    expect(shown).to_have_count(min(len(indices), 24))
    slug = re.escape(CLASS_NAMES[true].replace("/", "%2F").replace(" ", "+"))
    expect(page).to_have_url(re.compile(rf"true={slug}(&|$)"))
    expect_ring(page, true, pred)


def expect_ring(page, true, pred):
    ring = page.locator(".ring")
    expect(ring).to_be_visible()
    offset = None
    for _ in range(50):  # it follows a changed figure in the next frame
        middle, box = place(page, true, pred), ring.bounding_box()
        if box is None:  # while the figure is drawn anew
            page.wait_for_timeout(100)
            continue
        offset = box["x"] + box["width"] / 2 - middle[0], box["y"] + box["height"] / 2 - middle[1]
        if max(map(abs, offset)) < 2:
            return
    raise AssertionError(f"the ring stands {offset} pixels beside its cell")


def test_every_click_counts_first_quick_repeated_and_near_an_edge(page, app, cells):
    open_matrix(page, app)
    page.mouse.move(*place(page, *SHIRT_AS_TOP))
    open_matrix(page, app)
    page.mouse.down()  # of a pointer that has not moved since the matrix appeared
    page.mouse.up()
    expect_cell(page, cells, *SHIRT_AS_TOP)
    for cell in ((4, 2), (9, 9)):
        page.mouse.click(*place(page, *cell))
        expect_cell(page, cells, *cell)

    page.mouse.click(*place(page, 0, 6))
    page.mouse.click(*place(page, 0, 2))
    expect_cell(page, cells, 0, 2)
    page.mouse.click(*place(page, 0, 2))
    page.wait_for_timeout(500)
    expect_cell(page, cells, 0, 2)

    edge = 0.45 * plot_area(page)["width"] / 10
    for cell, side in (((2, 6), -1), ((4, 6), 1)):
        x, y = place(page, *cell)
        page.mouse.click(x + side * edge, y + side * edge)
        expect_cell(page, cells, *cell)


def test_the_first_tap_of_a_finger_and_swiping_over_the_matrix(phone, app, cells):
    open_matrix(phone, app)
    phone.locator(".st-key-matrix_box").scroll_into_view_if_needed()
    phone.touchscreen.tap(*place(phone, *SHIRT_AS_TOP))
    expect_cell(phone, cells, *SHIRT_AS_TOP)
    sheet = phone.locator(".st-key-picked_panel")
    expect(sheet).to_be_in_viewport(ratio=1)
    first, second = cells(*SHIRT_AS_TOP)[:2]
    sheet.locator(f'button[data-index="{first}"]').tap()
    expect(sheet).to_contain_text(f"Image {first}")
    sheet.get_by_role("button", name="Next").tap()
    expect(sheet).to_contain_text(f"Image {second}")
    expect(sheet).to_be_in_viewport(ratio=1)
    sheet.get_by_role("button", name="Back").tap()
    expect_cell(phone, cells, *SHIRT_AS_TOP)
    sheet.get_by_role("button", name="Close").tap()
    expect(sheet).to_have_count(0)
    expect(phone).not_to_have_url(re.compile("true="))

    x, y = place(phone, 5, 5)
    before = plot_area(phone)["y"]
    touch = phone.context.new_cdp_session(phone)
    touch.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    )
    for step in range(1, 11):
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 15 * step}]},
        )
        phone.wait_for_timeout(16)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.wait_for_function(
        "before => document.querySelector('.st-key-matrix_box .nsewdrag').getBoundingClientRect().y"
        " < before - 50",
        arg=before,
    )
    phone.wait_for_timeout(500)
    expect(sheet).to_have_count(0)


def test_a_link_opens_the_cell_hovering_tells_it_and_the_ring_stays(page, app, cells, answered):
    open_matrix(page, app, "&true=Shirt&pred=T-shirt%2Ftop")
    expect_cell(page, cells, *SHIRT_AS_TOP)
    count = len(cells(*SHIRT_AS_TOP))
    x, y = place(page, *SHIRT_AS_TOP)
    page.mouse.move(x - 5, y)
    page.mouse.move(x, y, steps=3)
    hover = page.locator(".st-key-matrix_box .hoverlayer")
    expect(hover).to_contain_text(f"{count} shirts classified as T-shirt/top")
    expect(hover).to_contain_text(f"{count / 10:.1f}% of all shirts")

    page_at_rest(page)
    with answered():
        page.get_by_text("Hide the diagonal").click()
    expect(page).to_have_url(re.compile("hide=true"))
    expect_cell(page, cells, *SHIRT_AS_TOP)
    page.mouse.click(*place(page, 6, 6))
    expect_cell(page, cells, 6, 6)
    page.set_viewport_size({"width": 1000, "height": 900})
    page.wait_for_timeout(500)
    expect_ring(page, 6, 6)


def test_pickers_by_keyboard_move_the_ring_an_image_opens_and_the_table_can_be_taken_away(
    page, app, cells
):
    open_matrix(page, app)
    for label, words in (("True", "Shirt"), ("Predicted", "Coat")):
        page.get_by_role("combobox", name=label).focus()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
    expect_cell(page, cells, 6, 4)
    index = int(cells(6, 4)[0])
    page.locator(f'.st-key-cell_grid button[data-index="{index}"]').click()
    panel = page.locator(".st-key-picked_panel")
    expect(panel).to_contain_text(f"Image {index}")
    expect(panel.locator(".bar-row")).to_have_count(10)
    page.mouse.click(*place(page, 0, 6))
    expect_cell(page, cells, 0, 6)
    expect(page.get_by_text("T-shirt/top", exact=True).first).to_be_visible()
    assert "T-shirt/top" in page.get_by_role("combobox", name="True").input_value()
    page_at_rest(page)
    page.get_by_test_id("stDataFrame").hover()  # its own toolbar has no second CSV
    expect(page.get_by_role("button", name="Fullscreen")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    content = download.value.path().read_bytes()
    assert content.startswith(codecs.BOM_UTF8)  # for spreadsheets
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert [row["class"] for row in rows] == list(CLASS_NAMES)
    assert np.mean([float(row["recall"]) for row in rows]) > 0.9
