"""A whole game in a real browser, by mouse and by touch, with a reload in the middle."""

import contextlib
import io
import os
import re

import pytest
from app_server import (
    PROJECT_DIR,
    answers_of,
    canvas_at_rest,
    expect_to_fit,
    page_at_rest,
    served,
    visit,
)
from PIL import Image
from playwright.sync_api import TimeoutError as BrowserTimeoutError
from playwright.sync_api import expect
from test_classify import INK, stroke


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A server of this file's own, whose rounds are long enough for a slow machine."""
    folder, runs = tmp_path_factory.mktemp("longer"), tmp_path_factory.mktemp("runs")
    change = "import fashion_core.game\nfashion_core.game.ROUND_SECONDS = 90.0\n"
    (folder / "sitecustomize.py").write_text(change)
    paths = os.pathsep.join([str(folder), str(PROJECT_DIR)])
    pictures = str(tmp_path_factory.mktemp("pictures"))
    with served(runs, PYTHONPATH=paths, FASHION_PICTURES_DIR=pictures) as address:
        yield address


# What people draw of each thing, as points of the canvas, 0…280; the recommended model is sure of
# most of them within these strokes.
BODY = [(110, 45), (75, 60), (40, 220), (75, 230), (95, 130), (92, 235), (188, 235)]
BODY += [(185, 130), (205, 230), (240, 220), (205, 60), (170, 45), (140, 60), (110, 45)]
OUTLINES = {
    "a T-shirt/top": [
        [(110, 50), (60, 70), (25, 120), (60, 145), (85, 120), (85, 240), (195, 240), (195, 120)]
        + [(220, 145), (255, 120), (220, 70), (170, 50), (140, 75), (110, 50)]
    ],
    "trousers": [
        [(95, 35), (185, 35), (205, 245), (155, 245), (140, 115), (125, 245), (75, 245), (95, 35)]
    ],
    "a pullover": [BODY],
    "a dress": [
        [(115, 30), (120, 70), (105, 120), (60, 250), (220, 250), (175, 120), (160, 70), (165, 30)],
        [(115, 30), (140, 60), (165, 30)],
    ],
    "a coat": [BODY, [(140, 60), (140, 235)]],
    "a sandal": [
        [(30, 190), (150, 205), (250, 190), (250, 205), (150, 222), (40, 210), (30, 190)],
        [(60, 200), (100, 140), (140, 203)],
    ],
    "a shirt": [BODY, [(140, 75), (140, 235)]],
    "a sneaker": [
        [(25, 200), (30, 150), (60, 150), (90, 160), (120, 130), (150, 135), (200, 170)]
        + [(250, 180), (258, 205), (25, 205), (25, 190), (258, 190)]
    ],
    "a bag": [
        [(50, 110), (230, 110), (240, 230), (40, 230), (50, 110)],
        [(95, 110), (105, 60), (140, 45), (175, 60), (185, 110)],
    ],
    "an ankle boot": [
        [(70, 50), (150, 50), (155, 140), (200, 165), (250, 180), (258, 215), (60, 215)]
        + [(62, 130), (70, 50)],
    ],
}
NEXT_FRAME = """new Promise(done => {
    requestAnimationFrame(done)
    setTimeout(done, 1000)  // for a page that draws no frames
})"""


def touch(page, *points):
    """Draw through these points of the canvas, 0…280, with a finger."""
    session, box = page.context.new_cdp_session(page), canvas_at_rest(page)
    scale = box["width"] / 280
    places = [{"x": box["x"] + scale * x, "y": box["y"] + scale * y} for x, y in points]
    kinds = ["touchStart", *["touchMove"] * (len(places) - 1)]
    for kind, place in zip(kinds, places, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [place]})
        page.evaluate(NEXT_FRAME)  # of two moves in a frame the canvas hears one
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def expect_drawn(page) -> None:
    """Wait until the server has nothing to do for the page."""
    expect(page.locator("[data-test-script-state='running']")).to_have_count(0)


def start_clock(page) -> str:
    """Start the clock of the next round; returns what is to be drawn."""
    expect_drawn(page)
    page.get_by_role("button", name="Start the clock").click()
    expect(page.get_by_role("timer")).to_contain_text("left")
    canvas_at_rest(page)
    page.wait_for_function("document.querySelector('.said')")
    return page.locator(".word b").inner_text()


def skip_round(page) -> None:
    """Skip the round, if it was not won or over at this very moment."""
    with contextlib.suppress(BrowserTimeoutError):
        page.get_by_role("button", name="Skip this one").click(timeout=5_000)


def play_round(page, draw, word: str, answered) -> None:
    """Draw what was asked for; where the model is not sure then, skip the round."""
    after = page.get_by_role("button", name=re.compile("^(Start the clock|Play again)"))
    for line in OUTLINES[word]:
        if not after.count():
            with answered():
                draw(page, *line)
            page_at_rest(page)  # a round that was won draws the whole page anew
    if not after.count():
        skip_round(page)
    expect(after).to_be_visible()  # at the latest when the time is up


def left(page) -> int:
    """Seconds on the clock."""
    return int(page.get_by_role("timer").inner_text().split()[0])


def reload_in_a_round(page, draw) -> None:
    """A stroke and a reload: the same word, the same stroke, the clock went on."""
    word = start_clock(page)
    draw(page, (130, 140), (150, 140))
    said = page.locator(".said").filter(has_text="I see")
    expect(said).to_be_visible()
    before = left(page)
    expect(page.get_by_role("timer")).not_to_contain_text(f"{before} second")
    page.reload()
    expect(page.get_by_role("timer")).to_contain_text("left")
    assert left(page) < before
    assert page.locator(".word b").inner_text() == word
    expect(said).to_be_visible()
    page.wait_for_function(f"({INK})() > 50")


def play_game(page, app, draw) -> None:
    """Six rounds, the third one with a reload."""
    answered = answers_of(page)
    visit(page, f"{app}/play")
    page.get_by_role("button", name="Play: Draw").click()
    expect(page.get_by_text("in 90 seconds")).to_be_visible()
    for place in range(6):
        expect(page.get_by_text(f"Round {place + 1} of 6")).to_be_visible()
        if place == 2:
            reload_in_a_round(page, draw)
            skip_round(page)
        else:
            play_round(page, draw, start_clock(page), answered)
        expect_to_fit(page)
    expect(page.locator(".game-sheet figure")).to_have_count(6)


def points(page) -> int:
    heading = page.get_by_role("heading", name=re.compile(r"of 600 points"))
    return int(heading.inner_text().split()[0])


def test_a_whole_game_by_mouse_with_a_reload_and_its_sheet(page, app):
    play_game(page, app, stroke)
    assert points(page) >= 3 * 50  # three of ten things are hard or were given up
    with page.expect_download() as download:
        page.get_by_role("button", name="Sheet as PNG").click()
    sheet = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert sheet.size == (952, 1016)
    expect(page.get_by_role("button", name="Keep these to teach it")).to_be_visible()
    page.get_by_role("textbox", name="Nickname").fill("Ada")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_text("among the best games here")).to_be_visible()
    page.get_by_role("button", name="Play again").click()
    expect(page.get_by_text("Round 1 of 6")).to_be_visible()


def test_a_whole_game_by_touch_with_a_reload(phone, app):
    play_game(phone, app, touch)
    assert points(phone) >= 50
