"""Plotly figures and tidy frames from plain arrays; decodes a click into (true, pred)."""

import html
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fashion_core.config import value_words
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES

# Okabe and Ito, "Color Universal Design", 2008: told apart under every common colour vision deficiency.
SERIES_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")

MAX_POINTS = 1000  # more points than this on one line cost time in the browser and cannot be told apart
FEW_TICKS = 12  # up to here every epoch gets its own tick
SMOOTHING = 0.3  # weight of the newest loss in the moving average; each point is a mean over 1,280 images already

# Sequential scales: light and dark start at the page's own background, so that an empty cell is no colour at
# all. Dense near zero, because mistakes are few against the diagonal. One hue: lightness alone carries the
# value.
SCALES = {
    False: ((0.0, "#FFFFFF"), (0.05, "#DDE3FF"), (0.15, "#B4C0FF"), (0.5, "#4C66F5"), (1.0, "#16206E")),
    True: ((0.0, "#12141C"), (0.05, "#232A4F"), (0.15, "#333E7E"), (0.5, "#5B70DE"), (1.0, "#DDE3FF")),
}
# Diverging scales of the same kind: fewer is blue, none the page itself, more orange (Okabe and Ito's two, which stay
# apart under every colour vision deficiency). Steep around zero, because most changes are small.
DIFFERENCE_SCALES = {
    False: (
        (0.0, "#003A63"), (0.25, "#2B7FB8"), (0.45, "#B5D6EC"), (0.49, "#E2EFF8"),
        (0.5, "#FFFFFF"),
        (0.51, "#FCEBDD"), (0.55, "#F7CDAC"), (0.75, "#D9742B"), (1.0, "#7A3200"),
    ),
    True: (
        (0.0, "#B9E1FA"), (0.25, "#3D8FC4"), (0.45, "#1D4866"), (0.49, "#172735"),
        (0.5, "#12141C"),
        (0.51, "#2E2119"), (0.55, "#5C3618"), (0.75, "#C87431"), (1.0, "#FFD9B3"),
    ),
}  # fmt: skip
MODES = {"count": None, "by true class": 1, "by predicted class": 0}  # the axis that a share is taken of
SINGULARS = (CLASS_NAMES[0], *(name.lower() for name in CLASS_NAMES[1:]))  # inside a sentence
PLURALS = ("T-shirts/tops", *(name + ("es" if name == "dress" else "s") for name in SINGULARS[1:]))

GRID_COLORS = {False: "#E1E4EE", True: "#2C3040"}  # the theme's border colours
TEXT_COLORS = {False: "#1B1E2B", True: "#E7E9F3"}  # the theme's text colours
MATRIX_HEIGHT = 560  # pixels; cells stay large enough for a finger on a narrow screen

X_TITLES = {"epoch": "Epoch", "step": "Step", "elapsed_seconds": "Seconds"}
DASHES = ("solid", "dash", "dot", "dashdot")
CURVES_HEIGHT = 380  # pixels, with room for the legend
OTHER = "other run"  # the series of another run behind a live one
OTHER_COLOR, OTHER_DASH = "#8A90A8", (5, 4)  # readable on both pages
MARK_COLOR = SERIES_COLORS[4]  # of what a chart points at; readable on both pages

METRIC_TITLES = {
    "train_loss": "Training loss",
    "smoothed": "Training loss, smoothed",
    "val_loss": "Validation loss",
    "val_accuracy": "Validation accuracy",
    "sketch_accuracy": "Accuracy on sketches",
}


def loss_frame(events, max_points=MAX_POINTS):
    """The training loss per step, raw and smoothed, thinned out for a chart.

    `events`: dicts as in metrics.jsonl; those of kind "step" with a finite train_loss count, a repeated step
    counts once, as last written. Returns a DataFrame with columns step (int), epoch (int), train_loss,
    smoothed (float, nats), sorted by step, at most about `max_points` rows, always with the first and the
    last. `smoothed` is the exponential moving average with bias correction (Kingma and Ba, "Adam", 2015,
    section 3), taken before thinning. Rows that are shown once stay where they are when events are added, so
    that a live chart does not wobble.
    """
    columns = ("step", "epoch", "train_loss")
    frame = _event_frame(events, "step", columns, required=columns).drop_duplicates("step", keep="last")
    frame = frame.sort_values("step").reset_index(drop=True).astype({"step": int, "epoch": int})
    frame["smoothed"] = frame["train_loss"].ewm(alpha=SMOOTHING, adjust=True).mean()
    return thinned(frame, max_points)


