"""Teaching a model a visitor's own pictures: what to expect, what it learns, what came of it.

A run that teaches is an ordinary one whose folder holds two more files from its start: `start.pt`,
the model as it was, and `taught.npz`, the pictures as they were labelled. At its end the worker
adds `taught.json`, which tells before and after. So nothing that is deleted or relabelled meanwhile
changes what a run was about.

torch is loaded by who has a model: a page that asks what can be taught does without.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fashion_core import files, picture_report, picture_sets, predict
from fashion_core.config import TAUGHT_SHARE, TrainConfig, field_spec, share_of
from fashion_core.errors import PictureSetError, RunError
from fashion_core.metadata import CLASS_NAMES, IMAGE_SIZE, NUM_CLASSES, OUTLIER
from fashion_core.runs import queue as run_queue
from fashion_core.synthetic.people import read_garments, varied
from fashion_core.text import format_count

if TYPE_CHECKING:
    from torch import nn

MIN_PICTURES = 3
EVERY = 4  # of each class every fourth picture is held out, to see what the others taught


# Nats; the loaded model, whose norms are folded, rounds otherwise
ROUNDING = 1e-3


@dataclass(frozen=True, eq=False)
class Taught:
    """A visitor's pictures as a run learns them.

    ids (N,); pixels (N, 28, 28) uint8; labels (N,) int64, OUTLIER for none of the ten; held_out
    (N,) bool, which of them are not learned.
    """

    ids: tuple[str, ...]
    pixels: np.ndarray
    labels: np.ndarray
    held_out: np.ndarray

    def made_anew(self, count: int, seed: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Pictures to learn, drawn and photographed anew: (count, 28, 28) uint8, labels (count,).

        The same seed makes the same pictures.
        """
        learned = np.flatnonzero(~self.held_out)
        pixels = self.pixels[learned]
        lines = predict.is_line_drawing(pixels)
        places, made = varied(pixels, lines, count, np.random.default_rng(seed))
        return made, self.labels[learned][places]

    def recognised_too(self, model: nn.Module, sure: dict) -> dict:
        """What `training.calibrate` says, with thresholds that doubt no garment that it learned to
        recognise.

        `model` is not calibrated yet.
        """
        garments = ~self.held_out & (self.labels != OUTLIER)
        if not garments.any():
            return sure
        pixels = self.pixels[garments]
        logits = predict.predict_logits(model, pixels) / sure["temperature"]
        # One that is still taken for something else says nothing of where doubt should begin
        right = logits.argmax(axis=1) == self.labels[garments]
        scores, lines = predict.ood_score(logits), predict.is_line_drawing(pixels)
        kinds = {"ood_threshold": right & ~lines, "line_ood_threshold": right & lines}
        highest = {key: float(scores[kind].max(initial=-np.inf)) for key, kind in kinds.items()}
        return sure | {key: max(sure[key], highest[key] + ROUNDING) for key in kinds}


def taught_pictures(ids: Sequence[str], pixels: np.ndarray, labels: np.ndarray) -> Taught:
    """These pictures, the oldest first, with every fourth of each class held out."""
    return Taught(tuple(ids), pixels, labels.astype(np.int64), held_out_places(labels))


def held_out_places(labels: np.ndarray) -> np.ndarray:
    """Which of the pictures with these labels (N,) are held out: (N,) bool."""
    held_out = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        held_out[np.flatnonzero(labels == label)[EVERY - 1 :: EVERY]] = True
    return held_out


# Before it starts


def refusal(labels: np.ndarray) -> str:
    """Why nothing can be taught with these labels (N,), in a sentence, or an empty string."""
    if len(labels) < MIN_PICTURES:
        return (
            f"Keep at least {MIN_PICTURES} pictures with their right labels; there"
            f" {'is' if len(labels) == 1 else 'are'} {len(labels)} so far."
        )
    if (labels == OUTLIER).all():
        return (
            "All your pictures are none of the ten classes. From them alone a model would only"
            " learn to doubt. Keep some pieces of clothing too."
        )
    return ""


