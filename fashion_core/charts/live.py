"""Vega-Lite specs of the charts that grow while a run trains.

Streamlit keeps a Vega chart's place while its data grow, as long as its spec stays the same. A
Plotly chart would be built anew at every refresh.
"""

import math

from fashion_core.charts.colors import MARK_COLOR, OTHER_COLOR, RAW_OPACITY, SERIES_COLORS
from fashion_core.charts.frames import (
    DRAWINGS,
    OTHER,
    PHOTOS,
    SYNTHETIC,
    TRAINING,
    VALIDATION,
)
from fashion_core.text import format_value

LOSS_TITLE = "Loss (nats)"
VALIDATION_COLOR = SERIES_COLORS[1]  # in the charts of loss and of accuracy, which stand together
OTHER_DASH = (5, 4)  # of another run behind a live one; pixels drawn, pixels left out
# Pale; on a dark page a lighter blue, since the line's own is hardly seen there when it is thin
RAW_COLORS = {False: SERIES_COLORS[0], True: SERIES_COLORS[5]}
RAW = {
    dark: {"color": color, "opacity": RAW_OPACITY[dark], "strokeWidth": 1}
    for dark, color in RAW_COLORS.items()
}
STRONG = {"strokeWidth": 2.5}
# Invisible, so that the mouse need not hit a thin line
TARGET = {"type": "point", "opacity": 0, "tooltip": True}


def loss_spec(height: int, other: bool = False, dark: bool = False) -> dict:
    """The spec of the live loss curve over `frames.loss_frame`: raw pale, smoothed strong.

    `height` in pixels. `other` adds the curve of `frames.with_other_loss`, dashed. `dark`: for a
    dark page.
    """
    line = {"type": "line", "color": SERIES_COLORS[0]}
    dot = {"type": "circle", "color": SERIES_COLORS[0], "size": 80, "opacity": 1}
    dashed = {"type": "line", "color": OTHER_COLOR, "strokeWidth": 1.5, "strokeDash": OTHER_DASH}
    target = TARGET | {"size": 200}
    step = _tip("step", "Step", ",.0f")  # another run's steps are scaled to this one's
    tips = [step, _tip("epoch", "Epoch", ".2~f"), *_loss_tips("train_loss")]
    other_tips = [step, _tip("other", "Other run, smoothed", ".3f")]
    # A line of one point is not seen
    alone = [
        {"joinaggregate": [{"op": "count", "as": "points"}]},
        {"filter": "datum.points == 1"},
    ]
    layers = [
        _loss_layer(line | RAW[dark], "train_loss"),
        _loss_layer(line | STRONG, "smoothed"),
        _loss_layer(target, "smoothed", tips),
        _loss_layer(dot, "smoothed", transforms=alone),
    ]
    if other:  # first, so that it is drawn behind
        layers = [_loss_layer(dashed, "other"), _loss_layer(target, "other", other_tips), *layers]
    # With formats, or a curve of a single point would have axes that say 1.000000
    axis = {"grid": False, "format": ",d"}
    axis |= {"labelFlush": 10, "labelFlushOffset": -6}  # pixels; the edge cuts the last one else
    x = {"field": "step", "type": "quantitative", "title": "Step", "axis": axis}
    return {"height": height, "encoding": {"x": x}, "layer": layers}


def _loss_layer(
    mark: dict, field: str, tips: list[dict] | None = None, transforms: list[dict] | None = None
) -> dict:
    """A layer over the rows that have this field: a gap would break the line."""
    y = {
        "field": field,
        "type": "quantitative",
        "title": LOSS_TITLE,
        "scale": {"zero": False},
        "axis": {"format": ",.3~f"},
    }
    return {
        "transform": [{"filter": f"isValid(datum.{field})"}, *(transforms or [])],
        "mark": mark,
        "encoding": {"y": y} | ({"tooltip": tips} if tips else {}),
    }


def _tip(field: str, title: str, number_format: str | None = None) -> dict:
    """One line of what the mouse shows."""
    return {"field": field, "title": title} | ({"format": number_format} if number_format else {})


def _loss_tips(raw: str) -> list[dict]:
    return [_tip(raw, "Loss", ".3f"), _tip("smoothed", "Smoothed", ".3f")]


