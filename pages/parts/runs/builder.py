"""Build your own network: templates, layers as cards and as text, what it costs, other widths.

Stands on fashion_core.architecture (the language and the numbers) and fashion_core.speed (the
seconds of an epoch, measured).
"""

import streamlit as st

from fashion_core import architecture, limits
from fashion_core.config import MODELS, TrainConfig
from fashion_core.errors import ConfigError
from fashion_core.runs import folders, sweep
from fashion_core.text import format_duration
from pages.parts import state
from pages.parts.html import plain
from pages.parts.once import button_once
from pages.parts.runs.layer_cards import ask_added, show_cards
from pages.parts.runs.own_network import (
    FIELD,
    ask_undo,
    own_is_chosen,
    use_network,
)
from pages.parts.runs.sweep import queue_named

LANGUAGE = (
    "Layers with commas between them. `conv N`: N maps; after it a kernel of 1, 3 or 5, `same`"
    " (keeps the size), `bn` (batch norm), `stride 2`, `linear` (no ReLU) · `residual N` ·"
    " `pool`, `pool avg` · `global max`, `global avg` · `flatten` · `dense N` · `dropout P`."
    " The ten outputs are added."
)


def show_builder(values: dict) -> None:
    """The section, where the form says that the network is the visitor's own."""
    model = values.get("model", "")
    if not values:
        return
    if model in MODELS:
        ask_to_build()
        return
    st.session_state.setdefault(state.BUILDER, not trains_now(model))
    panel = st.expander(
        "Build your own network",
        expanded=True,
        icon=":material/construction:",
        key=state.BUILDER,
        on_change=_forget_unchanged,
    )
    if not panel.open:
        return
    with panel:
        ask_template(model)
        ask_text(model)  # before the cards, so that it stays in sight when a wrong word has none
        try:
            layers = architecture.read_layers(model)
        except ConfigError as error:
            st.error(plain(str(error)), icon=":material/error:")
            ask_undo()
        else:
            show_layers(layers, values)


def ask_to_build() -> None:
    """The way to the builder from any other network."""
    st.button(
        "Build your own network",
        icon=":material/construction:",
        key="build_network",
        type="tertiary",
        on_click=open_builder,
    )


def open_builder() -> None:
    before = st.session_state[FIELD]
    use_network(st.session_state[state.OWN_NETWORK])
    st.session_state[state.BUILDER] = True
    st.session_state.pop(state.BEFORE_BUILDER, None)
    if not st.session_state.get(state.FORMER_NETWORKS):  # nothing was built yet
        st.session_state[state.BEFORE_BUILDER] = before, st.session_state[state.NETWORK_VERSION]


def _forget_unchanged() -> None:
    """Where a visitor only had a look, the form names the same network again as before."""
    before, version = st.session_state.pop(state.BEFORE_BUILDER, ("", 0))
    # A template may have been chosen that is what was there; cards change without a new version
    same = st.session_state[state.NETWORK_VERSION] == version
    if before in MODELS and same and not st.session_state.get(state.FORMER_NETWORKS):
        st.session_state[FIELD] = before


def trains_now(model: str) -> bool:
    """Whether this network is the one that trains: its run then stands first."""
    run = folders.active_run()
    return run is not None and run.config.model == model


def make_way(run_id: str) -> None:
    """Fold the builder where this run begins, so that it is in sight."""
    run = folders.active_run()
    if own_is_chosen() and run is not None and run.run_id == run_id:
        st.session_state[state.BUILDER] = False
        st.session_state.pop(state.BEFORE_BUILDER, None)  # it was meant


def ask_template(model: str) -> None:
    """Networks to start from, and what each of them shows."""
    used = next((name for name, (text, _) in architecture.TEMPLATES.items() if text == model), None)
    with st.container(horizontal=True, gap="xsmall", key="templates"):
        for name, (text, words) in architecture.TEMPLATES.items():
            st.button(
                name,
                key=f"template_{name}",
                help=words,
                type="primary" if name == used else "secondary",
                on_click=use_network,
                args=(text,),
            )
    words = architecture.TEMPLATES[used][1] if used else "Start from one of these, or go on below."
    st.caption(words)