SAME = 12.0  # grey levels, root mean square: two pictures closer than this look alike
MOST_COMPARED = 2_000  # pictures; each is compared with each
MANY = 20  # pictures; of one class alone, more of them teach mostly to say its name


def pitfalls(pixels: np.ndarray, labels: np.ndarray) -> list[str]:
    """What may go wrong with these pictures (N, 28, 28) and labels (N,), a sentence each."""
    found = []
    counts = Counter(int(label) for label in labels if label != OUTLIER)
    others = int((labels == OUTLIER).sum())
    if len(counts) == 1 and others <= sum(counts.values()):
        name = CLASS_NAMES[next(iter(counts))]
        found.append(
            f"All your pictures of clothes are of one class, {name}. The model may call other"
            f" drawings and photos {name}, too. Keep a few of other classes."
        )
    elif others > sum(counts.values()):
        found.append(
            f"Most of your pictures, {others} of {len(labels)}, are none of the ten. The model may"
            " come to doubt clothes as well. Keep more clothes."
        )
    elif counts and max(counts.values()) > 3 * min(counts.values()) and len(labels) >= MANY:
        most, fewest = max(counts, key=counts.get), min(counts, key=counts.get)
        found.append(
            f"{CLASS_NAMES[most]} has {counts[most]} pictures and {CLASS_NAMES[fewest]} only"
            f" {counts[fewest]}. It may prefer the larger class. Keep about as many of each."
        )
    pairs = contradictions(pixels, labels)
    if pairs:
        several = "Two pictures" if len(pairs) == 1 else f"{len(pairs)} pairs of pictures"
        found.append(
            f"{several} look the same and have different labels. The model cannot learn both. Give"
            " both the right label, or delete one."
        )
    return found


