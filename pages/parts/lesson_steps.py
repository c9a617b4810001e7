"""The six steps of the lesson: a story, a question, a link, and what counts as an answer.

An answer is something that happened: a drawing, a picked map or cell, a run that this visitor
started. Each check returns a sentence on what happened, and whether that answers the question.
Stands on fashion_core.runs (what became of a run) and fashion_core.evaluation (the matrix).
"""

import contextlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fashion_core import evaluation
from fashion_core.catalog import ModelEntry
from fashion_core.charts.figures import describe_cell
from fashion_core.config import RECIPES, TrainConfig
from fashion_core.errors import RunError
from fashion_core.game import thing
from fashion_core.metadata import CLASS_NAMES
from fashion_core.runs import folders
from fashion_core.runs.events import read_metrics
from fashion_core.text import format_value
from pages.parts import state
from pages.parts.cached import cached_model, cached_split, kept_test_probs
from pages.parts.classify.drawn import drawn_pixels
from pages.parts.lesson_progress import started_runs


@dataclass(frozen=True)
class Outcome:
    """What happened, in a sentence that may be empty, and whether it answers the question."""

    sentence: str = ""
    done: bool = False


@dataclass(frozen=True)
class LessonStep:
    """One step. `check` looks at what happened; `fill` is what Train's form is filled in with."""

    title: str
    story: str
    question: str
    page: str
    link: str
    check: Callable[[ModelEntry], Outcome]
    query: tuple[tuple[str, str], ...] = ()
    fill: dict | None = None
    asks_drawn: bool = False


# 1. A picture

HALF = 0.5


def check_filled(entry: ModelEntry) -> Outcome:
    """Whether more than half of the numbers of the visitor's drawing are above zero."""
    pixels = drawn_pixels()
    if pixels is None:
        return Outcome()
    count = int((pixels > 0).sum())
    sentence = f"Of your drawing's {pixels.size} numbers {count} are above zero."
    if count <= HALF * pixels.size:
        return Outcome(f"{sentence} That is not yet more than half: fill it in, or draw it wider.")
    return Outcome(f"{sentence} The network never sees anything but these numbers.", True)


# 2. A convolution

WEAKEST = 4  # of a layer's maps: any of them counts


def check_map(entry: ModelEntry | None = None) -> Outcome:
    """Whether the map picked last is one of the weakest of the first layer."""
    if state.PICKED_RANK not in st.session_state:
        return Outcome()
    layer, rank = st.session_state[state.PICKED_RANK]
    if layer:
        return Outcome("That map is not of the first layer. Pick one in the first row.")
    if rank >= WEAKEST:
        return Outcome(f"In this picture {rank} maps of the first layer find less. Look for them.")
    return Outcome(
        "Hardly anything in this picture looks like what that filter searches for, so its map"
        " stays nearly empty. In another picture it may be the strongest.",
        True,
    )


# 3. and 4. Training

FALLEN = 0.5  # of the first loss: a run whose last loss is lower has learned
CHANCE = 0.2  # validation accuracy; guessing among ten classes has 0.1
ENDED = ("finished", "stopped", "failed")


def own_runs() -> list[folders.Run]:
    """The runs that this visitor started, the newest first, as far as they are still there."""
    found = []
    for run_id in reversed(started_runs()):
        with contextlib.suppress(RunError):
            found.append(folders.read_run(run_id))
    return [run for run in found if run.config]


def losses_of(run: folders.Run) -> list[float]:
    """The training losses of a run, in nats, in their order."""
    events, _ = read_metrics(run.run_dir, 0)
    return [event["train_loss"] for event in events if event["kind"] == "step"]


def check_falling(entry: ModelEntry) -> Outcome:
    """Whether a run of this visitor ended with a loss that fell."""
    runs = own_runs()
    for run in runs:
        losses = losses_of(run) if run.state in ("finished", "stopped") else []
        if losses and losses[-1] < FALLEN * losses[0]:
            return Outcome(
                f"In “{run.name}” the loss fell from {losses[0]:.2f} to {losses[-1]:.2f} nats.",
                True,
            )
    return describe_waiting(runs, "has ended, but its loss did not fall by half.")


def check_diverged(entry: ModelEntry) -> Outcome:
    """Whether a run of this visitor diverged, or learned no more than chance."""
    runs = own_runs()
    for run in runs:
        rate = format_value("learning_rate", run.config.learning_rate)
        if run.diverged:
            return Outcome(f"At a learning rate of {rate} “{run.name}” diverged.", True)
        accuracy = run.status.get("best_val_accuracy")
        if run.state in ENDED and accuracy is not None and accuracy < CHANCE:
            sentence = f"At a learning rate of {rate} “{run.name}” stayed at {accuracy:.1%}"
            return Outcome(f"{sentence}: that is guessing.", True)
    return describe_waiting(runs, "has ended, but it learned all the same.")


def describe_waiting(runs: list[folders.Run], short_of: str) -> Outcome:
    """Why the newest run is no answer yet; `short_of`: what one that has ended did not do."""
    if not runs:
        return Outcome()
    run = runs[0]
    if run.state in ("failed", "lost") and not run.diverged:
        return Outcome(f"“{run.name}” broke off. Start another one.")
    if run.state in ENDED:
        return Outcome(f"“{run.name}” {short_of}")
    return Outcome(f"“{run.name}” has not ended yet. Come back when it has.")


# 5. The confusion matrix

MOST_CONFUSED = 3  # pairs, any of which counts


