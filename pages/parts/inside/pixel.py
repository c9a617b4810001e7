"""One number of a layer, enlarged, with the arithmetic that made it.

Stands on fashion_core.inside.arithmetic. The maps of a convolution are drawn by a component of
Streamlit's second kind, where a pixel is chosen by hovering or with the arrow keys and nothing is
asked of the server; single numbers are plain HTML.
"""

from pathlib import Path

import numpy as np
import streamlit as st

from fashion_core.inside.arithmetic import (
    LinearSum,
    linear_sum,
    map_arithmetic,
    place_of_maximum,
    softmax_table,
)
from fashion_core.inside.layers import POOLS, Layer
from fashion_core.metadata import CLASS_NAMES
from fashion_core.text import format_count
from pages.parts.html import encode, escaped, scales, script

_map_pixel = st.components.v2.component(
    "map_pixel",
    html="""<div class="pixel">
  <div class="maps">
    <figure><canvas class="large" tabindex="0" role="application"></canvas>
      <figcaption>hover or tap, or move with the arrow keys</figcaption></figure>
    <figure><canvas class="before" role="img" aria-label="The strongest input map"></canvas>
      <figcaption class="before-name"></figcaption></figure>
  </div>
  <p class="value" aria-live="polite"></p>
  <div class="sums"></div>
</div>""",
    css=Path(__file__).with_name("pixel.css").read_text("utf-8"),
    js=script(Path(__file__).with_name("pixel.js")),
)


def show_number(layer: Layer, channel: int, version: str) -> None:
    """The picked map or number of a layer with its arithmetic."""
    if layer.kind == "convolution":
        show_map(layer, channel, version)
    elif layer.kind == "linear":
        st.html(linear_html(layer, channel))
    elif layer.kind in POOLS.values():
        st.html(pool_html(layer, channel))
    elif layer.kind == "mean":
        st.html(mean_html(layer, channel))
    else:
        st.html(maximum_html(layer, channel))


def show_map(layer: Layer, channel: int, version: str) -> None:
    """A map with the pixel under the pointer; at first its largest one."""
    values = layer.output[channel]
    label = f"Map {channel} of {layer.name}, {values.shape[0]} by {values.shape[1]} pixels."
    _map_pixel(
        key="map_pixel",
        data={
            "map": {**packed(map_arithmetic(layer, channel)), "source": layer.source},
            "pixel": list(place_of_maximum(values)),
            "label": f"{label} The arrow keys move the pixel whose arithmetic stands below.",
            "version": f"{version}-{layer.name}-{channel}",
            "scales": scales(),
        },
    )


def packed(values: dict) -> dict:
    """A dict with its arrays, also those in "stages", as {"shape", "data" in base64}."""
    plain = {}
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            data = encode(value.astype(np.float32, copy=False))
            plain[name] = {"shape": value.shape, "data": data}
        elif isinstance(value, list):
            plain[name] = [packed(each) for each in value]
        else:
            plain[name] = value
    return plain


# Single numbers


def four(value: float) -> str:
    """Four digits, as in pixel.js: 0.1234, 1.234, 12.34, 123.4."""
    digits = next((4 - whole for whole in (0, 1, 2, 3) if abs(value) < 10**whole), 0)
    number = f"{value:.{digits}f}"
    return number.replace("-", "−" if float(number) else "")


def linear_html(layer: Layer, output: int) -> str:
    """The strongest contributions to one output of a linear layer, their rest, bias and sum."""
    total = linear_sum(layer, output)
    rows = "".join(
        f"<tr><td>{describe_place(layer, each.place)}</td><td>{four(each.value)}</td>"
        f"<td>{four(each.weight)}</td><td><b>{four(each.product)}</b></td></tr>"
        for each in total.strongest
    )
    head = "<tr><th>Input</th><th>Value</th><th>Weight</th><th>Product</th></tr>"
    return (
        f'<div class="sums"><table class="layers"><thead>{head}</thead><tbody>{rows}</tbody>'
        f"<tfoot>{linear_foot(total)}</tfoot></table></div>"
    )


