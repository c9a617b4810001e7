"""The training loop: a generator that yields one plain event per log step and per epoch.

`train(state, …)` keeps everything that changes in `state`; whoever pulls the events decides when to
stop, by not pulling the next one.
"""

import contextlib
import functools
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fashion_core import distillation, evaluation
from fashion_core.config import FOLDS, TAUGHT, TrainConfig
from fashion_core.data import Split, folds, iterate_batches
from fashion_core.errors import ConfigError, TrainingFailed
from fashion_core.losses import (
    NO_LABEL,
    label_loss,
    objective,
    soft_targets,
    teaching_objective,
)
from fashion_core.metadata import OUTLIER
from fashion_core.models import build_model, count_parameters
from fashion_core.optimizers import Optimizer
from fashion_core.predict import (
    Report,
    is_line_drawing,
    ood_score,
    predict_in_parts,
    predict_logits,
)
from fashion_core.text import format_value
from fashion_core.transforms import (
    normalise,
    random_erasing,
    random_flips,
    random_mixup,
    random_shifts,
)

if TYPE_CHECKING:
    from fashion_core.checkpoints import Checkpoint
    from fashion_core.picture_sets import PictureSet
    from fashion_core.taught import Taught


@dataclass
class TrainState:
    """Everything that training changes; `new_state` makes it."""

    config: TrainConfig
    device: torch.device
    precision: str  # "bfloat16" or "float32"
    model: nn.Module
    optimizer: Optimizer
    # Shuffling, flips and the like; weights and dropout use torch's global one
    generator: torch.Generator
    epoch: int = 0  # finished epochs
    step: int = 0  # finished weight updates
    best_score: tuple[float, float] = (-1.0, -math.inf)  # see `validate`
    best_metrics: dict = field(default_factory=dict)
    best_epoch: int = 0
    best_weights: dict = field(default_factory=dict)
    # (N, 10) float32: of the last validation, and of the best weights on the test split
    val_logits: np.ndarray | None = None
    test_logits: np.ndarray | None = None
    elapsed_seconds: float = 0.0  # of training, up to the last event
    # Of a model that is taught: itself as it was before, and what it learns
    former_model: nn.Module | None = None
    taught: "Taught | None" = None
    # The epoch under way: what its events need, and what draws its batches again after a pause
    epoch_batches: int = 0  # finished ones
    epoch_images: int = 0
    epoch_loss: float = 0.0  # summed over these images
    epoch_seconds: float = 0.0
    epoch_generator: Tensor | None = None  # the generator's state as the epoch began


DEVICES = ("cpu", "cuda", "mps")


def pick_device() -> torch.device:
    """FASHION_DEVICE, else the fastest one here: CUDA, else Apple's MPS, else the CPU.

    Raises ConfigError where the setting names none that is here.
    """
    wished = os.environ.get("FASHION_DEVICE", "").strip().lower()
    if wished and wished not in DEVICES:
        raise ConfigError(
            f"FASHION_DEVICE must be one of {', '.join(DEVICES)}, not {wished[:40]!r}."
        )
    if wished == "cuda" and not torch.cuda.is_available():
        raise ConfigError(
            "FASHION_DEVICE is cuda, but PyTorch finds no NVIDIA GPU here. Set it to cpu."
        )
    if wished == "mps" and not torch.backends.mps.is_available():
        raise ConfigError(
            "FASHION_DEVICE is mps, but PyTorch finds no Apple GPU here. Set it to cpu."
        )
    if wished:
        return torch.device(wished)
    if torch.cuda.is_available():
        with contextlib.suppress(RuntimeError):  # a GPU that is too old for this build of torch
            torch.zeros(1, device="cuda").add_(1).item()
            return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def pick_precision(device: torch.device) -> str:
    """Where the hardware multiplies bfloat16 faster than float32 "bfloat16", else "float32".

    Intel's processors do so with AMX only: with AVX-512 alone they multiply no more numbers a
    second, and training is slower.
    """
    faster = False
    if device.type == "cuda":
        faster = torch.cuda.is_bf16_supported(including_emulation=False)
    elif device.type == "cpu":
        has = torch.cpu.get_capabilities()  # what other architectures lack has no key
        needs_amx = "Intel" in has.get("cpu_name", "")
        faster = has.get("amx_bf16" if needs_amx else "avx512_bf16", False)
    return "bfloat16" if faster else "float32"


