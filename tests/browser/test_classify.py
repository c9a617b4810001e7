"""Drawing and uploading in a real browser: strokes, undo, eraser, touch, and that a drawing is not
lost.
"""

import base64
import io
import re

import numpy as np
import pytest
from app_server import (
    canvas_at_rest,
    canvas_has_spoken,
    expect_to_fit,
    page_at_rest,
    place_at_rest,
    visit,
)
from PIL import Image, ImageDraw
from playwright.sync_api import expect

ANSWER = re.compile(r"^[A-Z][\w/ -]+, \d+\.\d%$|^I do not know this$")
PHONE = {"viewport": {"width": 390, "height": 664}, "has_touch": True, "is_mobile": True}

# How many dark pixels the canvas holds; none while there is no canvas.
INK = """() => {
  const find = (root) => [...root.querySelectorAll('*')].flatMap((e) =>
    [...(e.matches('canvas.dc-canvas.lower-canvas') ? [e] : []),
     ...(e.shadowRoot ? find(e.shadowRoot) : [])])
  const sheet = find(document)[0]
  const pixels = sheet?.getContext('2d').getImageData(0, 0, sheet.width, sheet.height).data ?? []
  return pixels.filter((level, i) => i % 4 === 0 && level < 100).length
}"""


def open_canvas(page, app):
    visit(page, f"{app}/classify")
    expect(page.get_by_text("The answer appears here")).to_be_visible()
    expect(canvas(page)).to_be_visible()
    return canvas(page)


def canvas(page):
    return page.locator("canvas").last


def stroke(page, *points):
    """Draw through these points of the canvas, 0…280, with the mouse, however large it is shown."""
    box = canvas_at_rest(page)
    scale = box["width"] / 280
    (x, y), *rest = points
    page.mouse.move(box["x"] + scale * x, box["y"] + scale * y)
    page.mouse.down()
    for x, y in rest:
        page.mouse.move(box["x"] + scale * x, box["y"] + scale * y, steps=5)
    page.mouse.up()


def seen(page) -> str | None:
    """The picture that the model sees, once the page has settled."""
    page.wait_for_timeout(500)  # longer than the canvas waits before it sends
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    image = page.locator("img.seen")
    return image.get_attribute("src") if image.count() else None


def changed(page, before: str | None) -> str:
    """The picture that the model sees, once it is another one."""
    page.wait_for_function(
        "before => { const image = document.querySelector('img.seen'); return image && image.src"
        " !== before }",
        arg=before,
    )
    return page.locator("img.seen").get_attribute("src")


def expect_seen(page, picture: str):
    """Wait until the model sees this picture; others may come and go before it does."""
    expect(page.locator("img.seen")).to_have_attribute("src", picture)


def ink(page) -> int:
    return page.evaluate(INK)


def expect_drawing(page, picture: str, pixels: int):
    """Wait until the model sees this picture and the canvas shows it with so much ink."""
    expect_seen(page, picture)
    page.wait_for_function(f"pixels => ({INK})() === pixels", arg=pixels)


def answer(page):
    return page.get_by_role("status").get_by_role("heading")


def expect_empty(page):
    expect(page.locator("img.seen")).to_have_count(0)
    expect(page.get_by_text("The answer appears here")).to_be_visible()


def clear(page):
    """Press Clear and wait until the canvas is empty: a stroke before that would go with the
    rest.
    """
    page.get_by_role("button", name="Clear").click()
    expect_empty(page)
    page.wait_for_function(f"({INK})() === 0")
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()


def go_to(page, name):
    page_at_rest(page)  # one that is left while it is drawn logs errors
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page_at_rest(page)


def go_home(page):
    page_at_rest(page)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fashion CNN Lab")
    canvas_has_spoken(page)


BOX = [(60, 60), (220, 60), (220, 220), (60, 220), (60, 60)]
LINE = [(140, 20), (140, 260)]


# The canvas waits for more strokes by itself; what is timed for so long never happens
NO_WAIT = "const wait = setTimeout; window.setTimeout = (f, ms) => ms === 200 || wait(f, ms)"


