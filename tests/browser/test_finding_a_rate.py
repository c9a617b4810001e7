"""The learning-rate finder in a real browser; and the way from a network on Home to Train."""

import contextlib
import re

import pytest
from app_server import kill_workers, open_settings, page_at_rest, place_at_rest, visit
from playwright.sync_api import expect

from fashion_core.errors import RunError
from fashion_core.runs import rate_finder
from fashion_core.text import format_value


@pytest.fixture(autouse=True)
def _own_runs(runs_dir, monkeypatch):
    """The server's run folders, for this process too; no curve is left."""
    monkeypatch.setenv("FASHION_RUNS_DIR", str(runs_dir))
    yield
    kill_workers(runs_dir)
    rate_finder.forget()


def open_train(page, app):
    visit(page, f"{app}/train")
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    open_settings(page)


def rate_field(page):
    return page.get_by_role("spinbutton", name="Learning rate")


def test_a_rate_that_is_found_survives_a_refresh_and_is_used(page, app):
    open_train(page, app)
    page.get_by_role("button", name="Find a learning rate").click()
    card = page.locator(".st-key-finder_card")
    expect(page.get_by_role("button", name="Add to queue")).to_be_enabled()
    # While it goes on, or already what it found
    expect(card.get_by_text(re.compile(r"Step \d+ of 200|is a tenth of"))).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()  # once it has ended
    visit(page)
    open_settings(page)
    expect(card.get_by_text("For FashionCNN, Adam, batches of 64.")).to_be_visible()
    expect(card.locator("canvas, svg.marks").first).to_be_visible()
    expect(card.get_by_test_id("stVegaLiteChart")).to_have_count(1)
    use_rate(page, card)
    card.get_by_role("button", name="Put the finder away").first.click()
    expect(card).to_have_count(0)


def use_rate(page, card):
    """Take the rate into the form, where it stays until a recipe is picked."""
    search = rate_finder.read_search()
    rate = format_value("learning_rate", rate_finder.suggested_rate(search.rates, search.losses))
    expect(page.get_by_label(re.compile(f"; {re.escape(rate)} is marked")).first).to_be_attached()
    expect(rate_field(page)).to_have_value("0.001")
    card.get_by_role("button", name=f"Use {rate}").click()
    expect(rate_field(page)).to_have_value(rate)
    expect(page.get_by_text(f"Classic tutorial, changed: learning rate {rate}.")).to_be_visible()
    used = card.get_by_role("button", name=f"{rate} is in the form")
    expect(used).to_be_disabled()
    # On the white of a button that is off
    expect(used.locator("p")).not_to_have_css("color", "rgb(255, 255, 255)")
    page_at_rest(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    page_at_rest(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    open_settings(page)
    expect(rate_field(page)).to_have_value(rate)
    page.get_by_text("Classic tutorial", exact=True).click()
    expect(rate_field(page)).to_have_value("0.001")


def test_a_network_on_home_leads_to_its_training(page, app):
    visit(page, app)
    card = page.locator(".st-key-networks")
    place_at_rest(card)
    card.get_by_text("ResidualNet", exact=True).click()
    expect(card.get_by_text("463,562").first).to_be_visible()
    page_at_rest(page)
    card.get_by_role("button", name="Train this network").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    expect(page.get_by_text("Classic tutorial, changed: network ResidualNet.")).to_be_visible()


def test_on_a_phone_the_curve_of_a_search_comes_into_sight(phone, app):
    phone.set_viewport_size({"width": 390, "height": 664})
    open_train(phone, app)
    phone.get_by_role("button", name="Find a learning rate").click()
    heading = phone.locator(".st-key-finder_card").get_by_role("heading")
    expect(heading).to_be_in_viewport(ratio=1)
    with contextlib.suppress(RunError):  # it may have ended already
        rate_finder.request_stop()
    expect(phone.get_by_role("button", name="Start training")).to_be_enabled()  # it has ended
