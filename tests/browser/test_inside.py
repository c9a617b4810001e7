"""Inside in a real browser: a drawing taken along, maps, and the arithmetic of a pixel."""

import base64
import codecs
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from app_server import (
    canvas_at_rest,
    canvas_has_spoken,
    expect_to_fit,
    page_at_rest,
    place_at_rest,
    visit,
)
from playwright.sync_api import expect
from sklearn.neighbors import NearestNeighbors

from fashion_core import checkpoints, data, files, models
from fashion_core.inside import arithmetic, features, layers, projection
from pages.parts.html import script
from pages.parts.inside.pixel import four, packed

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "pages" / "parts" / "inside" / "pixel.js"
ROWS = ".st-key-layer_rows"


@pytest.fixture(scope="module")
def arithmetic_at(browser):
    """The page's own script on a map's data: what it makes of a pixel."""
    page = browser.new_page()
    address = "data:text/javascript;base64," + base64.b64encode(script(SCRIPT).encode()).decode()
    page.evaluate("async (address) => { window.pixel = await import(address) }", address)
    code = """([map, row, column]) => {
        const found = pixel.arithmeticAt(pixel.decodeMap(map), row, column)
        const total = found.channels.reduce((sum, one) => sum + one.sum, found.bias)
        return { ...found, total, four: pixel.four(found.result) }
    }"""
    yield lambda layer, channel, row, column: page.evaluate(
        code, [packed(arithmetic.map_arithmetic(layer, channel)), row, column]
    )
    page.close()


@pytest.mark.parametrize("name", models.NETWORKS)
def test_the_arithmetic_of_a_pixel_is_the_networks_own(arithmetic_at, name):
    torch.manual_seed(0)
    pixels = data.load_split("test").pixels[0]
    for layer in layers.record(models.build_model(name), pixels).layers:
        if layer.kind != "convolution":
            continue
        channel, (row, column) = 7, np.array(layer.output.shape[1:]) // 2
        found = arithmetic_at(layer, channel, int(row), int(column))
        assert found["total"] == pytest.approx(found["result"], abs=5e-5)
        assert found["four"] == four(found["result"])
        place, value = tuple(found["place"]), found["result"]
        assert layer.steps[0].output[channel][place] == pytest.approx(value, abs=1e-7)
        for step, stage in zip(layer.steps[1:], found["stages"], strict=True):
            assert stage["kind"] == step.kind
            assert stage["input"] == pytest.approx(value, abs=1e-7)
            value = step.output[channel][tuple(stage["place"])]
            assert stage["result"] == pytest.approx(value, abs=1e-7)
        assert value == layer.output[channel, row, column]


def draw_line(page) -> None:
    """A thick cross, which is any garment as well as another."""
    box = canvas_at_rest(page)
    for start, end in (((60, 60), (220, 200)), ((220, 60), (60, 200))):
        page.mouse.move(box["x"] + start[0], box["y"] + start[1])
        page.mouse.down()
        page.mouse.move(box["x"] + end[0], box["y"] + end[1], steps=5)
        page.mouse.up()
        page.wait_for_timeout(300)


def shown_map(page) -> dict:
    """What the page says of the pixel: its value, the sums below, the last result."""
    card = page.locator(".st-key-number_card")
    value = card.locator(".value").text_content()
    return {"value": value, "last": card.locator(".line b").last.text_content()}