def test_a_stroke_may_begin_anywhere_is_told_at_once_and_the_answer_moves_nothing(page, app):
    """The canvas's own toolbar, unseen, once lay over its upper right corner."""
    page.add_init_script(NO_WAIT)
    open_canvas(page, app)
    place = canvas_at_rest(page)
    stroke(page, (270, 6), (200, 6), (200, 200))
    expect(answer(page)).to_have_text(ANSWER)
    corner = seen(page)
    assert ink(page) > 1_000
    assert canvas(page).bounding_box() == place
    bars = place_at_rest(page.locator(".answer .bars"))
    stroke(page, *LINE)
    changed(page, corner)
    assert canvas(page).bounding_box() == place
    assert place_at_rest(page.locator(".answer .bars")) == bars
    # The same strokes are the same pixels however large the canvas is shown
    assert place["width"] == place["height"] == 420
    clear(page)
    stroke(page, *LINE)
    large, marks = grey(changed(page, None)), ink(page)
    clear(page)
    page.set_viewport_size({"width": 1000, "height": 900})
    page.wait_for_function("innerWidth === 1000")
    assert place_at_rest(canvas(page))["width"] == 280
    stroke(page, *LINE)
    small = grey(changed(page, None))
    assert np.abs(small - large).mean() < 3  # of 255: the mouse stands on whole pixels
    assert ink(page) == pytest.approx(marks, rel=0.02)


def grey(address: str) -> np.ndarray:
    """The pixels (28, 28) of an inline PNG."""
    content = base64.b64decode(address.split(",")[1])
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"), dtype=float)


def test_undo_and_clear_work_again_and_again_and_as_quickly_as_a_double_click(page, app):
    open_canvas(page, app)
    stroke(page, *BOX)
    box = (changed(page, None), ink(page))
    for _ in range(2):
        stroke(page, *LINE)
        both = changed(page, box[0])
        page.get_by_role("button", name="Undo").click()
        expect_drawing(page, *box)
    for _ in range(2):
        clear(page)
        stroke(page, *BOX)
        expect_seen(page, box[0])
    stroke(page, *LINE)
    expect_seen(page, both)
    stroke(page, (20, 140), (260, 140))
    changed(page, both)
    page_at_rest(page)
    # Playwright's own clicks are slower; two clicks that wait for a run of the page are one
    page.get_by_role("button", name="Undo").evaluate(
        """button => {
          const app = document.querySelector('[data-testid=stApp]')
          const again = new MutationObserver(() => {
            if (app.dataset.testScriptState !== 'running') return
            again.disconnect()
            button.click()
          })
          again.observe(app, { attributes: true })
          button.click()
        }"""
    )
    expect_drawing(page, *box)


def test_the_eraser_rubs_out_and_a_thicker_brush_draws_a_thicker_line(page, app, answered):
    open_canvas(page, app)
    stroke(page, *LINE)
    line = changed(page, None)
    before = ink(page)
    with answered():
        page.get_by_test_id("stCheckbox").filter(has_text="Eraser").click()
    stroke(page, (140, 150), (140, 280))
    changed(page, line)
    assert 0 < ink(page) < 0.8 * before
    stroke(page, (140, 0), (140, 160))
    expect_empty(page)
    with answered(2):  # Clear, and the canvas, which says that it is empty
        page.get_by_role("button", name="Clear").click()
    # The pen again: an empty canvas needs no eraser.
    expect(page.get_by_test_id("stCheckbox").get_by_role("switch")).not_to_be_checked()
    stroke(page, *LINE)
    changed(page, None)
    assert ink(page) == before
    clear(page)
    with answered():
        page.get_by_role("radio", name="Thick").click()
    stroke(page, *LINE)
    changed(page, None)
    assert ink(page) > 1.6 * before


