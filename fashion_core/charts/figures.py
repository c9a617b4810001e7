"""Plotly figures from arrays and frames, their cells in words, and what a click on one means."""

import html
from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb, sample_colorscale

from fashion_core.charts.colors import (
    DIFFERENCE_SCALES,
    GRID_COLORS,
    RAW_OPACITY,
    SCALES,
    SERIES_COLORS,
    TEXT_COLORS,
    Scale,
    readable_on,
)
from fashion_core.charts.frames import smoothed, thinned
from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES
from fashion_core.text import format_count

MARGIN = dict(l=8, r=8, t=8, b=8)  # pixels


# Curves of several runs

METRIC_TITLES = {
    "train_loss": "Training loss",
    "val_loss": "Validation loss",
    "val_accuracy": "Validation accuracy",
    "synthetic_accuracy": "Accuracy on synthetic pictures",
    "drawings_accuracy": "Accuracy on people's drawings",
    "photos_accuracy": "Accuracy on people's photos",
}
X_TITLES = {"epoch": "Epoch", "step": "Step", "elapsed_seconds": "Seconds"}
CURVES_HEIGHT = 380  # pixels, with room for the legend
FEW_TICKS = 12  # up to here every epoch gets its own tick


def curves_figure(
    runs: list[dict], metric: str, x: str = "epoch", dark: bool = False, smoothing: float = 0.0
) -> go.Figure:
    """Curves of one metric for several runs over each other, one colour per run.

    `runs`: dicts with name (str), frame (DataFrame with columns `x` and `metric`, as from
    `curve_frame` or `epoch_frame`) and color (int, the run's place in `SERIES_COLORS`, taken modulo
    its length). A frame with a column std, as from `mean_frame`, is drawn as it is, with a band of
    one std to either side. A second run of a colour, or with the same points, is dashed, a third
    dotted. `metric`: a key of `METRIC_TITLES`; an accuracy is drawn in per cent. `x`: a key of
    `X_TITLES`. `smoothing`: 0…<1, as in `smoothed`; the raw curve then stands pale behind the
    strong one. `dark`: colours for a dark page. A run without a finite value of the metric has no
    curve.
    """
    traces = []
    for run, dash in zip(runs, _dashes(runs, x, metric), strict=True):
        points = run["frame"].dropna(subset=[metric])
        if len(points):
            traces += _curves(run, points, metric, x, smoothing, dash, dark)
    longest = max((run["frame"][x].max() for run in runs if len(run["frame"])), default=0)
    is_share = metric.endswith("accuracy")
    layout = dict(
        margin=MARGIN,
        height=CURVES_HEIGHT,
        hovermode="x unified",
        showlegend=True,
        legend=dict(orientation="h", yanchor="bottom", y=1.02, x=0),
        xaxis=dict(
            title=X_TITLES[x],
            showgrid=False,
            zeroline=False,
            tickformat=",",
            rangemode="tozero",
            # Plotly puts ticks of its own at halves, and names each twice
            dtick=1 if longest <= FEW_TICKS else None,
        ),
        yaxis=dict(
            title=METRIC_TITLES[metric],
            tickformat=".1%" if is_share else ".2f",
            gridcolor=GRID_COLORS[dark],
            zeroline=False,
            # Around a single point Plotly leaves room for as much again
            autorangeoptions=dict(clipmin=0, clipmax=1) if is_share else None,
        ),
    )
    return go.Figure(traces, layout)


def _color(run: dict) -> str:
    return SERIES_COLORS[run["color"] % len(SERIES_COLORS)]


DASHES = ("solid", "dash", "dot", "dashdot")


def _dashes(runs: list[dict], x: str, metric: str) -> list[str]:
    """A dash for each run: it keeps its colour, whatever other runs it is drawn with.

    Through the gaps of one that lies on another the other one shows.
    """
    points = [run["frame"][[x, metric]] for run in runs]
    dashes = []
    for i, run in enumerate(runs):
        alike = (_color(run) == _color(runs[j]) or points[i].equals(points[j]) for j in range(i))
        dashes.append(DASHES[sum(alike) % len(DASHES)])
    return dashes


