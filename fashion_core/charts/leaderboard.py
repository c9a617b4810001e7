"""Models as points: accuracy against what it costs, and the front that none of them beats."""

import html

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fashion_core.charts.colors import GRID_COLORS, SERIES_COLORS, TEXT_COLORS

X_TITLES = {"parameters": "Parameters", "seconds": "Seconds of training"}
HEIGHT = 380  # pixels
MARGIN = dict(l=8, r=8, t=8, b=8)
SHIPPED_COLOR, OWN_COLOR = SERIES_COLORS[0], SERIES_COLORS[1]


def pareto_front(cost: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Which points none of the others beats: (N,) bool for costs (N,) and values (N,).

    One beats another where it costs no more and is worth no less, and one of the two is better
    (Pareto). Points alike are beaten by neither. NaN in either is never on the front.
    """
    known = np.isfinite(cost) & np.isfinite(value)
    cheaper = (cost[None] <= cost[:, None]) & (value[None] >= value[:, None])
    better = (cost[None] < cost[:, None]) | (value[None] > value[:, None])
    return known & ~(cheaper & better).any(axis=1)


def leaderboard_figure(models: pd.DataFrame, x: str, dark: bool = False) -> go.Figure:
    """Validation accuracy over parameters or seconds, with the Pareto front as a line.

    `models`: columns name, network (str), accuracy (0…1), parameters, seconds (float, NaN where
    unknown), shipped (bool). `x`: a key of X_TITLES. Models without that number are left out.
    """
    models = models.dropna(subset=[x, "accuracy"])
    models = models[models[x] > 0].sort_values([x, "accuracy"])
    front = models[pareto_front(models[x].to_numpy(), models["accuracy"].to_numpy())]
    front_line = go.Scatter(
        x=front[x],
        y=front["accuracy"],
        name="Pareto front",
        mode="lines",
        line=dict(color=TEXT_COLORS[dark], dash="dot", width=1.5, shape="hv"),
        hoverinfo="skip",
    )
    is_shipped = models["shipped"].astype(bool)
    shipped = _points(models[is_shipped], x, "Shipped", SHIPPED_COLOR, "diamond")
    own = _points(models[~is_shipped], x, "Your runs", OWN_COLOR, "circle")
    grid = dict(gridcolor=GRID_COLORS[dark])
    ticks = dict(dtick="D2", tickformat="~s")  # 1, 2, 5, 10
    layout = dict(
        height=HEIGHT,
        margin=MARGIN,
        hovermode="closest",
        legend=dict(orientation="h", yanchor="bottom", y=1.02, x=0),
        xaxis=dict(type="log", title=X_TITLES[x], **ticks, **grid),
        yaxis=dict(title="Validation accuracy", tickformat=".1%", zeroline=False, **grid),
    )
    return go.Figure([front_line, shipped, own], layout)


def _points(models: pd.DataFrame, x: str, name: str, color: str, symbol: str) -> go.Scatter:
    # Plotly reads names as markup; visitors write them
    texts = models[["name", "network"]].map(lambda text: html.escape(text, quote=False))
    seconds = ["" if np.isnan(each) else f" · {each:,.0f} s" for each in models["seconds"]]
    return go.Scatter(
        x=models[x],
        y=models["accuracy"],
        name=name,
        mode="markers",
        marker=dict(size=11, color=color, symbol=symbol, opacity=0.85),
        customdata=np.column_stack([texts, models["parameters"], seconds]) if len(models) else None,
        hovertemplate=(
            "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{y:.1%} ·"
            " %{customdata[2]:,.0f} parameters%{customdata[3]}<extra></extra>"
        ),
    )
