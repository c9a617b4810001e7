"""Which pictures a page shows: the test images, or those of a picture set that is here.

Stands on fashion_core.picture_sets and fashion_core.predict; the choice is in the URL.
"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from fashion_core import evaluation, limits, picture_sets, predict
from fashion_core.catalog import ModelEntry
from fashion_core.data import Split
from fashion_core.errors import PictureSetError
from fashion_core.metadata import NUM_CLASSES, OUTLIER
from fashion_core.my_pictures import UNLABELLED, label_name, my_folder
from fashion_core.picture_sets import PictureSet
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.cached import cached_model, cached_split, cached_test_probs, logits_in_parts
from pages.parts.history import has_returned
from pages.parts.html import plain
from pages.parts.mine.store import stacked

TEST_IMAGES = "test"
SET = "set/"  # before a set's name, which may be that of a split
KNOWN_SETS = {"quickdraw": "People's drawings", "clothing": "People's photos"}


def ask_images(
    entry: ModelEntry, page: str, on_change: Callable[[], None]
) -> tuple[Split, np.ndarray]:
    """The pictures that the visitor chose and the model's probabilities (N, 10) for them.

    `page` asks for them; `on_change` is called before others are shown. Nothing is asked where no
    picture set is here.
    Raises CheckpointError, DataError.
    """
    source = _ask_source(state.images_key(page), on_change)
    if source == TEST_IMAGES:
        return cached_split("test"), cached_test_probs(entry)
    try:
        pictures = _read_set(source.removeprefix(SET))
    except PictureSetError as error:
        st.error(plain(f"{error} Here are the test images."), icon=":material/error:")
        return cached_split("test"), cached_test_probs(entry)
    count = format_count(len(pictures.pixels), "picture")
    logits = logits_in_parts(entry, pictures.pixels, f"these {count}")
    probs = predict.softmax(logits)
    _show_facts(pictures, entry, logits)
    labels = evaluation.labels_that_count(pictures.allowed, probs)
    return Split(source, pictures.pixels, labels, np.arange(len(labels))), probs


def _ask_source(key: str, on_change: Callable[[], None]) -> str:
    """A picture set's name after SET, or TEST_IMAGES.

    Not bind="query-params": two pages ask for it, and on the way Back from one to the other
    Streamlit drops what it takes for the parameters of the page that is left. A link without a
    choice means the test images.
    """
    # On a public copy a visitor's own pictures are in the session, not in the folder
    names = picture_sets.list_picture_sets(mine=not limits.read_only())
    if not names:
        return TEST_IMAGES
    sources = (TEST_IMAGES, *(SET + name for name in names))
    labels = {source: describe_source(source) for source in sources}
    if has_returned() or st.session_state.get(key) not in labels:
        linked = st.query_params.get(state.IMAGES)
        found = (source for source, label in labels.items() if label == linked)
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


def describe_source(source: str) -> str:
    """A picture set, or the test images, as a visitor calls them."""
    if source == TEST_IMAGES:
        return "Test images"
    name = source.removeprefix(SET)
    return "My pictures" if name == picture_sets.MY_PICTURES else KNOWN_SETS.get(name, name)


def describe_image(split_name: str, index: int) -> str:
    """One image of a split or a picture set, by its index."""
    if split_name in ("test", "train"):
        return f"{'Test' if split_name == 'test' else 'Training'} image {index}"
    return f"{describe_source(split_name)}, image {index}"


@st.cache_resource(show_spinner=False)
def _known_sets() -> dict[str, tuple[str, PictureSet]]:
    """By name the sets that were read, each with the fingerprint that it had then.

    A cached function could not say how far it is while a set is prepared for the first time.
    """
    return {}


def _read_set(name: str) -> PictureSet:
    """A set's garments that no shipped model has learned from; of a visitor's own folder all.

    Without their upper parts and strokes. Raises PictureSetError.
    """
    folder = picture_sets.pictures_dir() / name
    fingerprint = picture_sets.set_fingerprint(folder)
    if _known_sets().get(name, ("",))[0] != fingerprint:
        bar = st.empty()

        def report(done: int, total: int) -> None:
            bar.progress(done / total, text=f"Preparing {total:,} pictures: {done:,} done")

        if name == picture_sets.MY_PICTURES:
            with st.spinner("Preparing your pictures"):  # those put there by hand
                pictures = _kept_pictures()
        else:
            tenths = picture_sets.SPLIT_TENTHS["test"] if name in KNOWN_SETS else range(10)

            def wanted(key: str, is_garment: bool) -> bool:
                return is_garment and picture_sets.tenth_of(key) in tenths

            try:
                pictures = picture_sets.load_picture_set(folder, report, wanted)
            finally:
                bar.empty()
        if not len(pictures.pixels):
            sentence = f"{describe_source(name)}: none has one of the ten classes as its label."
            if name == picture_sets.MY_PICTURES:
                sentence += " Say on the page My pictures what they are."
            if name in KNOWN_SETS:
                sentence = f"{describe_source(name)}: none is in the held-out fifth. Fetch more."
            raise PictureSetError(sentence)
        # What pages do not show would be as large again
        pictures = dataclasses.replace(pictures, upper=pictures.upper[:0], strokes=None)
        _known_sets()[name] = fingerprint, pictures
    return _known_sets()[name][1]


def _kept_pictures() -> PictureSet:
    """The visitors' own garments as they were answered: turned, framed or a part, as corrected.

    Its problems say how many others there are.
    """
    every = my_folder().read_all()
    kept = [each for each in every if 0 <= each.label < NUM_CLASSES]
    pixels, labels = stacked(kept)
    ids = tuple(each.picture_id for each in kept)
    allowed = labels[:, None] == np.arange(NUM_CLASSES)  # (N, 10)
    name, upper = picture_sets.MY_PICTURES, np.zeros_like(pixels)
    left_out = describe_left_out([each.label for each in every])
    return PictureSet(name, pixels, upper, allowed, ids, ids, None, left_out)


def describe_left_out(labels: Sequence[int]) -> tuple[str, ...]:
    """A sentence on the pictures that have no row of their own, where there are any."""
    names = {OUTLIER: f"labelled “{label_name(OUTLIER)}”", UNLABELLED: label_name(UNLABELLED)}
    told = [f"{labels.count(label):,} {name}" for label, name in names.items() if label in labels]
    return (f"Left out: {' and '.join(told)}.",) if told else ()


def _show_facts(pictures: PictureSet, entry: ModelEntry, logits: np.ndarray) -> None:
    """Which pictures these are, how the model does on them, and which could not be used."""
    name = pictures.name
    sentences = [
        _describe_part(name),
        _describe_scores(pictures, entry, logits),
        *_describe_own(pictures),
        picture_sets.read_licence(picture_sets.pictures_dir() / name),
    ]
    st.caption(plain(" ".join(" ".join(sentences).split())))
    if pictures.problems and name != picture_sets.MY_PICTURES:
        with st.expander("What could not be used", icon=":material/warning:"):
            for problem in pictures.problems:
                st.write(plain(problem))


def _describe_part(name: str) -> str:
    """Whether a model may have learned from the pictures that are shown, and how they are."""
    if name == picture_sets.MY_PICTURES:
        return ""
    held_out = "Held out: no shipped model has learned from these."
    if name == "quickdraw":
        return held_out
    whole = (
        "Whole pictures as they came: Classify also looks at the upper part of somebody dressed,"
        " and turns what lies on its side."
    )
    every = (
        "All of the folder: a model that you train on people's pictures learns from about six in"
        " ten of these."
    )
    return f"{held_out if name in KNOWN_SETS else every} {whole}"


def _describe_own(pictures: PictureSet) -> tuple[str, ...]:
    """How a visitor's own pictures count here, where the page My pictures counts otherwise."""
    if pictures.name != picture_sets.MY_PICTURES:
        return ()
    best_guess = (
        "Here the best guess counts, in doubt too; on the page My pictures an answer in doubt is"
        " not right."
    )
    return best_guess, *pictures.problems


def _describe_scores(pictures: PictureSet, entry: ModelEntry, logits: np.ndarray) -> str:
    """What `evaluate --pictures --whole` prints of them."""
    model = cached_model(str(entry.path), entry.fingerprint)
    doubted = ~predict.recognised(model, logits, pictures.pixels)  # (N,) bool
    report = evaluation.picture_set_report(
        pictures.allowed, predict.softmax(logits), doubted, predict.ood_score(logits)
    )
    words = (
        f"{report['accuracy']:.1%} are right, as the mean over the classes; the model doubts"
        f" {report['doubted']:.1%}."
    )
    unclear = np.count_nonzero(pictures.allowed.sum(axis=1) > 1)
    if unclear:
        words += (
            f" {unclear:,} may be of either of two classes: either answer is right, and without one"
            " they stand under the first."
        )
    return words
