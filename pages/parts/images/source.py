"""Which pictures a page shows: the test images, or those of a picture set that is here.

Stands on fashion_core.picture_sets and fashion_core.predict; the choice is in the URL.
"""

from collections.abc import Callable

import numpy as np
import streamlit as st

from fashion_core import limits, picture_sets, predict
from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.errors import PictureSetError
from fashion_core.metadata import NUM_CLASSES
from fashion_core.my_pictures import my_folder
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.cached import cached_split, cached_test_probs, logits_in_parts
from pages.parts.history import has_returned
from pages.parts.html import plain
from pages.parts.mine.store import stacked

TEST_IMAGES = "test"
KNOWN_SETS = {"quickdraw": "People's drawings", "clothing": "People's photos"}


def ask_images(
    entry: ModelEntry, page: str, on_change: Callable[[], None]
) -> tuple[Split, np.ndarray]:
    """The pictures that the visitor chose and the model's probabilities (N, 10) for them.

    `page` asks for them; `on_change` is called before others are shown. Nothing is asked where no
    picture set is here.
    Raises CheckpointError, DataError.
    """
    name = _ask_source(state.images_key(page), on_change)
    if name == TEST_IMAGES:
        return cached_split("test"), cached_test_probs(entry)
    try:
        split = _read_set(name)
    except PictureSetError as error:
        st.error(plain(f"{error} Here are the test images."), icon=":material/error:")
        return cached_split("test"), cached_test_probs(entry)
    show_licence(name)
    what = f"these {format_count(len(split.labels), 'picture')}"
    return split, predict.softmax(logits_in_parts(entry, split.pixels, what))


def _ask_source(key: str, on_change: Callable[[], None]) -> str:
    """The name of a picture set, or TEST_IMAGES.

    Not bind="query-params": two pages ask for it, and on the way Back from one to the other
    Streamlit drops what it takes for the parameters of the page that is left. A link without a
    choice means the test images.
    """
    # On a public copy a visitor's own pictures are in the session, not in the folder
    names = picture_sets.list_picture_sets(mine=not limits.read_only())
    if not names:
        return TEST_IMAGES
    labels = {name: describe_source(name) for name in (TEST_IMAGES, *names)}
    if has_returned() or st.session_state.get(key) not in labels:
        linked = st.query_params.get(state.IMAGES)
        found = (name for name, label in labels.items() if label == linked)
        st.session_state[key] = next(found, TEST_IMAGES)
    chosen = st.segmented_control(
        "Images",
        list(labels),
        format_func=describe_source,
        required=True,
        key=key,
        on_change=on_change,
        label_visibility="collapsed",
    )
    if chosen == TEST_IMAGES:
        st.query_params.pop(state.IMAGES, None)
    elif st.query_params.get(state.IMAGES) != labels[chosen]:
        st.query_params[state.IMAGES] = labels[chosen]
    return chosen


def describe_source(name: str) -> str:
    """A picture set as a visitor calls it."""
    if name == picture_sets.MY_PICTURES:
        return "My pictures"
    return "Test images" if name == TEST_IMAGES else KNOWN_SETS.get(name, name)


def describe_image(split_name: str, index: int) -> str:
    """One image of a split or a picture set, by its index."""
    if split_name in ("test", "train"):
        return f"{'Test' if split_name == 'test' else 'Training'} image {index}"
    return f"{describe_source(split_name)}, image {index}"


@st.cache_resource(show_spinner=False)
def _known_sets() -> dict[str, tuple[str, Split]]:
    """By name the sets that were read, each with the fingerprint that it had then.

    A cached function could not say how far it is while a set is prepared for the first time.
    """
    return {}


def _read_set(name: str) -> Split:
    """A set's garments that nothing has learned from.

    Of a visitor's own folder all garments. Raises PictureSetError.
    """
    folder = picture_sets.pictures_dir() / name
    fingerprint = picture_sets.set_fingerprint(folder)
    if _known_sets().get(name, ("",))[0] != fingerprint:
        bar = st.empty()

        def report(done: int, total: int) -> None:
            bar.progress(done / total, text=f"Preparing {total:,} pictures: {done:,} done")

        if name == picture_sets.MY_PICTURES:
            with st.spinner("Preparing your pictures"):  # those put there by hand
                split = _kept_split(name)
        else:
            try:
                pictures = picture_sets.load_picture_set(folder, report)
            finally:
                bar.empty()
            held_out = pictures.part("test") if name in KNOWN_SETS else pictures
            split = picture_sets.one_class_split(held_out)
        if not len(split.labels):
            sentence = f"{describe_source(name)}: none has one of the ten classes as its label."
            if name == picture_sets.MY_PICTURES:
                sentence += " Say on the page My pictures what they are."
            raise PictureSetError(sentence)
        _known_sets()[name] = fingerprint, split
    return _known_sets()[name][1]


def _kept_split(name: str) -> Split:
    """The visitors' own garments as they were answered: turned, framed or a part, as corrected."""
    kept = [each for each in my_folder().read_all() if 0 <= each.label < NUM_CLASSES]
    return Split(name, *stacked(kept), np.arange(len(kept)))


def show_licence(name: str) -> None:
    """Where the pictures come from, and which of them are shown."""
    licence = picture_sets.read_licence(picture_sets.pictures_dir() / name)
    shown = "Held out: no shipped model has learned from these." if name in KNOWN_SETS else ""
    if name == "clothing":
        shown += " Whole pictures: Classify also looks at the upper part of somebody dressed."
    words = " ".join(f"{shown} {licence}".split())
    if words:
        st.caption(plain(words))