def test_a_drawing_goes_inside_and_a_pixel_shows_the_arithmetic_of_the_tensor(page, app):
    visit(page, f"{app}/classify?model=fashion_cnn")
    draw_line(page)
    link = page.get_by_role("link", name="Look inside")
    link.wait_for()
    canvas_has_spoken(page)
    link.click()
    expect(page.get_by_text("Your drawing")).to_be_visible()
    visit(page)  # a new session: the picture is in the address, its name is not
    expect(page.get_by_text("A brought picture")).to_be_visible()
    source = page.locator(".st-key-picture_card img").get_attribute("src")
    pixels = decoded(page, source)
    model = checkpoints.load_model(files.PRETRAINED_DIR / "fashion_cnn.pt")
    passage = layers.record(model, pixels)
    strongest = int(layers.strongest_maps(passage.layers[1].output)[0])
    page.locator(f"{ROWS} section").nth(1).locator(".map").first.click()
    expect(page.get_by_text(f"conv2, map {strongest}")).to_be_visible()
    large = page.locator(".st-key-number_card canvas.large")
    expect(large).to_have_attribute("aria-label", re.compile(f"^Map {strongest} of conv2,"))
    large.focus()
    for key in ["ArrowUp", "ArrowLeft"] * 5 + ["ArrowDown", "ArrowDown", "ArrowRight"]:
        page.keyboard.press(key)
    tensor = four(passage.layers[1].output[strongest, 2, 1])
    expect(page.locator(".value")).to_have_text(f"Row 2, column 1: {tensor}")
    assert shown_map(page)["last"] == f" = {tensor}"
    box = large.bounding_box()
    large.hover(position={"x": box["width"] * 0.9, "y": box["height"] * 0.5})
    tensor = four(passage.layers[1].output[strongest, 2, 4])
    expect(page.locator(".value")).to_have_text(f"Row 2, column 4: {tensor}")


def test_by_keyboard_a_layer_is_one_stop_and_a_pick_leads_to_its_arithmetic(page, app):
    visit(page, f"{app}/inside?model=fashion_cnn")
    row = page.locator(f"{ROWS} section").nth(1)
    maps, card = row.locator(".map"), page.locator(".st-key-number_card")
    stops = page.locator(f'{ROWS} .map[tabindex="0"]')
    maps.first.focus()
    for key, place in (("ArrowRight", 1), ("End", 23), ("ArrowRight", 23), ("ArrowLeft", 22)):
        page.keyboard.press(key)
        expect(maps.nth(place)).to_be_focused()
    expect(stops).to_have_count(4)
    expect(maps.nth(22)).to_have_attribute("tabindex", "0")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    below = row.locator(".map:focus")
    assert below.bounding_box()["x"] == maps.first.bounding_box()["x"]
    picked = below.get_attribute("data-channel")
    assert picked != maps.first.get_attribute("data-channel")
    page.keyboard.press("Enter")
    expect(card).to_be_focused()
    expect(card.get_by_text(f"conv2, map {picked}", exact=True)).to_be_visible()
    page_at_rest(page)
    page.keyboard.press("Tab")
    expect(card.locator("canvas.large")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row.locator(".map:focus")).to_have_attribute("data-channel", picked)
    # Once fewer maps are shown, Tab still comes to the layer
    row.get_by_role("button", name="Show all 64").click()
    maps.last.click()
    expect(maps.last).to_be_focused()  # a click leads nowhere
    row.get_by_role("button", name="Show the strongest 24").click()
    expect(stops.nth(1)).to_be_visible()
    page.get_by_role("button", name="Colours by").click()  # all maps are built anew
    expect(stops.nth(1)).to_be_visible()
    card.locator("canvas.large").focus()
    page.keyboard.press("Escape")
    expect(maps.first).to_be_focused()  # the picked one is hidden


def test_a_picked_map_is_in_the_address_and_survives_a_refresh_and_back(page, app):
    opened = f"{app}/inside?model=fashion_cnn&image=12"
    visit(page, opened)
    assert page.url == opened
    row = page.locator(f"{ROWS} section").nth(1)
    row.get_by_role("button", name="Show all 64").click()
    picked = row.locator(".map").last
    name = f"conv2, map {picked.get_attribute('data-channel')}"
    picked.click()
    title = page.locator(".st-key-number_card").get_by_text(name, exact=True)
    expect(title).to_be_visible()
    address = opened + "&layer=conv2&map=" + name.split()[-1]
    expect(page).to_have_url(address)
    visit(page)
    expect(title).to_be_visible()
    expect(picked).to_be_visible()  # although it is not among the strongest
    expect(picked).to_have_attribute("aria-pressed", "true")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Lesson", exact=True).click()
    expect(page.get_by_text("That map is not of the first layer.")).to_be_attached()
    page_at_rest(page)
    assert "layer=" not in page.url
    page.go_back()
    expect(title).to_be_visible()
    expect(page).to_have_url(address)