def new_state(
    config: TrainConfig, device: torch.device | None = None, precision: str | None = None
) -> TrainState:
    """A freshly initialised state. Seeds torch's global generator with the config's seed."""
    device = device or pick_device()
    precision = precision or pick_precision(device)
    torch.manual_seed(config.seed)
    model = build_model(config.model, config.dropout).to(device)
    return TrainState(
        config=config,
        device=device,
        precision=precision,
        model=model,
        optimizer=Optimizer(config, model, precision),
        generator=torch.Generator().manual_seed(config.seed),
    )


def start_from(state: TrainState, checkpoint: "Checkpoint") -> None:
    """Give a new state the weights of a model: fine-tuning. Raises ConfigError.

    Only a model of the same network fits.
    """
    if checkpoint.model != state.config.model:
        raise ConfigError(
            f"The model to start from is a {checkpoint.model}, not a {state.config.model}."
            f" Choose {checkpoint.model} as the network (model), or another file."
        )
    state.model.load_state_dict(checkpoint.weights)
    state.optimizer = Optimizer(state.config, state.model, state.precision)


def teach(state: TrainState, checkpoint: "Checkpoint", taught: "Taught") -> None:
    """Have a state learn a visitor's pictures with a replay of what that model answers.

    A new state starts from the model; a restored one goes on. Raises ConfigError.
    """
    if state.step == 0:
        start_from(state, checkpoint)
    generator = torch.get_rng_state()  # which a new state sets
    before = new_state(state.config, state.device, state.precision)
    torch.set_rng_state(generator)
    start_from(before, checkpoint)
    state.former_model = before.optimizer.compute_model.eval()
    state.taught = taught


def train(
    state: TrainState,
    train_split: Split,
    val_split: Split,
    report: Report = lambda done, total: None,
    hurry: Callable[[], bool] = lambda: False,
) -> Iterator[dict]:
    """Train until `config.epochs` are done; yields plain dicts of JSON numbers.

    {"kind": "step", epoch, step, train_loss, learning_rate, images_per_second, elapsed_seconds}
    {"kind": "epoch", epoch, step, train_loss, val_loss, val_accuracy, best, images_per_second,
    elapsed_seconds} and, with `config.synthetic`, `drawings` and `photos`, synthetic_accuracy,
    drawings_accuracy and photos_accuracy, see `validate`

    `epoch` counts from 1, `step` counts finished weight updates, `train_loss` is the mean
    cross-entropy in nats since the last step event (or over the epoch), without label smoothing and
    mixtures; `elapsed_seconds` includes validation, `images_per_second` does not. The best weights
    are kept in `state`, as `validate` judges them. A restored state goes on where it was: on a CPU
    with the same number of threads its events equal those of a training that was never interrupted,
    apart from the times. Raises TrainingFailed when the loss is not finite or explodes,
    TeacherError and PictureSetError when what it is to learn from is missing.

    `report` is called during each validation, see `validate`. `hurry` is asked after each weight
    update whether the next step event shall come at once: a large network may take ten seconds to
    it. A training that is restored after such an event has one event more than others.
    """
    tensors = training_tensors(state.config, train_split)
    began = time.perf_counter() - state.elapsed_seconds
    while state.epoch < state.config.epochs:
        yield from _train_epoch(state, tensors, began, hurry)
        yield _end_epoch(state, val_split, began, report)


def _train_epoch(
    state: TrainState, tensors: tuple[Tensor, ...], began: float, hurry: Callable[[], bool]
) -> Iterator[dict]:
    """The weight updates of the epoch that are still to come; yields its step events."""
    config = state.config
    # What is taught is little and should be seen, too
    images_told = config.images_per_epoch * (4 if config.start_model else 1)
    event_batches = event_steps(config.steps_per_epoch, images_told, first=state.step == 0)
    state.model.train()
    state.optimizer.compute_model.train()
    state.optimizer.round_weights()  # a restored state has set the model's
    mark = time.perf_counter()
    epoch_began = mark - state.epoch_seconds
    loss_sum, images = torch.zeros((), device=state.device), 0
    for batch in _batches_to_come(state, tensors):
        loss_sum += update(state, *batch) * len(batch[0])
        images += len(batch[0])
        state.epoch_batches += 1
        if state.epoch_batches not in event_batches and not hurry():
            continue
        train_loss = _checked(loss_sum.item() / images, state)
        now = time.perf_counter()
        state.epoch_loss += train_loss * images
        state.epoch_images += images
        state.epoch_seconds, state.elapsed_seconds = now - epoch_began, now - began
        yield {
            "kind": "step",
            "epoch": state.epoch + 1,
            "step": state.step,
            "train_loss": train_loss,
            "learning_rate": learning_rate_at(config, state.step - 1),
            "images_per_second": images / (now - mark),
            "elapsed_seconds": state.elapsed_seconds,
        }
        mark = time.perf_counter()
        epoch_began += mark - now  # what whoever listens does meanwhile is no training
        loss_sum, images = torch.zeros_like(loss_sum), 0


