"""The networks by name: each with its sentence, its best shipped model, its picture and its layer
table.

Stands on fashion_core.models, which measures the layers, and on the cards of the shipped models.
"""

import streamlit as st

from fashion_core import models
from fashion_core.catalog import ModelEntry
from fashion_core.config import MODELS, TrainConfig
from fashion_core.text import format_count, format_duration, format_value
from pages.parts.html import escaped, plain
from pages.parts.picker import use_model
from pages.parts.words import GLOSSARY, model_score

NETWORK_NOTES = {
    "FashionCNN": (
        "A ReLU follows each convolution and the first linear layer: what is negative becomes zero."
        " The second pool leaves out an odd row and column, so the last two of the picture never"
        " reach the answer."
    ),
    "FashionCNNNorm": (
        "A batch norm and a ReLU follow each convolution, a ReLU the first linear layer."
    ),
    "ResidualNet": (
        "A ReLU follows each convolution, and but for the first a batch norm. The third and fourth"
        " and the last two learn only what to add to their input. Of the last, the maximum over all"
        " places goes on."
    ),
    "DeepResidualNet": (
        "A batch norm and a ReLU follow each convolution. After each one that widens, two more"
        " learn only what to add to their input. Of the last, the maximum over all places goes on."
    ),
    "WideResidualNet": (
        "A batch norm and a ReLU follow each convolution. After the first, and after each one that"
        " widens, two more learn only what to add to their input. Of the last, the maximum over all"
        " places goes on. The answer is the mean of those to the picture and to its mirror image."
    ),
}
LAYER_WORDS = {
    "Conv2d": "convolution",
    "MaxPool2d": "max-pool 2",
    "Linear": "linear",
}
KIND_WORDS = LAYER_WORDS | {"BatchNorm2d": "batch norm"}
SHEET_GAP = 4  # pixels between two sheets of a drawn layer
MAX_SHEETS = 16  # more would reach into the layers beside and above
MANY_LAYERS = 11  # from here on they are drawn smaller
FIGURE_WIDTH = 150  # pixels; three fit beside each other on a desk, two on a phone
KEY = "network"  # session state of the choice


@st.cache_data(show_spinner=False)
def cached_layers(name: str) -> list[dict]:
    """The layer table of a network by its name."""
    return models.layer_table(models.build_model(name))


def show_networks(entries: list[ModelEntry], in_use: ModelEntry | None) -> None:
    """The section: a choice of network, at first that of the model in use, and all about it."""
    first = in_use.card.get("model") if in_use else None
    with st.container(border=True, key="networks"):
        st.subheader("The networks", anchor=False)
        name = st.pills(
            "Network",
            list(MODELS),
            default=first if first in MODELS else next(iter(MODELS)),
            required=True,
            wrap=True,
            key=f"{KEY}-{first}",
            label_visibility="collapsed",
        )
        layers = cached_layers(name)
        show_about(name, layers, best_shipped(entries, name), in_use)
        show_picture(name, layers)
        with st.expander("Layer table", icon=":material/table_rows:"):
            st.html(table_html(layers))


def best_shipped(entries: list[ModelEntry], name: str) -> ModelEntry | None:
    """The shipped model of a network with the highest accuracy; None when none ships."""
    of_it = [entry for entry in entries if entry.shipped and entry.card.get("model") == name]
    return max(of_it, key=lambda entry: (model_score(entry.card) or ("", 0.0))[1], default=None)


def show_about(
    name: str, layers: list[dict], shipped: ModelEntry | None, in_use: ModelEntry | None
) -> None:
    """The network in a sentence, the metrics of its best shipped model, and what can be done with
    it.
    """
    st.write(MODELS[name])
    card = shipped.card if shipped else {}
    metrics = [("Parameters", f"{sum(layer['parameters'] for layer in layers):,}", None)]
    for key, label, word in (
        ("test_accuracy", "Test", "test"),
        ("val_accuracy", "Validation", "validation"),
    ):
        if isinstance(card.get(key), (int, float)):
            metrics.append((f"{label} accuracy", f"{card[key]:.1%}", GLOSSARY[word]))
    if isinstance(card.get("elapsed_seconds"), (int, float)):
        metrics.append(
            (
                "Trained for",
                format_duration(card["elapsed_seconds"]),
                "On the machine that trained it.",
            )
        )
    with st.container(horizontal=True):
        for label, value, help_text in metrics:
            st.metric(label, value, help=help_text, width=FIGURE_WIDTH)
    if shipped:
        st.caption(f"“{plain(shipped.title)}”, its best shipped model: {describe_training(card)}")
    else:
        st.caption("No trained model of it ships with the app. You can train one.")
    show_buttons(name, shipped, in_use)