def epoch_frame(events):
    """One row per finished epoch: losses, validation accuracies and speed.

    `events`: dicts as in metrics.jsonl; those of kind "epoch" count, a repeated epoch counts once, as last
    written. Returns a DataFrame sorted by epoch with columns epoch, step (int), train_loss, val_loss,
    val_accuracy, sketch_accuracy, elapsed_seconds, images_per_second (float, NaN where an event does not say).
    """
    columns = (
        "epoch",
        "step",
        "train_loss",
        "val_loss",
        "val_accuracy",
        "sketch_accuracy",
        "elapsed_seconds",
        "images_per_second",
    )
    frame = _event_frame(events, "epoch", columns, required=("epoch", "step"))
    frame = frame.drop_duplicates("epoch", keep="last").sort_values("epoch").reset_index(drop=True)
    return frame.astype({"epoch": int, "step": int})


def step_frame(events):
    """The training loss per step as it was written, for curves of ended runs.

    `events`: as for `loss_frame`. Returns a DataFrame sorted by step with columns step, epoch (int), train_loss,
    elapsed_seconds (float).
    """
    columns = ("step", "epoch", "train_loss", "elapsed_seconds")
    frame = _event_frame(events, "step", columns, required=columns).drop_duplicates("step", keep="last")
    return frame.sort_values("step").reset_index(drop=True).astype({"step": int, "epoch": int})


def curve_frame(steps, epochs, metric, steps_per_epoch):
    """The points of one run's curve of a metric: the training loss of every logged step, all else once per epoch.

    `steps`, `epochs`: its `step_frame` and `epoch_frame`; `steps_per_epoch`: int > 0. Returns a DataFrame with columns
    step (int), epoch (float, a fraction within an epoch), elapsed_seconds and the metric, only rows that have it; an
    accuracy outside 0…1 is none.
    """
    source = steps if metric == "train_loss" and len(steps) else epochs
    points = source[["step", "elapsed_seconds", metric]].dropna()
    if metric.endswith("accuracy"):
        points = points[points[metric].between(0, 1)]
    points = points.assign(epoch=points["step"] / steps_per_epoch) if source is steps else points.join(epochs["epoch"])
    return points.reset_index(drop=True)


def smoothed(values, weight):
    """The exponential moving average with bias correction as TensorBoard draws it.

    `values`: (N,) floats; `weight` 0…<1 is that of the past, 0 changes nothing. Returns a Series (N,); NaN stays NaN
    and counts for nothing.
    """
    values = pd.Series(values, dtype=float)
    return values.ewm(alpha=1 - weight, adjust=True, ignore_na=True).mean().where(values.notna())


def mean_frame(frames, metric, smoothing=0.0):
    """The mean curve of several runs of one configuration, at the steps that all of them have.

    `frames`: two or more `curve_frame`s; each is smoothed first. Returns a DataFrame sorted by step with columns
    step, epoch, elapsed_seconds (means), the metric (mean) and std (sample standard deviation).
    """
    steady = [frame.assign(**{metric: smoothed(frame[metric], smoothing)}) for frame in frames]
    steps = pd.concat(steady).groupby("step")
    mean = steps[["epoch", "elapsed_seconds", metric]].mean().assign(std=steps[metric].std())
    return mean[steps.size() == len(frames)].reset_index()


def thinned(frame, max_points=MAX_POINTS):
    """At most about `max_points` evenly spaced rows of `frame`, always with the first and the last.

    The spacing is a power of two: while a run grows, a row that was shown is dropped at most when the spacing
    doubles, instead of all rows changing at every look.
    """
    stride = 2 ** max(0, math.ceil(math.log2(max(1, len(frame)) / max_points)))
    rows = sorted({*range(0, len(frame), stride), len(frame) - 1} - {-1})
    return frame.iloc[rows].reset_index(drop=True)


