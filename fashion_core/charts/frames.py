"""From fashion_core.plots."""

import math

import pandas as pd

# More points than this on one line cost time in the browser and cannot be told apart
MAX_POINTS = 1000
# Weight of the newest loss in the moving average; each point is a mean over 1,280 images already
SMOOTHING = 0.3
OTHER = "other run"  # the series of another run behind a live one


def loss_frame(events, max_points=MAX_POINTS):
    """The training loss per step, raw and smoothed, thinned out for a chart.

    `events`: dicts as in metrics.jsonl; those of kind "step" with a finite train_loss count, a
    repeated step counts once, as last written. Returns a DataFrame with columns step (int), epoch
    (int), train_loss, smoothed (float, nats), sorted by step, at most about `max_points` rows,
    always with the first and the last. `smoothed` is the exponential moving average with bias
    correction (Kingma and Ba, "Adam", 2015, section 3), taken before thinning. Rows that are shown
    once stay where they are when events are added, so that a live chart does not wobble.
    """
    columns = ("step", "epoch", "train_loss")
    frame = _event_frame(events, "step", columns, required=columns).drop_duplicates(
        "step", keep="last"
    )
    frame = frame.sort_values("step").reset_index(drop=True).astype({"step": int, "epoch": int})
    frame["smoothed"] = frame["train_loss"].ewm(alpha=SMOOTHING, adjust=True).mean()
    return thinned(frame, max_points)


def epoch_frame(events):
    """One row per finished epoch: losses, validation accuracies and speed.

    `events`: dicts as in metrics.jsonl; those of kind "epoch" count, a repeated epoch counts once,
    as last written. Returns a DataFrame sorted by epoch with columns epoch, step (int), train_loss,
    val_loss, val_accuracy, synthetic_accuracy, elapsed_seconds, images_per_second (float, NaN where
    an event does not say).
    """
    columns = (
        "epoch",
        "step",
        "train_loss",
        "val_loss",
        "val_accuracy",
        "synthetic_accuracy",
        "elapsed_seconds",
        "images_per_second",
    )
    frame = _event_frame(events, "epoch", columns, required=("epoch", "step"))
    frame = frame.drop_duplicates("epoch", keep="last").sort_values("epoch").reset_index(drop=True)
    return frame.astype({"epoch": int, "step": int})


def step_frame(events):
    """The training loss per step as it was written, for curves of ended runs.

    `events`: as for `loss_frame`. Returns a DataFrame sorted by step with columns step, epoch
    (int), train_loss, elapsed_seconds (float).
    """
    columns = ("step", "epoch", "train_loss", "elapsed_seconds")
    frame = _event_frame(events, "step", columns, required=columns).drop_duplicates(
        "step", keep="last"
    )
    return frame.sort_values("step").reset_index(drop=True).astype({"step": int, "epoch": int})


def curve_frame(steps, epochs, metric, steps_per_epoch):
    """The points of one run's curve of a metric: the training loss of every logged step, all else
    once per epoch.

    `steps`, `epochs`: its `step_frame` and `epoch_frame`; `steps_per_epoch`: int > 0. Returns a
    DataFrame with columns step (int), epoch (float, a fraction within an epoch), elapsed_seconds
    and the metric, only rows that have it; an accuracy outside 0…1 is none.
    """
    source = steps if metric == "train_loss" and len(steps) else epochs
    points = source[["step", "elapsed_seconds", metric]].dropna()
    if metric.endswith("accuracy"):
        points = points[points[metric].between(0, 1)]
    points = (
        points.assign(epoch=points["step"] / steps_per_epoch)
        if source is steps
        else points.join(epochs["epoch"])
    )
    return points.reset_index(drop=True)


def smoothed(values, weight):
    """The exponential moving average with bias correction as TensorBoard draws it.

    `values`: (N,) floats; `weight` 0…<1 is that of the past, 0 changes nothing. Returns a Series
    (N,); NaN stays NaN and counts for nothing.
    """
    values = pd.Series(values, dtype=float)
    return values.ewm(alpha=1 - weight, adjust=True, ignore_na=True).mean().where(values.notna())


