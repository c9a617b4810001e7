"""Classify: draw, upload, photograph or pick a sample; what the model sees, how it came about, and the answer.

Stands on fashion_core.pictures (any picture to 28×28) and fashion_core.predict (the answer).
"""

import random

import streamlit as st
from PIL import Image
from streamlit_drawable_canvas import st_canvas

from fashion_core import pictures, predict
from fashion_core.checkpoints import CheckpointError, ModelEntry
from fashion_core.data import Split
from fashion_core.metadata import CLASS_NAMES
from pages import _grid, _shared

FILE_TYPES = ["png", "jpg", "jpeg", "webp", "gif", "bmp"]
MAX_PICTURES = 12  # answered at once; more would be a long wait and a long page
CANVAS_EDGE = 280  # pixels; fits a phone of 390 px with its margins
INK, PAPER = "#111111", "#FFFFFF"
BRUSHES = {"Fine": 4, "Medium": 9, "Thick": 18}
ERASER_WIDER = 2.5  # times the brush: one rubs out in fewer strokes than one draws
EXAMPLE = [(95, 35), (185, 35), (205, 245), (155, 245), (140, 115), (125, 245), (75, 245)]  # a pair of trousers
SMALL = 100  # pixels: a smaller picture is shown with hard edges, not blurred
DOUBT = 0.6  # a top probability below this is worth naming the runner-up

# Cards stand side by side where there is room, else below each other, on a phone the answer before what was seen.
# What an answer takes up is reserved, so that it moves nothing.
STYLE = """<style>
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-seen_"]) { flex: 1 1 130px; }
[data-testid="stLayoutWrapper"]:has(> .st-key-seen_card) { flex-basis: 210px; }
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-answer_"]) { flex: 2 1 290px; }
.st-key-answer_card { min-height: 280px; }
.st-key-answer_card .answer p { min-height: 3.3rem; }
.answer h3 { padding: 0; margin: 0 0 0.25rem; font-size: 1.4rem; font-weight: 600; }
.answer p { margin: 0 0 0.5rem; }
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-sample_"]) { flex: 0 1 calc(20% - 0.8rem); min-width: 100px; }
img.seen, img.sample, img.brought { display: block; width: 100%; border-radius: 0.4rem; }
img.seen { max-width: 232px; aspect-ratio: 1; }
img.brought { max-width: 300px; }
img.sample, img.brought.small { image-rendering: pixelated; }
.steps { display: grid; grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr)); gap: 0.75rem; }
.steps figure { margin: 0; }
.steps figcaption { font-size: 0.8rem; line-height: 1.35; margin-top: 0.3rem; }
.steps img { width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 0.4rem; image-rendering: pixelated;
  border: 1px solid color-mix(in srgb, currentColor 15%, transparent); }
@media (max-width: 640px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-canvas_card) { flex: 1 1 100%; }
  .st-key-canvas_card { width: 100%; align-items: center; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-answer_card) { order: 1; }
  [data-testid="stLayoutWrapper"]:has(> .st-key-seen_card) { order: 2; }
}
</style>"""


# The canvas brings a toolbar of its own that lies, unseen but not untouchable, over its upper right corner until a
# mouse has hovered there: strokes that begin there are lost, and a finger undoes or clears. So it is taken away.
NO_TOOLBAR_JS = """
export default function ({ parentElement }) {
  const card = parentElement.host.closest(".st-key-canvas_card")
  const isCanvas = (element) => element.shadowRoot?.querySelector(".canvas-root")
  const take = () => {
    const canvas = [...card.querySelectorAll("*")].find(isCanvas)
    if (!canvas) return
    clearInterval(waiting)
    if (canvas.shadowRoot.querySelector(".no-toolbar")) return
    const style = Object.assign(document.createElement("style"), { className: "no-toolbar" })
    style.textContent = ".dc-toolbar { display: none !important }"
    canvas.shadowRoot.append(style)
  }
  const waiting = setInterval(take, 50)
  take()
  return () => clearInterval(waiting)
}
"""
_without_toolbar = st.components.v2.component("canvas_without_toolbar", js=NO_TOOLBAR_JS)


# Draw


@st.fragment
def show_draw(entry: ModelEntry) -> None:
    """The canvas and its answer; a stroke reruns only this."""
    cards = st.container(horizontal=True, gap="small")
    with cards.container(border=True, key="canvas_card", width=CANVAS_EDGE + 34):
        picture = ask_drawing()
    seen, answer = cards.container(border=True, key="seen_card"), cards.container(border=True, key="answer_card")
    prepared = pictures.prepare(picture) if picture else None
    if prepared and not prepared.blank:
        show_result(prepared, entry, seen, answer)
        show_steps(prepared, "drawing")
        return
    seen.caption("**What the model sees** will be here: your drawing at 28 × 28 pixels.")
    answer.markdown("### Draw something")
    answer.write("One piece of clothing, as large as fits: a T-shirt, trousers, a shoe. The answer appears here.")
    answer.button("Start with an example", icon=":material/lightbulb:", on_click=lambda: put_on_canvas([example()]))


