"""The training loop: a generator that yields one plain event per log step and per epoch.

`train(state, …)` keeps everything that changes in `state`; whoever pulls the events decides when to
stop, by not pulling the next one.
"""

import contextlib
import ctypes
import functools
import math
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from fashion_core import distillation, evaluation
from fashion_core.config import TrainConfig
from fashion_core.data import Split, iterate_batches
from fashion_core.errors import TrainingFailed
from fashion_core.metadata import OUTLIER
from fashion_core.models import build_model, count_parameters
from fashion_core.optimizers import Optimizer
from fashion_core.predict import ood_score, predict_logits
from fashion_core.text import format_value
from fashion_core.transforms import (
    normalise,
    random_erasing,
    random_flips,
    random_mixup,
    random_shifts,
)

# A step event about ten times a second on two cores: smooth to watch, cheap to write
IMAGES_PER_EVENT = 1280
EXPLODED_LOSS = 50.0  # nats; guessing costs 2.3, so a mean this high is no training any more
WARM_UP_SHARE = 0.25  # one-cycle: share of the steps in which the learning rate climbs
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # names of glibc's malloc.h
# The most that glibc accepts; the largest buffer of batches of 128 has 26 MB
MAX_MMAP_THRESHOLD = 32 << 20
KEPT_BYTES = 512 << 20
VAL_SYNTHETIC = 1_000  # synthetic validation pictures, as many as a second makes
UNKNOWN_SHARE = 0.02  # share of the validation pictures that may be called unlike anything known
TEACHER_SHARE = 0.9  # of the loss, when a teacher is listened to; the rest is the labels'
# What its logits are divided by: less sure, so that the unlikely classes say something too
TEACHER_TEMPERATURE = 4.0
MIXUP_UNTIL = 6 / 7  # share of the steps
# One-cycle: the peak by the first rate, the first by the last
START_DIVISOR, END_DIVISOR = 25, 10_000


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
    # What the best are judged by, see `validate`
    best_score: tuple[float, float] = (-1.0, -math.inf)
    best_metrics: dict = field(default_factory=dict)
    best_epoch: int = 0
    best_weights: dict = field(default_factory=dict)
    elapsed_seconds: float = 0.0  # of training, up to the last event
    # Of the epoch under way: what its events need, and what draws its batches once more after a
    # pause.
    epoch_batches: int = 0  # finished ones
    epoch_images: int = 0
    epoch_loss: float = 0.0  # summed over these images
    epoch_seconds: float = 0.0
    epoch_generator: torch.Tensor | None = None  # the generator's state as the epoch began


def keep_freed_memory() -> None:
    """Let this process keep what it frees, instead of asking the system for fresh pages at every
    step.

    A step's activations and gradients are a few MB each; by default glibc maps and unmaps them
    anew, which costs about a thousand page faults a step. Does nothing where the C library is not
    glibc. Source: mallopt(3).
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        c_library = ctypes.CDLL(None)
        c_library.mallopt(M_MMAP_THRESHOLD, MAX_MMAP_THRESHOLD)
        c_library.mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def pick_device() -> torch.device:
    """The fastest device that this machine has: CUDA, else Apple's MPS, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def pick_precision(device: torch.device) -> str:
    """ "bfloat16" where the hardware multiplies it natively, else "float32"."""
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    if device.type == "cpu":
        return "bfloat16" if torch.cpu._is_avx512_bf16_supported() else "float32"
    return "float32"


def new_state(
    config: TrainConfig, device: torch.device | None = None, precision: str | None = None
) -> TrainState:
    """A freshly initialised state. Seeds torch's global generator with the config's seed."""
    device = device or pick_device()
    torch.manual_seed(config.seed)
    model = build_model(config.model, config.dropout).to(device)
    precision = precision or pick_precision(device)
    return TrainState(
        config=config,
        device=device,
        precision=precision,
        model=model,
        optimizer=Optimizer(config, model, precision),
        generator=torch.Generator().manual_seed(config.seed),
    )


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


