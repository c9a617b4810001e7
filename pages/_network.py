"""A network drawn as a row of layers, with the shape of what flows out of each and its parameters.

Stands on fashion_core.models, which measures the layers.
"""

import streamlit as st

from fashion_core import models

NETWORK_NOTES = {
    "FashionCNN": "A ReLU follows each convolution and the first linear layer: what is negative becomes zero.",
    "ResidualNet": "A ReLU follows each convolution, and but for the first a batch norm. The third and fourth and the "
    "last two learn only what to add to their input. Of the last, the maximum over all places goes on.",
    "DeepResidualNet": "A batch norm and a ReLU follow each convolution. After each one that widens, two more learn "
    "only what to add to their input. Of the last, the maximum over all places goes on.",
}
LAYER_WORDS = {"Conv2d": "convolution", "MaxPool2d": "max-pool 2", "Linear": "linear"}
SHEET_GAP = 4  # pixels between two sheets of a drawn layer
MAX_SHEETS = 16  # more would reach into the layers beside and above


@st.cache_data(show_spinner=False)
def cached_layers(name: str) -> list[dict]:
    """The layer table of a network by its name."""
    return models.layer_table(models.build_model(name))


def show_network(name: str) -> None:
    layers = cached_layers(name)
    total = sum(layer["parameters"] for layer in layers)
    with st.container(border=True):
        st.subheader("The network", anchor=False)
        st.caption(f"{name}: {total:,} parameters. Under each layer: what flows out of it, channels × height × width.")
        first = layer_html({"kind": "picture", "shape": (1, 28, 28), "parameters": 0})
        boxes = [first] + [layer_html(layer) for layer in layers if layer["kind"] in LAYER_WORDS]
        st.html(f'<div class="network" role="list">{"".join(boxes)}</div>')
        st.caption(NETWORK_NOTES[name])


def layer_html(layer: dict) -> str:
    """One layer as a stack of sheets (more channels, more sheets) or a column of cells, over its name and shape."""
    channels, edge = layer["shape"][0], layer["shape"][-1]
    if len(layer["shape"]) == 3:
        drawing = sheets_html(side=14 + 2 * edge, count=min(MAX_SHEETS, 1 + channels // 11))
    else:
        drawing = f'<i class="column" style="height:{20 + channels // 2}px"></i>'
    shape = "×".join(str(size) for size in layer["shape"])
    weights = f"{layer['parameters']:,} parameters" if layer["parameters"] else "no parameters"
    words = LAYER_WORDS.get(layer["kind"], layer["kind"])
    return (
        f'<div class="layer" role="listitem"><div class="drawing" aria-hidden="true">{drawing}</div>'
        f"<b>{words}</b><span>{shape}</span><small>{weights}</small></div>"
    )


def sheets_html(side: int, count: int) -> str:
    """`count` square sheets of `side` pixels, each a little up and to the right of the one before."""
    spots = ((SHEET_GAP * place, SHEET_GAP * (count - 1 - place)) for place in reversed(range(count)))
    sheets = "".join(f'<i style="width:{side}px;height:{side}px;left:{x}px;top:{y}px"></i>' for x, y in spots)
    whole = side + SHEET_GAP * (count - 1)
    return f'<div class="sheets" style="width:{whole}px;height:{whole}px">{sheets}</div>'