# A stroke of a finger while another one lies on the page or on the canvas, from its beginning on or
# not, and how it ends; the browser's own protocol lifts all fingers at once
STROKE_BESIDE_A_HAND = """(canvas, [places, end, onCanvas, isThere]) => {
    const box = canvas.getBoundingClientRect()
    const touch = (target, identifier, [x, y]) => new Touch({ target, identifier,
        clientX: box.left + x / 280 * box.width, clientY: box.top + y / 280 * box.height })
    const hand = touch(onCanvas ? canvas : document.body, 7, onCanvas ? [20, 20] : [-20, 20])
    const send = (kind, place, pressed, also = []) => {
        const finger = touch(canvas, 8, place), on = pressed ? [finger] : []
        canvas.dispatchEvent(new TouchEvent(kind, { bubbles: true, composed: true,
            cancelable: true, touches: [...on, ...also], targetTouches:
            [...on, ...also.filter(({ target }) => target === canvas)], changedTouches: [finger] }))
    }
    send("touchstart", places[0], true, isThere ? [hand] : [])
    places.slice(1).forEach((place) => send("touchmove", place, true, [hand]))
    send(end, places.at(-1), false, [hand])
}"""


@pytest.mark.parametrize(
    ("end", "on_canvas"), [("touchend", False), ("touchcancel", False), ("touchend", True)]
)
def test_strokes_beside_a_hand_that_rests_on_the_screen_are_answered(phone, app, end, on_canvas):
    open_canvas(phone, app)
    canvas_at_rest(phone)
    sheet = phone.locator(".canvas-root[aria-label] .upper-canvas")
    sheet.evaluate(STROKE_BESIDE_A_HAND, [BOX, end, on_canvas, not on_canvas])
    drawn, marks = changed(phone, None), ink(phone)
    page_at_rest(phone)
    line = [(100, 140), (140, 140), (180, 140)]
    sheet.evaluate(STROKE_BESIDE_A_HAND, [line, end, on_canvas, True])
    changed(phone, drawn)
    assert ink(phone) > marks
    page_at_rest(phone)
    phone.get_by_role("button", name="Undo").click()
    expect_drawing(phone, drawn, marks)  # it was one stroke


def test_a_drawing_survives_another_page_another_way_and_opened_steps(page, app):
    open_canvas(page, app)
    page.get_by_role("button", name="Start with an example").click()
    expect(answer(page)).to_contain_text("Trouser")
    drawing = (seen(page), ink(page))
    canvas_has_spoken(page)
    go_to(page, "Runs")
    go_to(page, "Classify")
    expect_drawn_over(page, drawing)
    page.get_by_role("radio", name="Upload").click()
    expect(page.get_by_text("Pictures of one piece each")).to_be_visible()
    page.get_by_role("radio", name="Draw").click()
    expect_drawn_over(page, drawing)
    page.get_by_text("From the picture to 28 × 28, step by step").click()
    expect(page.locator(".steps figure")).to_have_count(8)
    expect_drawn_over(page, drawing)


def expect_drawn_over(page, drawing):
    """The drawing is there and can go on, and that stroke can be undone."""
    expect_drawing(page, *drawing)
    stroke(page, (20, 140), (260, 140))
    changed(page, drawing[0])
    assert ink(page) > drawing[1]
    page.get_by_role("button", name="Undo").click()
    expect_drawing(page, *drawing)


