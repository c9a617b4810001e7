"""From fashion_core.plots."""

import math

from fashion_core.charts.colors import SERIES_COLORS
from fashion_core.charts.frames import OTHER
from fashion_core.text import format_value

OTHER_COLOR, OTHER_DASH = "#8A90A8", (5, 4)  # readable on both pages
MARK_COLOR = SERIES_COLORS[4]  # of what a chart points at; readable on both pages


def loss_spec(height, other=False):
    """The Vega-Lite spec of the live loss curve over `loss_frame`: raw pale, smoothed strong.
    `height` in pixels.

    `other` adds the curve of `with_other_loss`, dashed.
    """
    # With formats, or a curve of a single point would have axes that say 1.000000.
    x = {
        "field": "step",
        "type": "quantitative",
        "title": "Step",
        "axis": {"grid": False, "format": ",d"},
    }
    y = {
        "type": "quantitative",
        "title": "Loss (nats)",
        "scale": {"zero": False},
        "axis": {"format": ",.3~f"},
    }
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
    layers += [
        layer(raw, "train_loss"),
        layer(strong, "smoothed"),
        layer(target, "smoothed", tooltip=tooltip),
    ]
    # A line of one point is not seen
    dot = {"type": "circle", "size": 80, "opacity": 1, "color": SERIES_COLORS[0]}
    alone = {"joinaggregate": [{"op": "count", "as": "points"}]}, {"filter": "datum.points == 1"}
    layers += [layer(dot, "smoothed", *alone)]
    return {"height": height, "encoding": {"x": x}, "layer": layers}


def rate_spec(height, rates, first_loss, suggested=None):
    """The Vega-Lite spec of `rate_frame`: raw pale, smoothed strong, a rule and its number where a
    rate is suggested.

    `height` in pixels; `rates`: the lowest and the highest that the axis shows; `first_loss`: the
    curve's first, in nats. The axes stay as they are while the curve grows; a loss that runs away
    leaves the chart at its top.
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
        {
            "mark": line | {"opacity": 0.3, "strokeWidth": 1},
            "encoding": {"x": x, "y": y | {"field": "loss"}},
        },
        {"mark": line | {"strokeWidth": 2.5}, "encoding": {"x": x, "y": y | {"field": "smoothed"}}},
        {"mark": target, "encoding": {"x": x, "y": y | {"field": "smoothed"}, "tooltip": tooltip}},
    ]
    if suggested:
        layers += _mark_layers(x, suggested, to_the_left=suggested**2 > rates[0] * rates[1])
    return {"height": height, "layer": layers}


def _mark_layers(x, suggested, to_the_left):
    """A dashed rule at the suggested rate, and its number beside the rule's upper end, where there
    is more room.
    """
    at = {"x": x | {"datum": suggested}}
    del at["x"]["field"]
    text = {
        "type": "text",
        "text": format_value("learning_rate", suggested),
        "fontSize": 14,
        "fontWeight": 600,
    }
    text |= {"align": "right", "dx": -6} if to_the_left else {"align": "left", "dx": 6}
    rule = {"type": "rule", "color": MARK_COLOR, "strokeWidth": 2, "strokeDash": [5, 3]}
    once = {"data": {"values": [{}]}}  # else they would be drawn for every point of the curve
    return [
        once | {"mark": rule, "encoding": at},
        once | {"mark": text | {"color": MARK_COLOR}, "encoding": at | {"y": {"value": 12}}},
    ]


def epoch_loss_spec(height, other=False):
    """The Vega-Lite spec of training and validation loss over `epoch_losses`, and of an `other`
    run's, dashed.

    `height` in pixels. The page says which run the dashed one is, so the legend does not name it.
    """
    colors = {"training": SERIES_COLORS[0], "validation": SERIES_COLORS[1]}
    return _epoch_spec(height, "loss", "Loss (nats)", ".3f", colors, other)


def epoch_accuracy_spec(height, synthetic=False, other=False):
    """The Vega-Lite spec of accuracy per epoch over `epoch_accuracies`, likewise.

    `synthetic` adds a second curve.
    """
    colors = {"validation": SERIES_COLORS[2]} | (
        {"synthetic": SERIES_COLORS[3]} if synthetic else {}
    )
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
