"""The layers of the visitor's own network as a row of cards: their settings, size and work.

Stands on fashion_core.architecture, which computes what stands on them. Every change is one of the
text that `own_network` keeps.
"""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import streamlit as st

from fashion_core import architecture
from fashion_core.architecture import Facts, Layer
from fashion_core.errors import ConfigError
from fashion_core.metadata import IMAGE_SIZE
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.once import button_once
from pages.parts.runs.own_network import ask_undo, use_network

# What it does and why is said in layer_focus.js.
_layer_focus = st.components.v2.component(
    "layer_focus", js=Path(__file__).with_name("layer_focus.js").read_text("utf-8")
)

MOST_CARDS = 40  # a link may name hundreds of layers
CARD_WIDTH = 138  # pixels; four fit beside each other on a desk, two on a phone


def show_cards(layers: list[Layer], facts: list[Facts]) -> None:
    """A card for the picture, for each layer and for the ten outputs.

    `facts`: those of `architecture.trace`, as far as the layers fit together.
    """
    work = sum(each.multiplications for each in facts)
    with st.container(horizontal=True, gap="xsmall", key="layer_cards"):
        show_end("picture", Facts((1, IMAGE_SIZE, IMAGE_SIZE)), work)
        for place, layer in enumerate(layers[:MOST_CARDS]):
            with st.container(border=True, width=CARD_WIDTH, gap="xsmall", key=f"layer_{place}"):
                st.markdown(f"**{place + 1} · {layer.kind}**")
                ask_settings(layer, place)
                if place < len(facts):
                    show_facts(facts[place], work)
                elif place == len(facts):
                    st.html('<div class="layer-facts"><b>✗ does not fit</b></div>')
                ask_moves(place, len(layers))
        if len(layers) > MOST_CARDS:
            more = format_count(len(layers) - MOST_CARDS, "more layer")
            st.caption(f"{more}: see the text.")
        if len(facts) > len(layers):
            show_end("ten outputs", facts[-1], work)
    _layer_focus(
        key="layer_focus", data={"key": st.session_state.pop(state.FOCUSED, None)}, height=0
    )


def show_end(name: str, facts: Facts, work: int) -> None:
    """Where the picture comes in, or the answer goes out."""
    key = f"layer_{name.replace(' ', '_')}"
    with st.container(border=True, width=CARD_WIDTH, gap="xsmall", key=key):
        st.markdown(f"**{name}**")
        show_facts(facts, work)


def show_facts(facts: Facts, work: int) -> None:
    """Output shape, and parameters and share of the work where it has any."""
    shape = "×".join(str(edge) for edge in facts.shape)
    lines = f"<b>{shape}</b>"
    if facts.parameters:
        share = facts.multiplications / work
        lines += f"<span>{facts.parameters:,} parameters</span>"
        lines += f'<div class="bar"><i style="width:{share:.1%}"></i></div>'
        percent = f"{share:.1%}" if share >= 0.0005 else "&lt; 0.1%"
        lines += f"<span>{percent} of the work</span>"
    st.html(f'<div class="layer-facts">{lines}</div>')


# Settings


def widget_key(place: int, setting: str) -> str:
    """The key of one setting of one card, new where the cards are drawn anew."""
    return state.layer_key(st.session_state.get(state.NETWORK_VERSION, 0), place, setting)


def ask_settings(layer: Layer, place: int) -> None:
    """The few settings of a layer."""
    ask = ASK.get(layer.kind)
    if ask:
        ask(layer, place, {"on_change": take_settings, "args": (widget_key(place, ""), place)})


def ask_conv(layer: Layer, place: int, on_change: dict) -> None:
    ask_size(layer, place, "Maps", architecture.MAX_MAPS, on_change)
    told = str(replace(layer, kernel=3)).removeprefix(f"conv {layer.size}").strip()
    with st.popover(f"{layer.kernel}×{layer.kernel} {told}".strip(), width="stretch"):
        st.segmented_control(
            "Kernel",
            architecture.KERNELS,
            default=layer.kernel,
            format_func=lambda edge: f"{edge}×{edge}",
            required=True,
            key=widget_key(place, "kernel"),
            **on_change,
        )
        for setting, (label, words) in CONV_SWITCHES.items():
            value = layer.stride == 2 if setting == "stride" else getattr(layer, setting)
            key = widget_key(place, setting)
            st.toggle(label, value, key=key, help=words, **on_change)


CONV_SWITCHES = {
    "same": ("Same size", "Zeros around the maps, so that they keep their height and width."),
    "norm": ("Batch norm", "Brings each map to mean 0 and deviation 1 over the batch."),
    "stride": ("Stride 2", "Only every second place, which makes the maps half as large."),
    "linear": ("Linear", "Without the ReLU that makes negative numbers zero."),
}


def ask_dense(layer: Layer, place: int, on_change: dict) -> None:
    ask_size(layer, place, "Numbers", architecture.MAX_NUMBERS, on_change)
    words = CONV_SWITCHES["linear"][1]
    key = widget_key(place, "linear")
    st.toggle("Linear", layer.linear, key=key, help=words, **on_change)


def ask_size(layer: Layer, place: int, label: str, most: int, on_change: dict) -> None:
    """How many maps or numbers a layer gives."""
    st.number_input(
        f"{label} of layer {place + 1}",
        1,
        most,
        layer.size,
        key=widget_key(place, "size"),
        label_visibility="collapsed",
        **on_change,
    )