def ask_drawing() -> Image.Image | None:
    """The canvas with its tools; returns the drawing, None before the first stroke."""
    options = dict(default="Medium", required=True, label_visibility="collapsed", persist_state="session")
    brush = st.segmented_control("Brush", list(BRUSHES), key="brush", **options)
    erasing = st.session_state.get("eraser", False)
    if "canvas" not in st.session_state:  # not on screen in the last run: begin with the drawing as it was left
        st.session_state["canvas_start"] = {"objects": strokes()}
    result = st_canvas(
        stroke_width=round(BRUSHES[brush] * (ERASER_WIDER if erasing else 1)),
        stroke_color=PAPER if erasing else INK,
        background_color=PAPER,
        width=CANVAS_EDGE,
        height=CANVAS_EDGE,
        initial_drawing=st.session_state["canvas_start"],
        return_image_data=True,
        key="canvas",
    )
    _without_toolbar(key="without_toolbar", height=0)
    if result.image_data is not None:
        st.session_state["drawing"] = {"strokes": result.json_data["objects"], "pixels": result.image_data}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Undo", icon=":material/undo:", on_click=undo, disabled=not strokes())
        st.button("Clear", icon=":material/delete:", on_click=put_on_canvas, args=([],), disabled=not strokes())
        st.toggle("Eraser", key="eraser")
    return Image.fromarray(st.session_state["drawing"]["pixels"]) if strokes() else None


def strokes() -> list[dict]:
    """What has been drawn, oldest first, as the canvas describes it."""
    return st.session_state.get("drawing", {}).get("strokes", [])


def undo() -> None:
    put_on_canvas(strokes()[:-1])


def put_on_canvas(objects: list[dict]) -> None:
    """Replace the drawing. The canvas takes up only a beginning that differs from the last one, hence the count."""
    count = st.session_state["canvas_start"].get("count", 0) + 1
    st.session_state["canvas_start"] = {"objects": objects, "count": count}


def example() -> dict:
    """A filled pair of trousers, as the canvas describes a stroke."""
    path = [["M", *EXAMPLE[0]], *(["L", *point] for point in EXAMPLE[1:]), ["Z"]]
    return {"type": "path", "path": path, "fill": INK, "stroke": INK, "strokeWidth": BRUSHES["Medium"]}


# Upload, Camera, Samples


def show_upload(entry: ModelEntry) -> None:
    """Several pictures at once, each with its own answer or the sentence that says why it cannot be read."""
    files = st.file_uploader(
        "Pictures of one piece each",
        FILE_TYPES,
        accept_multiple_files=True,
        max_upload_size=pictures.MAX_FILE_BYTES >> 20,
        help="PNG, JPEG, WebP, GIF or BMP. A plain background works best.",
    )
    if not files:
        st.caption("Each picture appears here with what the model sees of it and what it calls it. Nothing is kept.")
    if len(files) > MAX_PICTURES:
        st.info(f"Here are the first {MAX_PICTURES} of your {len(files)} pictures. Remove some to see the others.")
    for file in files[:MAX_PICTURES]:
        show_file(file.file_id, file.name, file.getvalue(), entry)


def show_camera(entry: ModelEntry) -> None:
    with st.container(width=480):
        photo = st.camera_input("Hold one piece in front of a plain wall and take a photo")
    if photo:
        show_file("photo", "Your photo", photo.getvalue(), entry)


@st.fragment
def show_file(key: str, name: str, content: bytes, entry: ModelEntry) -> None:
    """A brought file; opening its steps reruns only this."""
    try:
        picture = pictures.open_picture(content)
    except pictures.PictureError as error:
        st.error(f"**{_shared.plain(name)}**  \n{_shared.plain(str(error))}", icon=":material/broken_image:")
        return
    show_card(key, name, picture, entry)


def show_samples(entry: ModelEntry) -> None:
    """One test image of each class; the picked one goes the same way as a visitor's picture."""
    split = _shared.cached_split("test")
    if "samples" not in st.session_state:
        choose_samples(split)
    with st.container(horizontal=True, gap="small"):
        for index in st.session_state["samples"]:
            show_sample(index, split)
    st.button("Show others", icon=":material/shuffle:", on_click=choose_samples, args=(split,))
    picked = st.session_state.get("sample")
    if picked is None:
        st.caption("Pick one of these images, none of which the model has learned from, and see what it makes of it.")
        return
    truth = CLASS_NAMES[split.labels[picked]]
    show_card("sample", f"Test image {picked}", Image.fromarray(split.pixels[picked]), entry, truth)