def finger(page, start, end, steps=8):
    """Drag a finger across the screen, as the browser gets it from a touch screen."""
    session = page.context.new_cdp_session(page)
    points = [
        {
            "x": start[0] + (end[0] - start[0]) * i / steps,
            "y": start[1] + (end[1] - start[1]) * i / steps,
        }
        for i in range(steps + 1)
    ]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    for point in points[1:]:
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        page.wait_for_timeout(30)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_on_a_phone_a_finger_draws_without_scrolling_and_corrections_fit(new_context, app):
    page = new_context(**PHONE).new_page()
    open_canvas(page, app)
    box = canvas_at_rest(page)
    assert 300 < box["width"] < 390
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    middle = box["x"] + box["width"] / 2
    finger(page, (middle, box["y"] + box["height"] - 20), (middle, box["y"] + 20))
    changed(page, None)
    assert page.evaluate(scrolled) == 0
    assert ink(page) > 500
    expect(page.get_by_role("status").get_by_role("heading")).to_be_in_viewport(ratio=1)
    # Above the canvas the same finger does scroll
    finger(page, (middle, box["y"] - 110), (middle, box["y"] - 300))
    page.wait_for_function(f"{scrolled} > 50")
    page.get_by_text("Adjust the picture").click()
    frame = page.locator("[class*=st-key-edges_]")
    expect(frame).to_be_visible()
    for part in (frame, page.get_by_role("radiogroup").last):
        place = part.bounding_box()
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 390
    expect_to_fit(page)


def encoded(picture: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def test_good_uploads_are_answered_beside_a_bad_one_and_the_way_is_in_the_address(page, app):
    open_canvas(page, app)
    page.get_by_role("radio", name="Upload").click()
    expect(page.get_by_text("Pictures of one piece each")).to_be_visible()
    assert "way=Upload" in page.url
    picture = Image.new("RGB", (300, 400), "white")
    ImageDraw.Draw(picture).polygon(
        [(95, 60), (205, 60), (220, 340), (165, 340), (150, 150), (135, 340), (80, 340)], "navy"
    )
    files = [
        ("good.png", encoded(picture, "PNG")),
        ("bad.png", b"no picture"),
        ("cmyk.jpg", encoded(picture.convert("CMYK"), "JPEG")),
    ]
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in files]
    )
    expect(answer(page)).to_have_text([re.compile("Trouser")] * 2)
    expect(page.get_by_role("alert").filter(has_text="bad.png")).to_contain_text("not a PNG, JPEG")
    page.get_by_text("From the picture to 28 × 28, step by step").first.click()
    expect(page.locator(".steps figure")).to_have_count(8)
    page_at_rest(page)
    for way in ("Samples", "Draw"):  # and back again
        page.get_by_role("radio", name=way).click()
        expect(page.get_by_text("Pictures of one piece each")).to_be_hidden()
        page_at_rest(page)
    page.get_by_role("radio", name="Upload").click()
    expect(answer(page)).to_have_text([re.compile("Trouser")] * 2)
    expect(page.get_by_text("cmyk.jpg").first).to_be_visible()
    go_to(page, "Glossary")
    go_to(page, "Classify")
    expect(answer(page)).to_have_text([re.compile("Trouser")] * 2)
    page.locator("input[type=file]").set_input_files(
        [{"name": "later.png", "mimeType": "image/png", "buffer": encoded(picture, "PNG")}]
    )
    expect(answer(page)).to_have_text([re.compile("Trouser")] * 3)
    page.get_by_role("button", name="Remove 3 pictures from before").click()
    expect(answer(page)).to_have_text([re.compile("Trouser")])
    expect(page.get_by_text("cmyk.jpg")).to_have_count(0)
    visit(page, f"{app}/classify?way=Samples")
    expect(page.get_by_role("button", name="Show others")).to_be_visible()
    for name in ("Bag", "Coat"):  # by its picture, and the answer stays in view
        picture = page.get_by_role("img", name=re.compile(f"Test image .*: {name}$")).first
        page_at_rest(page)
        place_at_rest(picture)
        picture.click(force=True)  # on its button, which lies over it
        expect(page.get_by_role("status")).to_contain_text(f"the true label is {name}")
        expect(page.get_by_role("status").get_by_role("heading")).to_be_in_viewport(ratio=1)
    visit(page, f"{app}/classify?way=Nonsense")
    expect(canvas(page)).to_be_visible()