def _end_epoch(state: TrainState, val_split: Split, began: float, report: Report) -> dict:
    """Validate the weights after an epoch's last step; returns the epoch's event."""
    train_loss = state.epoch_loss / state.epoch_images
    images_per_second = state.epoch_images / state.epoch_seconds
    state.epoch += 1
    state.epoch_batches, state.epoch_images, state.epoch_loss, state.epoch_seconds = 0, 0, 0.0, 0.0
    metrics = validate(state, val_split, report)
    state.elapsed_seconds = time.perf_counter() - began
    return {
        "kind": "epoch",
        "epoch": state.epoch,
        "step": state.step,
        "train_loss": train_loss,
        **metrics,
        "images_per_second": images_per_second,
        "elapsed_seconds": state.elapsed_seconds,
    }


def update(
    state: TrainState, pixels: Tensor, labels: Tensor, teacher_logits: Tensor | None = None
) -> Tensor:
    """Change the weights once: the one step that every training is made of.

    pixels (n, 28, 28) uint8, labels (n,) int64, teacher_logits (n, 10) float32. Returns the mean
    cross-entropy, in nats, of the images that have a label and are not mixed, before the change.
    """
    config, generator = state.config, state.generator
    images = normalise(pixels.to(state.device))  # (n, 1, 28, 28)
    labels = labels.to(state.device)
    if teacher_logits is not None:
        teacher_logits = teacher_logits.to(state.device)
    # Where each image has its one class and no more, the loss needs no table of shares
    targets = labels if config.has_labels_only else soft_targets(labels, config.label_smoothing)
    if config.shifts:
        images = random_shifts(images, generator)
    if config.flips:
        images = random_flips(images, generator)
    mixed = mixed_images(config, state.step, len(images))
    if mixed:
        images, targets = random_mixup(images, targets, mixed, generator)
    if config.erasing:
        images = random_erasing(images, generator)
    images = images.to(state.optimizer.compute_type)
    logits = state.optimizer.compute_model(images, fast=True).float()  # (n, 10)
    if state.former_model is not None:
        loss = teaching_objective(logits, targets, _former_logits(state, images))
    else:
        loss = objective(logits, targets, teacher_logits)
    state.optimizer.clear_gradients()
    loss.backward()
    state.optimizer.step(learning_rate_at(config, state.step))
    state.step += 1
    if targets is labels:
        return loss.detach()
    return label_loss(logits.detach()[mixed:], labels[mixed:])


def _former_logits(state: TrainState, images: Tensor) -> Tensor:
    """What the model said, before it was taught, of the images of a batch that are replayed.

    images (n, 1, 28, 28); those that are taught stand last. Returns (r, 10) float32.
    """
    config = state.config
    new_share = config.added_counts[TAUGHT] / config.batch_size
    replayed = round(len(images) * (1 - new_share))
    with torch.no_grad():
        return state.former_model(images[:replayed], fast=True).float()


WARM_UP_SHARE = 0.25  # share of the steps in which the learning rate climbs
START_DIVISOR = 25  # the peak by the first rate
END_DIVISOR = 10_000  # the first rate by the last


def learning_rate_at(config: TrainConfig, step: int) -> float:
    """The learning rate of weight update `step` (0 … epochs × steps_per_epoch - 1).

    One-cycle: half a cosine up from peak/25 over the first quarter, half a cosine down to
    peak/250,000 (Smith and Topin, "Super-Convergence", 2017; the same curve as torch's OneCycleLR
    with pct_start 0.25).
    """
    if config.schedule == "constant":
        return config.learning_rate
    last = max(1, config.epochs * config.steps_per_epoch - 1)
    turn = WARM_UP_SHARE * (last + 1) - 1
    start = config.learning_rate / START_DIVISOR
    if step <= turn:
        return _cosine(start, config.learning_rate, step / turn if turn > 0 else 1.0)
    return _cosine(config.learning_rate, start / END_DIVISOR, (step - turn) / (last - turn))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(1.0, share))) / 2


