"""The form for a run: recipe, hyper-parameters with their ranges from `config`, its name, Start or Add to queue."""

import math

import streamlit as st

from fashion_core import limits, run_queue, runs
from fashion_core.config import RECIPES, field_spec
from pages import _several, _shared

MAIN_FIELDS = ("model", "epochs", "batch_size", "learning_rate", "sketches")
MORE_FIELDS = (
    "optimizer", "schedule", "weight_decay", "dropout", "label_smoothing", "flips", "erasing", "train_size",
    "seed",
)  # fmt: skip


def ask_config() -> tuple[bool, dict, str]:
    """The form; returns whether Start was pressed, the values and the run's name."""
    with st.container(border=True):
        st.selectbox("Recipe", list(RECIPES), key="recipe", on_change=use_recipe, index=1, persist_state="session")
        st.caption(RECIPES[st.session_state.recipe][1])
        values = {name: ask_field(name) for name in MAIN_FIELDS}
        with st.expander("More"):
            values |= {name: ask_field(name) for name in MORE_FIELDS}
            name = st.text_input("Name of the run", max_chars=runs.MAX_NAME_LENGTH, placeholder="Optional")
        waits = runs.active_run() is not None or run_queue.read_queue().goes_on
        words, icon = ("Add to queue", "playlist_add") if waits else ("Start training", "play_arrow")
        start = st.button(words, icon=f":material/{icon}:", type="primary", width="stretch", disabled=runs.read_only())
        if waits:
            st.caption("One run trains at a time; this one starts when those before it have ended.")
        show_limits()
        _several.ask_several(values, name)
    return start, values, name


def show_limits() -> None:
    """What this copy allows, or what is wrong with its settings."""
    problem = limits.problem()
    words = "" if problem else limits.read_limits().words()
    if problem:
        st.warning(_shared.plain(problem), icon=":material/error:")
    elif words:
        st.caption(words)


def use_recipe() -> None:
    """Fill the form with the recipe that was just picked, as far as this copy allows."""
    changes, _ = RECIPES[st.session_state.recipe]
    for name in MAIN_FIELDS + MORE_FIELDS:
        value = changes.get(name, field_spec(name)["default"])
        st.session_state[f"train_{name}"] = min(value, most_epochs()) if name == "epochs" else value


def most_epochs() -> int:
    """The most epochs that the form offers: those of the config, or fewer on a copy that allows fewer."""
    allowed = math.inf if limits.problem() else limits.read_limits().epochs
    return int(min(field_spec("epochs")["high"], allowed))


def ask_field(name: str):
    """The widget for one hyper-parameter, with its range in the help text."""
    spec = field_spec(name)
    key = f"train_{name}"
    if name == "epochs":
        spec |= {"high": most_epochs(), "default": min(spec["default"], most_epochs())}
    st.session_state.setdefault(key, spec["default"])
    options = {"key": key, "persist_state": "session"}
    if spec["type"] is bool:
        return st.toggle(spec["label"], help=spec["help"], **options)
    if spec["type"] is str:
        return st.selectbox(spec["label"], spec["names"], help=spec["help"], **options)
    help_text = f"{spec['help']} Allowed: {spec['low']:,} to {spec['high']:,}."
    form = None if spec["type"] is int else "%.5f" if name == "learning_rate" else "%.3f"
    limits = {"min_value": spec["low"], "max_value": spec["high"], "step": spec["step"], "format": form}
    return st.number_input(spec["label"], help=help_text, **limits, **options)
