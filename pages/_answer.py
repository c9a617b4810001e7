"""The answer to any picture: itself, what the model sees, the steps that led there, the classes as bars."""

import streamlit as st
from PIL import Image

from fashion_core import pictures, predict
from fashion_core.checkpoints import CheckpointError, ModelEntry
from fashion_core.metadata import CLASS_NAMES
from pages import _correction, _grid, _shared

SMALL = 100  # pixels: a smaller picture is shown with hard edges, not blurred
DOUBT = 0.6  # a top probability below this is worth naming the runner-up


def show_card(key: str, name: str, picture: Image.Image, entry: ModelEntry, truth: str = "") -> None:
    """One brought picture: itself, what the model sees, the answer, the steps, what can be corrected."""
    prepared = pictures.prepare(picture, _correction.correction_of(key))
    with st.container(border=True, key=f"card_{key}"):
        with st.container(horizontal=True, gap="medium"):
            brought, seen, answer = (st.container(key=f"{part}_{key}") for part in ("seen_brought", "seen", "answer"))
        brought.markdown(f"**{_shared.plain(name)}**")
        small = max(picture.size) < SMALL
        brought.html(_shared.image_html(prepared.steps[0].picture, "brought small" if small else "brought", name))
        show_result(prepared, entry, seen, answer, truth)
        show_steps(prepared, key)
        _correction.ask_correction(key, prepared, small)


def show_result(prepared: pictures.Prepared, entry: ModelEntry, seen, answer, truth: str = "") -> None:
    """What the model sees in one container, its answer in the other."""
    seen.markdown("**What the model sees**")
    seen.html(_shared.image_html(prepared.pixels, "seen", "The picture at 28 × 28 pixels"))
    if prepared.blank:
        answer.info("There is nothing to see: this picture is one plain colour.", icon=":material/visibility_off:")
        return
    try:  # here, because what is raised in a fragment comes no further
        model = _shared.cached_model(str(entry.path), entry.fingerprint)
    except CheckpointError as error:
        answer.error(_shared.plain(str(error)), icon=":material/error:")
        return
    answer.html(answer_html(predict.classify_pixels(model, prepared.pixels), truth))


def show_steps(prepared: pictures.Prepared, key: str) -> None:
    """How the picture became 28×28, folded; the steps are drawn only while it is open."""
    steps = st.expander("From the picture to 28 × 28, step by step", key=f"steps_{key}", on_change="rerun")
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