def mixed_images(config: TrainConfig, step: int, count: int) -> int:
    """Of how many of a batch's `count` images mixtures are made at weight update `step`.

    Never of all: the loss that is reported is that of the others. The last part of a training, from
    MIXUP_UNTIL on, has none: it is short, and by then the network profits more from the images as
    they are.
    """
    if step >= MIXUP_UNTIL * config.epochs * config.steps_per_epoch:
        return 0
    return min(count - 1, math.ceil(config.mixup * count))


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(1.0, share))) / 2


def train(state: TrainState, train_split: Split, val_split: Split) -> Iterator[dict]:
    """Train until `config.epochs` are done; yields plain dicts of JSON numbers:

    {"kind": "step", epoch, step, train_loss, learning_rate, images_per_second, elapsed_seconds}
    {"kind": "epoch", epoch, step, train_loss, val_loss, val_accuracy, best, images_per_second,
    elapsed_seconds} and, with `config.synthetic`, synthetic_accuracy: that on synthetic pictures
    made of validation images

    `epoch` counts from 1, `step` counts finished weight updates, `train_loss` is the mean
    cross-entropy in nats since the last step event (or over the epoch), without label smoothing and
    mixtures; `elapsed_seconds` includes validation, `images_per_second` does not. The best weights
    by validation accuracy are kept in `state`. A restored state goes on where it was: on a CPU with
    the same number of threads its events equal those of a training that was never interrupted,
    apart from the times. Raises TrainingFailed when the loss is not finite or explodes.
    """
    config = state.config
    tensors = training_tensors(config, train_split)
    began = time.perf_counter() - state.elapsed_seconds
    while state.epoch < config.epochs:
        yield from _train_epoch(state, tensors, val_split, began)


def training_tensors(config: TrainConfig, split: Split) -> tuple[torch.Tensor, ...]:
    """The `train_size` images that the config's seed picks: pixels (n, 28, 28) uint8, labels (n,)
    int64.

    With `config.distillation` pixels (versions, n, 28, 28) uint8 of the images and their mixtures,
    labels (n,) and what the teacher says of each version, logits (versions, n, 10) float32. Raises
    TeacherError when that is not there.
    """
    chosen = np.random.default_rng(config.seed).permutation(len(split.labels))[: config.train_size]
    labels = torch.from_numpy(split.labels[chosen])
    if not config.distillation:
        return torch.from_numpy(split.pixels[chosen]), labels
    versions = np.stack([version[chosen] for version in distillation.versions(split.pixels)])
    return (
        torch.from_numpy(versions),
        labels,
        torch.from_numpy(distillation.read_answers()[:, chosen]),
    )


def event_steps(steps: int, image_count: int, first: bool) -> set[int]:
    """After which of an epoch's `steps` an event comes: at even distances, at the end, and at once
    in the `first`.

    Even, because a point of the curve that stands for a few images would jump out of it.
    """
    windows = min(steps, max(1, round(image_count / IMAGES_PER_EVENT)))
    return {round(steps * window / windows) for window in range(1, windows + 1)} | (
        {1} if first else set()
    )


