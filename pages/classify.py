"""Classify: draw, upload, photograph or pick a sample; what the model sees, how it came about, and the answer.

Stands on fashion_core.pictures (any picture to 28×28) and fashion_core.predict (the answer).
"""

import random

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from fashion_core import pictures, predict
from fashion_core.checkpoints import CheckpointError
from fashion_core.data import DataError
from fashion_core.metadata import CLASS_NAMES, TEST_SIZE
from pages import _grid, _shared

WAYS = {
    "Draw": ":material/draw:",
    "Upload": ":material/upload_file:",
    "Camera": ":material/photo_camera:",
    "Samples": ":material/grid_view:",
}
FILE_TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp"]
MAX_UPLOAD_MB = 20
MAX_PICTURES = 12  # answered at once; more would be a long wait and a long page
CANVAS_EDGE = 280  # pixels; fits a phone of 390 px with its margins
INK, PAPER = "#111111", "#FFFFFF"
BRUSHES = {"Fine": 4, "Medium": 9, "Thick": 18}
SAMPLES = 20
SEEN_EDGE = 168  # pixels: 28 enlarged six times
DOUBT = 0.6  # a top probability below this is worth naming the runner-up

EMPTY_WORDS = "Draw one piece of clothing, as large as fits: a T-shirt, trousers, a shoe. The answer appears here."


@st.fragment
def show_draw(model) -> None:
    """The canvas and its answer; a stroke reruns only this."""
    canvas_card, seen_card, answer_card = st.columns([4, 3, 4])
    with canvas_card, st.container(border=True):
        picture = ask_drawing()
    if picture is None:
        with seen_card, st.container(border=True):
            st.caption("What the model sees will be here: your drawing at 28 × 28 pixels.")
        with answer_card, st.container(border=True):
            st.caption(EMPTY_WORDS)
        return
    show_result(pictures.prepare(picture), model, seen_card, answer_card)


