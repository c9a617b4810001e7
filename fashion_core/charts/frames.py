"""Tidy frames for charts from the events of runs: loss per step, metrics per epoch, means."""

import math

import numpy as np
import pandas as pd

# More points than this on one line cost time in the browser and cannot be told apart.
MAX_POINTS = 1000


# Frames of one run's events


def loss_frame(events: list[dict], max_points: int = MAX_POINTS) -> pd.DataFrame:
    """The training loss per step, raw and smoothed, thinned out for a chart.

    `events`: dicts as in metrics.jsonl; those of kind "step" with a finite train_loss count, a
    repeated step counts once, as last written. Columns: step, epoch (int64), train_loss, smoothed
    (float64, nats); sorted by step, at most about `max_points` rows, always with the first and the
    last. `smoothed` is the exponential moving average with bias correction (Kingma and Ba, "Adam",
    2015, section 3), taken before thinning. Rows that are shown once stay where they are when
    events are added, so that a live chart does not wobble.
    """
    frame = _event_frame(events, "step", ("step", "epoch", "train_loss"))
    frame["smoothed"] = _live_average(frame["train_loss"])
    return thinned(frame, max_points)


def step_frame(events: list[dict]) -> pd.DataFrame:
    """The training loss per step as it was written, for curves of ended runs.

    `events`: as for `loss_frame`. Columns: step, epoch (int64), train_loss (float64, nats),
    elapsed_seconds (float64); sorted by step.
    """
    return _event_frame(events, "step", ("step", "epoch", "train_loss", "elapsed_seconds"))


EPOCH_METRICS = (
    "train_loss",
    "val_loss",
    "val_accuracy",
    "synthetic_accuracy",
    "drawings_accuracy",
    "photos_accuracy",
    "elapsed_seconds",
    "images_per_second",
)


def epoch_frame(events: list[dict]) -> pd.DataFrame:
    """One row per finished epoch: losses, validation accuracies and speed.

    `events`: dicts as in metrics.jsonl; those of kind "epoch" count, a repeated epoch counts once,
    as last written. Columns: epoch, step (int64) and `EPOCH_METRICS` (float64; losses in nats,
    accuracies as fractions; NaN where an event does not say); sorted by epoch.
    """
    return _event_frame(events, "epoch", ("epoch", "step"), EPOCH_METRICS)