def curves_figure(runs, metric, x="epoch", dark=False, smoothing=0.0):
    """Curves of one metric for several runs over each other, one colour per run.

    `runs`: dicts with name (str), frame (DataFrame with columns `x` and `metric`, as from `curve_frame`,
    `epoch_frame` or `loss_frame`) and color (int, the run's place in `SERIES_COLORS`, taken modulo its length); a
    frame with a column std, as from `mean_frame`, is drawn as it is, with a band of one std to either side. A second
    run of a colour is dashed, a third dotted. `metric`: a key of `METRIC_TITLES`; an accuracy is drawn in per cent.
    `x`: a key of `X_TITLES`. `smoothing`: as in `smoothed`; the raw curve then stands pale behind the strong one.
    A run without a finite value of the metric has no curve.
    """
    percent = metric.endswith("accuracy")
    figure = go.Figure()
    dashes = _dashes([run["color"] % len(SERIES_COLORS) for run in runs])
    for run, dash in zip(runs, dashes, strict=True):
        points = run["frame"].dropna(subset=[metric])
        if len(points):
            figure.add_traces(_curves(run, points, metric, x, smoothing, dash))
    figure.update_layout(margin=dict(l=8, r=8, t=8, b=8), height=CURVES_HEIGHT, hovermode="x unified", showlegend=True)
    figure.update_layout(legend=dict(orientation="h", yanchor="bottom", y=1.02, x=0))
    figure.update_xaxes(title=X_TITLES[x], showgrid=False, zeroline=False, tickformat=",", rangemode="tozero")
    if max((run["frame"][x].max() for run in runs if len(run["frame"])), default=0) <= FEW_TICKS:
        figure.update_xaxes(dtick=1)  # else Plotly puts ticks at halves, and names each twice
    figure.update_yaxes(title=METRIC_TITLES[metric], gridcolor=GRID_COLORS[dark], zeroline=False)
    figure.update_yaxes(tickformat=".1%" if percent else ".2f")
    return figure


def confusion_figure(confusion, mode="count", hide_diagonal=False, dark=False):
    """The confusion matrix as a heatmap with its numbers; a hovered cell says in words what it holds.

    `confusion`: (10, 10) int64, rows = true, columns = predicted. `mode`: a key of `MODES`; shares are drawn in per
    cent of the row or of the column. `hide_diagonal`: leaves out the right answers, so that the scale belongs to the
    mistakes. `dark`: colours for a dark page. Raises ValueError for an unknown mode. Equal arguments give equal
    figures, to the byte: Streamlit rebuilds a chart that has changed.
    """
    values, texts = cell_values(confusion, mode), _cell_texts(confusion, mode)
    if hide_diagonal:
        np.fill_diagonal(values, np.nan)
        np.fill_diagonal(texts, "")
    top = float(np.nanmax(values)) or 1.0
    heatmap = go.Heatmap(
        z=[[None if np.isnan(value) else float(value) for value in row] for row in values],
        zmin=0,
        zmax=top,
        colorscale=[list(stop) for stop in SCALES[dark]],
        showscale=False,
        xgap=1,
        ygap=1,
        hovertext=_hover_texts(confusion),
        hovertemplate="%{hovertext}<extra></extra>",
        hoverongaps=True,
    )
    figure = go.Figure([heatmap, _cell_text_trace(values / top, texts, SCALES[dark])])
    return _lay_out_matrix(figure, dark)


def difference_figure(confusion_a, confusion_b, names, dark=False):
    """What changes from one model to another: the second's confusion matrix minus the first's, as a heatmap.

    `confusion_a`, `confusion_b`: (10, 10) int64 of the same images; `names`: what the two models are called. A number
    has its sign; a hovered cell says in words what it holds. `dark`: colours for a dark page. Equal arguments give
    equal figures, to the byte.
    """
    difference = np.asarray(confusion_b) - np.asarray(confusion_a)
    top = int(np.abs(difference).max()) or 1
    scale = DIFFERENCE_SCALES[dark]
    heatmap = go.Heatmap(
        z=difference.tolist(),
        zmin=-top,
        zmax=top,
        colorscale=[list(stop) for stop in scale],
        showscale=False,
        xgap=1,
        ygap=1,
        hovertext=_difference_hover_texts(confusion_a, confusion_b, names),
        hovertemplate="%{hovertext}<extra></extra>",
    )
    empty = (np.asarray(confusion_a) == 0) & (np.asarray(confusion_b) == 0)
    texts = np.array([signed(value) for value in difference.flat], dtype=object).reshape(difference.shape)
    texts[empty] = ""
    figure = go.Figure([heatmap, _cell_text_trace((difference / top + 1) / 2, texts, scale)])
    return _lay_out_matrix(figure, dark)