MIXUP_UNTIL = 6 / 7  # share of the steps


def mixed_images(config: TrainConfig, step: int, count: int) -> int:
    """Of how many of a batch's `count` images mixtures are made at weight update `step`.

    Never of all: the loss that is reported is that of the others. The last part of a training, from
    MIXUP_UNTIL on, has none: it is short, and by then the network profits more from the images as
    they are.
    """
    if step >= MIXUP_UNTIL * config.epochs * config.steps_per_epoch:
        return 0
    return min(count - 1, math.ceil(config.mixup * count))


# About ten events a second on two cores: smooth to watch, cheap to write
IMAGES_PER_EVENT = 1280


def event_steps(steps: int, image_count: int, first: bool) -> set[int]:
    """After which of an epoch's `steps` an event comes: evenly, at the end, and if `first` at once.

    Evenly, because a point of the curve that stands for a few images would jump out of it.
    """
    windows = min(steps, max(1, round(image_count / IMAGES_PER_EVENT)))
    ends = {round(steps * window / windows) for window in range(1, windows + 1)}
    return ends | {1} if first else ends


EXPLODED_LOSS = 50.0  # nats; guessing costs 2.3, so a mean this high is no training any more


def _checked(loss: float, state: TrainState) -> float:
    # oneDNN's ReLU and max-pool make 0 of what is no number, so the loss alone may not show it
    are_numbers = math.isfinite(loss) and _has_finite_weights(state.model)
    if are_numbers and loss < EXPLODED_LOSS:
        return loss
    what = f"The loss rose to {loss:,.0f}" if are_numbers else "The loss is no longer a number"
    raise TrainingFailed(
        f"{what} at step {state.step:,}: training diverged. "
        f"Try a learning rate below {format_value('learning_rate', state.config.learning_rate)}."
    )


def _has_finite_weights(model: nn.Module) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in model.state_dict().values())


# The batches


def training_tensors(config: TrainConfig, split: Split) -> tuple[Tensor, ...]:
    """The `train_size` images that the config's seed picks, none of them of the fold left out.

    pixels (n, 28, 28) uint8, labels (n,) int64. With `config.distillation` pixels
    (copies, n, 28, 28) of the images and their mixed copies, labels (n,) and the teacher's logits
    (copies, n, 10) float32. Raises TeacherError when those are not there.
    """
    chosen = np.random.default_rng(config.seed).permutation(len(split.labels))
    if config.held_out_fold is not None:
        chosen = chosen[folds(split.labels, FOLDS)[chosen] != config.held_out_fold]
    chosen = chosen[: config.train_size]
    labels = torch.from_numpy(split.labels[chosen])
    if not config.distillation:
        return torch.from_numpy(split.pixels[chosen]), labels
    copies = np.stack(list(distillation.mixed_copies(split.pixels, chosen)))
    teacher_logits = distillation.read_answers()[:, chosen]
    return torch.from_numpy(copies), labels, torch.from_numpy(teacher_logits)


def _batches_to_come(state: TrainState, tensors: tuple[Tensor, ...]) -> Iterator[tuple]:
    """The batches of the epoch under way that are left, as they were shuffled when it began."""
    now = state.generator.get_state()
    if not state.epoch_batches:
        state.epoch_generator = now
    state.generator.set_state(state.epoch_generator)
    batches = _shuffled(state, tensors)
    for _ in range(state.epoch_batches):
        next(batches)
    # The shuffle has been drawn once more; flips go on from where they were
    if state.epoch_batches:
        state.generator.set_state(now)
    return _with_added_kinds(state, batches)


def _shuffled(state: TrainState, tensors: tuple[Tensor, ...]) -> Iterator[tuple]:
    """An epoch's batches: pixels, labels and, with a teacher, its logits of these copies.

    Every other image of a student's batch is a mixed copy, and only the teacher says what that
    shows. The first one has its label.
    """
    pixels, labels, *teacher_logits = tensors
    batch_size, generator = state.config.real_batch_size, state.generator
    if not teacher_logits:
        return iterate_batches(pixels, labels, batch_size, generator)
    order = torch.randperm(len(labels), generator=generator)  # (n,)
    copy = torch.randint(1, len(pixels), order.shape, generator=generator)  # (n,)
    copy[torch.arange(len(copy)) % batch_size % 2 == 0] = 0
    labels = torch.where(copy > 0, NO_LABEL, labels[order])
    return iterate_batches(
        pixels[copy, order], labels, batch_size, None, teacher_logits[0][copy, order]
    )


