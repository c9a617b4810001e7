"""The browser's Back and Forward: one step a page, and each page as it was left."""

import re

from app_server import canvas_has_spoken, page_at_rest, visit
from playwright.sync_api import expect

CELL = re.compile(r"\d+ shirts classified as T-shirt/top")


def open_from_sidebar(page, name):
    page_at_rest(page)  # one that is left while it is drawn logs errors
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page_at_rest(page)


def choose(page, label, words):
    page_at_rest(page)
    page.get_by_role("combobox", name=label).focus()
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def expect_filters(page):
    expect(page.get_by_role("combobox", name="True label")).to_have_value("Shirt")
    expect(page.get_by_role("radio", name="Right")).to_be_checked()
    expect(page).to_have_url(re.compile(r"predictions\?(?=.*true_label=Shirt)(?=.*outcome=Right)"))


def go(page, where):
    """Back or Forward, once the page is complete."""
    page_at_rest(page)
    where()


def expect_cell(page):
    expect(page.locator("h3").first).to_have_text(CELL)
    expect(page).to_have_url(re.compile("confusion_matrix.*true=Shirt"))


def test_back_and_forward_show_each_page_as_it_was_left_in_one_step_each(page, app):
    visit(page, f"{app}/predictions?model=fashion_cnn")
    choose(page, "True label", "Shirt")
    page.get_by_role("radio", name="Right").click()
    expect_filters(page)
    open_from_sidebar(page, "Confusion matrix")
    page.get_by_role("button", name="Shirt → T-shirt/top").click()
    expect_cell(page)
    page_at_rest(page)
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", name="Draw something")).to_be_visible()
    expect(page).to_have_url(f"{app}/?model=fashion_cnn")
    canvas_has_spoken(page)
    go(page, page.go_back)
    expect_cell(page)
    go(page, page.go_back)
    expect_filters(page)
    assert "true=" not in page.url
    go(page, page.go_forward)
    expect_cell(page)
    assert "true_label" not in page.url
    # Another model since: Back shows the one that there was
    choose(page, "Model in use", "Classic with")
    expect(page).to_have_url(re.compile("model=fashion_cnn_norm"))
    go(page, page.go_forward)
    expect(page).to_have_url(f"{app}/?model=fashion_cnn")
    expect(page.get_by_role("combobox", name="Model in use")).to_have_value(re.compile("distilled"))


def test_a_link_shows_what_it_says_whatever_was_chosen_before(page, app):
    query = "model=fashion_cnn&true_label=Shirt&predicted_label=Coat&outcome=All&sort=Index"
    visit(page, f"{app}/predictions?{query}")
    expect(page.get_by_role("combobox", name="Predicted label")).to_have_value("Coat")
    page_at_rest(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", name="Draw something")).to_be_visible()
    canvas_has_spoken(page)
    page.get_by_role("link", name=re.compile(r"^Dress \d")).press("Enter")
    expect(page.get_by_role("combobox", name="True label")).to_have_value("Dress")
    expect(page.get_by_role("combobox", name="Predicted label")).to_have_value("Any")

    open_from_sidebar(page, "Inside")
    page.get_by_role("radio", name="Where it looks").click()
    expect(page).to_have_url(re.compile("view=Where"))
    open_from_sidebar(page, "Glossary")
    page.get_by_role("link", name="Inside: from logits to probabilities").first.click()
    expect(page.get_by_role("radio", name="Layer by layer")).to_be_checked()