def with_synthetic(
    pixels: torch.Tensor, labels: torch.Tensor, seed
) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch and as many synthetic pictures of its classes or of nothing: pixels (2n, 28, 28),
    labels (2n,).
    """
    from fashion_core.synthetic.batches import mixed  # OpenCV is loaded by those who draw only

    made, made_labels = mixed(pixels.numpy(), labels.numpy(), seed)
    return torch.cat([pixels, torch.from_numpy(made)]), torch.cat(
        [labels, torch.from_numpy(made_labels)]
    )


def prefetched(batches: Iterator[tuple], seed: int, first_step: int) -> Iterator[tuple]:
    """The batches `with_synthetic`, each drawn on a thread of its own while training is busy with
    the one before.
    """
    with ThreadPoolExecutor(1) as pen:
        drawing = None
        for step, (pixels, labels) in enumerate(batches, start=first_step):
            drawn, drawing = drawing, pen.submit(with_synthetic, pixels, labels, (seed, step))
            if drawn:
                yield drawn.result()
        if drawing:
            yield drawing.result()


@functools.lru_cache(maxsize=1)
def val_synthetic(val_split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Synthetic garments made of validation images, always the same: pixels (n, 28, 28) uint8,
    labels (n,) int64.
    """
    from fashion_core.synthetic.batches import mixed

    chosen = np.random.default_rng(0).permutation(len(val_split.labels))[:VAL_SYNTHETIC]
    pixels, labels = mixed(val_split.pixels[chosen], val_split.labels[chosen], seed=0)
    return pixels[labels != OUTLIER], labels[labels != OUTLIER]


def _train_epoch(state, tensors, val_split, began) -> Iterator[dict]:
    config = state.config
    window_ends = event_steps(
        config.steps_per_epoch, config.images_per_epoch, first=state.step == 0
    )
    mark = time.perf_counter()
    epoch_began = mark - state.epoch_seconds
    window_loss, window_images = torch.zeros((), device=state.device), 0
    state.model.train()
    state.optimizer.trained.train()
    state.optimizer.round_weights()  # a restored state has set the model's
    batches = _batches_to_come(state, tensors)
    if config.synthetic:
        batches = prefetched(batches, config.seed, state.step)
    for batch in batches:
        window_loss += _update(state, *batch) * len(batch[0])
        window_images += len(batch[0])
        state.epoch_batches += 1
        if state.epoch_batches not in window_ends:
            continue
        loss = _checked(window_loss.item() / window_images, state)
        now = time.perf_counter()
        state.epoch_loss += loss * window_images
        state.epoch_images += window_images
        state.epoch_seconds, state.elapsed_seconds = now - epoch_began, now - began
        yield {
            "kind": "step",
            "epoch": state.epoch + 1,
            "step": state.step,
            "train_loss": loss,
            "learning_rate": learning_rate_at(config, state.step - 1),
            "images_per_second": window_images / (now - mark),
            "elapsed_seconds": state.elapsed_seconds,
        }
        mark = time.perf_counter()
        window_loss, window_images = torch.zeros_like(window_loss), 0
    train_loss = state.epoch_loss / state.epoch_images
    images_per_second = state.epoch_images / (time.perf_counter() - epoch_began)
    state.epoch += 1
    state.epoch_batches, state.epoch_images, state.epoch_loss, state.epoch_seconds = 0, 0, 0.0, 0.0
    metrics = validate(state, val_split)
    state.elapsed_seconds = time.perf_counter() - began
    yield {
        "kind": "epoch",
        "epoch": state.epoch,
        "step": state.step,
        "train_loss": train_loss,
        **metrics,
        "images_per_second": images_per_second,
        "elapsed_seconds": state.elapsed_seconds,
    }


def _batches_to_come(state: TrainState, tensors) -> Iterator[tuple[torch.Tensor, ...]]:
    """The batches of the epoch under way that are still to be trained on, as they were shuffled
    when it began.
    """
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
    return batches


