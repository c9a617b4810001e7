"""Plotly figures and tidy frames from plain arrays; decodes a click into (true, pred)."""

import html
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from fashion_core.charts.colors import (
    DIFFERENCE_SCALES,
    GRID_COLORS,
    SCALES,
    SERIES_COLORS,
    TEXT_COLORS,
    color_at,
    readable_on,
)
from fashion_core.charts.frames import smoothed, thinned
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES

FEW_TICKS = 12  # up to here every epoch gets its own tick
# The axis that a share is taken of
MODES = {"count": None, "by true class": 1, "by predicted class": 0}
SINGULARS = (CLASS_NAMES[0], *(name.lower() for name in CLASS_NAMES[1:]))  # inside a sentence
PLURALS = ("T-shirts/tops", *(name + ("es" if name == "dress" else "s") for name in SINGULARS[1:]))
MATRIX_HEIGHT = 560  # pixels; cells stay large enough for a finger on a narrow screen

X_TITLES = {"epoch": "Epoch", "step": "Step", "elapsed_seconds": "Seconds"}
DASHES = ("solid", "dash", "dot", "dashdot")
CURVES_HEIGHT = 380  # pixels, with room for the legend

METRIC_TITLES = {
    "train_loss": "Training loss",
    "smoothed": "Training loss, smoothed",
    "val_loss": "Validation loss",
    "val_accuracy": "Validation accuracy",
    "synthetic_accuracy": "Accuracy on sketches",
}


def curves_figure(runs, metric, x="epoch", dark=False, smoothing=0.0):
    """Curves of one metric for several runs over each other, one colour per run.

    `runs`: dicts with name (str), frame (DataFrame with columns `x` and `metric`, as from
    `curve_frame`, `epoch_frame` or `loss_frame`) and color (int, the run's place in
    `SERIES_COLORS`, taken modulo its length); a frame with a column std, as from `mean_frame`, is
    drawn as it is, with a band of one std to either side. A second run of a colour is dashed, a
    third dotted. `metric`: a key of `METRIC_TITLES`; an accuracy is drawn in per cent. `x`: a key
    of `X_TITLES`. `smoothing`: as in `smoothed`; the raw curve then stands pale behind the strong
    one. A run without a finite value of the metric has no curve.
    """
    percent = metric.endswith("accuracy")
    figure = go.Figure()
    dashes = _dashes([run["color"] % len(SERIES_COLORS) for run in runs])
    for run, dash in zip(runs, dashes, strict=True):
        points = run["frame"].dropna(subset=[metric])
        if len(points):
            figure.add_traces(_curves(run, points, metric, x, smoothing, dash))
    figure.update_layout(
        margin=dict(l=8, r=8, t=8, b=8),
        height=CURVES_HEIGHT,
        hovermode="x unified",
        showlegend=True,
    )
    figure.update_layout(legend=dict(orientation="h", yanchor="bottom", y=1.02, x=0))
    figure.update_xaxes(
        title=X_TITLES[x], showgrid=False, zeroline=False, tickformat=",", rangemode="tozero"
    )
    if max((run["frame"][x].max() for run in runs if len(run["frame"])), default=0) <= FEW_TICKS:
        figure.update_xaxes(dtick=1)  # else Plotly puts ticks at halves, and names each twice
    figure.update_yaxes(title=METRIC_TITLES[metric], gridcolor=GRID_COLORS[dark], zeroline=False)
    figure.update_yaxes(tickformat=".1%" if percent else ".2f")
    return figure