def _with_added_kinds(state: TrainState, batches: Iterator[tuple]) -> Iterator[tuple]:
    """The batches with the pictures that the config adds to each."""
    if not state.config.added_counts:
        return batches
    return prefetched(batches, state.config, state.step, state.taught)


def prefetched(
    batches: Iterator[tuple], config: TrainConfig, first_step: int, taught: "Taught | None" = None
) -> Iterator[tuple]:
    """The batches `with_added`, each drawn on a thread while training is busy with another."""
    with ThreadPoolExecutor(1) as executor:
        drawing = None
        for step, (pixels, labels) in enumerate(batches, start=first_step):
            drawn, drawing = (
                drawing,
                executor.submit(with_added, pixels, labels, config, step, taught),
            )
            if drawn:
                yield drawn.result()
        if drawing:
            yield drawing.result()


def with_added(
    pixels: Tensor,
    labels: Tensor,
    config: TrainConfig,
    step: int,
    taught: "Taught | None" = None,
) -> tuple[Tensor, Tensor]:
    """A batch (n, 28, 28), (n,) and the pictures of other kinds that belong to it.

    Returns pixels (m, 28, 28) uint8 and labels (m,) int64, OUTLIER of what is no garment.
    """
    share = len(labels) / config.real_batch_size  # an epoch's last batch is smaller
    seed = (config.seed, step)
    made = [
        taught.made_anew(round(count * share), seed)
        if kind == TAUGHT
        else _added(kind, round(count * share), pixels.numpy(), labels.numpy(), seed)
        for kind, count in config.added_counts.items()
    ]
    return (
        torch.cat([pixels, *(torch.from_numpy(each) for each, _ in made)]),
        torch.cat([labels, *(torch.from_numpy(each) for _, each in made)]),
    )