def show_buttons(name: str, shipped: ModelEntry | None, in_use: ModelEntry | None) -> None:
    with st.container(horizontal=True):
        if shipped:
            used = in_use is not None and in_use.model_id == shipped.model_id
            label = "In use" if used else "Use this model"
            if st.button(label, icon=":material/check:", disabled=used, key="use_network"):
                use_model(shipped.model_id)
        if st.button("Train this network", icon=":material/model_training:", key="train_network"):
            st.session_state["train_model"] = name
            st.switch_page("pages/train.py")


def describe_training(card: dict) -> str:
    """How a model was trained, in a line or two."""
    config = TrainConfig().to_dict() | (card.get("config") or {})
    done = card.get("epochs_done")
    words = f"{done} of " if isinstance(done, int) and done < config["epochs"] else ""
    rate = format_value("learning_rate", float(config["learning_rate"]))
    words += f"{format_count(config['epochs'], 'epoch')} with {config['optimizer']},"
    words += (
        f" learning rate {rate}, batches of {config['batch_size']:,}, {config['train_size']:,} images, seed"
        f" {config['seed']}"
    )
    words += ", as many synthetic pictures" if config["synthetic"] else ""
    words += ", with mixup" if config["mixup"] else ""
    words += ", a wide net as teacher" if config["distillation"] else ""
    return words + (f", on {card['trained_on']}." if card.get("trained_on") else ".")


# The picture and the table


def show_picture(name: str, layers: list[dict]) -> None:
    """A row of layers from the picture to the ten classes; it wraps where it is too long."""
    st.caption("Under each layer: what flows out of it, channels × height × width.")
    drawn = [{"kind": "picture", "shape": (1, 28, 28), "parameters": 0}]
    drawn += [layer for layer in layers if layer["kind"] in LAYER_WORDS]
    many = len(drawn) >= MANY_LAYERS
    boxes = "".join(layer_html(layer, small=many) for layer in drawn)
    st.html(f'<div class="network{" many" if many else ""}" role="list">{boxes}</div>')
    if name in NETWORK_NOTES:
        st.caption(NETWORK_NOTES[name])


def layer_html(layer: dict, small: bool = False) -> str:
    """One layer as a stack of sheets (more channels, more sheets) or a column of cells, over its
    name and shape.
    """
    channels, edge = layer["shape"][0], layer["shape"][-1]
    if len(layer["shape"]) == 3:
        count = min(MAX_SHEETS, 1 + channels // 11)
        drawing = (
            sheets_html(10 + edge, min(10, count), 3)
            if small
            else sheets_html(14 + 2 * edge, count, SHEET_GAP)
        )
    else:
        drawing = (
            '<i class="column"'
            f' style="height:{20 + min(channels, 128) // (3 if small else 2)}px"></i>'
        )
    weights = f"{layer['parameters']:,} parameters" if layer["parameters"] else "no parameters"
    words = LAYER_WORDS.get(layer["kind"], layer["kind"])
    return (
        '<div class="layer" role="listitem"><div class="drawing"'
        f' aria-hidden="true">{drawing}</div>'
        f"<b>{words}</b><span>{format_shape(layer)}</span><small>{weights}</small></div>"
    )


def sheets_html(side: int, count: int, gap: int) -> str:
    """`count` square sheets of `side` pixels, each `gap` pixels up and to the right of the one
    before.
    """
    spots = ((gap * place, gap * (count - 1 - place)) for place in reversed(range(count)))
    sheets = "".join(
        f'<i style="width:{side}px;height:{side}px;left:{x}px;top:{y}px"></i>' for x, y in spots
    )
    whole = side + gap * (count - 1)
    return f'<div class="sheets" style="width:{whole}px;height:{whole}px">{sheets}</div>'


def table_html(layers: list[dict]) -> str:
    """Every layer with its name in the code, kind, output shape and parameters, and their sum."""
    rows = "".join(
        f"<tr><td>{escaped(layer['name'])}</td>"
        f"<td>{KIND_WORDS.get(layer['kind'], layer['kind'])}</td>"
        f"<td>{format_shape(layer)}</td><td>{layer['parameters']:,}</td></tr>"
        for layer in layers
    )
    total = sum(layer["parameters"] for layer in layers)
    head = "".join(f"<th>{name}</th>" for name in ("Layer", "Kind", "Output", "Parameters"))
    foot = f'<tr><td colspan="3">In all</td><td>{total:,}</td></tr>'
    return (
        f'<table class="layers"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
        f"<tfoot>{foot}</tfoot></table>"
    )


def format_shape(layer: dict) -> str:
    return "×".join(str(size) for size in layer["shape"])