def _curves(
    run: dict, points: pd.DataFrame, metric: str, x: str, smoothing: float, dash: str, dark: bool
) -> list[go.Scatter]:
    """The traces of one run: its curve, and before it what is drawn behind.

    That is the raw curve where it is smoothed, or the band of a mean.
    """
    color = _color(run)
    traces = []
    if "std" in points:
        traces = _band(points, x, metric, color)
    elif smoothing and len(points) > 1:
        raw = _line(thinned(points), x, metric, color)
        traces = [raw.update(opacity=RAW_OPACITY[dark], line=dict(width=1))]
        points = points.assign(**{metric: smoothed(points[metric], smoothing)})
    traces.append(_strong_line(thinned(points), x, metric, color, dash))
    # Plotly reads names as markup; visitors write them.
    name = html.escape(run["name"], quote=False)
    group = f"{run['color']} {dash} {name}"
    return [trace.update(name=name, legendgroup=group) for trace in traces]


def _band(mean: pd.DataFrame, x: str, metric: str, color: str) -> list[go.Scatter]:
    """One standard deviation to either side of a mean: its lower and its upper edge."""
    edges = mean.assign(low=mean[metric] - mean["std"], high=mean[metric] + mean["std"])
    edges = thinned(edges)
    low, high = (
        _line(edges, x, edge, color).update(line=dict(width=0)) for edge in ("low", "high")
    )
    red, green, blue = hex_to_rgb(color)
    return [low, high.update(fill="tonexty", fillcolor=f"rgba({red},{green},{blue},0.18)")]


FEW_POINTS = 60  # up to here they are marked; one epoch alone would be an invisible line


def _strong_line(points: pd.DataFrame, x: str, metric: str, color: str, dash: str) -> go.Scatter:
    """The curve that stands in the legend and answers the mouse."""
    line = _line(points, x, metric, color)
    line.update(line=dict(width=2, dash=dash), showlegend=True)
    if len(points) <= FEW_POINTS:
        # A run's first step is so near to the axis that its point would be cut in half
        line.update(mode="lines+markers", marker=dict(size=6, color=color), cliponaxis=False)
    hover = "%{y:.1%}" if metric.endswith("accuracy") else "%{y:.4f}"
    return line.update(hoverinfo=None, hovertemplate=hover)


def _line(points: pd.DataFrame, x: str, y: str, color: str) -> go.Scatter:
    return go.Scatter(
        x=list(points[x]),
        y=list(points[y]),
        mode="lines",
        line=dict(color=color),
        hoverinfo="skip",
        showlegend=False,
    )


# The confusion matrix and the difference of two

# The axis that a share is taken of; None for counts
MODES = {"count": None, "by true class": 1, "by predicted class": 0}


def confusion_figure(
    confusion: np.ndarray, mode: str = "count", hide_diagonal: bool = False, dark: bool = False
) -> go.Figure:
    """The confusion matrix as a heatmap with its numbers; a hovered cell says what it holds.

    `confusion`: (10, 10) int64, rows = true, columns = predicted. `mode`: a key of `MODES`; shares
    are drawn in per cent of the row or of the column. `hide_diagonal`: leaves out the correct
    predictions, so that the scale belongs to the mistakes. `dark`: colours for a dark page. Raises
    ValueError for an unknown mode. Equal arguments give equal figures, to the byte: Streamlit
    rebuilds a chart that has changed.
    """
    values, texts = cell_values(confusion, mode), _cell_texts(confusion, mode)
    if hide_diagonal:
        np.fill_diagonal(values, np.nan)
        np.fill_diagonal(texts, "")
    top = float(np.nanmax(values)) or 1.0
    heatmap = _heatmap(values, (0, top), SCALES[dark], _hover_texts(confusion))
    heatmap.update(hoverongaps=True)
    traces = [heatmap, _cell_text_trace(values / top, texts, SCALES[dark])]
    return go.Figure(traces, _matrix_layout(dark))


