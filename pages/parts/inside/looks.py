"""Where a model looks: the heat of a class over a picture, by Grad-CAM and by occlusion.

Stands on fashion_core.inside.saliency, which loads torch and hence waits for somebody to look. On
Inside in full; elsewhere a panel that computes nothing while it is closed.
"""

import time
from collections.abc import Sequence

import numpy as np
import streamlit as st

from fashion_core import predict
from fashion_core.catalog import ModelEntry
from fashion_core.errors import LabError
from fashion_core.metadata import CLASS_NAMES, IMAGE_SIZE, NUM_CLASSES
from pages.parts import state
from pages.parts.cached import SOON_SECONDS, cached_model
from pages.parts.glossary import link_terms, meaning_of
from pages.parts.html import image_html, plain
from pages.parts.inside.picture import Picture

# In this file: pixels (28, 28) uint8, heat (28, 28) float32; path and fingerprint of a model.

HEATS = 40  # kept in memory, of 3 kB each


@st.cache_data(max_entries=HEATS, show_spinner=False)
def cached_cam(
    path: str, fingerprint: str, pixels: np.ndarray, label: int, size: int
) -> np.ndarray:
    """The heat of a class by Grad-CAM. Raises CheckpointError, InsideError."""
    from fashion_core.inside import saliency

    return saliency.grad_cam(cached_model(path, fingerprint), pixels, label, size)


@st.cache_data(max_entries=8, show_spinner=False)
def cached_cam_sizes(path: str, fingerprint: str) -> list[int]:
    from fashion_core.inside import saliency

    return saliency.cam_sizes(cached_model(path, fingerprint))


ROWS_PART = 4  # of the picture, covered between two words on how far it is