def show_layers(layers: list[architecture.Layer], values: dict) -> None:
    """The cards, what does not fit, and what the whole network costs."""
    facts, problem = architecture.trace(layers)
    show_cards(layers, facts)
    ask_added()
    try:
        if problem:
            raise problem
        network = architecture.measure(layers)
        show_totals(network)
        architecture.refuse_too_large(network)
        config = TrainConfig.from_dict(values)
    except ConfigError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    with st.container(horizontal=True, vertical_alignment="center", key="builder_actions"):
        ask_seconds(config)
        ask_widths(config, list(values))


METRIC_WIDTH = 180  # pixels


def show_totals(network: architecture.Network) -> None:
    """Parameters and multiplications, beside those of the classic network."""
    classic = architecture.network_of("FashionCNN")
    totals = (
        ("Parameters", network.parameters, classic.parameters),
        ("Multiplications per image", network.multiplications, classic.multiplications),
    )
    with st.container(horizontal=True):
        for label, count, classics in totals:
            words = f"{count / classics:.2g} times the classic network's {classics:,}."
            st.metric(label, f"{count:,}", help=words, width=METRIC_WIDTH)
        layers = len(network.layers)
        st.metric("Layers", layers, help="The ten outputs are not counted.", width=METRIC_WIDTH)


# Seconds of an epoch


def ask_seconds(config: TrainConfig) -> None:
    """What an epoch takes here, once it was measured; else the button that measures it."""
    measured = st.session_state.setdefault(state.EPOCH_SECONDS, {})
    busy = folders.active_run() is not None
    key = (config.model, config.optimizer, config.batch_size, config.images_per_epoch, busy)
    if key not in measured:
        pressed = st.button(
            "Measure an epoch",
            icon=":material/timer:",
            key="measure_epoch",
            disabled=limits.read_only(),
            help="Trains a few steps on noise, for less than a second, and counts up from them.",
        )
        if not pressed:
            return
        from fashion_core import speed  # with torch

        try:
            with st.spinner("A few steps"):
                measured[key] = speed.seconds_per_epoch(config)
        except ConfigError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.rerun()  # without the button
    beside = " beside the run that trains" if busy else ""
    st.markdown(
        f"**{format_seconds(measured[key])}** an epoch, measured on this machine{beside}.",
        width="content",
    )


def format_seconds(seconds: float) -> str:
    """A short time with a decimal: "0.8 s", "12 s", "3 min"."""
    return f"{seconds:.1f} s" if seconds < 10 else format_duration(seconds)


# Other widths


def ask_widths(config: TrainConfig, fields: list[str]) -> None:
    """One click queues the network with other widths, everything else alike."""
    networks = sweep.networks_by_width(config.model)
    widths = ", ".join(map(str, networks)) or "of other sizes"
    button_once(
        f"Queue {'width' if len(networks) == 1 else 'widths'} {widths}",
        icon=":material/playlist_add:",
        key="queue_widths",
        disabled=limits.read_only() or set(networks.values()) <= {config.model},
        help="A run for each: the first layer gets this many maps or numbers, the others as many"
        " more or fewer.",
        on_click=queue_widths,
        args=(fields,),
    )


def queue_widths(fields: list[str]) -> None:
    run_ids = queue_named(fields, name_widths)
    if run_ids:
        make_way(run_ids[0])


def name_widths(values: dict) -> list[tuple[str, TrainConfig]]:
    """A run for each width, by its name. Raises ConfigError."""
    config = TrainConfig.from_dict(values)
    networks, title = sweep.network_values(config), st.session_state[state.RUN_NAME]
    return sweep.named_configs(config, "model", networks, title)


# The text


def ask_text(model: str) -> None:
    """The same network as text."""
    st.session_state[state.NETWORK_TEXT] = model
    st.text_area(
        "As text",
        max_chars=architecture.MAX_TEXT,
        height=68,
        key=state.NETWORK_TEXT,
        help=LANGUAGE,
        on_change=take_text,
    )


def take_text() -> None:
    """Use what was typed; the field shows it in its usual form."""
    use_network(st.session_state[state.NETWORK_TEXT])
    st.session_state[state.NETWORK_TEXT] = st.session_state[state.OWN_NETWORK]
