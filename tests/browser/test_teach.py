"""Drawings kept in two tabs are corrected, taught and then right; exported, deleted, imported."""

import re
import shutil

import pytest
from app_server import (
    canvas_has_spoken,
    kill_workers,
    overflow,
    page_at_rest,
    place_at_rest,
    visit,
)
from playwright.sync_api import expect
from test_classify import canvas, clear, stroke

from fashion_core.picture_sets import MY_PICTURES

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


@pytest.fixture(autouse=True)
def _nothing_kept(runs_dir, pictures_dir):
    shutil.rmtree(pictures_dir / MY_PICTURES, ignore_errors=True)
    yield
    kill_workers(runs_dir)


def open_classify(page, app):
    visit(page, f"{app}/classify?model=fashion_cnn")
    expect(canvas(page)).to_be_visible()
    expect(page.get_by_text("The answer appears here")).to_be_visible()


def draw(page, points):
    """Draw a shape; returns what the model calls it."""
    stroke(page, *points)
    expect(page.locator(".answer h3")).to_contain_text("%")
    return page.locator(".answer h3").inner_text()


def say(page, name):
    """Click what was drawn."""
    row = page.locator(".st-key-what_drawing")
    row.get_by_role("radio", name=name, exact=True).click()


def keep_in_two_tabs_at_once(page, app):
    """A pair of trousers in the one, a shoe in the other; the first stays with an empty sheet."""
    other = page.context.new_page()
    drawn = {page: (TROUSERS, "Trouser"), other: (SHOE, "Sneaker")}
    for tab, (points, _) in drawn.items():
        tab.bring_to_front()  # the mouse is for the tab in front
        open_classify(tab, app)
        draw(tab, points)
    for tab, (_, name) in drawn.items():
        tab.bring_to_front()
        say(tab, name)
    for tab in drawn:
        expect(tab.get_by_text("Kept in My pictures.")).to_be_visible()
    other.close()
    page.bring_to_front()
    clear(page)


def import_file(page, archive):
    page.get_by_text("Import pictures").click()
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_role("button", name="Import", exact=True).click()


def test_two_tabs_keep_what_one_teaches_exports_empties_and_imports(page, app, tmp_path):
    keep_in_two_tabs_at_once(page, app)
    said = draw(page, SHIRT)
    wrong = next(name for name in ("Shirt", "Dress") if name not in said)
    say(page, wrong)
    expect(page.get_by_text("Kept in My pictures.")).to_be_visible()

    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 664})  # of a phone
    page_at_rest(page)
    page.get_by_role("button", name="Teach it").click()
    expect(page.get_by_role("button", name="Teach the model")).to_be_in_viewport(ratio=1)
    page.set_viewport_size(size)
    page_at_rest(page)
    place_at_rest(page.get_by_role("button", name="Teach the model"))
    expect(page.get_by_text("3 pictures", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Teach the model").click()
    expect(page.get_by_text("Learning your pictures")).to_be_visible()
    # Meanwhile: the worker lets all else go first
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    archive = tmp_path / "mine.zip"
    download.value.save_as(archive)
    # On a busy machine it takes minutes; at 600 s pytest ends all tests
    page.get_by_role("button", name="Use the taught model").click(timeout=300_000)
    expect(page.get_by_role("button", name="Back to Classic CNN")).to_be_visible()
    page_at_rest(page)
    page.get_by_role("link", name="Classify").first.click()
    expect(page.locator(".answer h3")).to_contain_text(f"{wrong}, ")

    canvas_has_spoken(page)
    page.get_by_role("link", name="My pictures").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My pictures")
    page_at_rest(page)
    for left in (2, 1, 0):
        page.get_by_role("button", name=re.compile("the model says")).first.click()
        page.get_by_role("button", name="Delete", exact=True).click()
        if left:
            expect(page.get_by_text(f"{left} picture", exact=False).first).to_be_visible()
        shown = page.get_by_role("button", name=re.compile("the model says"))
        expect(shown).to_have_count(left)
        page_at_rest(page)
    expect(page.get_by_text("Nothing is kept yet", exact=False)).to_be_visible()
    import_file(page, archive)
    expect(page.get_by_text("3 pictures imported.")).to_be_visible()


def test_examples_are_drawn_and_kept_one_after_the_other_beside_the_own_drawing(phone, app):
    open_classify(phone, app)
    said = draw(phone, SHOE)
    canvas_has_spoken(phone)
    visit(phone, f"{app}/my_pictures?model=fashion_cnn")
    phone.get_by_text("Draw examples", exact=True).click()
    expect(canvas(phone)).to_be_visible()
    for count, (points, name) in enumerate(((SHIRT, "Shirt"), (TROUSERS, "Trouser")), 1):
        page_at_rest(phone)
        phone.get_by_text("Draw examples", exact=True).scroll_into_view_if_needed()
        stroke(phone, *points)
        expect(phone.get_by_text("distilled says:")).to_be_visible()
        phone.get_by_role("radio", name=name, exact=True).click()
        expect(phone.get_by_text(f"Kept: {name}. Draw the next one.")).to_be_visible()
        expect(phone.get_by_text(re.compile(f"^{count} picture"))).to_be_visible()
        page_at_rest(phone)  # until then the row of the kept example is there beside the new one
        expect(phone.get_by_role("radio", name=name, exact=True)).to_be_disabled()
    page_at_rest(phone)
    phone.get_by_role("button", name="Take it back").click()
    expect(phone.get_by_text(re.compile("^1 picture"))).to_be_visible()
    assert overflow(phone) == 0
    canvas_has_spoken(phone)
    visit(phone)
    phone.get_by_text("Draw examples", exact=True).click()
    expect(canvas(phone)).to_be_visible()
    page_at_rest(phone)
    stroke(phone, *SHIRT)
    expect(phone.get_by_text("distilled says:")).to_be_visible()
    canvas_has_spoken(phone)
    phone.get_by_test_id("stMain").get_by_role("link", name="Classify").first.click()
    expect(phone.locator(".answer h3")).to_have_text(said)
    canvas_has_spoken(phone)
    phone.go_back()
    expect(phone.get_by_role("heading", level=1)).to_have_text("My pictures")
    page_at_rest(phone)
    phone.get_by_text("Draw examples", exact=True).click()
    expect(phone.get_by_text("distilled says:")).to_be_visible()


def test_what_was_corrected_and_said_of_a_drawing_outlives_a_refresh(page, app):
    open_classify(page, app)
    draw(page, TROUSERS)
    page.get_by_text("Adjust the picture").click()
    page.get_by_role("switch", name="Turn light and dark over").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Take corrections back")).to_be_enabled()
    page_at_rest(page)
    say(page, "Trouser")
    expect(page.get_by_text("Kept in My pictures.")).to_be_visible()
    canvas_has_spoken(page)
    visit(page)
    expect(page.locator(".answer h3")).to_contain_text("%")
    canvas_has_spoken(page)
    page.get_by_text("Adjust the picture").click()
    expect(page.get_by_role("switch", name="Turn light and dark over")).to_be_checked()
    expect(page.get_by_text("Kept in My pictures.")).to_be_visible()
    row = page.locator(".st-key-what_drawing")
    row.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("A click keeps the picture in My pictures.")).to_be_visible()