def _update(
    state: TrainState,
    pixels: torch.Tensor,
    labels: torch.Tensor,
    answers: torch.Tensor | None = None,
) -> torch.Tensor:
    """One weight update; returns the mean cross-entropy, in nats, of the images that have a label
    and are not mixed.

    `answers` are the teacher's, (n, 10) float32.
    """
    config, generator = state.config, state.generator
    images = normalise(pixels.to(state.device))  # (n, 1, 28, 28)
    labels = labels.to(state.device)
    if config.shifts:
        images = random_shifts(images, generator)
    if config.flips:
        images = random_flips(images, generator)
    mixed = mixed_images(config, state.step, len(images))
    if mixed:
        images, own = random_mixup(images, mixed, generator)
    if config.erasing:
        images = random_erasing(images, generator)
    kind = torch.bfloat16 if state.precision == "bfloat16" else torch.float32
    logits = state.optimizer.trained(images.to(kind, memory_format=torch.channels_last)).float()
    loss = objective = F.cross_entropy(logits[mixed:], labels[mixed:], ignore_index=OUTLIER)
    if answers is not None:
        named = F.cross_entropy(
            logits, labels, ignore_index=OUTLIER, label_smoothing=config.label_smoothing
        )
        taught = distillation_loss(logits, answers.to(state.device))
        objective = (1 - TEACHER_SHARE) * named + TEACHER_SHARE * taught
    elif mixed:
        rows = _smoothed(logits, labels, config.label_smoothing)
        shared = _smoothed(logits, labels.flip(0), config.label_smoothing)
        objective = torch.lerp(shared, rows, own).mean()
    elif config.label_smoothing or config.synthetic:
        objective = _smoothed(logits, labels, config.label_smoothing).mean()
    state.optimizer.clear_gradients()
    objective.backward()
    state.optimizer.step(learning_rate_at(config, state.step))
    state.step += 1
    return loss.detach()


def _smoothed(logits: torch.Tensor, labels: torch.Tensor, label_smoothing: float) -> torch.Tensor:
    """The cross-entropy (n,) with smoothed labels; what is labelled OUTLIER is every class
    alike.
    """
    smoothing = torch.where(labels == OUTLIER, 1.0, label_smoothing)  # (n,)
    spread = -F.log_softmax(logits, dim=1).mean(dim=1)
    rows = F.cross_entropy(logits, labels, ignore_index=OUTLIER, reduction="none")
    return (1 - smoothing) * rows + smoothing * spread


