"""Wrong labels in a real browser: a doubtful label is picked, a twin found, the file downloaded."""

import csv
import re

from app_server import expect_to_fit, visit
from playwright.sync_api import expect

from fashion_core import kept_answers
from fashion_core.data import load_split
from fashion_core.files import PRETRAINED_DIR
from fashion_core.label_errors import doubtful_places
from fashion_core.predict import softmax

GRID = ".st-key-grid button"


def test_doubtful_labels_are_ranked_picked_and_downloaded_and_a_twin_is_found(page, app):
    logits = kept_answers.read_answers(PRETRAINED_DIR / "fashion_cnn.pt")
    expected = doubtful_places(load_split("test").labels, softmax(logits)).tolist()
    visit(page, f"{app}/labels?model=fashion_cnn")
    grid = page.locator(GRID)
    expect(grid).to_have_count(50)
    shown = grid.evaluate_all("all => all.map(b => Number(b.dataset.index))")
    assert shown == expected[:50]
    grid.nth(2).click()
    panel = page.locator(".st-key-picked_panel")
    expect(panel).to_contain_text(f"Test image {expected[2]}")
    expect(panel).to_contain_text(f"Doubt 3 of {len(expected)}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["index"]) for row in rows if row["doubtful"] == "True"] == expected

    page.get_by_role("radio", name="Near duplicates").click()
    page.locator(f"{GRID}[data-index='4998']").click()
    twin = panel.get_by_role("img", name="Training image 13360: T-shirt/top")
    expect(twin).to_be_visible()
    expect(page).to_have_url(re.compile(r"(?=.*list=Near)(?=.*listed_image=4998)"))
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    visit(page)
    expect(twin).to_be_attached()
    expect(panel).to_be_in_viewport()
    expect_to_fit(page)