def confusion_figure(confusion, mode="count", hide_diagonal=False, dark=False):
    """The confusion matrix as a heatmap with its numbers; a hovered cell says in words what it
    holds.

    `confusion`: (10, 10) int64, rows = true, columns = predicted. `mode`: a key of `MODES`; shares
    are drawn in per cent of the row or of the column. `hide_diagonal`: leaves out the right
    answers, so that the scale belongs to the mistakes. `dark`: colours for a dark page. Raises
    ValueError for an unknown mode. Equal arguments give equal figures, to the byte: Streamlit
    rebuilds a chart that has changed.
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
    """What changes from one model to another: the second's confusion matrix minus the first's, as a
    heatmap.

    `confusion_a`, `confusion_b`: (10, 10) int64 of the same images; `names`: what the two models
    are called. A number has its sign; a hovered cell says in words what it holds. `dark`: colours
    for a dark page. Equal arguments give equal figures, to the byte.
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
    texts = np.array([signed(value) for value in difference.flat], dtype=object).reshape(
        difference.shape
    )
    texts[empty] = ""
    figure = go.Figure([heatmap, _cell_text_trace((difference / top + 1) / 2, texts, scale)])
    return _lay_out_matrix(figure, dark)


def signed(count):
    """A whole number with its sign, as printed: "+3", "−3", "0"."""
    return f"{count:+,}".replace("-", "−") if count else "0"


def describe_difference(change, true, pred):
    """A cell of the difference in words: "12 fewer shirts called T-shirt/top"; `true`, `pred` are
    classes 0…9.
    """
    things = SINGULARS[true] if abs(change) == 1 else PLURALS[true]
    amount = (
        f"{abs(change):,} {'more' if change > 0 else 'fewer'} {things}"
        if change
        else f"As many {PLURALS[true]}"
    )
    return f"{amount} {'rightly ' if true == pred else ''}called {CLASS_NAMES[pred]}"


def describe_cell(count, true, pred):
    """A cell of the matrix in words: "58 shirts called T-shirt/top"; `true`, `pred` are classes
    0…9.
    """
    amount = f"{count:,}" if count else "No"
    things = SINGULARS[true] if count == 1 else PLURALS[true]
    return f"{amount} {things} {'rightly ' if true == pred else ''}called {CLASS_NAMES[pred]}"


def cell_from_selection(event):
    """The (true, pred) of the cell that was picked, or None.

    `event`: {"true": row, "pred": column} as the page's script reports a click on a
    `confusion_figure`, or any junk that a browser may send: this never raises.
    """
    if not isinstance(event, Mapping):
        return None
    cell = event.get("true"), event.get("pred")
    # A browser has one kind of number, so a 3 may arrive as 3.0; True is an int to Python and no
    # class.
    if not all(type(place) in (int, float) and place in range(NUM_CLASSES) for place in cell):
        return None
    return int(cell[0]), int(cell[1])