def check_cell(entry: ModelEntry) -> Outcome:
    """Whether the cell picked last is one of the most confused pairs of the model in use."""
    cell = st.session_state.get(state.SEEN_CELL)
    if not cell:
        return Outcome()
    true, pred = cell
    if true == pred:
        return Outcome("That cell is on the diagonal: those images are classified correctly.")
    probs = kept_test_probs(entry)
    if probs is None:  # another model than on the matrix; to ask it here would take the page
        return Outcome("Open the matrix of the model in use, and pick the cell there.")
    preds, _ = evaluation.predictions(probs)
    confusion = evaluation.confusion(cached_split("test").labels, preds)
    pairs = [(a, b) for a, b, _ in evaluation.most_confused(confusion, MOST_CONFUSED)]
    told = f"{describe_cell(int(confusion[true, pred]), true, pred)}."
    if cell not in pairs:
        return Outcome(f"{told} Look for the highest numbers off the diagonal.")
    return Outcome(
        f"{told} At 28 × 28 grey pixels collars and buttons are gone, and what is left is almost"
        " the same shape.",
        True,
    )


# 6. Fool it


def note_drawing() -> None:
    """Remember which drawing it is of which the visitor has just said what it shows."""
    st.session_state[state.LESSON_DRAWN_OF] = digest_of(drawn_pixels())


def digest_of(pixels: np.ndarray | None) -> int | None:
    """Tells a drawing from the visitor's others; None for none."""
    return None if pixels is None else zlib.crc32(pixels.tobytes())


def is_of_another_drawing(pixels: np.ndarray | None) -> bool:
    """Whether what the visitor says to have drawn was not said of this drawing."""
    return st.session_state.get(state.LESSON_DRAWN_OF) != digest_of(pixels)


def check_fooled(entry: ModelEntry) -> Outcome:
    """Whether the model doubts the visitor's drawing or calls it something else."""
    from fashion_core import predict

    pixels, drawn = drawn_pixels(), st.session_state.get(state.LESSON_DRAWN)
    if drawn not in CLASS_NAMES or is_of_another_drawing(pixels):
        return Outcome()
    if pixels is None:
        return Outcome("There is no drawing yet. Draw on Classify, then come back.")
    answer = predict.classify_pixels(cached_model(str(entry.path), entry.fingerprint), pixels)
    name, share = CLASS_NAMES[answer.label], f"{answer.probs[answer.label]:.1%}"
    if not answer.recognised:
        return Outcome(
            "It does not know what this is: your drawing looks like nothing known.", True
        )
    if name != drawn:
        drawn = thing(CLASS_NAMES.index(drawn))
        return Outcome(f"You drew {drawn}, it says {name}, {share}. It is fooled.", True)
    return Outcome(f"It says {name}, {share}, and is right. Change the drawing and try again.")


QUICK = TrainConfig().to_dict() | RECIPES["Quick look"][0]
SHORT = {"epochs": 1, "train_size": 10_000, "optimizer": "Adam", "schedule": "constant"}

STEPS = (
    LessonStep(
        "What a picture is to a network",
        "Whatever you draw becomes 28 × 28 numbers: 0 where there is nothing, up to 255 where there"
        " is cloth. A network knows nothing else of it.",
        "Can you draw a piece of clothing of which more than half of the 28 × 28 numbers are above"
        " zero?",
        "classify",
        "Draw on Classify",
        check_filled,
    ),
    LessonStep(
        "What a convolution does",
        "A convolution slides a window of nine weights over the picture. What it finds is"
        " drawn as a feature map, bright where the picture looks like the window's pattern. The"
        " first layer has dozens of such windows, called filters.",
        "Which filter of the first layer finds least in this picture? Point at the maps to read"
        " their numbers, and click the one whose largest number is lowest.",
        "inside",
        "Open Inside",
        check_map,
        ((state.VIEW, "Layer by layer"),),
    ),
    LessonStep(
        "Watch a loss fall",
        "Training shows the network a batch of images, measures how wrong it is, the loss, and"
        " moves every weight a little so that it is less wrong. Then the next batch.",
        "How far does the loss fall in one short training? Start it and watch.",
        "train",
        "Fill in Train and go there",
        check_falling,
        fill=QUICK,
    ),
    LessonStep(
        "Too high a learning rate",
        "The learning rate says how far each step goes. Steps that are too long jump over what they"
        " look for.",
        "From which learning rate on does the network learn nothing? Change it in Settings and"
        " start; each try takes a few seconds.",
        "train",
        "Fill in a short training and go there",
        check_diverged,
        fill=QUICK | SHORT,
    ),
    LessonStep(
        "Which clothes are confused, and why",
        "Every test image stands in one cell of the confusion matrix: true class down, answer"
        " across. What is not on the diagonal is a mistake.",
        "Which two classes are confused most? Click their cell and look at its images.",
        "confusion_matrix",
        "Open the confusion matrix",
        check_cell,
    ),
    LessonStep(
        "Fool it with a drawing",
        "A network is good at what is like its training images, and only at that.",
        "Can you draw something that you would recognise, but the network does not?",
        "classify",
        "Draw on Classify",
        check_fooled,
        asks_drawn=True,
    ),
)


def fill_train(values: dict) -> None:
    """Let Train's form hold these values when it is drawn next."""
    st.session_state[state.TRAIN_VALUES] = values
    st.session_state.pop(state.SHOWN_RUN, None)  # on a phone the form comes first then
    for name, value in values.items():
        st.session_state[state.train_key(name)] = value
    st.session_state[state.RECIPE_BASE] = "Quick look"