def choose_samples(split: Split) -> None:
    by_class = [[i for i, label in enumerate(split.labels) if label == wanted] for wanted in range(len(CLASS_NAMES))]
    st.session_state["samples"] = [random.choice(indices) for indices in by_class]


def show_sample(index: int, split: Split) -> None:
    name = CLASS_NAMES[split.labels[index]]
    with st.container(key=f"sample_{index}", gap="xsmall"):
        st.html(image_html(split.pixels[index], "sample", f"Test image {index}: {name}"))
        kind = "primary" if index == st.session_state.get("sample") else "secondary"
        st.button(name, key=f"pick_{index}", type=kind, width="stretch", on_click=pick_sample, args=(index,))
        st.caption(f"#{index}", text_alignment="center")


def pick_sample(index: int) -> None:
    st.session_state["sample"] = index


# Any picture's result


def show_card(key: str, name: str, picture: Image.Image, entry: ModelEntry, truth: str = "") -> None:
    """One brought picture: itself, what the model sees, the answer, the steps."""
    prepared = pictures.prepare(picture)
    with st.container(border=True, key=f"card_{key}"):
        with st.container(horizontal=True, gap="medium"):
            brought, seen, answer = (st.container(key=f"{part}_{key}") for part in ("seen_brought", "seen", "answer"))
        brought.markdown(f"**{_shared.plain(name)}**")
        kind = "brought small" if max(picture.size) < SMALL else "brought"
        brought.html(image_html(prepared.steps[0].picture, kind, name))
        show_result(prepared, entry, seen, answer, truth)
        show_steps(prepared, key)


def show_result(prepared: pictures.Prepared, entry: ModelEntry, seen, answer, truth: str = "") -> None:
    """What the model sees in one container, its answer in the other."""
    seen.markdown("**What the model sees**")
    seen.html(image_html(prepared.pixels, "seen", "The picture at 28 × 28 pixels"))
    if prepared.blank:
        answer.info("There is nothing to see: this picture is one plain colour.", icon=":material/visibility_off:")
        return
    try:  # here, because what is raised in a fragment comes no further
        model = _shared.cached_model(str(entry.path), entry.fingerprint)
    except CheckpointError as error:
        answer.error(_shared.plain(str(error)), icon=":material/error:")
        return
    answer.html(answer_html(predict.classify_pixels(model, prepared.pixels), truth))


def image_html(pixels, kind: str, alt: str) -> str:
    return f'<img class="{kind}" src="{_shared.png_data_uri(pixels)}" alt="{_shared.escaped(alt)}">'


def show_steps(prepared: pictures.Prepared, key: str) -> None:
    """How the picture became 28×28, folded; the steps are drawn only while it is open."""
    steps = st.expander("How the picture became that", key=f"steps_{key}", on_change="rerun")
    if steps.open:
        steps.html(f'<div class="steps">{"".join(map(step_html, prepared.steps))}</div>')


def step_html(step: pictures.Step) -> str:
    source = _shared.png_data_uri(step.picture)
    return f'<figure><img src="{source}" alt=""><figcaption><b>{step.name}.</b> {step.caption}</figcaption></figure>'


def answer_html(answer: predict.Answer, truth: str) -> str:
    """The answer in words, its doubt if there is any, and the classes as bars."""
    best, second = answer.probs.argsort()[::-1][:2]
    name, share = CLASS_NAMES[best], f"{answer.probs[best]:.1%}"
    head, words = f"{name}, {share}", ""
    if not answer.recognised:
        head = "I do not know this"
        words = f"This does not look like anything the model knows. If it had to choose: {name}, {share}."
    elif answer.probs[best] < DOUBT:
        words = f"Not sure: it wavers between {name} and {CLASS_NAMES[second]} ({answer.probs[second]:.1%})."
    if truth:
        words += f" {'✓ Right' if truth == name else '✗ Wrong'}: the true label is {truth}."
    bars = _grid.probability_bars(answer.probs)
    return f'<div class="answer" role="status"><h3>{head}</h3><p>{words}</p>{bars}</div>'


def show_way(entry: ModelEntry) -> None:
    # Loaded before the first stroke: a damaged file is said at once, and the first answer is quick.
    _shared.cached_model(str(entry.path), entry.fingerprint)
    SHOWS[way](entry)


SHOWS = {"Draw": show_draw, "Upload": show_upload, "Camera": show_camera, "Samples": show_samples}

_shared.run_through_router()
st.html(STYLE)
st.title("Classify", anchor=False)
st.write("Draw or bring a piece of clothing and see what the model calls it.")
way = st.segmented_control(
    "Way", list(SHOWS), default="Draw", required=True, key="way", bind="query-params", label_visibility="collapsed"
)
_shared.show_with_model(show_way)
