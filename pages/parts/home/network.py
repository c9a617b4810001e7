"""The networks by name: each in a sentence, with a model of it and its layers.

Stands on fashion_core.models, which measures the layers, and on the cards of the shipped models.
"""

import streamlit as st

from fashion_core import architecture, catalog, limits
from fashion_core.architecture import short_name
from fashion_core.catalog import ModelEntry
from fashion_core.config import ADDED_KINDS, MODELS, TrainConfig, field_spec, share_of
from fashion_core.errors import ConfigError
from fashion_core.text import format_count, format_duration, format_share, format_value
from pages.parts import state
from pages.parts.clickable import show_clickable
from pages.parts.glossary import help_on, link_html, link_terms
from pages.parts.html import escaped, goes_to, plain
from pages.parts.picker import show_use_button
from pages.parts.times import say_day
from pages.parts.words import model_scores, validation_accuracy

NETWORK_NOTES = {
    "FashionCNN": (
        "A ReLU follows each convolution and the first linear layer: it makes negative numbers"
        " zero. The second pool halves an odd size and drops the row and column that are left over,"
        " so the picture's last two never reach the answer."
    ),
    "FashionCNNNorm": (
        "A batch norm and a ReLU follow each convolution: the one brings the numbers to a common"
        " scale, the other makes negative ones zero. A ReLU follows the first linear layer, too."
    ),
    "ResidualNet": (
        "A ReLU follows each convolution, and a batch norm each but the first. The third and fourth"
        " convolution, and the last two, learn only what to add to their input. From each map of"
        " the last one, only its largest number goes on to the linear layer."
    ),
    "DeepResidualNet": (
        "A batch norm and a ReLU follow each convolution. After each one that adds channels, but"
        " for the first, two more learn only what to add to their input. From each map of the last"
        " one, only its largest number goes on to the linear layer."
    ),
    "WideResidualNet": (
        "A batch norm and a ReLU follow each convolution. After each one that adds channels, two"
        " more learn only what to add to their input. From each map of the last one, only its"
        " largest number goes on to the linear layer. The network looks at the picture and at its"
        " mirror image, and answers with the mean of both."
    ),
}
OWN_NOTE = (
    "A ReLU follows each convolution and linear layer but the last, unless the description says"
    " linear. The two convolutions of a residual layer learn only what to add to their input."
)


@st.cache_data(max_entries=50, show_spinner=False)  # visitors describe their own
def cached_layers(name: str) -> list[dict]:
    """The layer table of a network by its name."""
    from fashion_core import models  # with torch

    return models.layer_table(models.build_model(name))


def show_networks(entries: list[ModelEntry], in_use: ModelEntry | None) -> None:
    """The section: a choice of network, at first that of the model in use, and all about it."""
    first = in_use.card.get("model") if in_use else None
    names = [*MODELS, *own_network(first)]
    with st.container(border=True, key="networks"):
        st.subheader("The networks", anchor=False)
        name = st.pills(
            "Network",
            names,
            default=first if first in names else names[0],
            format_func=short_name,
            required=True,
            wrap=True,
            key=state.network_key(first),
            label_visibility="collapsed",
        )
        layers = cached_layers(name)
        entry = model_of(entries, name, in_use)
        show_about(name, layers, entry, in_use)
        show_picture(name, layers, entry, in_use)
        show_layer_table(layers)


@st.fragment
def show_layer_table(layers: list[dict]) -> None:
    """The layers in a table, folded; drawn only while it is open."""
    options = {"key": state.LAYER_TABLE, "on_change": "rerun"}
    table = st.expander("Layer table", icon=":material/table_rows:", **options)
    if table.open:
        table.html(table_html(layers))


def own_network(model: str | None) -> list[str]:
    """The description of the model in use, where it has one that this copy can build."""
    if not model or model in MODELS:
        return []
    try:
        architecture.refuse_too_large(architecture.read_network(model))
    except ConfigError:
        return []
    return [model]


def model_of(entries: list[ModelEntry], name: str, in_use: ModelEntry | None) -> ModelEntry | None:
    """The model that stands for a network: the one in use, else the best that ships.

    The best on the validation images: the test images never choose anything.
    """
    if in_use is not None and in_use.card.get("model") == name:
        return in_use
    of_it = [entry for entry in entries if entry.shipped and entry.card.get("model") == name]
    return max(of_it, key=validation_accuracy, default=None)


