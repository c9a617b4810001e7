"""One's own network in a real browser: built by clicking, trained, found, asked, handed on."""

import re

import pytest
from app_server import (
    canvas_at_rest,
    kill_workers,
    open_more,
    open_settings,
    page_at_rest,
    visit,
    watch_console,
)
from playwright.sync_api import expect


@pytest.fixture(autouse=True)
def _no_run_left(runs_dir):
    yield
    kill_workers(runs_dir)


def press(page, name):
    page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True).click()


def fill_number(page, name, value):
    page.get_by_role("spinbutton", name=name).fill(value)
    page.get_by_role("spinbutton", name=name).press("Enter")


def text_field(page):
    return page.get_by_role("textbox", name="As text")


def build_three_layers(page):
    """Start from logistic regression and add what sees patterns, by clicks alone."""
    press(page, "Build your own network")
    press(page, "Logistic regression")
    expect(text_field(page)).to_have_value("flatten")
    for kind, text in (
        ("conv", "conv 16, flatten"),
        ("pool", "conv 16, pool, flatten"),
        ("dense", "conv 16, pool, flatten, dense 64"),
    ):
        press(page, kind)
        expect(text_field(page)).to_have_value(text)
    press(page, "Remove: layer 3")
    expect(text_field(page)).to_have_value("conv 16, pool, dense 64")
    expect(page.get_by_text("16×13×13")).to_be_visible()


def test_a_look_at_the_builder_changes_nothing_and_a_change_stays(page, app):
    visit(page, f"{app}/train")
    for _ in range(2):
        press(page, "Build your own network")
        expect(page.get_by_text("changed: network")).to_be_visible()
        page_at_rest(page)
        fold = page.get_by_test_id("stMain").get_by_text("Build your own network")
        fold.click()
        expect(text_field(page)).to_have_count(0)
        expect(page.get_by_text("changed: network")).to_have_count(0)
        page_at_rest(page)
    press(page, "Build your own network")
    fill_number(page, "Maps of layer 1", "12")
    expect(text_field(page)).to_have_value(re.compile("^conv 12,"))
    page_at_rest(page)
    fold.click()
    expect(text_field(page)).to_have_count(0)
    expect(page.get_by_text("changed: network")).to_be_visible()


def test_build_three_layers_by_clicking_train_classify_and_open_the_link(page, app, new_context):
    visit(page, f"{app}/train")
    open_settings(page)
    open_more(page)
    fill_number(page, "Training images", "1000")
    fill_number(page, "Epochs", "1")
    expect(page.get_by_text("changed: epochs 1, training images 1,000")).to_be_visible()
    build_three_layers(page)
    link = page.url
    press(page, "Start training")
    expect(page.get_by_test_id("stMain").get_by_text("Finished")).to_be_visible()
    press(page, "Use this model")
    expect(page.get_by_role("button", name="In use on all pages")).to_be_disabled()
    page_at_rest(page)  # a page that is left while it is drawn logs errors

    page.get_by_role("link", name="Runs", exact=True).click()
    card = page.locator(
        "[class*='st-key-run-']"
    ).first  # of a wide table only a part is in the page
    expect(card.get_by_text("conv 16, pool, dense 64").first).to_be_visible()

    page_at_rest(page)
    page.get_by_role("link", name="Classify", exact=True).click()
    expect(page.get_by_text("conv 16, pool, dense 64, learned")).to_be_visible()
    expect(page.get_by_text("The answer appears here")).to_be_visible()
    sheet = canvas_at_rest(page)
    page.mouse.move(sheet["x"] + 60, sheet["y"] + 60)
    page.mouse.down()
    for x, y in ((200, 60), (200, 220), (60, 220), (60, 60)):
        page.mouse.move(sheet["x"] + x, sheet["y"] + y, steps=5)
    page.mouse.up()
    answer = page.get_by_role("status").get_by_role("heading")
    expect(answer).to_have_text(re.compile(r"\d%$|do not know"))

    fresh = new_context().new_page()
    errors = watch_console(fresh)
    visit(fresh, link)
    expect(text_field(fresh)).to_have_value("conv 16, pool, dense 64")
    assert errors == []