def distillation_loss(logits: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """How far the student's logits (n, 10) are from the teacher's, in nats: their mean divergence,
    both softened.

    Both are divided by TEACHER_TEMPERATURE before the softmax, and the result multiplied by its
    square, so that the gradients stay as large as those of the labels (Hinton, Vinyals and Dean,
    "Distilling the Knowledge in a Neural Network", 2015, section 2).
    """
    said = F.log_softmax(answers / TEACHER_TEMPERATURE, dim=1)
    guess = F.log_softmax(logits / TEACHER_TEMPERATURE, dim=1)
    return F.kl_div(guess, said, reduction="batchmean", log_target=True) * TEACHER_TEMPERATURE**2


# Looking for a learning rate


def try_rates(state: TrainState, train_split: Split, rates: Iterable[float]) -> Iterator[float]:
    """Train one step with each of these learning rates in turn; yields the batch's loss, that of
    `_update`.

    The loss is that of the weights before the step; it may be infinite or no number. Nothing is
    validated or kept, and the config's own learning rate and schedule count for nothing.
    """
    config = state.config
    batches = _endless_batches(state, training_tensors(config, train_split))
    if config.synthetic:
        batches = prefetched(batches, config.seed, 0)
    state.optimizer.trained.train()
    with contextlib.closing(batches):  # ends the thread that draws ahead
        for rate, batch in zip(rates, batches, strict=False):
            state.config = replace(config, schedule="constant", learning_rate=rate)
            yield _update(state, *batch).item()


def _endless_batches(state: TrainState, tensors) -> Iterator[tuple[torch.Tensor, ...]]:
    while True:
        yield from _shuffled(state, tensors)


def _shuffled(state: TrainState, tensors) -> Iterator[tuple[torch.Tensor, ...]]:
    pixels, labels, *answers = tensors
    batch_size, generator = state.config.real_batch_size, state.generator
    if not answers:
        return iterate_batches(pixels, labels, batch_size, generator)
    order = torch.randperm(len(labels), generator=generator)
    version = torch.randint(1, len(pixels), order.shape, generator=generator)
    # Every other image of a batch is mixed, and then only the teacher says what it shows; the first
    # one has its label.
    version[torch.arange(len(version)) % batch_size % 2 == 0] = 0
    labels = torch.where(version > 0, OUTLIER, labels[order])
    return iterate_batches(
        pixels[version, order], labels, batch_size, None, answers[0][version, order]
    )


def _checked(loss: float, state: TrainState) -> float:
    if math.isfinite(loss) and loss < EXPLODED_LOSS:
        return loss
    what = f"rose to {loss:,.0f}" if math.isfinite(loss) else "is no longer a number"
    raise TrainingFailed(
        f"The loss {what} at step {state.step:,}: the weights have run away. "
        f"Try a learning rate below {format_value('learning_rate', state.config.learning_rate)}."
    )


def validate(state: TrainState, val_split: Split) -> dict:
    """Measure the weights as they are on the validation split and keep them in `state` if they are
    the best so far.

    Returns val_loss (mean cross-entropy, nats), val_accuracy (0…1), best (bool) and, with
    `config.synthetic`, synthetic_accuracy; the best are judged by val_accuracy, or by the mean of
    both accuracies. Raises TrainingFailed when the loss is not finite.
    """
    val_logits = predict_logits(state.model, val_split.pixels)
    logits = torch.from_numpy(val_logits)
    labels = torch.tensor(val_split.labels)
    val_loss = _checked(F.cross_entropy(logits, labels).item(), state)
    metrics = {
        "val_loss": val_loss,
        "val_accuracy": (logits.argmax(1) == labels).float().mean().item(),
    }
    synthetic_logits = val_logits[:0]
    if state.config.synthetic:
        drawn, drawn_labels = val_synthetic(val_split)
        synthetic_logits = predict_logits(state.model, drawn)
        metrics["synthetic_accuracy"] = evaluation.accuracy(
            drawn_labels, synthetic_logits.argmax(1)
        )
    accuracies = [metrics[key] for key in ("val_accuracy", "synthetic_accuracy") if key in metrics]
    # At equal accuracy the lower loss is the better model
    score = (sum(accuracies) / len(accuracies), -val_loss)
    best = score > state.best_score
    if best:
        # Counts one cut short
        state.best_score, state.best_epoch = score, state.epoch + (state.epoch_batches > 0)
        state.best_metrics = metrics | calibrate(val_split.labels, val_logits, synthetic_logits)
        state.best_weights = {
            name: tensor.detach().cpu().clone() for name, tensor in state.model.state_dict().items()
        }
    return metrics | {"best": best}


def calibrate(labels: np.ndarray, val_logits: np.ndarray, synthetic_logits: np.ndarray) -> dict:
    """What a model needs to say how sure it is, from its logits on validation pictures, (N, 10) and
    (M, 10):

    temperature, which calibrates its probabilities on the validation split, and ood_threshold, the
    ood_score above which the share UNKNOWN_SHARE of all of them, synthetic pictures and images
    counting alike, would be called unlike anything known.
    """
    temperature = evaluation.temperature(labels, val_logits)
    rng = np.random.default_rng(0)
    count = len(synthetic_logits) or len(val_logits)
    alike = np.concatenate([rng.permutation(val_logits)[:count], synthetic_logits]) / temperature
    return {
        "temperature": temperature,
        "ood_threshold": float(np.quantile(ood_score(alike), 1 - UNKNOWN_SHARE)),
    }


def final_metrics(state: TrainState, test_split: Split | None) -> dict:
    """The metrics of the best weights, as plain JSON values for the checkpoint and its card.

    Puts the best weights into `state.model`. With a test split its accuracy, per-class report and
    confusion counts are added; it is read here, once, when everything has been chosen.
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
        preds = predict_logits(state.model, test_split.pixels).argmax(1)
        metrics["test_accuracy"] = evaluation.accuracy(test_split.labels, preds)
        metrics["per_class"] = evaluation.per_class_report(test_split.labels, preds)
    return metrics
