"""A drawing is corrected, taught and then right; pictures are exported, emptied and imported again;
two tabs lose nothing.
"""

import re

import pytest
from app_server import free_port, kill_workers, start_server
from playwright.sync_api import expect
from test_classify import canvas, stroke

SHIRT = [(60, 90), (100, 60), (180, 60), (220, 90), (200, 120), (180, 105), (180, 230), (100, 230)]
SHIRT += [(100, 105), (80, 120), (60, 90)]
TROUSERS = [
    (90, 40),
    (190, 40),
    (200, 240),
    (160, 240),
    (140, 110),
    (120, 240),
    (80, 240),
    (90, 40),
]
SHOE = [(50, 120), (120, 120), (150, 170), (230, 180), (230, 210), (50, 210), (50, 120)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where `own_app` keeps its runs and pictures."""
    return tmp_path_factory.mktemp("teach")


@pytest.fixture(scope="module")
def own_app(folder):
    """An app with pictures of its own."""
    port = free_port()
    server = start_server(folder, port, FASHION_PICTURES_DIR=str(folder / "pictures"))
    yield f"http://127.0.0.1:{port}"
    server.kill()
    server.wait()
    kill_workers(folder)


def label_button(page, name):
    return page.locator(".st-key-what_drawing").get_by_role("radio", name=name, exact=True)


def draw_and_say(page, points, name):
    """Draw a shape, say what it was, and take a new sheet."""
    stroke(page, *points)
    label_button(page, name).click()
    expect(page.get_by_text("Kept in My pictures.")).to_be_visible()


def new_sheet(page):
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("The answer appears here")).to_be_visible()


def test_draw_correct_teach_and_the_same_drawing_is_right(page, own_app, tmp_path):
    page.goto(f"{own_app}/classify?model=fashion_cnn")
    expect(canvas(page)).to_be_visible()
    expect(page.get_by_text("The answer appears here")).to_be_visible()
    for points, name in ((TROUSERS, "Trouser"), (SHOE, "Sneaker")):
        draw_and_say(page, points, name)
        new_sheet(page)
    stroke(page, *SHIRT)
    expect(page.locator(".answer h3")).to_contain_text("%")
    said = page.locator(".answer h3").inner_text()
    wrong = next(name for name in ("Shirt", "Dress") if name not in said)
    label_button(page, wrong).click()
    expect(page.get_by_text("Kept in My pictures.")).to_be_visible()

    page.get_by_role("link", name="Teach it").click()
    expect(page.get_by_text("3 pictures", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Teach the model").click()
    expect(page.get_by_text("It learns your pictures")).to_be_visible()
    # The worker lets all else go first: on a busy machine it takes minutes
    page.get_by_role("button", name="Use the taught model").click(timeout=600_000)
    expect(page.get_by_role("button", name="Back to Classic CNN")).to_be_visible()
    page.get_by_role("link", name="Classify").first.click()
    expect(page.locator(".answer h3")).to_contain_text(f"{wrong}, ")

    page.get_by_role("link", name="My pictures").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    archive = tmp_path / "mine.zip"
    download.value.save_as(archive)
    for left in (2, 1, 0):
        page.get_by_role("button", name=re.compile("the model says")).first.click()
        page.get_by_role("button", name="Delete").click()
        if left:
            expect(page.get_by_text(f"{left} picture", exact=False).first).to_be_visible()
    expect(page.get_by_text("Nothing is kept yet", exact=False)).to_be_visible()
    page.get_by_text("Import pictures").click()
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("3 pictures imported.")).to_be_visible()


def test_two_tabs_lose_nothing(page, own_app, folder):
    before = len(list(folder.rglob("my-pictures/*/*.png")))
    other = page.context.new_page()
    tabs = {page: (SHOE, "Sneaker"), other: (SHIRT, "Coat")}
    for tab in tabs:
        tab.goto(f"{own_app}/classify?model=fashion_cnn")
        expect(tab.get_by_text("The answer appears here")).to_be_visible()
    for tab, (points, _) in tabs.items():
        stroke(tab, *points)
    for tab, (_, name) in tabs.items():
        label_button(tab, name).click()
    for tab in tabs:
        expect(tab.get_by_text("Kept in My pictures.")).to_be_visible()
        tab.goto(f"{own_app}/my_pictures")
        expect(tab.get_by_text(f"{before + 2} pictures", exact=False).first).to_be_visible()
