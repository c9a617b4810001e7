"""The network that Train's form names, where it is one of the visitor's own; also in the URL.

Stands on fashion_core.architecture. The form's field says only that it is the visitor's own. Its
description is kept beside it, since a browser that has not heard of a change yet would send the
former one with its next click. The builder's cards and its text are drawn from it and change it.
"""

import contextlib

import streamlit as st

from fashion_core import architecture
from fashion_core.config import MODELS, TrainConfig, field_spec
from fashion_core.errors import ConfigError
from pages.parts import state
from pages.parts.glossary import link_help
from pages.parts.history import has_returned

OWN = "Your own network"
FIELD = state.train_key("model")


def sync_with_url() -> None:
    """Take the network of a link that was opened; have the URL name the one that is built."""
    linked = st.query_params.get(state.LAYERS)
    if linked and (state.OWN_NETWORK not in st.session_state or has_returned()):
        use_network(linked[: architecture.MAX_TEXT])
    st.session_state.setdefault(state.OWN_NETWORK, architecture.TEMPLATES["Classic"][0])
    model = st.session_state.setdefault(FIELD, field_spec("model")["default"])
    if model not in (*MODELS, OWN):  # a description, from Home
        use_network(model)
    own = st.session_state[state.OWN_NETWORK]
    if own_is_chosen():
        if linked != own:
            st.query_params[state.LAYERS] = own
    elif linked is not None:
        del st.query_params[state.LAYERS]


def ask_network() -> str:
    """The field of the form: the known networks and the visitor's own; returns its description."""
    spec = field_spec("model")
    st.selectbox(
        spec["label"],
        [*MODELS, OWN],
        key=FIELD,
        help=link_help(spec["help"], spec["label"]),
        persist_state="session",
    )
    return field_value("model")


def own_is_chosen() -> bool:
    """Whether the form names the visitor's own network."""
    return st.session_state.get(FIELD) == OWN


def field_value(name: str) -> bool | str | int | float:
    """What the form's field of this hyper-parameter says; KeyError before it was drawn."""
    value = st.session_state[state.train_key(name)]
    own = name == "model" and value == OWN
    return st.session_state[state.OWN_NETWORK] if own else value


def config_of(values: dict) -> TrainConfig:
    """What the form's values ask for. Raises ConfigError.

    Of a network of the visitor's own it says what is wrong, as the builder does, and not that its
    text might have been one of the known names.
    """
    if own_is_chosen():
        architecture.read_network(values["model"])
    return TrainConfig.from_dict(values)


def use_network(text: str, same_cards: bool = False) -> None:
    """Have the form name this network, in its usual form where it has one.

    A known name becomes its layers: there are no cards of a name. `same_cards`: the change came
    from a card, which shows it already.
    """
    text = architecture.described(text)
    with contextlib.suppress(ConfigError):  # shown as it was typed, with what is wrong
        text = architecture.describe(architecture.read_layers(text))
    keep_former(text)
    st.session_state[FIELD], st.session_state[state.OWN_NETWORK] = OWN, text
    if not same_cards:
        st.session_state[state.NETWORK_VERSION] = st.session_state.get(state.NETWORK_VERSION, 0) + 1


# Undo

MOST_FORMER = 100


def keep_former(text: str) -> None:
    """Keep the network that this one takes the place of."""
    former = st.session_state.setdefault(state.FORMER_NETWORKS, [])
    before = st.session_state.get(state.OWN_NETWORK, text)
    if before != text:
        former.append(before)
        del former[:-MOST_FORMER]


def ask_undo() -> None:
    """A button that takes the last change back, whether by a card, a template or the text."""
    st.button(
        "Undo",
        icon=":material/undo:",
        key="undo_network",
        type="tertiary",
        disabled=not st.session_state.get(state.FORMER_NETWORKS),
        help="Takes the last change back. A template can be undone, too.",
        on_click=undo,
    )


def undo() -> None:
    *earlier, last = st.session_state[state.FORMER_NETWORKS] or [None]
    if last:  # a second click may come before the page is drawn anew
        use_network(last)
        st.session_state[state.FORMER_NETWORKS] = earlier  # without what was undone