@st.cache_data(max_entries=HEATS * IMAGE_SIZE // ROWS_PART, show_spinner=False)
def _cached_occluded(
    path: str, fingerprint: str, pixels: np.ndarray, start: int, stride: int
) -> np.ndarray:
    """Logits (ROWS_PART / stride, 28 / stride, 10) with the places of these rows covered."""
    from fashion_core.inside import saliency

    rows = range(start, start + ROWS_PART, stride)
    return saliency.occluded_logits(cached_model(path, fingerprint), pixels, rows, stride)


def cached_occlusion(
    entry: ModelEntry, pixels: np.ndarray, label: int, stride: int = 1
) -> np.ndarray:
    """What covering each place takes from the evidence for a class: (28, 28) float32, in nats.

    With a `stride` of 2 places are two pixels wide and high, which takes a quarter of the time.
    Where it takes longer, a bar shows how far it is. Raises CheckpointError.
    """
    from fashion_core.inside import saliency

    began, bar, parts = time.monotonic(), st.empty(), []
    for start in range(0, IMAGE_SIZE, ROWS_PART):
        if time.monotonic() - began > SOON_SECONDS:
            bar.progress(start / IMAGE_SIZE, text=f"Covering row {start + 1} of {IMAGE_SIZE}")
        part = _cached_occluded(str(entry.path), entry.fingerprint, pixels, start, stride)
        parts.append(part)
    bar.empty()
    model = cached_model(str(entry.path), entry.fingerprint)
    logits = predict.predict_logits(model, pixels[None])[0]
    lost = saliency.evidence_lost(logits, np.concatenate(parts), label)
    return lost.repeat(stride, axis=0).repeat(stride, axis=1)


def answer_of(entry: ModelEntry, pixels: np.ndarray) -> predict.Answer:
    """The model's answer. Raises CheckpointError."""
    return predict.classify_pixels(cached_model(str(entry.path), entry.fingerprint), pixels)


# On Inside


def show_looks(picture: Picture, entry: ModelEntry) -> None:
    """Both heat maps of a class that the visitor picks, side by side."""
    answer = answer_of(entry, picture.pixels)
    label = ask_class("inside", answer.label)
    st.markdown(describe_evidence(answer, label))
    left, right = st.columns(2)  # what is measured comes first, also on a phone
    with right, st.container(border=True):
        show_cam(picture, entry, answer, label)
    with left, st.container(border=True):
        show_occlusion(picture, entry, answer, label)  # last, because it may take longer


def ask_class(picture: str, best: int) -> int:
    """The class that is asked about; at first the answer."""
    others = [label for label in range(NUM_CLASSES) if label != best]
    options = [best, *others]
    names = {best: f"Why {CLASS_NAMES[best]}?"}
    names |= {label: f"Why not {CLASS_NAMES[label]}?" for label in others}
    # A widget for each answer, so that another picture's begins with its own
    return st.selectbox(
        "Ask",
        options,
        format_func=names.get,
        key=state.looks_key(f"class{best}", picture),
        label_visibility="collapsed",
        width=260,
    )


def describe_evidence(answer: predict.Answer, label: int) -> str:
    """How far a class is from the answer, in a sentence of Markdown."""
    name, share = CLASS_NAMES[label], f"{answer.probs[label]:.1%}"
    if label == answer.label:
        return f"Orange is what speaks for **{name}**, its answer with {share}."
    best = f"{CLASS_NAMES[answer.label]} with {answer.probs[answer.label]:.1%}"
    return f"Orange is what speaks for **{name}**, which it gives {share}. Its answer is {best}."


def show_cam(picture: Picture, entry: ModelEntry, answer: predict.Answer, label: int) -> None:
    """Grad-CAM, with a choice of the maps on which it stands."""
    st.subheader("Grad-CAM", anchor=False, help=meaning_of("Grad-CAM"))
    sizes = cached_cam_sizes(str(entry.path), entry.fingerprint)
    if not sizes:
        st.info(
            link_terms(
                "Grad-CAM shows where a convolution looks, and this network has none. Occlusion"
                " works for any."
            )
        )
        return
    size = st.segmented_control(
        "Maps of the last convolution with",
        sizes,
        default=sizes[-1],
        required=True,
        format_func=lambda edge: f"{edge}×{edge}",
        key=state.CAM_SIZE,
        persist_state="session",
        help="Later convolutions know more about clothes, but their maps are coarser. The last one"
        " is the usual choice.",
    )
    size = size if size in sizes else sizes[-1]
    args = (str(entry.path), entry.fingerprint, picture.pixels, label, size)
    show_heat(cached_cam(*args), picture.pixels, answer.label, label)
    st.caption(
        link_terms(
            "An estimate from one gradient: where the maps of this convolution would raise the"
            " class's logit (Selvaraju et al. 2017). The fewer places the maps have, the less it"
            " tells them apart."
        )
    )


def show_occlusion(picture: Picture, entry: ModelEntry, answer: predict.Answer, label: int) -> None:
    """Occlusion, with how much the strongest place takes away."""
    from fashion_core.inside import saliency

    st.subheader("Occlusion", anchor=False, help=meaning_of("Occlusion"))
    heat = cached_occlusion(entry, picture.pixels, label)
    edge = saliency.OCCLUDED_EDGE
    st.caption(
        link_terms(
            f"A black square of {edge}×{edge} pixels covers each place in turn. At most it takes"
            f" {max(0.0, float(heat.max())):.1f} nats of evidence from {CLASS_NAMES[label]};"
            " blue places speak against it."
        )
    )
    show_heat(heat, picture.pixels, answer.label, label)
    st.caption(
        "Slower, but measured: 784 answers to a picture that is partly covered (Zeiler and Fergus"
        " 2014)."
    )


SHARES = "In brackets: the share of all that speaks for the class."


def show_heat(heat: np.ndarray, pixels: np.ndarray, best: int, label: int) -> None:
    """The heat over the picture, and where it is in words."""
    from fashion_core.inside import saliency

    places = saliency.describe_focus(heat, pixels, best)
    words = f"It looks {places}." if places else "Nothing here speaks for it."
    alt = f"What speaks for {CLASS_NAMES[label]}: {places or 'nothing'}"
    st.html(image_html(saliency.overlay(pixels, heat), "seen", alt))
    st.markdown(words, help=SHARES if places else None)


# On other pages

PANEL_STRIDE = 2  # pixels: an answer in a quarter of the time, and hardly coarser


def show_looks_panel(key: str, pixels: np.ndarray, entries: Sequence[ModelEntry]) -> None:
    """Where one or two models look in a picture, folded; nothing is computed while it is closed.

    `key` tells it from the others on the page. The class that is asked about is at first the first
    model's answer.
    """
    panel = st.expander(
        "Where it looks" if len(entries) == 1 else "Where they look",
        icon=":material/center_focus_strong:",
        key=state.looks_key("panel", key),
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        try:  # here, because what is raised in a fragment or dialog comes no further
            _show_panel(key, pixels, entries)
        except LabError as error:
            st.error(plain(str(error)), icon=":material/error:")


def _show_panel(key: str, pixels: np.ndarray, entries: Sequence[ModelEntry]) -> None:
    answers = [answer_of(entry, pixels) for entry in entries]
    label = ask_class(key, answers[0].label)
    if len(entries) == 1:
        st.markdown(describe_evidence(answers[0], label))
    for column, entry, answer in zip(st.columns(len(entries)), entries, answers, strict=True):
        with column:
            if len(entries) > 1:
                name, share = plain(entry.title), f"{answer.probs[label]:.1%}"
                st.markdown(f"**{name}**  \n{CLASS_NAMES[label]}: {share}")
            heat = cached_occlusion(entry, pixels, label, PANEL_STRIDE)
            show_heat(heat, pixels, answer.label, label)
    st.caption(
        link_terms(
            "Each place was covered in turn (occlusion): orange where that takes evidence for the"
            " class away, blue where it adds some. Inside also shows Grad-CAM, which is estimated."
        )
    )
