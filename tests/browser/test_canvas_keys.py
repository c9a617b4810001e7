"""Ctrl+Z and Ctrl+Shift+Z on the drawing canvas."""

from app_server import page_at_rest
from test_classify import changed, clear, expect_drawing, expect_empty, ink, open_canvas, stroke


def draw_twice(page, app) -> list[tuple[str, int]]:
    """What the model sees, and how much ink, after the first stroke and after the second."""
    open_canvas(page, app)
    stroke(page, (60, 60), (220, 60), (220, 220))
    first = changed(page, None), ink(page)
    stroke(page, (60, 60), (60, 220), (220, 220))
    return [first, (changed(page, first[0]), ink(page))]


def test_keys_undo_and_redo_again_and_again_until_something_is_drawn(page, app, answered):
    first, second = draw_twice(page, app)
    for _ in range(3):  # right after another tool
        for key, drawing in (("Control+z", first), ("Control+y", second)):
            page.get_by_text("Eraser").click()
            page.get_by_text("Eraser").click()
            page.keyboard.press(key)
            expect_drawing(page, *drawing)
    page.keyboard.press("Control+z")
    expect_drawing(page, *first)
    page.keyboard.press("Control+z")
    expect_empty(page)
    page.keyboard.press("Control+Shift+Z")
    expect_drawing(page, *first)
    page.get_by_text("Eraser").click()  # a switch with the focus takes no keys away
    page.get_by_text("Eraser").click()
    page.keyboard.press("Control+y")
    expect_drawing(page, *second)
    page.keyboard.press("Control+z")
    expect_drawing(page, *first)
    stroke(page, (140, 80), (140, 200))
    third = changed(page, first[0]), ink(page)
    page_at_rest(page)
    with answered():
        page.keyboard.press("Control+Shift+Z")  # what was undone is gone
    expect_drawing(page, *third)
    clear(page)
    page.keyboard.press("Control+z")
    expect_drawing(page, *third)


# What a Russian and a German keyboard send to undo and to redo: the letter, and the key's place
LAYOUTS = [(("я", "KeyZ"), ("н", "KeyY")), (("z", "KeyY"), ("y", "KeyZ"))]


def test_the_keys_are_heard_in_layouts_without_latin_letters_and_where_they_stand_elsewhere(
    page, app
):
    first, second = draw_twice(page, app)
    for undo, redo in LAYOUTS:
        for (key, code), drawing in ((undo, first), (redo, second)):
            page.evaluate(
                "key => document.body.dispatchEvent(new KeyboardEvent('keydown',"
                " { ...key, ctrlKey: true, bubbles: true, composed: true }))",
                {"key": key, "code": code},
            )
            expect_drawing(page, *drawing)