def cell_values(confusion, mode):
    """What the matrix shows: (10, 10) float64, counts or per cent of the row or column; 0 where
    that is empty.

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
    # The heatmap's own text takes dark grey on middle blue, which is hard to read; here every cell
    # has its best colour.
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
    by_true, by_pred = (
        cell_values(confusion, "by true class"),
        cell_values(confusion, "by predicted class"),
    )
    texts = np.empty((NUM_CLASSES, NUM_CLASSES), dtype=object)
    for (true, pred), count in np.ndenumerate(np.asarray(confusion)):
        words = describe_cell(int(count), true, pred)
        row = f"{by_true[true, pred]:.1f} % of all {PLURALS[true]}"
        column = f"{by_pred[true, pred]:.1f} % of everything called {CLASS_NAMES[pred]}"
        texts[true, pred] = f"<b>{words}</b><br>{row}<br>{column}"
    return texts.tolist()


def _difference_hover_texts(confusion_a, confusion_b, names):
    texts = np.empty((NUM_CLASSES, NUM_CLASSES), dtype=object)
    for (true, pred), count in np.ndenumerate(np.asarray(confusion_b)):
        before = int(confusion_a[true][pred])
        words = describe_difference(int(count) - before, true, pred)
        name_a, name_b = (html.escape(name, quote=False) for name in names)  # visitors write them
        texts[true, pred] = f"<b>{words}</b><br>{name_a}: {before:,}<br>{name_b}: {int(count):,}"
    return texts.tolist()


def _lay_out_matrix(figure, dark):
    ticks = dict(
        tickmode="array", tickvals=list(range(NUM_CLASSES)), ticktext=list(CLASS_NAMES), ticks=""
    )
    ticks.update(tickfont=dict(size=12, color=TEXT_COLORS[dark]))
    quiet = dict(
        fixedrange=True,
        showgrid=False,
        zeroline=False,
        automargin=True,
        title_standoff=8,
        ticklabelstandoff=4,
    )
    quiet.update(showline=True, mirror=True, linecolor=GRID_COLORS[dark])
    figure.update_xaxes(
        title="Predicted", range=[-0.5, NUM_CLASSES - 0.5], tickangle=-45, **ticks, **quiet
    )
    figure.update_yaxes(title="True", range=[NUM_CLASSES - 0.5, -0.5], **ticks, **quiet)
    margin = dict(l=8, r=8, t=8, b=8, pad=0)
    figure.update_layout(
        height=MATRIX_HEIGHT, margin=margin, plot_bgcolor=GRID_COLORS[dark], showlegend=False
    )
    hover = dict(align="left", bgcolor=SCALES[dark][0][1], bordercolor=TEXT_COLORS[dark])
    hover.update(font=dict(size=13, color=TEXT_COLORS[dark]))
    return figure.update_layout(
        hovermode="closest", hoverlabel=hover, clickmode="none", dragmode=False
    )


def _dashes(colors):
    """A dash for each of these places in `SERIES_COLORS`: a run keeps its colour, whatever it is
    drawn with.
    """
    return [DASHES[colors[:i].count(color) % len(DASHES)] for i, color in enumerate(colors)]


def _curves(run, points, metric, x, smoothing, dash):
    """The traces of one run: its curve, and behind it the raw one where it is smoothed, or the band
    of a mean.
    """
    color = SERIES_COLORS[run["color"] % len(SERIES_COLORS)]
    is_mean = "std" in points
    traces = []
    if smoothing and not is_mean and len(points) > 1:
        traces.append(
            _quiet_line(thinned(points), x, metric, color).update(opacity=0.3, line=dict(width=1))
        )
        points = points.assign(**{metric: smoothed(points[metric], smoothing)})
    points = thinned(points)
    if is_mean:
        edges = points.assign(
            low=points[metric] - points["std"], high=points[metric] + points["std"]
        )
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        fill = dict(fill="tonexty", fillcolor=f"rgba({red},{green},{blue},0.18)")
        traces += [
            _quiet_line(edges, x, "low", color),
            _quiet_line(edges, x, "high", color).update(**fill),
        ]
        traces = [trace.update(line=dict(width=0)) for trace in traces]
    strong = _quiet_line(points, x, metric, color).update(
        line=dict(width=2, dash=dash), showlegend=True
    )
    if len(points) <= 60:  # one epoch alone would be an invisible line
        strong.update(mode="lines+markers", marker=dict(size=6, color=color))
    hover = "%{y:.2%}" if metric.endswith("accuracy") else "%{y:.4f}"
    strong.update(hoverinfo=None, hovertemplate=hover)
    # Plotly reads names as markup; visitors write them.
    name = html.escape(run["name"], quote=False)
    return [
        trace.update(name=name, legendgroup=f"{run['color']} {dash} {name}")
        for trace in [*traces, strong]
    ]


def _quiet_line(points, x, y, color):
    line = dict(color=color)
    return go.Scatter(
        x=list(points[x]),
        y=list(points[y]),
        mode="lines",
        line=line,
        hoverinfo="skip",
        showlegend=False,
    )


def calibration_figure(bins, dark=False):
    """How often the model is right when it is as sure as it says: a bar per bin and the diagonal of
    honesty.

    `bins`: those of `evaluation.calibration`; empty ones have no bar. Hovering tells both shares
    and the images.
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
    figure.update_xaxes(
        title="How sure the model is", range=[0, 1.005], dtick=0.2, tickformat=".0%", showgrid=False
    )
    figure.update_yaxes(
        title="How often it is right",
        range=[0, 1.02],
        tickformat=".0%",
        gridcolor=GRID_COLORS[dark],
    )
    return figure