def contradictions(pixels: np.ndarray, labels: np.ndarray) -> list[tuple[int, int]]:
    """The places of pictures that look the same and have different labels, in pairs."""
    labels = labels[:MOST_COMPARED]
    flat = pixels[:MOST_COMPARED].reshape(len(labels), -1).astype(np.float32)
    squares = (flat**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * flat @ flat.T  # (N, N)
    same = (distances < SAME**2 * IMAGE_SIZE**2) & (labels[:, None] != labels)
    return [(int(one), int(other)) for one, other in np.argwhere(np.triu(same))]


# Steps of 128 pictures for the classic network; large ones cost more and have more to forget, and
# looking at the validation images takes them as long as twenty steps
SMALL = ("FashionCNN", "FashionCNNNorm")
STEPS, BATCH, EPOCHS = 200, 128, 2
FEW, STEPS_FOR_FEW = 5, 100  # pictures; all steps teach them no better, and take twice as long
STEPS_LARGE, BATCH_LARGE, EPOCHS_LARGE = 80, 64, 1


def teach_config(
    model_id: str, network: str, before: dict, seed: int = 0, count: int = MANY
) -> TrainConfig:
    """The configuration that teaches `count` pictures to a model, whose own was `before`.

    `before` is as its card has it. It replays Fashion-MNIST's images and what else the model had
    learned, as far as that is here.
    """
    is_large = network not in SMALL
    steps, batch, epochs = STEPS_FOR_FEW if count <= FEW else STEPS, BATCH, EPOCHS
    if is_large:
        steps, batch, epochs = STEPS_LARGE, BATCH_LARGE, EPOCHS_LARGE
    config = TrainConfig(
        model=network,
        start_model=model_id,
        epochs=epochs,
        batch_size=batch,
        learning_rate=0.0003 if is_large else 0.001,
        optimizer="AdamW",
        schedule="one-cycle",
        label_smoothing=0.1,
        flips=True,
        seed=seed,
        **_replayed_shares(before),
    )
    images = steps // epochs * config.real_batch_size  # in whole batches
    size = field_spec("train_size")
    values = config.to_dict() | {"train_size": int(np.clip(images, size["low"], size["high"]))}
    return TrainConfig.from_dict(values)


def _replayed_shares(before: dict) -> dict[str, float]:
    """The shares of the kinds beside Fashion-MNIST that a model learned from and that are here."""
    shares = {"synthetic": share_of(before, "synthetic")}
    for name in picture_sets.list_picture_sets(mine=False):
        counts = picture_sets.count_pictures(picture_sets.pictures_dir() / name)
        shares |= {kind: share_of(before, kind) for kind, count in counts.items() if count}
    # One that was taught before has these shares already
    left = 1.0 if before.get("start_model") else 1 - TAUGHT_SHARE
    return {kind: round(left * share, 3) for kind, share in shares.items()}


def expectations(labels: np.ndarray, network: str) -> list[str]:
    """What to expect of teaching these labels (N,), a sentence each."""
    held_out = int(held_out_places(labels).sum())
    takes = "less than a minute on two free cores"
    if network not in SMALL:
        takes = "some minutes, a good part of them for measuring it afterwards"
    sentences = [
        f"It learns {len(labels) - held_out} of your {len(labels)} pictures and goes on looking at"
        f" what it learned before. That takes {takes}.",
    ]
    if held_out:
        sentences.append(
            f"Every fourth of a class, {held_out} in all, is held out: on those you see whether it"
            " understood, or only remembers."
        )
    else:
        sentences.append(
            "Once a class has four pictures, one of them is held out: it shows whether the model"
            " understood, or only remembers."
        )
    sentences.append(
        "Afterwards your pictures should be right, and drawings like them more often than before."
        " Of the test images it may forget a few in a thousand."
    )
    if len(labels) < MANY:
        sentences.append(
            f"{format_count(len(labels), 'picture')} cannot show it how other people draw. Ten of"
            " each class help much more."
        )
    return sentences


# The run's files

START_FILE, PICTURES_FILE, REPORT_FILE = "start.pt", "taught.npz", "taught.json"


def save_taught(run_dir: Path, taught: Taught) -> None:
    """Put the pictures into a run's folder. Raises OSError."""
    with (run_dir / PICTURES_FILE).open("wb") as file:
        np.savez(
            file,
            ids=np.array(taught.ids, dtype=np.str_),
            pixels=taught.pixels,
            labels=taught.labels,
            held_out=taught.held_out,
        )


ANEW = "Teach the model again on My pictures."


def read_taught(run_dir: Path) -> Taught:
    """The pictures in a run's folder, checked. Raises PictureSetError."""
    try:
        with np.load(run_dir / PICTURES_FILE, allow_pickle=False) as content:
            ids, pixels = content["ids"].tolist(), content["pixels"]
            labels, held_out = content["labels"], content["held_out"]
    except Exception as error:  # NumPy and zipfile raise many kinds for damaged files
        raise PictureSetError(
            f"The pictures that this run was to learn are gone. {ANEW}"
        ) from error
    shapes = (pixels.shape[1:], pixels.dtype, labels.dtype, held_out.dtype)
    fits = shapes == ((IMAGE_SIZE, IMAGE_SIZE), np.uint8, np.int64, np.bool_)
    alike = len(ids) == len(pixels) == len(labels) == len(held_out) > 0
    if not fits or not alike or not np.isin(labels, [*range(NUM_CLASSES), OUTLIER]).all():
        raise PictureSetError(f"The pictures that this run was to learn are damaged. {ANEW}")
    return Taught(tuple(map(str, ids)), pixels, labels, held_out)


def start_teaching(
    config: TrainConfig,
    source: Path,
    taught: Taught,
    name: str,
    owner: str = "",
    drawing: np.ndarray | None = None,
) -> str:
    """Start or queue the run that teaches the model in the file `source`; returns its id.

    `drawing`: as in `queue.start_or_add`. Raises RunError where this copy does not allow it, the
    model is gone or nothing can be written.
    """
    if not source.is_file():
        raise RunError("This model is not here any more. Choose another one.")

    def fill(run_dir: Path) -> None:
        shutil.copyfile(source, run_dir / START_FILE)
        save_taught(run_dir, taught)

    return run_queue.start_or_add(config, name, drawing, owner, fill)


# Before and after


def report(
    before: nn.Module, after: nn.Module, taught: Taught, test: tuple[float | None, float | None]
) -> dict:
    """Before and after teaching, as plain JSON values.

    `test`: the accuracies on the test images, None where they are not known. Keys: pictures (a dict
    each), learned, held_out, test and drawings, each a pair of accuracies or None.
    """
    answers = [_answers(model, taught.pixels) for model in (before, after)]
    rights = [answer == taught.labels for answer in answers]
    pictures = [
        {
            "id": taught.ids[i],
            "label": int(taught.labels[i]),
            "held_out": bool(taught.held_out[i]),
            "before": int(answers[0][i]),
            "after": int(answers[1][i]),
        }
        for i in range(len(taught.ids))
    ]
    return {
        "pictures": pictures,
        "learned": _means(rights, ~taught.held_out),
        "held_out": _means(rights, taught.held_out),
        "test": list(test),
        "drawings": _drawings_accuracies(before, after),
    }


def _answers(model: nn.Module, pixels: np.ndarray) -> np.ndarray:
    """What a model calls pictures (N, 28, 28): (N,) int64, OUTLIER where it doubts them."""
    logits = predict.predict_logits(model, pixels)
    known = predict.recognised(model, logits, pixels)
    return np.where(known, logits.argmax(axis=1), OUTLIER)


def _means(rights: list[np.ndarray], chosen: np.ndarray) -> list[float] | None:
    return [float(right[chosen].mean()) for right in rights] if chosen.any() else None


def _drawings_accuracies(before: nn.Module, after: nn.Module) -> list[float] | None:
    """On people's drawings that nothing learns from, means over classes; None without any."""
    try:
        pictures = read_garments("drawings", "test")
    except PictureSetError:
        return None
    reports = [picture_report.report_on(model, pictures) for model in (before, after)]
    accuracies = [each["accuracy"] for each in reports]
    return None if None in accuracies else accuracies


def save_report(run_dir: Path, values: dict) -> None:
    """Raises OSError."""
    files.write_json(run_dir / REPORT_FILE, values)


MAX_REPORT_BYTES = 5_000_000  # a picture has about 110


def read_report(run_dir: Path) -> dict | None:
    """What `report` said of a run, None where it has said nothing that can be used."""
    path = run_dir / REPORT_FILE
    try:
        if not path.is_file() or path.stat().st_size > MAX_REPORT_BYTES:
            return None
        values = json.loads(path.read_text(encoding="utf-8"))
        pairs = [values[key] for key in ("learned", "held_out", "test", "drawings")]
        if not all(map(_is_pair, pairs)):
            return None
        listed = [_checked_picture(each) for each in values["pictures"]]
    except (OSError, ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None
    return values | {"pictures": listed}


def _is_pair(pair: object) -> bool:
    if pair is None:
        return True
    numbers = [files.number_or(value, None) for value in pair if value is not None]
    return len(pair) == 2 and None not in numbers


def _checked_picture(picture: dict) -> dict:
    """A picture's row. Raises ValueError, LookupError, TypeError or OverflowError."""
    labels = [int(picture[key]) for key in ("label", "before", "after")]
    if not set(labels) <= {OUTLIER, *range(NUM_CLASSES)}:
        raise ValueError("no label")
    return {
        "id": str(picture["id"]),
        "held_out": picture["held_out"] is True,
        **dict(zip(("label", "before", "after"), labels, strict=True)),
    }