def _event_frame(
    events: list[dict], kind: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> pd.DataFrame:
    """A row for each step or epoch, as last written: epoch, step int64, all else float64.

    A row without a finite value in a `required` column is left out.
    """
    columns = [*required, *optional]
    rows = [[event.get(name) for name in columns] for event in events if event.get("kind") == kind]
    frame = pd.DataFrame(rows, columns=columns).apply(pd.to_numeric, errors="coerce").astype(float)
    frame = frame.mask(frame.isin([math.inf, -math.inf])).dropna(subset=list(required))
    frame = frame.drop_duplicates(kind, keep="last").sort_values(kind).reset_index(drop=True)
    return frame.astype({"epoch": int, "step": int})


# Weight of the newest loss; each point is a mean over 1,280 images already.
SMOOTHING = 0.3


def _live_average(losses: pd.Series) -> pd.Series:
    """The moving average that live charts show: (N,) float64."""
    return losses.ewm(alpha=SMOOTHING, adjust=True).mean()


# Curves of runs that are compared


def curve_frame(
    steps: pd.DataFrame, epochs: pd.DataFrame, metric: str, steps_per_epoch: int
) -> pd.DataFrame:
    """The points of one run's curve: the training loss of every step, all else once per epoch.

    `steps`, `epochs`: its `step_frame` and `epoch_frame`; `metric`: a metric of theirs;
    `steps_per_epoch`: more than 0. Columns: step (int64), elapsed_seconds (float64), the metric
    (float64), epoch (float64 with fractions of an epoch for the loss of steps, else int64). Only
    rows that have the metric; an accuracy outside 0…1 is none.
    """
    by_step = metric == "train_loss" and len(steps) > 0
    source = steps if by_step else epochs
    points = source[["step", "elapsed_seconds", metric]].dropna()
    if metric.endswith("accuracy"):
        points = points[points[metric].between(0, 1)]
    if by_step:
        points = points.assign(epoch=points["step"] / steps_per_epoch)
    else:
        points = points.join(epochs["epoch"])
    return points.reset_index(drop=True)


def smoothed(values: pd.Series | np.ndarray, weight: float) -> pd.Series:
    """The exponential moving average with bias correction, as TensorBoard draws it.

    `values`: (N,) float64; `weight`: that of the past, 0…<1, 0 changes nothing. Returns (N,)
    float64; NaN stays NaN and counts for nothing.
    """
    values = pd.Series(values, dtype=float)
    return values.ewm(alpha=1 - weight, adjust=True, ignore_na=True).mean().where(values.notna())


def mean_frame(frames: list[pd.DataFrame], metric: str, smoothing: float = 0.0) -> pd.DataFrame:
    """The mean curve of several runs of one configuration, at the steps that all of them have.

    `frames`: two or more `curve_frame`s; each is smoothed first, as by `smoothed`. Columns: step
    (int64), epoch, elapsed_seconds, the metric (float64, means) and std (float64, the metric's
    sample standard deviation); sorted by step.
    """
    steady = [frame.assign(**{metric: smoothed(frame[metric], smoothing)}) for frame in frames]
    steps = pd.concat(steady).groupby("step")
    mean = steps[["epoch", "elapsed_seconds", metric]].mean().assign(std=steps[metric].std())
    return mean[steps.size() == len(frames)].reset_index()


def thinned(frame: pd.DataFrame, max_points: int = MAX_POINTS) -> pd.DataFrame:
    """At most about `max_points` evenly spaced rows of `frame`, always with the first and the last.

    The spacing is a power of two: while a run grows, a row that was shown is dropped only when the
    spacing doubles. Otherwise all rows would change at every refresh.
    """
    stride = 2 ** max(0, math.ceil(math.log2(max(1, len(frame)) / max_points)))
    rows = sorted({*range(0, len(frame), stride), len(frame) - 1} - {-1})
    return frame.iloc[rows].reset_index(drop=True)


# Frames of the live charts, for the specs in `live`


def with_other_loss(
    live: pd.DataFrame, other: pd.DataFrame, steps_per_epoch: int, last_step: int
) -> pd.DataFrame:
    """The `loss_frame` of a live run, and below it the smoothed loss of another run.

    `other`: the other run's `curve_frame` of the training loss. It is laid out by epoch: its loss
    after half an epoch stands at half the live run's `steps_per_epoch`; nothing is beyond
    `last_step`. Columns: those of `loss_frame` and other (nats), all float64. A row has either
    epoch, train_loss and smoothed, or other.
    """
    steps = other["epoch"] * steps_per_epoch
    points = pd.DataFrame({"step": steps, "other": _live_average(other["train_loss"])})
    points = points[points["step"] <= last_step].reset_index(drop=True)
    return pd.concat([live, thinned(points)], ignore_index=True)


def rate_frame(rates: list[float], losses: list[float], smooth: list[float]) -> pd.DataFrame:
    """The curve of a learning-rate finder from three lists of one length.

    Columns, all float64: rate, loss, smoothed (nats).
    """
    return pd.DataFrame({"rate": rates, "loss": losses, "smoothed": smooth}, dtype=float)


# Names of the series, as the legends show them
TRAINING, VALIDATION = "training", "validation"
SYNTHETIC = "synthetic pictures"
DRAWINGS = "people's drawings"
PHOTOS = "people's photos"
# The curve of each kind of pictures that a configuration gives a share of the batch
KIND_SERIES = {"synthetic": SYNTHETIC, "drawings": DRAWINGS, "photos": PHOTOS}
OTHER = "other run"  # behind a live one


def epoch_losses(epochs: pd.DataFrame, other: pd.DataFrame | None = None) -> pd.DataFrame:
    """The losses of an `epoch_frame` one below the other, a row for each point.

    Columns: epoch (int64), series (`TRAINING`, `VALIDATION`), loss (float64, nats). `other`:
    another run's `epoch_frame`, whose validation loss is the series `OTHER`.
    """
    tidy = _melted(epochs, {"train_loss": TRAINING, "val_loss": VALIDATION}, "loss")
    return _with_other(tidy, other, "val_loss", "loss")


def epoch_accuracies(epochs: pd.DataFrame, other: pd.DataFrame | None = None) -> pd.DataFrame:
    """The accuracies of an `epoch_frame` one below the other, a row for each point.

    Columns: epoch (int64), series (`VALIDATION`, and those of `KIND_SERIES` that a run learns
    from), accuracy (float64, fraction). `other`: another run's `epoch_frame`, whose
    validation accuracy is the series `OTHER`.
    """
    names = {"val_accuracy": VALIDATION}
    names |= {f"{kind}_accuracy": series for kind, series in KIND_SERIES.items()}
    tidy = _melted(epochs, names, "accuracy").dropna().reset_index(drop=True)
    return _with_other(tidy, other, "val_accuracy", "accuracy")


def _with_other(
    tidy: pd.DataFrame, other: pd.DataFrame | None, metric: str, value_name: str
) -> pd.DataFrame:
    """Another run's points before those of `tidy`, so that they are drawn behind them."""
    if other is None:
        return tidy
    rows = _melted(other, {metric: OTHER}, value_name).dropna()
    return pd.concat([rows, tidy], ignore_index=True)


def _melted(epochs: pd.DataFrame, names: dict[str, str], value_name: str) -> pd.DataFrame:
    """These columns one below the other: epoch, series (str objects), `value_name`."""
    series = epochs[["epoch", *names]].rename(columns=names)
    tidy = series.melt("epoch", var_name="series", value_name=value_name)
    return tidy.astype({"series": object})