def show_about(
    name: str, layers: list[dict], entry: ModelEntry | None, in_use: ModelEntry | None
) -> None:
    """The network in a sentence, a model of it, and what can be done with it."""
    st.write(link_terms(MODELS.get(name) or describe_own(name)))
    show_metrics(layers, entry.card if entry else {})
    if entry:
        which = "the model in use" if entry is in_use else "its best shipped model"
        training = link_terms(describe_training(entry.card))
        st.caption(f"“{plain(entry.title)}”, {which}: {training}")
    else:
        train = "" if limits.read_only() else " You can train one."
        st.caption(f"No trained model of it ships with the app.{train}")
    show_buttons(name, entry, in_use)


def describe_own(model: str) -> str:
    """A network that a visitor has built, in a sentence."""
    network = architecture.read_network(model)
    return (
        f"Built here: “{model}”, {network.parameters:,} parameters, {network.multiplications:,}"
        " multiplications per image."
    )


METRIC_WIDTH = 150  # pixels; three fit beside each other on a desk, two on a phone


def show_metrics(layers: list[dict], card: dict) -> None:
    """The size of the network and what is known of a model of it."""
    metrics = [("Parameters", f"{sum(layer['parameters'] for layer in layers):,}", None)]
    for split, accuracy in model_scores(card).items():
        metrics.append((f"{split.capitalize()} accuracy", f"{accuracy:.1%}", help_on(split)))
    if isinstance(card.get("elapsed_seconds"), (int, float)):
        duration = format_duration(card["elapsed_seconds"])
        where = "On the machine that trained it."
        if catalog.began_as_another(card):
            where += " Its last stage alone: it was fine-tuned from another model."
        metrics.append(("Trained for", duration, where))
    with st.container(horizontal=True):
        for label, value, help_text in metrics:
            st.metric(label, value, help=help_text, width=METRIC_WIDTH)


def show_buttons(name: str, entry: ModelEntry | None, in_use: ModelEntry | None) -> None:
    """Use the model of the network; train the network."""
    with st.container(horizontal=True):
        if entry:
            used = entry is in_use
            label = "In use" if used else "Use this model"
            options = {"icon": ":material/check:", "disabled": used}
            show_use_button(label, entry.model_id, "use_network", **options)
        closed = limits.read_only()
        if st.button(
            "Train this network",
            icon=":material/model_training:",
            key="train_network",
            disabled=closed,
            help=limits.READ_ONLY_SENTENCE if closed else None,
        ):
            st.session_state[state.train_key("model")] = name
            st.session_state.pop(state.SHOWN_RUN, None)  # the form comes first
            st.switch_page("pages/train.py", query_params={})


def describe_training(card: dict) -> str:
    """How a model was trained, in a line or two."""
    if "input_scaling" in card:
        return f"Trained elsewhere, on pixels scaled to {plain(str(card['input_scaling']))}."
    config = TrainConfig().to_dict() | (card.get("config") or {})
    done, epochs = card.get("epochs_done"), format_count(config["epochs"], "epoch")
    if isinstance(done, int) and done < config["epochs"]:
        epochs = f"{done} of {epochs}"
    parts = [
        f"{epochs} with {config['optimizer']}",
        f"learning rate {format_value('learning_rate', float(config['learning_rate']))}",
        f"batches of {config['batch_size']:,}",
        f"{config['train_size']:,} images",
        f"seed {config['seed']}",
    ]
    if config["start_model"]:
        parts.append(f"taught from {former_title(config['start_model'])}")
    extras = {
        "fine-tuned from another model's weights": "started_from_sha256" in card,
        **{describe_share(kind, config): share_of(config, kind) for kind in ADDED_KINDS},
        "with mixup": config["mixup"],
        "a wide net as teacher": config["distillation"],
        f"on {say_day(str(card.get('trained_on')))}": card.get("trained_on"),
    }
    return ", ".join(parts + [words for words, applies in extras.items() if applies]) + "."


def former_title(model_id: str) -> str:
    """What the model is called that a taught one began as; its id where it is here no more."""
    titles = {entry.model_id: entry.title for entry in catalog.list_models()}
    return plain(titles.get(model_id, model_id))


def describe_share(kind: str, config: dict) -> str:
    """How much of each batch one kind of pictures beside Fashion-MNIST is."""
    label = field_spec(kind)["label"].lower()
    return f"{label} {format_share(share_of(config, kind))} of each batch"


# The picture and the table

