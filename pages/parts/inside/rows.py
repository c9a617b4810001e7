"""The layers of a network as rows of small maps; a click on a map picks it.

Stands on fashion_core.inside.layers. A component of Streamlit's second kind: hundreds of maps are
one element, painted in the browser from a byte for each pixel.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st

from fashion_core.inside.layers import (
    DEAD,
    SATURATED,
    Layer,
    Passage,
    Step,
    map_state,
    strongest_maps,
)
from fashion_core.metadata import CLASS_NAMES
from pages.parts.html import encode, scales, script, theme_is_dark

_layer_rows = st.components.v2.component(
    "layer_rows",
    html='<div class="rows"></div>',
    css=Path(__file__).with_name("rows.css").read_text("utf-8"),
    js=script(Path(__file__).with_name("rows.js")),
)

ALL_SHOWN = 32  # a layer with more maps shows its strongest ones
STRONGEST = 24


def show_rows(
    key: str,
    passage: Passage,
    picked: tuple[int, int],
    version: str,
    on_pick: Callable[[tuple[int, int]], None],
) -> None:
    """Draw all layers; a click calls `on_pick` with layer and map before the next run.

    `picked` is outlined. `version` changes with the model and the picture.
    """

    def hand_over() -> None:  # junk that a browser may send is passed over
        place = checked_place(st.session_state[key].get("picked"), passage)
        if place:
            on_pick(place)

    layers = [layer_data(layer) for layer in passage.layers]
    for label, each in zip(CLASS_NAMES, layers[-1]["maps"], strict=True):
        each["text"] = label
    _layer_rows(
        key=key,
        data={
            "layers": layers,
            "picked": list(picked),
            "version": f"{version}-{theme_is_dark()}",
            "scales": scales(),
        },
        on_picked_change=hand_over,
    )


def checked_place(place, passage: Passage) -> tuple[int, int] | None:
    """A layer and a map of it, if they are there."""
    if not isinstance(place, (list, tuple)) or len(place) != 2:
        return None
    layer, channel = place
    if not (isinstance(layer, int) and isinstance(channel, int)):
        return None
    there = 0 <= layer < len(passage.layers)
    if there and 0 <= channel < len(passage.layers[layer].output):
        return layer, channel
    return None


def layer_data(layer: Layer) -> dict:
    """One row: its name, what it does in words, and its maps, the strongest first if many."""
    output = layer.output
    maps = output if output.ndim == 3 else output[:, None, None]  # (C, H, W)
    many = len(maps) > ALL_SHOWN
    order = strongest_maps(output) if many else np.arange(len(maps))
    on_picture = layer.kind == "convolution" and layer.inputs.shape[0] == 1
    kernels = layer.steps[0].settings["weight"] if on_picture else None
    return {
        "name": layer.name,
        "text": describe_layer(layer),
        "size": maps.shape[1:],
        "shown": STRONGEST if many else len(maps),
        "bytes": encode(to_bytes(maps[order])),
        "maps": [map_data(maps, int(channel), kernels, layer.name) for channel in order],
    }


def map_data(maps: np.ndarray, channel: int, kernels: np.ndarray | None, name: str) -> dict:
    """One map of (C, H, W): its range, whether it is dead, its label; conv1's also its kernel."""
    values = maps[channel]
    state = map_state(values)
    label = f"{name}, map {channel}: {values.min():.4g} to {values.max():.4g}"
    if values.size == 1:
        label = f"{name}, number {channel}: {values.item():.4g}"
    data = {
        "channel": channel,
        "low": min(0.0, float(values.min())),
        "high": max(0.0, float(values.max())),
        "state": state,
        "label": f"{label}, {state}" if state else label,
    }
    if kernels is not None:
        data["kernel"] = kernels[channel].ravel().tolist()
    return data


def to_bytes(maps: np.ndarray) -> np.ndarray:
    """Each of the maps (C, H, W) from its lowest number or 0 to its highest or 0: uint8 0…255."""
    low = np.minimum(maps.min(axis=(1, 2), keepdims=True), 0)
    high = np.maximum(maps.max(axis=(1, 2), keepdims=True), 0)
    return np.rint(255 * (maps - low) / np.maximum(high - low, 1e-9)).astype(np.uint8)


STEP_WORDS = {
    "maximum": "the largest of each map",
    "mean": "the mean of each map",
    "sum": "sum with the shortcut",
}


def describe_step(step: Step) -> str:
    """A step in words: "3×3 convolution", "max-pool"."""
    if step.kind != "convolution":
        return STEP_WORDS.get(step.kind, step.kind)
    edge, stride = step.settings["weight"].shape[-1], step.settings["stride"]
    return f"{edge}×{edge} convolution" + (f", stride {stride}" if stride > 1 else "")


def describe_layer(layer: Layer) -> str:
    """The layer in a line: its steps, its shape, how many of its maps are dead or saturated."""
    steps = " → ".join(map(describe_step, layer.steps))
    shape = "×".join(str(size) for size in layer.output.shape)
    states = [map_state(values) for values in layer.output]
    counts = [(state, states.count(state)) for state in (DEAD, SATURATED) if state in states]
    return " · ".join([steps, shape, *(f"{count} {state}" for state, count in counts)])
