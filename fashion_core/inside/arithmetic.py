"""The arithmetic behind one number of a layer: what was multiplied, added, compared.

What a page needs to show it: windows and kernels of a convolution, the strongest contributions to
an output of a linear layer, the largest of all places, and the way from logits to probabilities.
"""

from dataclasses import dataclass

import numpy as np

from fashion_core.inside.layers import POOLS, Layer, Step
from fashion_core.predict import softmax

CONTRIBUTIONS = 10  # of a linear layer, shown one by one


def map_arithmetic(layer: Layer, channel: int) -> dict:
    """All that made one map of a convolution and of the steps after it.

    Returns inputs (C, H, W), kernel (C, k, k), bias, stride, padding, and "stages", a dict for each
    step with its kind, its values (H, W) and what else it computes with, see `layers.Step`. A pixel
    of the convolution is the sum of window times kernel over all C inputs, plus the bias.
    """
    settings = layer.steps[0].settings
    return {
        "inputs": layer.inputs,
        "kernel": settings["weight"][channel],
        "bias": float(settings["bias"][channel]),
        "stride": settings["stride"],
        "padding": settings["padding"],
        "stages": [_stage(step, channel) for step in layer.steps],
    }


def _stage(step: Step, channel: int) -> dict:
    stage = {"kind": step.kind, "values": step.output[channel]}
    if step.kind == "batch norm":
        return stage | {name: float(values[channel]) for name, values in step.settings.items()}
    if step.kind in POOLS.values():
        return stage | {"size": step.settings["size"]}
    if step.kind == "sum":
        return stage | {
            "other": step.settings["other"][channel],
            "source": step.settings["source"],
        }
    return stage


@dataclass(frozen=True)
class Contribution:
    """What one input adds to an output of a linear layer: product = value × weight.

    place: where the input stands in the layer before, (channel, row, column) or (channel,).
    """

    place: tuple[int, ...]
    value: float
    weight: float
    product: float


@dataclass(frozen=True)
class LinearSum:
    """One output of a linear layer: the strongest contributions, the rest, the bias, and the steps.

    steps: the kind and the value of the layer's steps for this output; the first is the sum.
    """

    strongest: tuple[Contribution, ...]
    others: float
    other_count: int
    bias: float
    steps: tuple[tuple[str, float], ...]


def linear_sum(layer: Layer, output: int, count: int = CONTRIBUTIONS) -> LinearSum:
    """How one output of a linear layer came about; strongest first by absolute value."""
    settings = layer.steps[0].settings
    weights, values = settings["weight"][output], layer.inputs  # (C_in,) each
    products = values * weights
    order = np.argsort(-np.abs(products), kind="stable")
    places = np.column_stack(np.unravel_index(order[:count], layer.source_shape))
    strongest = tuple(
        Contribution(tuple(place.tolist()), float(values[i]), float(weights[i]), float(products[i]))
        for i, place in zip(order[:count], places, strict=True)
    )
    return LinearSum(
        strongest,
        others=float(products[order[count:]].sum(dtype=np.float64)),
        other_count=max(0, len(products) - count),
        bias=float(settings["bias"][output]),
        steps=tuple((step.kind, float(step.output[output])) for step in layer.steps),
    )


def place_of_maximum(values: np.ndarray) -> tuple[int, int]:
    """Row and column of the largest value of a map (H, W); the first where several are."""
    row, column = np.unravel_index(values.argmax(), values.shape)
    return int(row), int(column)


def softmax_table(logits: np.ndarray, temperature: float) -> list[dict]:
    """From logits (ways, 10) to probabilities, a dict for each class.

    logits: those of each way; mean: their mean; scaled: divided by the temperature; power:
    exp(scaled - the largest scaled); prob: power divided by the sum of all powers.
    """
    mean = logits.mean(axis=0)
    scaled = mean / np.float32(temperature)
    powers = np.exp(scaled - scaled.max())
    probs = softmax(scaled[None])[0]
    return [
        {
            "logits": logits[:, label].tolist(),
            "mean": float(mean[label]),
            "scaled": float(scaled[label]),
            "power": float(powers[label]),
            "prob": float(probs[label]),
        }
        for label in range(len(mean))
    ]