def mean_frame(frames, metric, smoothing=0.0):
    """The mean curve of several runs of one configuration, at the steps that all of them have.

    `frames`: two or more `curve_frame`s; each is smoothed first. Returns a DataFrame sorted by step
    with columns step, epoch, elapsed_seconds (means), the metric (mean) and std (sample standard
    deviation).
    """
    steady = [frame.assign(**{metric: smoothed(frame[metric], smoothing)}) for frame in frames]
    steps = pd.concat(steady).groupby("step")
    mean = steps[["epoch", "elapsed_seconds", metric]].mean().assign(std=steps[metric].std())
    return mean[steps.size() == len(frames)].reset_index()


def thinned(frame, max_points=MAX_POINTS):
    """At most about `max_points` evenly spaced rows of `frame`, always with the first and the last.

    The spacing is a power of two: while a run grows, a row that was shown is dropped at most when
    the spacing doubles, instead of all rows changing at every look.
    """
    stride = 2 ** max(0, math.ceil(math.log2(max(1, len(frame)) / max_points)))
    rows = sorted({*range(0, len(frame), stride), len(frame) - 1} - {-1})
    return frame.iloc[rows].reset_index(drop=True)


def _event_frame(events, kind, columns, required):
    rows = [[event.get(name) for name in columns] for event in events if event.get("kind") == kind]
    frame = (
        pd.DataFrame(rows, columns=list(columns))
        .apply(pd.to_numeric, errors="coerce")
        .astype(float)
    )
    frame = frame.mask(frame.isin([math.inf, -math.inf]))
    return frame.dropna(subset=list(required))


# Live charts. Streamlit keeps a Vega chart's place while its data grow, as long as its spec stays
# the same; a Plotly chart would be built anew at every look.


def with_other_loss(live, other, steps_per_epoch, last_step):
    """The `loss_frame` of a live run and below it the smoothed losses of another one, for the same
    axis.

    `other`: its `curve_frame` of the training loss. It is laid out by epoch: its loss after half an
    epoch stands at half the live run's `steps_per_epoch`, and nothing beyond `last_step`. Returns
    the columns of `loss_frame`, all float, and other (float, nats); a row has either epoch,
    train_loss and smoothed, or other.
    """
    points = other.assign(
        step=other["epoch"] * steps_per_epoch, other=other["train_loss"].ewm(alpha=SMOOTHING).mean()
    )
    points = points.loc[points["step"] <= last_step, ["step", "other"]].reset_index(drop=True)
    return pd.concat([live, thinned(points, MAX_POINTS)], ignore_index=True)


def rate_frame(rates, losses, smooth):
    """The points of a learning-rate finder's curve: columns rate, loss, smoothed; three sequences
    of length N.
    """
    return pd.DataFrame({"rate": rates, "loss": losses, "smoothed": smooth}, dtype=float)


def epoch_losses(epochs, other=None):
    """The losses of `epoch_frame` one below the other: columns epoch (int), series ("training",
    "validation"), loss.

    `other`: another run's `epoch_frame`, whose validation loss becomes the series OTHER.
    """
    tidy = _one_below_the_other(
        epochs, {"train_loss": "training", "val_loss": "validation"}, "loss"
    )
    return _with_other(tidy, other, "val_loss", "loss")


def epoch_accuracies(epochs, other=None):
    """The accuracies of `epoch_frame`, likewise: columns epoch, series ("validation", "sketches"),
    accuracy.

    "sketches" is there only for runs that learn them; of the `other` run it is the validation
    accuracy.
    """
    names = {"val_accuracy": "validation", "synthetic_accuracy": "synthetic"}
    tidy = _one_below_the_other(epochs, names, "accuracy").dropna().reset_index(drop=True)
    return _with_other(tidy, other, "val_accuracy", "accuracy")


def _with_other(tidy, other, column, value_name):
    if other is None:
        return tidy
    rows = _one_below_the_other(other[["epoch", column]], {column: OTHER}, value_name)
    return pd.concat([rows.dropna(), tidy], ignore_index=True)  # first, so that it is drawn behind


def _one_below_the_other(epochs, names, value_name):
    tidy = epochs.rename(columns=names).melt(
        "epoch", list(names.values()), var_name="series", value_name=value_name
    )
    return tidy.astype({"series": object})
