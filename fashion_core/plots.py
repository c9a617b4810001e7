"""Plotly figures and tidy frames from plain arrays; decodes a click into (true, pred)."""

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES

# Okabe and Ito, "Color Universal Design", 2008: told apart under every common colour vision deficiency.
SERIES_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")

MAX_POINTS = 1000  # more points than this on one line cost time in the browser and cannot be told apart
SMOOTHING = 0.1  # weight of the newest loss in the moving average: about the last twenty points count

# Sequential scales: light and dark start at the page's own background, so that an empty cell is no colour at all.
# Dense near zero, because mistakes are few against the diagonal. One hue: lightness alone carries the value.
SCALES = {
    False: ((0.0, "#FFFFFF"), (0.12, "#C9D2FF"), (0.5, "#4C66F5"), (1.0, "#16206E")),
    True: ((0.0, "#12141C"), (0.12, "#2A3466"), (0.5, "#5B70DE"), (1.0, "#DDE3FF")),
}
MODES = {"count": None, "by true class": 1, "by predicted class": 0}  # the axis that a share is taken of
SINGULARS = ("T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
PLURALS = ("T-shirts/tops",) + tuple(name + ("es" if name == "dress" else "s") for name in SINGULARS[1:])

METRIC_TITLES = {
    "train_loss": "Training loss",
    "smoothed": "Training loss, smoothed",
    "val_loss": "Validation loss",
    "val_accuracy": "Validation accuracy",
}


def loss_frame(events, max_points=MAX_POINTS):
    """The training loss per step, raw and smoothed, thinned out for a chart.

    `events`: dicts as in metrics.jsonl; those of kind "step" with a finite train_loss count, a repeated step counts
    once, as last written. Returns a DataFrame with columns step (int), epoch (int), train_loss, smoothed (float, nats), sorted by
    step, at most about `max_points` rows, always with the first and the last. `smoothed` is the exponential
    moving average with bias correction (Kingma and Ba, "Adam", 2015, section 3), taken before thinning. Rows
    that are shown once stay where they are when events are added, so that a live chart does not wobble.
    """
    columns = ("step", "epoch", "train_loss")
    frame = _event_frame(events, "step", columns, required=columns).drop_duplicates("step", keep="last")
    frame = frame.sort_values("step").reset_index(drop=True).astype({"step": int, "epoch": int})
    frame["smoothed"] = frame["train_loss"].ewm(alpha=SMOOTHING, adjust=True).mean()
    return thinned(frame, max_points)


def epoch_frame(events):
    """One row per finished epoch: losses, validation accuracy and speed.

    `events`: dicts as in metrics.jsonl; those of kind "epoch" count, a repeated epoch counts once, as last
    written. Returns a DataFrame sorted by epoch with columns epoch, step (int), train_loss, val_loss,
    val_accuracy, elapsed_seconds, images_per_second (float, NaN where an event does not say).
    """
    columns = ("epoch", "step", "train_loss", "val_loss", "val_accuracy", "elapsed_seconds", "images_per_second")
    frame = _event_frame(events, "epoch", columns, required=("epoch", "step"))
    frame = frame.drop_duplicates("epoch", keep="last").sort_values("epoch").reset_index(drop=True)
    return frame.astype({"epoch": int, "step": int})


def thinned(frame, max_points=MAX_POINTS):
    """At most about `max_points` evenly spaced rows of `frame`, always with the first and the last.

    The spacing is a power of two: while a run grows, a row that was shown is dropped at most when the spacing
    doubles, instead of all rows changing at every look.
    """
    stride = 2 ** max(0, math.ceil(math.log2(max(1, len(frame)) / max_points)))
    rows = sorted({*range(0, len(frame), stride), len(frame) - 1} - {-1})
    return frame.iloc[rows].reset_index(drop=True)


def curves_figure(runs, metric, x="epoch", dark=False):
    """Curves of one metric for several finished runs over each other, one colour per run.

    `runs`: dicts with name (str), frame (DataFrame with columns `x` and `metric`, as from `epoch_frame` or
    `loss_frame`) and color (int, the run's place in `SERIES_COLORS`, taken modulo its length). `metric`: a key of `METRIC_TITLES`; an
    accuracy is drawn in per cent. A run without a finite value of the metric has no curve.
    """
    percent = metric.endswith("accuracy")
    figure = go.Figure()
    for run in runs:
        points = run["frame"].dropna(subset=[metric])
        if len(points):
            figure.add_trace(_curve(run["name"], points[x], points[metric], run["color"], percent))
    grid = "#2C3040" if dark else "#E1E4EE"
    figure.update_layout(margin=dict(l=8, r=8, t=8, b=8), height=340, hovermode="x unified", showlegend=True)
    figure.update_layout(legend=dict(orientation="h", yanchor="bottom", y=1.02, x=0))
    figure.update_xaxes(title=x.capitalize(), showgrid=False, zeroline=False, tickformat=",d", rangemode="tozero")
    figure.update_yaxes(title=METRIC_TITLES[metric], gridcolor=grid, zeroline=False)
    figure.update_yaxes(tickformat=".1%" if percent else ".2f")
    return figure


def confusion_figure(confusion, mode="count", hide_diagonal=False, dark=False, picked=None):
    """The confusion matrix: a heatmap with a transparent, clickable bar over every cell.

    `confusion`: (10, 10) int64, rows = true, columns = predicted. `mode`: a key of `MODES`; the shares are drawn in per cent of the row or of the column. `hide_diagonal`:
    leaves the right answers without colour, so that the scale belongs to the mistakes. `dark`: colours for a dark page. `picked`:
    (true, pred) of a cell to outline, or None. Raises ValueError for an unknown mode.
    The same arguments give the same figure, to the byte: Streamlit drops the selection of a chart that changed.
    """
    values, texts = _cell_values(confusion, mode), _cell_texts(confusion, mode)
    if hide_diagonal:
        np.fill_diagonal(values, np.nan)
        np.fill_diagonal(texts, "")
    top = float(np.nanmax(values)) or 1.0
    scale = SCALES[dark]
    heatmap = go.Heatmap(z=values.tolist(), zmin=0, zmax=top, colorscale=[list(stop) for stop in scale])
    heatmap.update(showscale=False, hoverinfo="skip", xgap=1, ygap=1)
    figure = go.Figure([heatmap, _cell_text_trace(values / top, texts, scale), _click_bars(confusion)])
    _lay_out_matrix(figure, dark)
    if picked is not None:
        _outline(figure, *picked, dark)
    return figure


def cell_words(count, true, pred):
    """A cell of the matrix in words: "58 shirts called T-shirt/top"; `true`, `pred` are classes 0…9."""
    things = f"1 {SINGULARS[true]}" if count == 1 else f"{count:,} {PLURALS[true]}" if count else f"No {PLURALS[true]}"
    return f"{things} {'rightly ' if true == pred else ''}called {CLASS_NAMES[pred]}"


def cell_from_selection(event):
    """The (true, pred) of the cell that was clicked, or None.

    `event`: what `st.plotly_chart(..., on_select=...)` hands over for a `confusion_figure`, or any junk: this
    never raises. With several points the last one counts.
    """
    try:
        true, pred = event["selection"]["points"][-1]["customdata"][:2]
    except (TypeError, KeyError, IndexError, ValueError, AttributeError):
        return None
    if not all(type(place) is int and 0 <= place < NUM_CLASSES for place in (true, pred)):
        return None
    return true, pred


def _cell_values(confusion, mode):
    counts = np.array(confusion, dtype=np.float64)
    if mode not in MODES:
        raise ValueError(f"mode {mode!r} must be one of {tuple(MODES)}")
    if MODES[mode] is None:
        return counts
    return 100 * counts / np.maximum(counts.sum(axis=MODES[mode], keepdims=True), 1)


def _cell_texts(confusion, mode):
    pattern = "{:,.0f}" if mode == "count" else "{:.1f}"
    values = _cell_values(confusion, mode)
    texts = [pattern.format(value) if count else "" for value, count in zip(values.flat, np.ravel(confusion), strict=True)]
    return np.array(texts, dtype=object).reshape(values.shape)


def _cell_text_trace(heights, texts, scale):
    rows, columns = np.divmod(np.arange(texts.size), NUM_CLASSES)
    colors = [readable_on(color_at(height, scale)) for height in np.nan_to_num(heights).flat]
    font = dict(size=11, color=colors)
    text = go.Scatter(x=columns.tolist(), y=rows.tolist(), text=texts.ravel().tolist(), mode="text", textfont=font)
    return text.update(hoverinfo="skip", showlegend=False)


def _click_bars(confusion):
    # A click on a heatmap selects nothing in Streamlit; a bar is hit anywhere inside, a marker only near its middle.
    rows, columns = np.divmod(np.arange(NUM_CLASSES**2), NUM_CLASSES)
    clear = dict(marker=dict(opacity=0))
    bars = go.Bar(x=columns.tolist(), base=(rows - 0.5).tolist(), y=[1] * len(rows), width=1, showlegend=False)
    bars.update(marker=dict(color="rgba(0,0,0,0)", opacity=0), selected=clear, unselected=clear)
    bars.update(customdata=np.stack([rows, columns], axis=1).tolist(), hovertext=_hover_texts(confusion))
    return bars.update(hovertemplate="%{hovertext}<extra></extra>")


def _hover_texts(confusion):
    by_true, by_pred = _cell_values(confusion, "by true class"), _cell_values(confusion, "by predicted class")
    texts = []
    for (true, pred), count in np.ndenumerate(np.asarray(confusion)):
        words = cell_words(int(count), true, pred)
        row = f"{by_true[true, pred]:.1f} % of the {PLURALS[true]}"
        column = f"{by_pred[true, pred]:.1f} % of what is called {CLASS_NAMES[pred]}"
        texts.append(f"<b>{words}</b><br>{row}<br>{column}")
    return texts


def _lay_out_matrix(figure, dark):
    line = "#2C3040" if dark else "#E1E4EE"
    places = dict(tickmode="array", tickvals=list(range(NUM_CLASSES)), ticktext=list(CLASS_NAMES))
    places.update(fixedrange=True, showgrid=False, zeroline=False, ticks="", title_standoff=8, automargin=True)
    figure.update_xaxes(title="Predicted", range=[-0.5, 9.5], tickangle=-45, **places)
    figure.update_yaxes(title="True", range=[9.5, -0.5], **places)
    figure.update_layout(barmode="overlay", height=560, margin=dict(l=8, r=8, t=8, b=8), plot_bgcolor=line)
    figure.update_layout(clickmode="event+select", hovermode="closest", hoverlabel=dict(align="left"))


def _outline(figure, true, pred, dark):
    edge = dict(color="#FFB454" if dark else "#D55E00", width=3)
    figure.add_shape(type="rect", x0=pred - 0.5, x1=pred + 0.5, y0=true - 0.5, y1=true + 0.5, line=edge)


def color_at(height, scale):
    """The colour (r, g, b), floats 0…255, at `height` 0…1 of a scale of (place, "#RRGGBB") stops, as Plotly mixes it."""
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


def _curve(name, x, y, color_index, percent):
    color = SERIES_COLORS[color_index % len(SERIES_COLORS)]
    mode = "lines+markers" if len(x) <= 60 else "lines"  # one epoch alone would be an invisible line
    hover = "%{y:.2%}" if percent else "%{y:.4f}"
    line = dict(color=color, width=2)
    return go.Scatter(x=list(x), y=list(y), name=name, mode=mode, line=line, marker=dict(size=6), hovertemplate=hover)


def _event_frame(events, kind, columns, required):
    rows = [[event.get(name) for name in columns] for event in events if event.get("kind") == kind]
    frame = pd.DataFrame(rows, columns=list(columns)).apply(pd.to_numeric, errors="coerce").astype(float)
    frame = frame.mask(frame.isin([math.inf, -math.inf]))
    return frame.dropna(subset=list(required))