def difference_figure(
    confusion_a: np.ndarray, confusion_b: np.ndarray, names: tuple[str, str], dark: bool = False
) -> go.Figure:
    """The second model's confusion matrix minus the first's, as a heatmap.

    The colour says whether the second is better, blue, or worse, orange: more images are better on
    the diagonal and worse beside it, so z is the difference with its sign turned on the diagonal.
    `confusion_a`, `confusion_b`: (10, 10) int64 of the same images; `names`: what the two models
    are called. A number has its sign; a hovered cell says what it holds. `dark`: colours for a dark
    page. Equal arguments give equal figures, to the byte.
    """
    confusion_a, confusion_b = np.asarray(confusion_a), np.asarray(confusion_b)
    difference = confusion_b - confusion_a  # (10, 10) int64
    top = int(np.abs(difference).max()) or 1
    texts = np.vectorize(signed, otypes=[object])(difference)
    texts[(confusion_a == 0) & (confusion_b == 0)] = ""
    scale = DIFFERENCE_SCALES[dark]
    hover_texts = _difference_hover_texts(confusion_a, confusion_b, names)
    worse = np.where(np.eye(len(difference), dtype=bool), -difference, difference)
    heatmap = _heatmap(worse, (-top, top), scale, hover_texts)
    traces = [heatmap, _cell_text_trace((worse / top + 1) / 2, texts, scale)]
    return go.Figure(traces, _matrix_layout(dark))


def signed(count: int) -> str:
    """A whole number with its sign, as printed: "+3", "−3", "0"."""
    return f"{count:+,}".replace("-", "−") if count else "0"


def cell_values(confusion: np.ndarray, mode: str) -> np.ndarray:
    """The numbers in the matrix: counts, or per cent of the row or of the column.

    `confusion`: (10, 10) int64; `mode`: a key of `MODES`. Returns (10, 10) float64, 0 where a row
    or column is empty. Raises ValueError for an unknown mode.
    """
    if mode not in MODES:
        raise ValueError(f"mode {mode!r} must be one of {tuple(MODES)}")
    counts = np.array(confusion, dtype=np.float64)
    if MODES[mode] is None:
        return counts
    return 100 * counts / np.maximum(counts.sum(axis=MODES[mode], keepdims=True), 1)


def _cell_texts(confusion: np.ndarray, mode: str) -> np.ndarray:
    """`cell_values` as printed in the cells: (10, 10) str objects, "" for 0."""
    pattern = "{:,.0f}" if mode == "count" else "{:.1f}"
    values = cell_values(confusion, mode)
    texts = [pattern.format(value) if value else "" for value in values.flat]
    return np.array(texts, dtype=object).reshape(values.shape)