def signed(count):
    """A whole number with its sign, as printed: "+3", "−3", "0"."""
    return f"{count:+,}".replace("-", "−") if count else "0"


def difference_words(change, true, pred):
    """A cell of the difference in words: "12 fewer shirts called T-shirt/top"; `true`, `pred` are classes 0…9."""
    things = SINGULARS[true] if abs(change) == 1 else PLURALS[true]
    amount = f"{abs(change):,} {'more' if change > 0 else 'fewer'} {things}" if change else f"As many {PLURALS[true]}"
    return f"{amount} {'rightly ' if true == pred else ''}called {CLASS_NAMES[pred]}"


def cell_words(count, true, pred):
    """A cell of the matrix in words: "58 shirts called T-shirt/top"; `true`, `pred` are classes 0…9."""
    amount = f"{count:,}" if count else "No"
    things = SINGULARS[true] if count == 1 else PLURALS[true]
    return f"{amount} {things} {'rightly ' if true == pred else ''}called {CLASS_NAMES[pred]}"


def cell_from_selection(event):
    """The (true, pred) of the cell that was picked, or None.

    `event`: {"true": row, "pred": column} as the page's script reports a click on a `confusion_figure`, or
    any junk that a browser may send: this never raises.
    """
    if not isinstance(event, Mapping):
        return None
    cell = event.get("true"), event.get("pred")
    # A browser has one kind of number, so a 3 may arrive as 3.0; True is an int to Python and no class.
    if not all(type(place) in (int, float) and place in range(NUM_CLASSES) for place in cell):
        return None
    return int(cell[0]), int(cell[1])


def cell_values(confusion, mode):
    """What the matrix shows: (10, 10) float64, counts or per cent of the row or column; 0 where that is empty.

    `confusion`: (10, 10) int64; `mode`: a key of `MODES`. Raises ValueError for an unknown mode.
    """
    if mode not in MODES:
        raise ValueError(f"mode {mode!r} must be one of {tuple(MODES)}")
    counts = np.array(confusion, dtype=np.float64)
    if MODES[mode] is None:
        return counts
    return 100 * counts / np.maximum(counts.sum(axis=MODES[mode], keepdims=True), 1)


def _cell_texts(confusion, mode):
    pattern = "{:,.0f}" if mode == "count" else "{:.1f}"
    values = cell_values(confusion, mode)
    texts = [pattern.format(value) if value else "" for value in values.flat]
    return np.array(texts, dtype=object).reshape(values.shape)


def _cell_text_trace(heights, texts, scale):
    # The heatmap's own text takes dark grey on middle blue, which is hard to read; here every cell has its
    # best colour.
    rows, columns = np.divmod(np.arange(texts.size), NUM_CLASSES)
    colors = [readable_on(color_at(height, scale)) for height in np.nan_to_num(heights).flat]
    return go.Scatter(
        x=columns.tolist(),
        y=rows.tolist(),
        text=texts.ravel().tolist(),
        mode="text",
        textfont=dict(size=11, color=colors),
        hoverinfo="skip",
        showlegend=False,
    )


def _hover_texts(confusion):
    by_true, by_pred = cell_values(confusion, "by true class"), cell_values(confusion, "by predicted class")
    texts = np.empty((NUM_CLASSES, NUM_CLASSES), dtype=object)
    for (true, pred), count in np.ndenumerate(np.asarray(confusion)):
        words = cell_words(int(count), true, pred)
        row = f"{by_true[true, pred]:.1f} % of all {PLURALS[true]}"
        column = f"{by_pred[true, pred]:.1f} % of everything called {CLASS_NAMES[pred]}"
        texts[true, pred] = f"<b>{words}</b><br>{row}<br>{column}"
    return texts.tolist()


