"""Classify: draw, upload, photograph or pick a sample; what the model sees of it, and its answer.

Stands on fashion_core.pictures (any picture to 28×28); the answers are in pages.parts.classify.
`entries` are the models that answer: the one in use, and a second one where two are compared.
"""

import random
from collections.abc import Sequence
from functools import partial

import numpy as np
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.errors import PictureError
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES
from fashion_core.my_pictures import TEST_IMAGE
from fashion_core.pictures.opening import open_picture
from pages.parts import state
from pages.parts.cached import cached_split, load_model
from pages.parts.classify.answer import show_card
from pages.parts.classify.brought import MAX_PICTURES, ask_files, ask_photo
from pages.parts.classify.camera import camera_problem
from pages.parts.classify.correction import forget
from pages.parts.classify.draw import show_draw
from pages.parts.frame import run_through_router, show_with_model
from pages.parts.html import image_html, plain
from pages.parts.lesson_line import show_lesson_line
from pages.parts.picker import ask_second_model


def show_upload(entries: Sequence[ModelEntry]) -> None:
    """Several pictures at once, each with its answer or with why it cannot be read."""
    files, count = ask_files()
    if not files:
        st.caption(
            "Each picture appears here with what the model sees of it and what it calls it. It is"
            " forgotten when you leave or reload the app."
        )
    if count > MAX_PICTURES:
        st.info(
            f"Here are the first {MAX_PICTURES} of your {count} pictures. Remove some to see the"
            " others, which are forgotten when you leave Upload."
        )
    for file in files:
        show_file(*file, entries)


def show_camera(entries: Sequence[ModelEntry]) -> None:
    """A photo and its answer, or why the browser gives no camera."""
    problem = camera_problem(st.context.url)
    if problem:
        st.info(plain(problem), icon=":material/no_photography:")
        st.button("Choose a photo", icon=":material/upload:", on_click=go_to_upload)
        return
    photo = ask_photo()
    if photo:
        show_file("photo", "Your photo", photo, entries)


def go_to_upload() -> None:
    st.session_state[state.WAY] = "Upload"


@st.fragment
def show_file(key: str, name: str, content: bytes, entries: Sequence[ModelEntry]) -> None:
    """A brought file; opening its steps and correcting it rerun only this."""
    try:
        picture = open_picture(content)
    except PictureError as error:
        st.error(f"**{plain(name)}**  \n{plain(str(error))}", icon=":material/broken_image:")
        return
    source = "camera" if key == "photo" else "upload"
    show_card(key, name, picture, entries, source=source)


def show_samples(entries: Sequence[ModelEntry]) -> None:
    """One test image of each class; the picked one goes the same way as a visitor's picture."""
    split = cached_split("test")
    if state.SAMPLES not in st.session_state:
        choose_samples(split)
    with st.container(key="samples"):
        for index in st.session_state[state.SAMPLES]:
            show_sample(index, split)
    st.button("Show others", icon=":material/shuffle:", on_click=choose_samples, args=(split,))
    picked = st.session_state.get(state.SAMPLE)
    if picked is None:
        st.caption(
            "Pick one of these images, none of which the model has learned from, and see what it"
            " makes of it."
        )
        return
    picture, truth = Image.fromarray(split.pixels[picked]), CLASS_NAMES[split.labels[picked]]
    show_card("sample", f"Test image {picked}", picture, entries, truth, TEST_IMAGE)


def choose_samples(split: Split) -> None:
    """One random image of each class."""
    indices = [np.flatnonzero(split.labels == label) for label in range(NUM_CLASSES)]
    st.session_state[state.SAMPLES] = [int(random.choice(of_class)) for of_class in indices]


def show_sample(index: int, split: Split) -> None:
    """A sample with the button that picks it."""
    name = CLASS_NAMES[split.labels[index]]
    with st.container(key=f"sample_{index}", gap="xsmall"):
        st.html(image_html(split.pixels[index], "sample", f"Test image {index}: {name}"))
        kind = "primary" if index == st.session_state.get(state.SAMPLE) else "tertiary"
        st.button(
            name,
            key=f"pick_{index}",
            type=kind,
            width="stretch",
            on_click=pick_sample,
            args=(index,),
        )
        st.caption(f"#{index}", text_alignment="center")


def pick_sample(index: int) -> None:
    st.session_state[state.SAMPLE] = index
    forget("sample")


def show_way(ways: DeltaGenerator, way: str, entry: ModelEntry) -> None:
    """The chosen way to bring a picture, with the models that answer."""
    with ways:  # a second model is asked for beside the way, so that it moves nothing
        other = ask_second_model(
            entry,
            state.CLASSIFY_WITH,
            "Compare with",
            optional=True,
            placeholder="Compare with another model…",
            label_visibility="collapsed",
            width=300,
        )
    # Before the canvas is there: a stroke that is made meanwhile would be lost. A damaged file is
    # said at once, too.
    load_model(entry)
    SHOWS[way]([entry, other] if other else [entry])


SHOWS = {"Draw": show_draw, "Upload": show_upload, "Camera": show_camera, "Samples": show_samples}

run_through_router()
st.title("Classify", anchor=False)
show_lesson_line("classify")
st.write("Draw or bring a piece of clothing and see what the model calls it.")
ways = st.container(key="ways", horizontal=True, vertical_alignment="center", gap="small")
way = ways.segmented_control(
    "Way",
    list(SHOWS),
    default="Draw",
    required=True,
    key=state.WAY,
    bind="query-params",
    label_visibility="collapsed",
)
show_with_model(partial(show_way, ways, way or "Draw"))
