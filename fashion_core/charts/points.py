"""Images as points of a plane, coloured by class, mistakes ringed."""

import numpy as np
import plotly.graph_objects as go

from fashion_core.charts.colors import CLASS_COLORS, MARK_COLOR, TEXT_COLORS
from fashion_core.metadata import CLASS_NAMES

POINT_SIZE = 5  # pixels
RING_SIZE = 8
HEIGHT = 620


def points_figure(
    positions: np.ndarray,
    colored: np.ndarray,
    wrong: np.ndarray,
    mark: np.ndarray | None = None,
    dark: bool = False,
) -> go.Figure:
    """Points (N, 2) with a trace for each class, to be selected with box and lasso.

    `colored` (N,) int64: the class whose colour each has; `wrong` (N,) bool: those that have a
    ring; `mark` (2,): where a picture that is none of them stands. customdata is the image's index.
    """
    traces = [
        _points(positions, np.flatnonzero(colored == label), name, CLASS_COLORS[label])
        for label, name in enumerate(CLASS_NAMES)
    ]
    traces.append(_rings(positions[wrong], TEXT_COLORS[dark]))
    if mark is not None:
        traces.append(_mark(mark, TEXT_COLORS[dark]))
    hidden = dict(visible=False)
    layout = dict(
        height=HEIGHT,
        margin=dict(l=0, r=0, t=0, b=0),
        dragmode="lasso",
        hovermode="closest",
        legend=dict(orientation="h", yanchor="top", y=0, x=0, itemsizing="constant"),
        xaxis=hidden,
        yaxis=dict(scaleanchor="x", **hidden),
    )
    return go.Figure(traces, layout)


def _points(positions: np.ndarray, indices: np.ndarray, name: str, color: str) -> go.Scattergl:
    return go.Scattergl(
        x=positions[indices, 0],
        y=positions[indices, 1],
        customdata=indices,
        name=name,
        mode="markers",
        marker=dict(size=POINT_SIZE, color=color, opacity=0.8),
        hovertemplate="#%{customdata}<extra></extra>",
    )


def _rings(positions: np.ndarray, color: str) -> go.Scattergl:
    return go.Scattergl(
        x=positions[:, 0],
        y=positions[:, 1],
        name="Mistake",
        mode="markers",
        marker=dict(size=RING_SIZE, symbol="circle-open", color=color, opacity=0.6),
        hoverinfo="skip",
    )


def _mark(place: np.ndarray, color: str) -> go.Scattergl:
    return go.Scattergl(
        x=place[:1],
        y=place[1:],
        name="The picture",
        mode="markers",
        marker=dict(size=20, symbol="star", color=MARK_COLOR, line=dict(width=2, color=color)),
        unselected=dict(marker=dict(opacity=1)),  # it is never selected
        hovertemplate="The picture<extra></extra>",
    )


def selected_indices(points: object, count: int) -> np.ndarray:
    """The indices of selected points of the figure, ascending and each once: (K,) int64.

    `points` come from a browser: dicts with a customdata; what is no index below `count` is passed
    over, as are the rings and the marked picture.
    """
    found = set()
    for point in points if isinstance(points, list) else []:
        data = point.get("customdata") if isinstance(point, dict) else None
        index = data[0] if isinstance(data, list) and data else data
        if type(index) is int and 0 <= index < count:
            found.add(index)
    return np.array(sorted(found), dtype=np.int64)