def test_back_past_a_page_to_a_map_out_of_sight_shows_it(page, app):
    visit(page, f"{app}/inside?model=fashion_cnn")
    sections = page.locator(f"{ROWS} section")
    row = sections.nth(1)
    row.get_by_role("button", name="Show all 64").click()
    hidden = row.locator(".map").last
    hidden.click()
    expect(page).to_have_url(re.compile("layer=conv2"))
    sidebar = page.get_by_test_id("stSidebarNav")
    for name in ("Lesson", "Inside"):
        page_at_rest(page)
        sidebar.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    row.get_by_role("button", name="Show the strongest 24").click()
    expect(hidden).to_be_hidden()
    page_at_rest(page)
    other = sections.first.locator(".map").nth(3)
    other.evaluate("map => { map.kept = true }")
    other.click()
    expect(page).to_have_url(re.compile("layer=conv1"))
    page_at_rest(page)
    expect(other).to_be_focused()
    expect(hidden).to_be_hidden()
    page.evaluate("history.go(-2)")  # as from the list that a long press on Back opens
    expect(hidden).to_be_visible()
    expect(hidden).to_have_attribute("aria-pressed", "true")
    expect(hidden).to_have_attribute("tabindex", "0")
    expect(row).to_have_class("current")  # what a phone shows
    assert other.evaluate("map => map.kept")  # neither by the click nor by Back built anew


def test_the_lesson_line_tells_at_once_of_the_right_map(page, app):
    visit(page, f"{app}/inside?model=fashion_cnn&image=12&lesson=2")
    maps = page.locator(f"{ROWS} section").first.locator(".map")
    solved = page.get_by_text("✓ Lesson, step 2 of 6, solved.")
    model = checkpoints.load_model(files.PRETRAINED_DIR / "fashion_cnn.pt")
    output = layers.record(model, data.load_split("test").pixels[12]).layers[0].output
    largest = output.max(axis=(1, 2))
    maps.nth(int(largest.argmin())).click()
    expect(solved).to_be_visible()
    page_at_rest(page)
    maps.nth(int(largest.argmax())).click()
    expect(page.get_by_text("stays nearly empty")).to_have_count(0)
    expect(solved).to_be_visible()
    expect(page.get_by_role("link", name="Back to the lesson")).to_be_visible()


def decoded(page, source: str) -> np.ndarray:
    """The pixels (28, 28) uint8 of an image as the browser has them."""
    levels = page.evaluate(
        """async (source) => {
            const image = await createImageBitmap(await (await fetch(source)).blob())
            const context = new OffscreenCanvas(28, 28).getContext("2d")
            context.drawImage(image, 0, 0)
            return JSON.stringify([...context.getImageData(0, 0, 28, 28).data])
        }""",
        source,
    )
    return np.array(json.loads(levels), dtype=np.uint8).reshape(28, 28, 4)[:, :, 0]


def test_on_a_phone_one_layer_is_shown_at_a_time(phone, app):
    visit(phone, f"{app}/inside?model=fashion_cnn&image=18")
    sections = phone.locator(f"{ROWS} section")
    expect(sections.nth(0)).to_be_visible()
    expect(sections.nth(1)).to_be_hidden()
    phone.get_by_role("button", name="Next layer").tap()
    expect(sections.nth(0)).to_be_hidden()
    expect(sections.nth(1).locator(".map:visible")).to_have_count(24)
    phone.get_by_role("button", name="Show all 64").tap()
    expect(sections.nth(1).locator(".map:visible")).to_have_count(64)
    expect_to_fit(phone)
    sections.nth(1).locator(".map:visible").first.tap()  # what it comes from is over the maps
    card = phone.locator(".st-key-number_card")
    expect(card.get_by_text("conv2, map")).to_be_in_viewport(ratio=1)
    expect(card.locator(".value")).to_be_in_viewport(ratio=1)
    card.get_by_role("button", name="Close").tap()
    expect(card.get_by_role("button", name="Close")).to_have_count(0)


