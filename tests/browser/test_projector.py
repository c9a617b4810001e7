"""The projector view in a real browser: opened by its address, led by the keyboard, left again."""

from app_server import page_at_rest, visit
from playwright.sync_api import expect

ON = "() => document.documentElement.dataset.projector === 'on'"
TYPE_SIZE = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"


def expect_title(page, title):
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_a_lecturer_goes_through_the_pages_by_keyboard(page, app):
    visit(page, f"{app}/?view=projector")
    expect_title(page, "Fashion CNN Lab")
    page.wait_for_function(ON)
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_be_hidden()
    large = page.evaluate(TYPE_SIZE)
    assert large > 18
    page.keyboard.press("+")
    assert page.evaluate(TYPE_SIZE) > large

    page.keyboard.press("PageUp")  # before the first page stands the last one
    expect_title(page, "Glossary")
    expect(page.locator(".projector-bar b")).to_have_text("Glossary")
    expect(sidebar).to_be_hidden()
    search = page.get_by_label("Search")
    search.fill("muon")
    search.press("ArrowLeft")  # in a field the keys are the field's
    search.press("Enter")
    expect(page.get_by_text("equally far in all directions")).to_be_visible()
    expect(page.get_by_text("Label smoothing", exact=True)).to_have_count(0)

    visit(page)
    expect_title(page, "Glossary")
    expect(sidebar).to_be_hidden()
    assert page.evaluate(TYPE_SIZE) > large
    page.keyboard.press("ArrowLeft")
    expect_title(page, "Lecture")
    page_at_rest(page)
    page.keyboard.press("Escape")
    expect(sidebar).to_be_visible()
    visit(page)
    expect_title(page, "Lecture")
    expect(sidebar).to_be_visible()
    for _ in range(2):
        page.get_by_role("link", name="Open the projector view").click()
        page.wait_for_function(ON)
        page_at_rest(page)
        page.keyboard.press("Escape")
        expect(sidebar).to_be_visible()