def ask_average(layer: Layer, place: int, on_change: dict) -> None:
    st.segmented_control(
        f"What layer {place + 1} takes",
        ("max", "avg"),
        default="avg" if layer.average else "max",
        required=True,
        key=widget_key(place, "average"),
        label_visibility="collapsed",
        **on_change,
    )


def ask_dropout(layer: Layer, place: int, on_change: dict) -> None:
    st.number_input(
        f"Share that layer {place + 1} hides",
        architecture.MIN_SHARE,
        architecture.MAX_SHARE,
        layer.share,
        0.05,
        key=widget_key(place, "share"),
        label_visibility="collapsed",
        **on_change,
    )


ASK = {
    "conv": ask_conv,
    "dense": ask_dense,
    "pool": ask_average,
    "global": ask_average,
    "dropout": ask_dropout,
}
SETTINGS = ("size", "kernel", "same", "norm", "stride", "linear", "average", "share")
FROM_WIDGET = {
    "stride": lambda on: 2 if on else 1,
    "average": lambda word: word == "avg",
    "share": lambda share: round(share, 3),
}


def take_settings(drawn_key: str, place: int) -> None:
    """Change the layers as their cards say; residuals follow with as many maps as come in."""
    if drawn_key == widget_key(place, ""):  # else a card that is no more
        with contextlib.suppress(ConfigError):  # a text that was typed just before
            fitted = architecture.with_fitting_residuals(layers_on_cards())
            use_network(architecture.describe(fitted), same_cards=True)


def layers_on_cards() -> list[Layer]:
    """The layers as their cards show them now, also what was typed just before a click."""
    layers = architecture.read_layers(st.session_state[state.OWN_NETWORK])
    return [with_settings(layer, place) for place, layer in enumerate(layers)]


def with_settings(layer: Layer, place: int) -> Layer:
    """A layer as its card shows it."""
    values = {}
    for setting in SETTINGS:
        value = st.session_state.get(widget_key(place, setting))
        if value is not None:
            values[setting] = FROM_WIDGET.get(setting, lambda same: same)(value)
    return replace(layer, **values)


# Moving, removing, adding


def ask_moves(place: int, count: int) -> None:
    """Buttons that are seen as icons; their labels are for those who listen."""
    with st.container(horizontal=True, gap="xsmall", key=f"layer_moves_{place}"):
        ask_move(EARLIER, "Earlier", place, swapped(place, place - 1), place == 0)
        ask_move(LATER, "Later", place, swapped(place, place + 1), place == count - 1)
        ask_move(REMOVE, "Remove", place, removed(place), count == 1)


EARLIER, LATER, REMOVE = "arrow_back", "arrow_forward", "close"  # icons


def ask_move(
    icon: str,
    words: str,
    place: int,
    change: Callable[[list[Layer]], list[Layer]],
    disabled: bool,
) -> None:
    button_once(
        f"{words}: layer {place + 1}",
        icon=f":material/{icon}:",
        help=words,
        key=widget_key(place, icon),
        type="tertiary",
        disabled=disabled,
        on_click=move,
        args=(icon, place, change),
    )


def move(icon: str, place: int, change: Callable[[list[Layer]], list[Layer]]) -> None:
    """Change the layers; the keyboard stays on the card that moved, or on the next one."""
    count = change_layers(change)
    if count:
        st.session_state[state.FOCUSED] = focused_after(icon, place, count)


def focused_after(icon: str, place: int, count: int) -> str:
    """The key of the button to go on with, one that can be pressed, among `count` cards."""
    if icon == REMOVE:
        return widget_key(min(place, count - 1), REMOVE) if count > 1 else add_key("conv")
    place += 1 if icon == LATER else -1
    if place in (0, count - 1):  # it can only go back from there
        icon = LATER if place == 0 else EARLIER
    return widget_key(place, icon)


def swapped(place: int, other: int) -> Callable[[list[Layer]], list[Layer]]:
    """A change that lets two layers take each other's place."""

    def change(layers: list[Layer]) -> list[Layer]:
        layers[place], layers[other] = layers[other], layers[place]
        return layers

    return change


def removed(place: int) -> Callable[[list[Layer]], list[Layer]]:
    """A change that takes a layer away."""
    return lambda layers: layers[:place] + layers[place + 1 :]


def change_layers(change: Callable[[list[Layer]], list[Layer]]) -> int:
    """Change the network of the form; residuals follow. Returns how many layers it has then.

    0, and nothing is changed, where a text that was typed just before the click has no such layer
    or cannot be read.
    """
    try:
        layers = architecture.with_fitting_residuals(change(layers_on_cards()))
    except (ConfigError, IndexError):
        return 0
    use_network(architecture.describe(layers))
    return len(layers)


def ask_added() -> None:
    """A button for each kind of layer, which adds one where such a layer fits."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="add_layer"):
        st.markdown("Add", width="content")
        for kind, words in KINDS.items():
            st.button(
                kind,
                key=add_key(kind),
                help=words,
                on_click=change_layers,
                args=(lambda layers, kind=kind: architecture.with_added(layers, kind),),
            )
        ask_undo()


def add_key(kind: str) -> str:
    return f"add_{kind}"


KINDS = {
    "conv": "A convolution: small patterns, looked for everywhere.",
    "pool": "Every 2×2 places become one.",
    "residual": "Two convolutions with batch norm that learn what to add to their input.",
    "global": "Every map becomes one number, wherever in it that was found.",
    "flatten": "All places of all maps become one row of numbers.",
    "dense": "Every number is a weighted sum of all numbers before.",
    "dropout": "Hides a share of the numbers in training, against overfitting.",
}
