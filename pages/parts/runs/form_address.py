"""The recipe of Train's form and what was changed in it, in the URL: a refresh keeps both.

The visitor's own network has a parameter of its own, see own_network.py.
"""

import streamlit as st

from fashion_core.config import RECIPES, TrainConfig, offered_fields
from fashion_core.errors import ConfigError
from pages.parts import state
from pages.parts.history import has_returned
from pages.parts.runs.form import FIRST_RECIPE, changed_values, recipe_values, spec_of
from pages.parts.runs.own_network import own_is_chosen


def form_parameters() -> set[str]:
    """All that this file may write into the URL."""
    return {state.RECIPE, *map(state.train_key, offered_fields())}


def read_address() -> None:
    """Fill the form as the URL says, unless this session has one already.

    Comes before `own_network.sync_with_url`, which may name another network.
    """
    is_linked = bool(form_parameters() & st.query_params.keys())  # else Home may have filled it in
    if not has_returned() and (state.RECIPE_BASE in st.session_state or not is_linked):
        return
    linked = st.query_params.get(state.RECIPE)
    base = linked if linked in RECIPES else FIRST_RECIPE
    values = recipe_values(base) | _linked_values()
    st.session_state[state.RECIPE_BASE] = base
    st.session_state[state.TRAIN_VALUES] = values
    for name in offered_fields():
        st.session_state[state.train_key(name)] = values[name]


def _linked_values() -> dict:
    """The values in the URL that the form's fields take."""
    texts = {name: st.query_params.get(state.train_key(name)) for name in offered_fields()}
    values = {name: _read_value(name, text) for name, text in texts.items() if text is not None}
    return {name: value for name, value in values.items() if value is not None}


def _read_value(name: str, text: str) -> bool | str | int | float | None:
    """The value that a field shows for this text; None where it takes no such value."""
    spec = spec_of(name)
    if spec["type"] is bool:
        return {"True": True, "False": False}.get(text)
    if spec["type"] is str:
        return text if text in spec["names"] else None
    try:
        value = spec["type"](text)
        TrainConfig.from_dict({name: value})
    except (ValueError, ConfigError):
        return None
    return value if value <= spec["high"] else None  # this copy may allow fewer epochs


def write_address() -> None:
    """Have the URL name the recipe, unless it is the first one, and what was changed in it.

    All at once: each message about the URL becomes an entry of the browser's history.
    """
    base = st.session_state[state.RECIPE_BASE]
    changed = changed_values(base)
    if own_is_chosen():
        changed.pop("model", None)
    wanted = {state.train_key(name): str(value) for name, value in changed.items()}
    if base != FIRST_RECIPE:
        wanted[state.RECIPE] = base
    linked = {key: st.query_params.get_all(key) for key in st.query_params}
    others = {key: values for key, values in linked.items() if key not in form_parameters()}
    if linked != others | {key: [value] for key, value in wanted.items()}:
        st.query_params.from_dict(others | wanted)