def test_a_drawing_is_corrected_with_the_keyboard_until_it_is_taken_back_or_cleared(page, app):
    open_canvas(page, app)
    stroke(page, *BOX)
    box = changed(page, None)
    page.get_by_text("Adjust the picture").click()
    toggle = page.get_by_role("switch", name="Turn light and dark over")
    toggle.focus()
    page.keyboard.press("Space")
    over = changed(page, box)
    page.get_by_role("slider", name="From left to right").first.focus()
    for _ in range(4):
        page.keyboard.press("PageUp")  # 10 per cent each
    changed(page, over)
    assert seen(page) not in (box, over)  # once every key press has been answered
    expect(page.locator("img.brought")).to_be_visible()
    page.get_by_role("button", name="Take corrections back").click()
    expect_seen(page, box)
    expect(toggle).not_to_be_checked()
    page.get_by_text("Turn light and dark over").click()
    changed(page, box)
    clear(page)
    stroke(page, *BOX)
    expect_seen(page, box)


def test_on_a_phone_the_canvas_of_home_and_its_answer_fit_one_screen(new_context, app):
    page = new_context(**PHONE).new_page()
    visit(page, app)
    stroke(page, *BOX)
    changed(page, None)
    expect(canvas(page)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("status").get_by_role("heading")).to_be_in_viewport(ratio=1)


def test_a_drawing_outlives_a_refresh_until_it_is_cleared(page, app):
    open_canvas(page, app)
    stroke(page, *BOX)
    drawn = changed(page, None)
    stroke(page, (140, 60), (140, 220))
    drawn = changed(page, drawn)
    for path in ("classify", ""):
        canvas_has_spoken(page)
        visit(page, f"{app}/{path}")
        expect_seen(page, drawn)
    canvas_has_spoken(page)
    page.get_by_role("button", name="Undo").click()
    undone = changed(page, drawn)
    canvas_has_spoken(page)
    visit(page)
    expect_seen(page, undone)
    canvas_has_spoken(page)
    clear(page)
    for kept in (None, "no drawing", '[{"type": 3}, 5]'):  # what else a browser may hold
        canvas_has_spoken(page)
        if kept:
            page.evaluate("kept => sessionStorage.setItem('fashion_drawing', kept)", kept)
        visit(page)
        expect(page.get_by_text("The answer appears here")).to_be_visible()
        page_at_rest(page)
        page.wait_for_function(f"({INK})() === 0")


def test_home_begins_with_the_canvas_and_the_drawing_goes_along_to_classify_and_back(page, app):
    visit(page, app)
    expect(page.get_by_text("The answer appears here")).to_be_in_viewport(ratio=1)
    expect(canvas(page)).to_be_in_viewport(ratio=1)
    stroke(page, *BOX)
    drawn = changed(page, None)
    answer = page.get_by_role("status").get_by_role("heading")
    expect(answer).to_have_text(ANSWER)
    expect(answer).to_be_in_viewport(ratio=1)
    marks = ink(page)
    page.get_by_text("Where it looks").click()
    expect(page.get_by_role("img", name="What speaks for")).to_be_visible()
    canvas_has_spoken(page)
    page.get_by_role("link", name="Open on Classify").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Classify")
    expect(page.get_by_text("Adjust the picture")).to_be_visible()
    expect_drawing(page, drawn, marks)
    stroke(page, (60, 250), (220, 250))
    more = changed(page, drawn)
    canvas_has_spoken(page)
    go_home(page)
    expect_seen(page, more)
    page_at_rest(page)
    page.locator(".st-key-answer_card").get_by_role("link", name="Look inside").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inside")
    expect(page.get_by_test_id("stMain").get_by_text("Your drawing")).to_be_visible()


def test_home_leads_on_from_its_cards_its_bars_and_its_layers(page, app):
    visit(page, app)
    canvas_has_spoken(page)
    page.get_by_role("link", name=re.compile(r"^Shirt \d")).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Predictions")
    expect(page).to_have_url(re.compile("true_label=Shirt"))
    go_home(page)
    layer = page.locator(".network .layer").nth(2)
    place_at_rest(layer)
    layer.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inside")
    go_home(page)
    note = page.get_by_text("Start a training run and watch")
    place_at_rest(note)
    note.click(force=True)  # lands on its link
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