def _added(
    kind: str, count: int, pixels: np.ndarray, labels: np.ndarray, seed: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of one kind beside Fashion-MNIST: (count, 28, 28) uint8, labels (count,) int64.

    pixels (n, 28, 28) and labels (n,) are those that synthetic pictures are made of.
    """
    # OpenCV is loaded by those who draw only
    from fashion_core.synthetic import batches, people

    if kind == "synthetic":
        chosen = np.arange(count) % len(labels)
        return batches.synthetic_batch(pixels[chosen], labels[chosen], seed)
    if kind == "others":
        return people.other_things("train", count, seed)
    return people.garments(kind, "train", count, seed)


# Validation


def validate(
    state: TrainState, val_split: Split, report: Report = lambda done, total: None
) -> dict:
    """Measure the weights on the validation split; keeps them in `state` if they are the best yet.

    Returns val_loss (mean cross-entropy, nats), val_accuracy (0…1), best (bool) and, with
    `config.synthetic`, `drawings` and `photos`, synthetic_accuracy, drawings_accuracy and
    photos_accuracy, the latter means over classes. The best are judged by `_overall` of these
    accuracies. `report` is called with the pictures that were answered and how many they will be,
    those of all kinds. Raises TrainingFailed when the loss is not finite or explodes,
    PictureSetError when there are no pictures of a kind to measure with.
    """
    kinds = {"val": val_split.pixels}
    if state.config.synthetic:
        kinds["synthetic"], synthetic_labels = val_synthetic(val_split)
    wanted = [kind for kind in ("drawings", "photos") if getattr(state.config, kind)]
    by_people = {kind: val_pictures(kind) for kind in wanted}
    kinds |= {kind: pictures.pixels for kind, pictures in by_people.items()}
    answers = _predict_kinds(state.model, kinds, report)
    logits = state.val_logits = answers["val"]  # (N, 10)
    labels = torch.tensor(val_split.labels)
    val_loss = _checked(F.cross_entropy(torch.from_numpy(logits), labels).item(), state)
    accuracies = {"val_accuracy": evaluation.accuracy(val_split.labels, logits.argmax(1))}
    if state.config.synthetic:
        preds = answers["synthetic"].argmax(1)
        accuracies["synthetic_accuracy"] = evaluation.accuracy(synthetic_labels, preds)
    for kind, pictures in by_people.items():
        preds = answers[kind].argmax(1)
        accuracies[f"{kind}_accuracy"] = evaluation.class_mean_accuracy(pictures.allowed, preds)
    metrics = {"val_loss": val_loss, **accuracies}
    # At equal accuracy the lower loss is the better model
    counts = [len(pixels) for pixels in kinds.values()]
    score = (_overall(list(accuracies.values()), counts), -val_loss)
    if state.taught:  # what was taught last counts, not what was known before
        score = (float(state.step), 0.0)
    best = score > state.best_score
    if best:
        others = [(answers[kind], kinds[kind]) for kind in kinds if kind != "val"]
        sure = calibrate(val_split.labels, logits, val_split.pixels, *others)
        if state.taught:
            sure = state.taught.recognised_too(state.model, sure)
        _keep_best(state, score, metrics | sure)
    return metrics | {"best": best}


def _predict_kinds(
    model: nn.Module, kinds: dict[str, np.ndarray], report: Report
) -> dict[str, np.ndarray]:
    """The logits (M, 10) of each kind's pixels (M, 28, 28), with reports that count all kinds."""
    total, done, answers = sum(len(pixels) for pixels in kinds.values()), 0, {}
    for kind, pixels in kinds.items():
        answers[kind] = predict_in_parts(
            model, pixels, functools.partial(_add, report, done, total)
        )
        done += len(pixels)
    return answers


def _add(report: Report, before: int, total: int, done: int, _: int) -> None:
    """Report what is done of one part of a whole, after what was done before."""
    report(before + done, total)


def _overall(accuracies: list[float], counts: list[int]) -> float:
    """The mean of the kinds' accuracies, each weighted by the square root of its pictures' number.

    The chance in an accuracy falls with that root, so each kind brings the same share of it into
    the mean: two hundred photos do not decide alone which weights are the best.
    """
    return float(np.average(accuracies, weights=np.sqrt(counts)))


def _keep_best(state: TrainState, score: tuple[float, float], metrics: dict) -> None:
    state.best_score, state.best_metrics = score, metrics
    state.best_epoch = state.epoch + (state.epoch_batches > 0)  # counts one cut short
    state.best_weights = {
        name: tensor.detach().cpu().clone() for name, tensor in state.model.state_dict().items()
    }


VAL_SYNTHETIC = 1_000  # pictures, as many as a second makes


@functools.lru_cache(maxsize=1)
def val_synthetic(val_split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Synthetic garments made of validation images, always the same.

    pixels (n, 28, 28) uint8, labels (n,) int64.
    """
    from fashion_core.synthetic.batches import synthetic_batch

    chosen = np.random.default_rng(0).permutation(len(val_split.labels))[:VAL_SYNTHETIC]
    pixels, labels = synthetic_batch(val_split.pixels[chosen], val_split.labels[chosen], seed=0)
    return pixels[labels != OUTLIER], labels[labels != OUTLIER]


def val_pictures(kind: str) -> "PictureSet":
    """Garments among people's "drawings" or "photos" that nothing learns from.

    Raises PictureSetError where there are none.
    """
    from fashion_core.synthetic.people import read_garments

    return read_garments(kind, "val")


UNKNOWN_SHARE = 0.03  # share of each kind of validation pictures that may be called unknown
MIN_KIND = 30  # pictures of a kind; the highest of fewer say little about others


def calibrate(
    labels: np.ndarray,
    val_logits: np.ndarray,
    val_pixels: np.ndarray,
    *others: tuple[np.ndarray, np.ndarray],
) -> dict:
    """What a model needs to say how sure it is.

    labels (N,), val_logits (N, 10) and val_pixels (N, 28, 28) of the validation split; others are
    logits (M, 10) and pixels (M, 28, 28) of garments of another kind each, M may be 0. Returns
    temperature, which calibrates its probabilities on the validation split, and ood_threshold: the
    lowest `ood_score` above which at most the share UNKNOWN_SHARE of each kind would be called
    unlike anything known. line_ood_threshold is the same for line drawings, which leave more to
    doubt; each kind counts for the one, the other or both.
    """
    temperature = evaluation.temperature(labels, val_logits)
    kinds = [
        (ood_score(logits / temperature), is_line_drawing(pixels))
        for logits, pixels in ((val_logits, val_pixels), *others)
    ]
    for_lines = _threshold([scores[is_lines] for scores, is_lines in kinds])
    # Those that are doubted as lines count against the share of their kind, at the highest score
    kinds = [
        np.where(is_lines, np.where(scores > for_lines, 0.0, -np.inf), scores)
        for scores, is_lines in kinds
    ]
    return {
        "temperature": temperature,
        "ood_threshold": _threshold(kinds),
        "line_ood_threshold": for_lines,
    }


def _threshold(kinds: list[np.ndarray]) -> float:
    """The score above which at most UNKNOWN_SHARE of each kind is.

    0, above which no score is, if there are too few of every kind.
    """
    enough = [scores for scores in kinds if len(scores) >= MIN_KIND]
    highest = [np.quantile(each, 1 - UNKNOWN_SHARE, method="higher") for each in enough]
    return float(max(highest, default=0.0))


def final_metrics(
    state: TrainState, test_split: Split | None, report: Report = lambda done, total: None
) -> dict:
    """The metrics of the best weights, as plain JSON values for the checkpoint and its card.

    Puts the best weights into `state.model`. With a test split its accuracy and per-class report
    are added, and how people's test pictures do; they are read here, once, when everything has been
    chosen. `report` is called with the test images that were answered, and how many they will be.
    """
    state.model.load_state_dict(state.best_weights)
    metrics = {
        **state.best_metrics,
        "best_epoch": state.best_epoch,
        "epochs_done": state.epoch,
        "parameters": count_parameters(state.model),
        "device": state.device.type,
        "precision": state.precision,
        "torch_version": torch.__version__.split("+")[0],
        "trained_on": time.strftime("%Y-%m-%d"),
    }
    if test_split is not None:
        state.test_logits = predict_in_parts(state.model, test_split.pixels, report)  # (N, 10)
        preds = state.test_logits.argmax(1)
        metrics["test_accuracy"] = evaluation.accuracy(test_split.labels, preds)
        metrics["per_class"] = evaluation.per_class_report(test_split.labels, preds)
    if any(getattr(state.config, kind) for kind in ("drawings", "photos", "others")):
        metrics |= _people_metrics(state, tested=test_split is not None)
    return metrics


def held_out_answers(state: TrainState, train_split: Split) -> tuple[np.ndarray, np.ndarray]:
    """What `state.model` says of the fold that the config leaves out, after `final_metrics`.

    Returns indices (n,) int64 in the training file and logits (n, 10) float32, calibrated.
    """
    places = np.flatnonzero(folds(train_split.labels, FOLDS) == state.config.held_out_fold)
    logits = predict_logits(state.model, train_split.pixels[places])
    return train_split.indices[places], logits / state.best_metrics["temperature"]


def _people_metrics(state: TrainState, tested: bool) -> dict:
    """What was learned from people's pictures; if `tested`, how those do that nothing learns from.

    The latter may have to be prepared first, of both kinds.
    """
    from fashion_core import picture_report

    metrics = {"learned_from": picture_report.learned_from(state.config)}
    if not tested:
        return metrics
    model = state.model
    model.temperature = state.best_metrics["temperature"]
    model.ood_threshold = state.best_metrics["ood_threshold"]
    model.line_ood_threshold = state.best_metrics["line_ood_threshold"]
    metrics["held_out"] = picture_report.held_out_reports(model)
    del model.temperature, model.ood_threshold, model.line_ood_threshold
    return metrics


# Looking for a learning rate


def try_rates(state: TrainState, train_split: Split, rates: Iterable[float]) -> Iterator[float]:
    """Train one step with each of these learning rates in turn; yields the loss of each batch.

    That is the loss of `update`, of the weights before the step; it may be infinite or no number.
    Nothing is validated or kept, and the config's own learning rate and schedule count for nothing.
    """
    tensors = training_tensors(state.config, train_split)
    batches = _with_added_kinds(state, _endless_batches(state, tensors))
    state.optimizer.compute_model.train()
    with contextlib.closing(batches):  # ends the thread that draws ahead
        for rate, batch in zip(rates, batches, strict=False):
            state.config = replace(state.config, schedule="constant", learning_rate=rate)
            yield update(state, *batch).item()


def _endless_batches(state: TrainState, tensors: tuple[Tensor, ...]) -> Iterator[tuple]:
    while True:
        yield from _shuffled(state, tensors)
