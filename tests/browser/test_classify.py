"""Drawing and uploading in a real browser: a stroke gets an answer, survives a page change, and never scrolls."""

from PIL import Image
from playwright.sync_api import expect

MINUTE = 60_000
SHIRT = [(100, 50), (60, 70), (30, 120), (60, 135), (80, 110), (80, 240), (200, 240), (200, 110), (220, 135)]
SHIRT += [(250, 120), (220, 70), (180, 50), (140, 65), (100, 50)]


def open_canvas(page, app) -> dict:
    """Open the page and wait for the canvas; returns its place on the screen."""
    page.goto(f"{app}/classify")
    return canvas_box(page)


def canvas_box(page) -> dict:
    page.locator("canvas").last.wait_for(timeout=MINUTE)
    page.wait_for_timeout(3_000)  # the component sets itself up once more after it has appeared
    page.locator("canvas").last.scroll_into_view_if_needed()
    return page.locator("canvas").last.bounding_box()


def draw(page, box, points) -> None:
    page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=3)
    page.mouse.up()


def test_a_drawing_gets_an_answer_and_survives_a_page_change(page, app):
    draw(page, open_canvas(page, app), SHIRT)
    expect(page.locator(".answer .bar-row")).to_have_count(10, timeout=MINUTE)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Fashion CNN Lab", timeout=MINUTE)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Classify").click()
    expect(page.locator(".answer .bar-row")).to_have_count(10, timeout=MINUTE)


def test_uploads_get_an_answer_each_and_a_bad_one_a_sentence(page, app, tmp_path):
    shirt = Image.new("RGB", (300, 300), "#D8CFC0")
    shirt.paste((30, 40, 90), (90, 40, 210, 260))
    shirt.save(tmp_path / "good.jpg")
    shirt.convert("CMYK").save(tmp_path / "cmyk.jpg")
    (tmp_path / "bad.png").write_text("not a picture")
    page.goto(f"{app}/classify?way=Upload")
    files = [tmp_path / name for name in ("good.jpg", "bad.png", "cmyk.jpg")]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.locator("img.seen")).to_have_count(2, timeout=MINUTE)
    expect(page.get_by_text("This is not a PNG, JPEG, WebP, GIF or BMP picture")).to_be_visible()


def test_a_sample_is_answered_with_its_true_label(page, app):
    page.goto(f"{app}/classify?way=Samples")
    page.get_by_role("button", name="Bag", exact=True).click(timeout=MINUTE)
    expect(page.get_by_text("the true label is Bag")).to_be_visible(timeout=MINUTE)