def _heatmap(
    values: np.ndarray, limits: tuple[float, float], scale: Scale, hover_texts: list[list[str]]
) -> go.Heatmap:
    """The coloured cells of (10, 10) numbers; NaN is a gap."""
    cells = np.where(np.isnan(values), None, values)  # (10, 10) objects
    return go.Heatmap(
        z=cells.tolist(),
        zmin=limits[0],
        zmax=limits[1],
        colorscale=scale,
        showscale=False,
        xgap=1,
        ygap=1,
        hovertext=hover_texts,
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _cell_text_trace(heights: np.ndarray, texts: np.ndarray, scale: Scale) -> go.Scatter:
    """The numbers of the cells, each black or white, whichever can be read on its cell.

    `heights`: (10, 10) float64, places 0…1 on the scale, NaN for a gap; `texts`: (10, 10) str. The
    heatmap's own text would be dark grey on middle blue.
    """
    rows, columns = np.divmod(np.arange(texts.size), NUM_CLASSES)
    cells = sample_colorscale(scale, np.nan_to_num(heights).ravel(), colortype="tuple")
    return go.Scatter(
        x=columns.tolist(),
        y=rows.tolist(),
        text=texts.ravel().tolist(),
        mode="text",
        textfont=dict(size=11, color=[readable_on(cell) for cell in cells]),
        hoverinfo="skip",
        showlegend=False,
    )


MATRIX_HEIGHT = 560  # pixels; cells stay large enough for a finger on a narrow screen


def _matrix_layout(dark: bool) -> dict:
    # Given with the traces: a figure that is updated checks all of its layout again, three times
    # as slowly
    axis = dict(
        tickmode="array",
        tickvals=list(range(NUM_CLASSES)),
        ticktext=list(CLASS_NAMES),
        tickfont=dict(size=12, color=TEXT_COLORS[dark]),
        ticks="",
        ticklabelstandoff=4,
        title_standoff=8,
        automargin=True,
        fixedrange=True,
        showgrid=False,
        zeroline=False,
        showline=True,
        mirror=True,
        linecolor=GRID_COLORS[dark],
    )
    first, last = -0.5, NUM_CLASSES - 0.5
    return dict(
        xaxis=dict(title="Predicted", range=[first, last], tickangle=-45, **axis),
        yaxis=dict(title="True", range=[last, first], **axis),  # rows run down
        height=MATRIX_HEIGHT,
        margin=MARGIN | dict(pad=0),
        plot_bgcolor=GRID_COLORS[dark],
        showlegend=False,
        hovermode="closest",
        hoverlabel=dict(
            align="left",
            bgcolor=SCALES[dark][0][1],
            bordercolor=TEXT_COLORS[dark],
            font=dict(size=13, color=TEXT_COLORS[dark]),
        ),
        clickmode="none",
        dragmode=False,
    )


# Cells in words

SINGULARS = (CLASS_NAMES[0], *(name.lower() for name in CLASS_NAMES[1:]))  # inside a sentence
PLURALS = ("T-shirts/tops", *(name + ("es" if name == "dress" else "s") for name in SINGULARS[1:]))


def describe_cell(count: int, true: int, pred: int) -> str:
    """A cell of the matrix in words: "58 shirts classified as T-shirt/top".

    `true`, `pred`: classes 0…9.
    """
    amount = f"{count:,}" if count else "No"
    things = SINGULARS[true] if count == 1 else PLURALS[true]
    return f"{amount} {things} {_classified(true, pred)}"


def describe_difference(change: int, true: int, pred: int) -> str:
    """A cell of the difference in words: "12 fewer shirts classified as T-shirt/top".

    `change`: images; `true`, `pred`: classes 0…9.
    """
    things = SINGULARS[true] if abs(change) == 1 else PLURALS[true]
    more = "more" if change > 0 else "fewer"
    amount = f"{abs(change):,} {more}" if change else "As many"
    return f"{amount} {things} {_classified(true, pred)}"


def _classified(true: int, pred: int) -> str:
    return f"{'correctly ' if true == pred else ''}classified as {CLASS_NAMES[pred]}"


def _hover_texts(confusion: np.ndarray) -> list[list[str]]:
    """What each cell of the matrix says under the mouse, ten rows of ten."""
    confusion = np.asarray(confusion)
    by_true = cell_values(confusion, "by true class")
    by_pred = cell_values(confusion, "by predicted class")
    texts = np.empty(confusion.shape, dtype=object)
    for (true, pred), count in np.ndenumerate(confusion):
        words = describe_cell(int(count), true, pred)
        row = f"{by_true[true, pred]:.1f}% of all {PLURALS[true]}"
        column = f"{by_pred[true, pred]:.1f}% of everything classified as {CLASS_NAMES[pred]}"
        texts[true, pred] = f"<b>{words}</b><br>{row}<br>{column}"
    return texts.tolist()


def _difference_hover_texts(
    confusion_a: np.ndarray, confusion_b: np.ndarray, names: tuple[str, str]
) -> list[list[str]]:
    """What each cell of the difference says under the mouse, ten rows of ten."""
    name_a, name_b = (html.escape(name, quote=False) for name in names)  # visitors write them
    texts = np.empty(confusion_b.shape, dtype=object)
    for (true, pred), after in np.ndenumerate(confusion_b):
        before = confusion_a[true, pred]
        words = describe_difference(int(after - before), true, pred)
        texts[true, pred] = f"<b>{words}</b><br>{name_a}: {before:,}<br>{name_b}: {after:,}"
    return texts.tolist()


def cell_from_selection(event: object) -> tuple[int, int] | None:
    """The (true, pred) of the cell that was picked, or None.

    `event`: {"true": row, "pred": column} as the page's script reports a click on a
    `confusion_figure`, or any junk that a browser may send: this never raises.
    """
    if not isinstance(event, Mapping):
        return None
    cell = event.get("true"), event.get("pred")
    # A browser has one kind of number, so a 3 may arrive as 3.0. True is an int to Python, but no
    # class.
    if not all(type(place) in (int, float) and place in range(NUM_CLASSES) for place in cell):
        return None
    return int(cell[0]), int(cell[1])


# Calibration

CALIBRATION_HEIGHT = 300  # pixels
FEW_IMAGES = 20  # the accuracy of fewer is easily off by ten points by chance
PALE = 0.3


def calibration_figure(bins: list[dict], dark: bool = False) -> go.Figure:
    """Calibration: the accuracy in each bin of confidence, and the diagonal where both are equal.

    `bins`: those of `evaluation.calibration`; an empty one has no bar, one of fewer than FEW_IMAGES
    is pale. A bar stands on its whole bin, so a point marks the bin's mean confidence, which is
    what its accuracy is to be compared with. Hovering over either shows both and the images.
    `dark`: colours for a dark page.
    """
    line = dict(color=TEXT_COLORS[dark], width=1.5, dash="dash")
    diagonal = go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=line, hoverinfo="skip")
    percent = dict(tickformat=".0%")
    layout = dict(
        margin=MARGIN | dict(r=24),  # room for half of "100%", which would be left out without it
        height=CALIBRATION_HEIGHT,
        showlegend=False,
        bargap=0,
        xaxis=dict(title="Confidence", range=[0, 1.005], dtick=0.2, showgrid=False, **percent),
        yaxis=dict(title="Accuracy", range=[0, 1.02], gridcolor=GRID_COLORS[dark], **percent),
    )
    bars, points = _bin_marks([row for row in bins if row["images"]], dark)
    return go.Figure([bars, diagonal, points], layout)