def _difference_hover_texts(confusion_a, confusion_b, names):
    texts = np.empty((NUM_CLASSES, NUM_CLASSES), dtype=object)
    for (true, pred), count in np.ndenumerate(np.asarray(confusion_b)):
        before = int(confusion_a[true][pred])
        words = difference_words(int(count) - before, true, pred)
        name_a, name_b = (html.escape(name, quote=False) for name in names)  # visitors write them
        texts[true, pred] = f"<b>{words}</b><br>{name_a}: {before:,}<br>{name_b}: {int(count):,}"
    return texts.tolist()


def _lay_out_matrix(figure, dark):
    ticks = dict(tickmode="array", tickvals=list(range(NUM_CLASSES)), ticktext=list(CLASS_NAMES), ticks="")
    ticks.update(tickfont=dict(size=12, color=TEXT_COLORS[dark]))
    quiet = dict(
        fixedrange=True, showgrid=False, zeroline=False, automargin=True, title_standoff=8, ticklabelstandoff=4
    )
    quiet.update(showline=True, mirror=True, linecolor=GRID_COLORS[dark])
    figure.update_xaxes(title="Predicted", range=[-0.5, NUM_CLASSES - 0.5], tickangle=-45, **ticks, **quiet)
    figure.update_yaxes(title="True", range=[NUM_CLASSES - 0.5, -0.5], **ticks, **quiet)
    margin = dict(l=8, r=8, t=8, b=8, pad=0)
    figure.update_layout(height=MATRIX_HEIGHT, margin=margin, plot_bgcolor=GRID_COLORS[dark], showlegend=False)
    hover = dict(align="left", bgcolor=SCALES[dark][0][1], bordercolor=TEXT_COLORS[dark])
    hover.update(font=dict(size=13, color=TEXT_COLORS[dark]))
    return figure.update_layout(hovermode="closest", hoverlabel=hover, clickmode="none", dragmode=False)


def color_at(height, scale):
    """The colour (r, g, b), floats 0…255, at `height` 0…1 of a scale of (place, "#RRGGBB") stops as Plotly mixes it."""
    places = [place for place, _ in scale]
    stops = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for _, color in scale], dtype=np.float64)
    return tuple(float(np.interp(height, places, channel)) for channel in stops.T)


def readable_on(color):
    """Black or white, whichever has the higher contrast on `color` (r, g, b in 0…255)."""
    return "#FFFFFF" if contrast(color, (255, 255, 255)) > contrast(color, (0, 0, 0)) else "#000000"