LAYER_NAMES = {
    "Convolution": "convolution",
    "MaxPool2d": "max-pool 2",
    "AvgPool2d": "mean-pool 2",
    "AdaptiveAvgPool2d": "mean",
    "Linear": "linear",
}
INSIDE = "pages/inside.py"  # where what each layer does can be seen
MANY_LAYERS = 11  # from here on they are drawn smaller


def show_picture(
    name: str, layers: list[dict], entry: ModelEntry | None, in_use: ModelEntry | None
) -> None:
    """A row of layers from the picture to the ten classes; it wraps where it is too long.

    A click opens Inside with the model `entry`, which becomes the one in use.
    """
    words = "Under each layer: what flows out of it, channels × height × width."
    if entry:
        words += " Click one to see what it does on Inside"
        words += "." if entry is in_use else f"; “{plain(entry.title)}” is in use then."
    st.caption(words)
    drawn = [{"kind": "picture", "shape": (1, 28, 28), "parameters": 0}]
    drawn += [layer for layer in layers if layer["kind"] in LAYER_NAMES]
    many = len(drawn) >= MANY_LAYERS
    boxes = [layer_html(layer, small=many) for layer in drawn]
    if entry:
        boxes = [goes_to(INSIDE, each) for each in boxes]
    html = f'<div class="network{" many" if many else ""}">{"".join(boxes)}</div>'
    show_clickable("network_picture", html, [INSIDE], lambda _: look_inside(entry))
    st.caption(link_terms(NETWORK_NOTES.get(name, OWN_NOTE)))


def look_inside(entry: ModelEntry) -> None:
    st.session_state[state.MODEL] = entry.model_id
    st.switch_page(INSIDE, query_params={state.VIEW: "Layer by layer"})


def layer_html(layer: dict, small: bool = False) -> str:
    """One layer as a drawing over its name, shape and number of parameters."""
    drawing = small_drawing(layer["shape"]) if small else large_drawing(layer["shape"])
    weights = f"{layer['parameters']:,} parameters" if layer["parameters"] else "no parameters"
    name = LAYER_NAMES.get(layer["kind"], layer["kind"])
    return (
        '<div class="layer">'
        f'<div class="drawing" aria-hidden="true">{drawing}</div>'
        f"<b>{name}</b><span>{format_shape(layer)}</span><small>{weights}</small></div>"
    )


def large_drawing(shape: tuple[int, ...]) -> str:
    """A stack of sheets, more for more channels, or a column of cells."""
    if len(shape) == 3:
        return sheets_html(14 + 2 * shape[2], count=min(16, 1 + shape[0] // 11), gap=4)
    return column_html(20 + min(shape[0], 128) // 2)


def small_drawing(shape: tuple[int, ...]) -> str:
    """The same where many layers need their place."""
    if len(shape) == 3:
        return sheets_html(10 + shape[2], count=min(10, 1 + shape[0] // 11), gap=3)
    return column_html(20 + min(shape[0], 128) // 3)


def column_html(height: int) -> str:
    return f'<i class="column" style="height:{height}px"></i>'


def sheets_html(side: int, count: int, gap: int) -> str:
    """`count` squares of `side` pixels, each `gap` pixels up and to the right of the one before."""
    spots = ((gap * place, gap * (count - 1 - place)) for place in reversed(range(count)))
    sheets = "".join(
        f'<i style="width:{side}px;height:{side}px;left:{x}px;top:{y}px"></i>' for x, y in spots
    )
    whole = side + gap * (count - 1)
    return f'<div class="sheets" style="width:{whole}px;height:{whole}px">{sheets}</div>'


KIND_NAMES = LAYER_NAMES | {"BatchNorm2d": "batch norm", "Linear": "linear layer"}


def table_html(layers: list[dict]) -> str:
    """Every layer with its name in the code, kind, output shape and parameters, and their sum."""
    rows = "".join(
        f"<tr><td>{escaped(layer['name'])}</td>"
        f"<td>{link_html(KIND_NAMES.get(layer['kind'], layer['kind']))}</td>"
        f"<td>{format_shape(layer)}</td><td>{layer['parameters']:,}</td></tr>"
        for layer in layers
    )
    total = sum(layer["parameters"] for layer in layers)
    head = "".join(
        f"<th>{link_html(name)}</th>" for name in ("Layer", "Kind", "Output", "Parameters")
    )
    foot = f'<tr><td colspan="3">In all</td><td>{total:,}</td></tr>'
    return (
        f'<table class="layers"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
        f"<tfoot>{foot}</tfoot></table>"
    )


def format_shape(layer: dict) -> str:
    return "×".join(str(size) for size in layer["shape"])
