"""The answer to any picture: what the model sees, the answer in words and bars, the steps.

Stands on fashion_core.pictures (any picture to 28×28) and fashion_core.predict (the answer).
`entries` are the models that answer: the one in use, and a second one where two are compared.
"""

from collections.abc import Sequence

import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from fashion_core import predict
from fashion_core.catalog import ModelEntry
from fashion_core.errors import CheckpointError
from fashion_core.metadata import CLASS_NAMES
from fashion_core.pictures.prepare import Prepared, Step, prepare
from pages.parts import state
from pages.parts.cached import cached_model
from pages.parts.classify.correction import ask_correction, correction_of, offer_pieces
from pages.parts.classify.hypothesis import ask_hypothesis
from pages.parts.html import bars_html, image_html, plain, png_data_uri
from pages.parts.images.pair import pair_head
from pages.parts.inside.alike import show_alike_panel
from pages.parts.inside.looks import show_looks_panel
from pages.parts.inside.picture import link_picture
from pages.parts.mine.row import ask_what_it_was
from pages.parts.words import describe_doubt, is_doubted, outcome_of

SMALL = 100  # pixels: a smaller picture is shown with hard edges, not blurred


def show_card(
    key: str,
    name: str,
    picture: Image.Image,
    entries: Sequence[ModelEntry],
    truth: str = "",
    source: str = "upload",
) -> None:
    """One picture: itself, what the model sees, the answer, the steps, what can be corrected.

    `key` tells it from the others on the page; `truth` is its true class where that is known;
    `source` is what My pictures says of where it is from.
    """
    prepared = prepare(picture, correction_of(key))
    with st.container(border=True, key=f"card_{key}"):
        with st.container(horizontal=True, gap="medium"):
            brought = st.container(key=f"seen_brought_{key}")
            seen, answer = st.container(key=f"seen_{key}"), st.container(key=f"answer_{key}")
        small = max(picture.size) < SMALL
        kind = "brought small" if small else "brought"
        brought.markdown(f"**{plain(name)}**")
        brought.html(image_html(prepared.steps[0].picture, kind, name))
        prepared = ask_hypothesis(key, prepared, entries[0])
        said = show_result(prepared, entries, seen, answer, truth)
        ask_what_it_was(key, source, picture, prepared, said)
        offer_pieces(key, prepared)
        show_ways_on(key, name, prepared, entries)
        show_steps(prepared, key)
        ask_correction(key, prepared, small)


def show_result(
    prepared: Prepared,
    entries: Sequence[ModelEntry],
    seen: DeltaGenerator,
    answer: DeltaGenerator,
    truth: str = "",
) -> predict.Answer | None:
    """What the model sees in the one container, its answer or those of two in the other.

    Returns the first one's answer; None where it has none, or where there is nothing to see.
    """
    seen.markdown("**What the model sees**" if len(entries) == 1 else "**What both models see**")
    seen.html(image_html(prepared.pixels, "seen", "The picture at 28 × 28 pixels"))
    if prepared.blank:
        answer.info(
            "There is nothing to see: this picture is one plain colour. Choose another picture, or"
            " another part of it.",
            icon=":material/visibility_off:",
        )
        return None
    answers = [_answer_of(entry, prepared, answer, len(entries) == 1) for entry in entries]
    shown = [(entry.title, each) for entry, each in zip(entries, answers, strict=True) if each]
    if len(shown) == 2:
        answer.html(two_answers_html(shown, truth))
    elif shown:
        answer.html(answer_html(shown[0][1], truth))
    return answers[0]


def _answer_of(
    entry: ModelEntry, prepared: Prepared, place: DeltaGenerator, alone: bool
) -> predict.Answer | None:
    """A model's answer; None, and in its place what is wrong with the model's file."""
    try:  # here, because what is raised in a fragment comes no further
        model = cached_model(str(entry.path), entry.fingerprint)
    except CheckpointError as error:
        sentence = str(error) if alone else f"{entry.title}: {error}"
        place.error(plain(sentence), icon=":material/error:")
        return None
    return predict.classify_pixels(model, prepared.pixels)


def show_ways_on(key: str, name: str, prepared: Prepared, entries: Sequence[ModelEntry]) -> None:
    """The link that takes the answered picture along, and in short what it leads to."""
    if not prepared.blank:
        link_picture(name, prepared.pixels)
        show_looks_panel(key, prepared.pixels, entries)
        show_alike_panel(key, prepared.pixels, entries)


def show_steps(prepared: Prepared, key: str) -> None:
    """How the picture became 28×28, folded; the steps are drawn only while it is open."""
    steps = st.expander(
        "From the picture to 28 × 28, step by step", key=state.steps_key(key), on_change="rerun"
    )
    if steps.open:
        steps.html(f'<div class="steps">{"".join(map(step_html, prepared.steps))}</div>')


def step_html(step: Step) -> str:
    """One step as a small picture with its name and what was done."""
    source = png_data_uri(step.picture)
    caption = f"<b>{step.name}.</b> {step.caption}"
    return f'<figure><img src="{source}" alt=""><figcaption>{caption}</figcaption></figure>'


# The answer in words and bars


def describe_answer(answer: predict.Answer, truth: str) -> tuple[str, str]:
    """The answer as a heading, and in sentences its doubt, if any, and whether it is right."""
    name = CLASS_NAMES[answer.label]
    head = f"{'' if answer.recognised else 'Perhaps '}{name}, {answer.probs[answer.label]:.1%}"
    words = describe_doubt(answer)
    if truth:
        words += f" {outcome_of(truth == name)[1]}: the true label is {truth}."
    return head, words


def words_html(answer: predict.Answer, truth: str) -> str:
    """The answer in words, the name of its class never on two lines."""
    head, words = describe_answer(answer, truth)
    name = f"{CLASS_NAMES[answer.label]},"
    head = head.replace(name, f"<span>{name}</span>")
    return f"<h3>{head}</h3><p>{words}</p>"


def answer_html(answer: predict.Answer, truth: str) -> str:
    """The answer in words, its doubt if there is any, and the classes as bars."""
    bars = bars_html(CLASS_NAMES, answer.probs, doubted=[is_doubted(answer)])
    said = f'<div role="status">{words_html(answer, truth)}</div>'  # not all ten classes
    return f'<div class="answer">{said}{bars}</div>'


def two_answers_html(answered: Sequence[tuple[str, predict.Answer]], truth: str) -> str:
    """Two models' answers side by side in words, and the classes as pairs of bars.

    `answered`: the models' names with their answers.
    """
    (name_a, a), (name_b, b) = answered
    heads = [words_html(answer, truth) for answer in (a, b)]
    head, doubted = pair_head((name_a, name_b), heads), [is_doubted(a), is_doubted(b)]
    bars = bars_html(CLASS_NAMES, a.probs, b.probs, doubted=doubted)
    return f'<div class="answer"><div role="status">{head}</div>{bars}</div>'