def contrast(one, other):
    """The contrast ratio 1…21 of two colours (r, g, b in 0…255), as WCAG 2.1 defines it."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color):
    # WCAG 2.1, "relative luminance"
    channels = [value / 255 for value in color]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _dashes(colors):
    """A dash for each of these places in `SERIES_COLORS`: a run keeps its colour, whatever it is drawn with."""
    return [DASHES[colors[:i].count(color) % len(DASHES)] for i, color in enumerate(colors)]


def _curves(run, points, metric, x, smoothing, dash):
    """The traces of one run: its curve, and behind it the raw one where it is smoothed, or the band of a mean."""
    color = SERIES_COLORS[run["color"] % len(SERIES_COLORS)]
    is_mean = "std" in points
    traces = []
    if smoothing and not is_mean and len(points) > 1:
        traces.append(_quiet_line(thinned(points), x, metric, color).update(opacity=0.3, line=dict(width=1)))
        points = points.assign(**{metric: smoothed(points[metric], smoothing)})
    points = thinned(points)
    if is_mean:
        edges = points.assign(low=points[metric] - points["std"], high=points[metric] + points["std"])
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        fill = dict(fill="tonexty", fillcolor=f"rgba({red},{green},{blue},0.18)")
        traces += [_quiet_line(edges, x, "low", color), _quiet_line(edges, x, "high", color).update(**fill)]
        traces = [trace.update(line=dict(width=0)) for trace in traces]
    strong = _quiet_line(points, x, metric, color).update(line=dict(width=2, dash=dash), showlegend=True)
    if len(points) <= 60:  # one epoch alone would be an invisible line
        strong.update(mode="lines+markers", marker=dict(size=6, color=color))
    hover = "%{y:.2%}" if metric.endswith("accuracy") else "%{y:.4f}"
    strong.update(hoverinfo=None, hovertemplate=hover)
    # Plotly reads names as markup; visitors write them.
    name = html.escape(run["name"], quote=False)
    return [trace.update(name=name, legendgroup=f"{run['color']} {dash} {name}") for trace in [*traces, strong]]


def _quiet_line(points, x, y, color):
    line = dict(color=color)
    return go.Scatter(x=list(points[x]), y=list(points[y]), mode="lines", line=line, hoverinfo="skip", showlegend=False)


def _event_frame(events, kind, columns, required):
    rows = [[event.get(name) for name in columns] for event in events if event.get("kind") == kind]
    frame = pd.DataFrame(rows, columns=list(columns)).apply(pd.to_numeric, errors="coerce").astype(float)
    frame = frame.mask(frame.isin([math.inf, -math.inf]))
    return frame.dropna(subset=list(required))


def calibration_figure(bins, dark=False):
    """How often the model is right when it is as sure as it says: a bar per bin and the diagonal of honesty.

    `bins`: those of `evaluation.calibration`; empty ones have no bar. Hovering tells both shares and the images.
    """
    full = [row for row in bins if row["images"]]
    figure = go.Figure()
    figure.add_trace(
        go.Bar(
            x=[(row["low"] + row["high"]) / 2 for row in full],
            y=[row["accuracy"] for row in full],
            width=[row["high"] - row["low"] for row in full],
            marker=dict(color=SERIES_COLORS[0], line=dict(width=1, color=GRID_COLORS[dark])),
            customdata=[[row["confidence"], row["images"]] for row in full],
            hovertemplate="%{customdata[1]:,} images, %{customdata[0]:.1%} sure on average,"
            "<br>%{y:.1%} of them right<extra></extra>",
            name="",
        )
    )
    line = dict(color=TEXT_COLORS[dark], width=1.5, dash="dash")
    figure.add_trace(go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, hoverinfo="skip"))
    figure.update_layout(margin=dict(l=8, r=8, t=8, b=8), height=300, showlegend=False, bargap=0)
    figure.update_xaxes(title="How sure the model is", range=[0, 1.005], dtick=0.2, tickformat=".0%", showgrid=False)
    figure.update_yaxes(title="How often it is right", range=[0, 1.02], tickformat=".0%", gridcolor=GRID_COLORS[dark])
    return figure


# Live charts. Streamlit keeps a Vega chart's place while its data grow, as long as its spec stays the same; a Plotly
# chart would be built anew at every look.


def with_other_loss(live, other, steps_per_epoch, last_step):
    """The `loss_frame` of a live run and below it the smoothed losses of another one, for the same axis.

    `other`: its `curve_frame` of the training loss. It is laid out by epoch: its loss after half an epoch stands at
    half the live run's `steps_per_epoch`, and nothing beyond `last_step`. Returns the columns of `loss_frame`, all
    float, and other (float, nats); a row has either epoch, train_loss and smoothed, or other.
    """
    points = other.assign(step=other["epoch"] * steps_per_epoch, other=other["train_loss"].ewm(alpha=SMOOTHING).mean())
    points = points.loc[points["step"] <= last_step, ["step", "other"]].reset_index(drop=True)
    return pd.concat([live, thinned(points, MAX_POINTS)], ignore_index=True)


def loss_spec(height, other=False):
    """The Vega-Lite spec of the live loss curve over `loss_frame`: raw pale, smoothed strong. `height` in pixels.

    `other` adds the curve of `with_other_loss`, dashed.
    """
    # With formats, or a curve of a single point would have axes that say 1.000000.
    x = {"field": "step", "type": "quantitative", "title": "Step", "axis": {"grid": False, "format": ",d"}}
    y = {"type": "quantitative", "title": "Loss (nats)", "scale": {"zero": False}, "axis": {"format": ",.3~f"}}
    tooltip = [
        {"field": "step", "title": "Step", "format": ","},
        {"field": "epoch", "title": "Epoch"},
        {"field": "train_loss", "title": "Loss", "format": ".3f"},
        {"field": "smoothed", "title": "Smoothed", "format": ".3f"},
    ]
    raw = {"type": "line", "color": SERIES_COLORS[0], "opacity": 0.3, "strokeWidth": 1}
    strong = {"type": "line", "color": SERIES_COLORS[0], "strokeWidth": 2.5}
    target = {"type": "point", "opacity": 0, "size": 200, "tooltip": True}
    dashed = {"type": "line", "color": OTHER_COLOR, "strokeWidth": 1.5, "strokeDash": OTHER_DASH}

    def layer(mark, field, *transforms, **encoding):
        only = [{"filter": f"isValid(datum.{field})"}, *transforms]  # a gap would break the line
        return {"transform": only, "mark": mark, "encoding": {"y": y | {"field": field}} | encoding}

    told = [tooltip[0], {"field": "other", "title": "Other run, smoothed", "format": ".3f"}]
    layers = [layer(dashed, "other"), layer(target, "other", tooltip=told)] if other else []
    layers += [layer(raw, "train_loss"), layer(strong, "smoothed"), layer(target, "smoothed", tooltip=tooltip)]
    dot = {"type": "circle", "size": 80, "opacity": 1, "color": SERIES_COLORS[0]}  # a line of one point is not seen
    alone = {"joinaggregate": [{"op": "count", "as": "points"}]}, {"filter": "datum.points == 1"}
    layers += [layer(dot, "smoothed", *alone)]
    return {"height": height, "encoding": {"x": x}, "layer": layers}


def rate_frame(rates, losses, smooth):
    """The points of a learning-rate finder's curve: columns rate, loss, smoothed; three sequences of length N."""
    return pd.DataFrame({"rate": rates, "loss": losses, "smoothed": smooth}, dtype=float)