def ask_drawing() -> Image.Image | None:
    """The canvas with its tools; returns the drawing, None while there is none."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        brush = st.segmented_control(
            "Brush", list(BRUSHES), default="Medium", key="brush", required=True, persist_state="session"
        )
        erase = st.toggle("Eraser", key="eraser")
    st.space("small")  # the canvas's own toolbar floats above it
    key = f"canvas-{st.session_state.setdefault('canvas_number', 0)}"
    if key not in st.session_state:  # not on screen in the last run: bring the drawing back as it was left
        st.session_state["drawing_start"] = st.session_state.get("drawing")
    result = st_canvas(
        stroke_width=BRUSHES[brush] * (3 if erase else 1),
        stroke_color=PAPER if erase else INK,
        background_color=PAPER,
        width=CANVAS_EDGE,
        height=CANVAS_EDGE,
        initial_drawing=st.session_state["drawing_start"],
        return_image_data=True,
        key=key,
    )
    st.button("Clear", icon=":material/delete:", on_click=clear_drawing)
    if result.image_data is not None:
        st.session_state["drawing"] = result.json_data
        st.session_state["drawing_pixels"] = result.image_data
    has_strokes = bool((st.session_state.get("drawing") or {}).get("objects"))
    return Image.fromarray(st.session_state["drawing_pixels"]) if has_strokes else None


def clear_drawing() -> None:
    st.session_state["canvas_number"] += 1
    for name in ("drawing", "drawing_pixels", "drawing_start"):
        st.session_state.pop(name, None)


def show_result(prepared: pictures.Prepared, model, seen_card, answer_card, truth: str = "") -> None:
    """What the model sees in one card, its answer in the other."""
    with seen_card, st.container(border=True):
        show_seen(prepared)
    with answer_card, st.container(border=True):
        if prepared.blank:
            st.info("There is nothing to see: the picture is one plain colour.", icon=":material/visibility_off:")
            st.caption(EMPTY_WORDS)
        else:
            show_answer(predict.classify_pixels(model, prepared.pixels), truth)


def show_seen(prepared: pictures.Prepared) -> None:
    st.markdown("**What the model sees**")
    image = _shared.png_data_uri(prepared.pixels)
    st.html(f'<img class="seen" src="{image}" width="{SEEN_EDGE}" height="{SEEN_EDGE}" alt="Your picture, 28 × 28">')
    with st.expander("How it came about"):
        for step in prepared.steps:
            st.image(step.picture, width=120)
            st.caption(f"**{step.name}.** {step.caption}")


def show_answer(answer: predict.Answer, truth: str) -> None:
    """The answer in words, the doubt if there is any, and all probabilities as bars."""
    best, second = answer.probs.argsort()[::-1][:2]
    name, share = CLASS_NAMES[best], f"{answer.probs[best]:.1%}"
    if not answer.recognised:
        st.markdown("### I do not know this")
        st.warning(
            f"This does not look like anything the model knows. If it must choose: {name}, {share}.",
            icon=":material/help:",
        )
    else:
        st.markdown(f"### {name}, {share}")
        if answer.probs[best] < DOUBT:
            st.caption(f"Not sure: it could be {CLASS_NAMES[second]} as well ({answer.probs[second]:.1%}).")
    if truth:
        st.caption(f"{'✓ Right' if truth == name else '✗ Wrong'}: the true label is {truth}.")
    st.html(_grid.probability_bars(answer.probs))


def show_picture_row(picture: Image.Image, name: str, model, truth: str = "") -> None:
    """One brought picture: itself, what the model sees, the answer."""
    prepared = pictures.prepare(picture)
    picture_card, seen_card, answer_card = st.columns([4, 3, 4])
    with picture_card, st.container(border=True):
        st.markdown(f"**{_shared.plain(name)}**")
        st.image(prepared.steps[0].picture, width=CANVAS_EDGE)
    show_result(prepared, model, seen_card, answer_card, truth)


def show_file(file, model) -> None:
    """An uploaded or photographed file, or the sentence that says why it cannot be read."""
    try:
        picture = pictures.open_picture(file.getvalue())
    except pictures.PictureError as error:
        st.error(f"{_shared.plain(file.name)}: {_shared.plain(str(error))}", icon=":material/broken_image:")
        return
    show_picture_row(picture, file.name, model)


def show_upload(model) -> None:
    files = st.file_uploader(
        "Pictures of one piece each", FILE_TYPES, accept_multiple_files=True, max_upload_size=MAX_UPLOAD_MB,
        help="A plain background works best. PNG, JPEG, WebP, GIF or BMP.",
    )  # fmt: skip
    if not files:
        st.caption("Add one or more pictures of single pieces of clothing. They stay on this server's memory only.")
    if len(files) > MAX_PICTURES:
        st.info(f"Only the first {MAX_PICTURES} of your {len(files)} pictures are shown.")
    for file in files[:MAX_PICTURES]:
        show_file(file, model)


def show_camera(model) -> None:
    st.caption("Hold one piece in front of a plain wall and take a picture.")
    with st.container(width=420):
        photo = st.camera_input("Photograph", label_visibility="collapsed")
    if photo is not None:
        show_file(photo, model)


def show_samples(model) -> None:
    """A gallery of test images; a picked one goes the same way as a visitor's picture."""
    split, probs = _shared.cached_split("test"), _shared.cached_test_probs(_shared.model_in_use())
    shown = st.session_state.setdefault("samples", random.sample(range(TEST_SIZE), SAMPLES))
    st.button("Show others", icon=":material/shuffle:", on_click=lambda: st.session_state.pop("samples"))
    picked = st.session_state.get("sample")
    _grid.show_image_grid("samples_grid", shown, split, probs, pick_sample, picked, compact=True)
    if picked is None:
        st.caption("Pick one of these test images and see what the model makes of it.")
    else:
        truth = CLASS_NAMES[split.labels[picked]]
        show_picture_row(Image.fromarray(split.pixels[picked]), f"Test image {picked}", model, truth)


def pick_sample(index: int) -> None:
    st.session_state["sample"] = index


SHOWS = {"Draw": show_draw, "Upload": show_upload, "Camera": show_camera, "Samples": show_samples}

_shared.run_through_router()
st.title("Classify", anchor=False)
st.write("Draw or bring a piece of clothing and see what the model calls it.")
chosen = _shared.model_in_use()
way = st.segmented_control(
    "Way", list(WAYS), format_func=lambda name: f"{WAYS[name]} {name}", default="Draw", required=True,
    key="way", bind="query-params", label_visibility="collapsed",
)  # fmt: skip
try:
    if chosen is None:
        _shared.show_no_model()
    else:
        # Loaded here and not at the first stroke: a damaged file is said at once, and the first answer is quick.
        SHOWS[way](_shared.cached_model(str(chosen.path), chosen.fingerprint))
except CheckpointError as error:
    st.error(str(error), icon=":material/error:")
except DataError as error:
    _shared.show_data_missing(error)