def _bin_marks(full: list[dict], dark: bool) -> tuple[go.Bar, go.Scatter]:
    """The bars of bins that hold images, and the points of their mean confidences."""
    opacity = [PALE if row["images"] < FEW_IMAGES else 1.0 for row in full]
    hover = dict(
        customdata=[[row["confidence"], format_count(row["images"], "image")] for row in full],
        hovertemplate="%{customdata[1]}, mean confidence %{customdata[0]:.1%},"
        "<br>accuracy %{y:.1%}<extra></extra>",
        name="",
    )
    bars = go.Bar(
        x=[(row["low"] + row["high"]) / 2 for row in full],
        y=[row["accuracy"] for row in full],
        width=[row["high"] - row["low"] for row in full],
        marker=dict(
            color=SERIES_COLORS[0], line=dict(width=1, color=GRID_COLORS[dark]), opacity=opacity
        ),
        **hover,
    )
    points = go.Scatter(
        x=[row["confidence"] for row in full],
        y=[row["accuracy"] for row in full],
        mode="markers",
        # Half of it is over the bar, half over the page: its edge stands out from both
        marker=dict(
            size=9,
            color=SERIES_COLORS[1],
            line=dict(width=1.5, color=TEXT_COLORS[dark]),
            opacity=opacity,
        ),
        cliponaxis=False,  # at 100% it would be cut in half
        **hover,
    )
    return bars, points