def rate_spec(height, rates, first_loss, suggested=None):
    """The Vega-Lite spec of `rate_frame`: raw pale, smoothed strong, a rule and its number where a rate is suggested.

    `height` in pixels; `rates`: the lowest and the highest that the axis shows; `first_loss`: the curve's first, in
    nats. The axes stay as they are while the curve grows; a loss that runs away leaves the chart at its top.
    """
    x = {"field": "rate", "type": "quantitative", "title": "Learning rate"}
    x["scale"] = {"type": "log", "domain": list(rates), "nice": False}
    decades = range(math.ceil(math.log10(rates[0])), math.floor(math.log10(rates[1])) + 1)
    x["axis"] = {"grid": False, "values": [10.0**power for power in decades], "format": "~g"}
    top = 3 * math.ceil(max(first_loss, 0.1) / 3)  # guessing among ten classes costs 2.3
    y = {"type": "quantitative", "title": "Loss (nats)", "scale": {"domain": [0, top]}}
    tooltip = [
        {"field": "rate", "title": "Learning rate", "format": ".2~g"},
        {"field": "loss", "title": "Loss", "format": ".3f"},
        {"field": "smoothed", "title": "Smoothed", "format": ".3f"},
    ]
    line = {"type": "line", "color": SERIES_COLORS[0], "clip": True}
    target = {"type": "point", "opacity": 0, "size": 120, "tooltip": True, "clip": True}
    layers = [
        {"mark": line | {"opacity": 0.3, "strokeWidth": 1}, "encoding": {"x": x, "y": y | {"field": "loss"}}},
        {"mark": line | {"strokeWidth": 2.5}, "encoding": {"x": x, "y": y | {"field": "smoothed"}}},
        {"mark": target, "encoding": {"x": x, "y": y | {"field": "smoothed"}, "tooltip": tooltip}},
    ]
    if suggested:
        layers += _mark_layers(x, suggested, to_the_left=suggested**2 > rates[0] * rates[1])
    return {"height": height, "layer": layers}