def test_the_layout_of_the_map_is_in_the_address_and_survives_a_refresh(page, app):
    visit(page, f"{app}/inside?model=fashion_cnn&view=Map")
    tsne = page.get_by_role("radio", name="t-SNE")
    tsne.click()
    expect(page).to_have_url(re.compile("layout=t-SNE"))
    page_at_rest(page)
    page.get_by_role("radio", name="Predicted class").click()
    expect(page).to_have_url(re.compile("coloring=Predicted"))
    page_at_rest(page)
    visit(page)
    expect(tsne).to_be_checked()
    expect(page.get_by_role("radio", name="Predicted class")).to_be_checked()
    page.get_by_role("radio", name="Where it looks").click()
    expect(page.get_by_role("heading", name="Grad-CAM")).to_be_visible()
    page_at_rest(page)
    page.get_by_role("radio", name="Map", exact=True).click()
    expect(tsne).to_be_checked()
    page_at_rest(page)
    expect(page).to_have_url(re.compile("layout=t-SNE"))


def place_on_screen(page, position: np.ndarray) -> tuple[float, float]:
    """Where a position (2,) of the map is on the screen, as Plotly's own axes have it."""
    code = """(place) => {
        const chart = document.querySelector("[data-testid=stMain] .js-plotly-plot")
        const { xaxis, yaxis } = chart._fullLayout
        const box = chart.getBoundingClientRect()
        return [box.left + xaxis._offset + xaxis.d2p(place[0]),
                box.top + yaxis._offset + yaxis.d2p(place[1])]
    }"""
    return tuple(page.evaluate(code, position.tolist()))


def test_a_lasso_on_the_map_selects_the_images_inside_it_and_hovering_shows_one(page, app):
    page.set_viewport_size({"width": 1280, "height": 1300})
    visit(page, f"{app}/inside?model=fashion_cnn&view=Map")
    chart = page.locator("[data-testid=stMain] .js-plotly-plot .nsewdrag")
    place_at_rest(chart)
    model = checkpoints.load_model(files.PRETRAINED_DIR / "fashion_cnn.pt")
    vectors = features.penultimate(model, data.load_split("test").pixels)
    vectors = vectors.astype(np.float16).astype(np.float32)  # as the page keeps them
    positions = projection.on_plane(projection.principal_plane(vectors), vectors)
    low, high = np.quantile(positions, 0.55, axis=0), np.quantile(positions, 0.7, axis=0)
    corners = [low, [high[0], low[1]], high, [low[0], high[1]], low]
    screen = [place_on_screen(page, np.array(corner)) for corner in corners]
    page.mouse.move(*screen[0])
    page.mouse.down()
    for place in screen[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
    heading = page.get_by_role("heading", name=re.compile("selected"))
    expect(heading).to_be_visible()
    page_at_rest(page)
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button").click()
    content = Path(download.value.path()).read_bytes()
    assert content.startswith(codecs.BOM_UTF8)  # for spreadsheets
    rows = content.decode("utf-8-sig").splitlines()[1:]
    selected = {int(row.split(",")[0]) for row in rows}
    pixel = np.abs(positions.max(axis=0) - positions.min(axis=0)).max() / 500
    surely = ((positions > low + 2 * pixel) & (positions < high - 2 * pixel)).all(axis=1)
    perhaps = ((positions > low - 2 * pixel) & (positions < high + 2 * pixel)).all(axis=1)
    assert set(np.flatnonzero(surely)) <= selected <= set(np.flatnonzero(perhaps))
    assert len(selected) > 20
    expect(heading).to_contain_text(f"{len(selected):,} selected")
    first = page.locator(".st-key-map_grid button").first
    expect(first).to_have_attribute("data-index", str(min(selected)))
    # The image that lies furthest from all others, so that it alone is under the pointer
    apart = NearestNeighbors(n_neighbors=2).fit(positions).kneighbors(positions)[0][:, 1]
    lonely = int(np.argmax(apart))
    chart.scroll_into_view_if_needed()
    place_at_rest(chart)  # the figure is a new one
    x, y = place_on_screen(page, positions[lonely])
    page.mouse.move(x + 60, y)
    page.mouse.move(x, y, steps=6)
    expect(page.locator(".hovered")).to_contain_text(f"#{lonely}")