def linear_foot(total: LinearSum) -> str:
    """The rest, the bias, the sum and what follows it, as rows of a table."""
    (_, value), *after = total.steps
    lines = [
        (format_count(total.other_count, "other input"), total.others),
        ("bias", total.bias),
        ("sum", value),
    ]
    for kind, result in after:
        lines.append((f"{kind}: max(0, {four(value)})" if kind == "ReLU" else kind, result))
        value = result
    return "".join(
        f'<tr><td colspan="3">{words}</td><td>{four(number)}</td></tr>' for words, number in lines
    )


def describe_place(layer: Layer, place: tuple[int, ...]) -> str:
    """Where an input of a linear layer stands in the layer before: "conv2, map 3, row 0, column 4".

    Without what there is only one of: the picture has no map 0, a mean no row and column.
    """
    if len(place) == 1:
        return f"{layer.source}, number {place[0]}"
    channel, row, column = place
    words = name_map(layer, channel)
    return words if layer.source_shape[1:] == (1, 1) else f"{words}, row {row}, column {column}"


def name_map(layer: Layer, channel: int) -> str:
    """A map that a layer reads, as in pixel.js: "conv2, map 3", or "picture"."""
    return layer.source if layer.source_shape[0] == 1 else f"{layer.source}, map {channel}"


def maximum_html(layer: Layer, channel: int) -> str:
    """A map whose largest value goes on alone, as a table with that value marked."""
    values, name = layer.inputs[channel], name_map(layer, channel)
    place = place_of_maximum(values)
    return (
        f"<p>The largest of the {values.size} numbers of {escaped(name)} is at row {place[0]},"
        f" column {place[1]}: <b>{four(float(values.max()))}</b>. It alone goes on.</p>"
        f"{numbers_html(values, place)}"
    )


def mean_html(layer: Layer, channel: int) -> str:
    """A map whose mean goes on alone, as a table."""
    values, name = layer.inputs[channel], name_map(layer, channel)
    return (
        f"<p>The mean of the {values.size} numbers of {escaped(name)}:"
        f" <b>{four(layer.output[channel].item())}</b>. It alone goes on.</p>{numbers_html(values)}"
    )


def pool_html(layer: Layer, channel: int) -> str:
    """A pool of the picture itself, as a table of what goes on."""
    source = escaped(layer.source)
    for step in (each for each in layer.steps if each.kind in POOLS.values()):
        size, what = step.settings["size"], "largest" if step.kind == "max-pool" else "mean"
        source = f"the {what} of {size}×{size} of {source}"
    return f"<p>Each number is {source}.</p>{numbers_html(layer.output[channel])}"


def numbers_html(values: np.ndarray, marked: tuple[int, int] | None = None) -> str:
    """The numbers of a map as a table, one of them marked."""
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{f'<b>{four(value)}</b> ◂' if (i, j) == marked else four(value)}</td>"
            for j, value in enumerate(row)
        )
        + "</tr>"
        for i, row in enumerate(values)
    )
    return f'<div class="wide-table"><table class="layers"><tbody>{rows}</tbody></table></div>'


# The end


def softmax_html(logits: np.ndarray, temperature: float) -> str:
    """From logits (ways, 10) to probabilities as a table with a row for each class."""
    table = softmax_table(logits, temperature)
    best = max(row["prob"] for row in table)
    mirrored = len(logits) > 1
    ways = ["Logit", "of its mirror image", "mean"] if mirrored else ["Logit"]
    names = ["Class", *ways, f"÷ {temperature:.3g}", "exp(… − largest)", "share of the sum"]
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = ""
    for name, row in zip(CLASS_NAMES, table, strict=True):
        numbers = [*row["logits"], *([row["mean"]] if mirrored else []), row["scaled"]]
        cells = "".join(f"<td>{four(number)}</td>" for number in [*numbers, row["power"]])
        share = f"{row['prob']:.1%}"
        share = f"<b>{share}</b>" if row["prob"] == best else share
        rows += f"<tr><td>{name}</td>{cells}<td>{share}</td></tr>"
    return (
        '<div class="wide-table softmax"><table class="layers"><thead><tr>'
        f"{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