def _mark_layers(x, suggested, to_the_left):
    """A dashed rule at the suggested rate, and its number beside the rule's upper end, where there is more room."""
    at = {"x": x | {"datum": suggested}}
    del at["x"]["field"]
    text = {"type": "text", "text": value_words("learning_rate", suggested), "fontSize": 14, "fontWeight": 600}
    text |= {"align": "right", "dx": -6} if to_the_left else {"align": "left", "dx": 6}
    rule = {"type": "rule", "color": MARK_COLOR, "strokeWidth": 2, "strokeDash": [5, 3]}
    once = {"data": {"values": [{}]}}  # else they would be drawn for every point of the curve
    return [
        once | {"mark": rule, "encoding": at},
        once | {"mark": text | {"color": MARK_COLOR}, "encoding": at | {"y": {"value": 12}}},
    ]


def epoch_losses(epochs, other=None):
    """The losses of `epoch_frame` one below the other: columns epoch (int), series ("training", "validation"), loss.

    `other`: another run's `epoch_frame`, whose validation loss becomes the series OTHER.
    """
    tidy = _one_below_the_other(epochs, {"train_loss": "training", "val_loss": "validation"}, "loss")
    return _with_other(tidy, other, "val_loss", "loss")


def epoch_accuracies(epochs, other=None):
    """The accuracies of `epoch_frame`, likewise: columns epoch, series ("validation", "sketches"), accuracy.

    "sketches" is there only for runs that learn them; of the `other` run it is the validation accuracy.
    """
    names = {"val_accuracy": "validation", "sketch_accuracy": "sketches"}
    tidy = _one_below_the_other(epochs, names, "accuracy").dropna().reset_index(drop=True)
    return _with_other(tidy, other, "val_accuracy", "accuracy")


def _with_other(tidy, other, column, value_name):
    if other is None:
        return tidy
    rows = _one_below_the_other(other[["epoch", column]], {column: OTHER}, value_name)
    return pd.concat([rows.dropna(), tidy], ignore_index=True)  # first, so that it is drawn behind


def _one_below_the_other(epochs, names, value_name):
    tidy = epochs.rename(columns=names).melt("epoch", list(names.values()), var_name="series", value_name=value_name)
    return tidy.astype({"series": object})


def epoch_loss_spec(height, other=False):
    """The Vega-Lite spec of training and validation loss over `epoch_losses`, and of an `other` run's, dashed.

    `height` in pixels. The page says which run the dashed one is, so the legend does not name it.
    """
    colors = {"training": SERIES_COLORS[0], "validation": SERIES_COLORS[1]}
    return _epoch_spec(height, "loss", "Loss (nats)", ".3f", colors, other)


def epoch_accuracy_spec(height, sketches=False, other=False):
    """The Vega-Lite spec of accuracy per epoch over `epoch_accuracies`, likewise; `sketches` adds a second curve."""
    colors = {"validation": SERIES_COLORS[2]} | ({"sketches": SERIES_COLORS[3]} if sketches else {})
    return _epoch_spec(height, "accuracy", "Accuracy", ".1%", colors, other)


def _epoch_spec(height, field, title, number_format, colors, other):
    legend = {"title": None, "orient": "top", "values": list(colors)} if len(colors) > 1 else None
    dashes = [(1, 0)] * len(colors) + [OTHER_DASH] * other
    colors = colors | ({OTHER: OTHER_COLOR} if other else {})
    x = {
        "field": "epoch",
        "type": "quantitative",
        "title": "Epoch",
        "axis": {"tickMinStep": 1, "format": "d", "grid": False},
    }
    y = {"field": field, "type": "quantitative", "title": title, "scale": {"zero": False}}
    y["axis"] = {"format": number_format}
    tooltip = [{"field": "series", "title": "Curve"}, {"field": "epoch", "title": "Epoch"}]
    tooltip += [{"field": field, "title": title, "format": number_format}]
    color = {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": list(colors), "range": list(colors.values())},
        "legend": legend,
    }
    dash = color | {"scale": {"domain": list(colors), "range": dashes}}
    mark = {"type": "line", "point": {"size": 60}, "strokeWidth": 2.5}
    encoding = {"x": x, "y": y, "tooltip": tooltip, "color": color, "strokeDash": dash}
    return {"height": height, "mark": mark, "encoding": encoding}