def rate_spec(
    height: int,
    rates: tuple[float, float],
    first_loss: float,
    suggested: float | None = None,
    dark: bool = False,
) -> dict:
    """The spec of a learning-rate finder's curve over `frames.rate_frame`, raw and smoothed.

    `height` in pixels; `rates`: the lowest and the highest that the axis shows; `first_loss`: the
    curve's first, in nats; `suggested`: a learning rate that gets a rule and its number; `dark`:
    for a dark page. The axes stay as they are while the curve grows; a loss that diverges leaves
    the chart at its top.
    """
    decades = range(math.ceil(math.log10(rates[0])), math.floor(math.log10(rates[1])) + 1)
    x = {
        "field": "rate",
        "type": "quantitative",
        "title": "Learning rate",
        "scale": {"type": "log", "domain": list(rates), "nice": False},
        "axis": {"grid": False, "values": [10.0**power for power in decades], "format": "~g"},
    }
    top = 3 * math.ceil(max(first_loss, 0.1) / 3)  # guessing among ten classes costs 2.3
    y = {"type": "quantitative", "title": LOSS_TITLE, "scale": {"domain": [0, top]}}
    raw, smoothed = ({"x": x, "y": y | {"field": field}} for field in ("loss", "smoothed"))
    line = {"type": "line", "color": SERIES_COLORS[0], "clip": True}
    tips = [_tip("rate", "Learning rate", ".2~g"), *_loss_tips("loss")]
    layers = [
        {"mark": line | RAW[dark], "encoding": raw},
        {"mark": line | STRONG, "encoding": smoothed},
        {"mark": TARGET | {"size": 120, "clip": True}, "encoding": smoothed | {"tooltip": tips}},
    ]
    if suggested:
        to_the_left = suggested**2 > rates[0] * rates[1]  # beyond the middle of the axis
        layers += _mark_layers(x, suggested, to_the_left)
    return {"height": height, "layer": layers}


def _mark_layers(x: dict, suggested: float, to_the_left: bool) -> list[dict]:
    """A dashed rule at the suggested rate, and its number beside the rule's upper end."""
    at = {key: value for key, value in x.items() if key != "field"} | {"datum": suggested}
    rule = {"type": "rule", "color": MARK_COLOR, "strokeWidth": 2, "strokeDash": [5, 3]}
    text = {
        "type": "text",
        "text": format_value("learning_rate", suggested),
        "color": MARK_COLOR,
        "fontSize": 19,  # large type, which this colour is contrast enough for on both pages
        "fontWeight": 700,
    }
    text |= {"align": "right", "dx": -6} if to_the_left else {"align": "left", "dx": 6}
    once = {"data": {"values": [{}]}}  # else they would be drawn for every point of the curve
    return [
        once | {"mark": rule, "encoding": {"x": at}},
        once | {"mark": text, "encoding": {"x": at, "y": {"value": 12}}},
    ]


def epoch_loss_spec(height: int, other: bool = False) -> dict:
    """The spec of training and validation loss over `frames.epoch_losses`.

    `height` in pixels. `other` adds another run's curve, dashed. The page says which run that is,
    so the legend does not name it.
    """
    colors = {TRAINING: SERIES_COLORS[0], VALIDATION: VALIDATION_COLOR}
    return _epoch_spec(height, "loss", LOSS_TITLE, ".3f", colors, other)


# The curves beside the validation images', by the kind of pictures that a run learns from
KIND_COLORS = {
    SYNTHETIC: SERIES_COLORS[2],
    DRAWINGS: SERIES_COLORS[3],
    PHOTOS: SERIES_COLORS[5],
}


def epoch_accuracy_spec(height: int, kinds: tuple[str, ...] = (), other: bool = False) -> dict:
    """The spec of accuracy per epoch over `frames.epoch_accuracies`.

    `height` in pixels. `kinds`, of KIND_COLORS, adds a curve for each, `other` another run's.
    """
    colors = {VALIDATION: VALIDATION_COLOR} | {kind: KIND_COLORS[kind] for kind in kinds}
    spec = _epoch_spec(height, "accuracy", "Accuracy", ".1%", colors, other)
    # Between two epochs that are nearly alike, ticks would else repeat their rounded number
    spec["encoding"]["y"]["axis"]["tickMinStep"] = 0.001
    return spec


SOLID_DASH = (1, 0)


def _epoch_spec(
    height: int, field: str, title: str, number_format: str, colors: dict[str, str], other: bool
) -> dict:
    """The spec of one line per series: `colors` by name, and the dashed one of another run."""
    # Also of one series, so that two charts beside each other begin at the same height. The names
    # of kinds of pictures are too long for one row
    columns = 1 if set(colors) & set(KIND_COLORS) else len(colors)
    legend = {"title": None, "orient": "top", "values": list(colors), "columns": columns}
    dashes = dict.fromkeys(colors, SOLID_DASH)
    if other:
        colors, dashes = colors | {OTHER: OTHER_COLOR}, dashes | {OTHER: OTHER_DASH}
    axis = {"tickMinStep": 1, "format": "d", "grid": False}
    encoding = {
        "x": {"field": "epoch", "type": "quantitative", "title": "Epoch", "axis": axis},
        "y": {
            "field": field,
            "type": "quantitative",
            "title": title,
            "scale": {"zero": False},
            "axis": {"format": number_format},
        },
        "tooltip": [
            _tip("series", "Curve"),
            _tip("epoch", "Epoch", ".2~f"),  # a fraction within the first epoch
            _tip(field, title, number_format),
        ],
        "color": _by_series(colors, legend),
        "strokeDash": _by_series(dashes, legend),
    }
    mark = {"type": "line", "point": {"size": 60}, "strokeWidth": 2.5}
    return {"height": height, "mark": mark, "encoding": encoding}


def _by_series(values: dict, legend: dict) -> dict:
    """A channel with a value for each series by name."""
    scale = {"domain": list(values), "range": list(values.values())}
    return {"field": "series", "type": "nominal", "scale": scale, "legend": legend}
