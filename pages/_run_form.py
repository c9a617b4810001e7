"""The form for a run: recipe, hyper-parameters with their ranges from `config`, the run's name, Start."""

import streamlit as st

from fashion_core import runs
from fashion_core.config import RECIPES, field_spec

MAIN_FIELDS = ("model", "epochs", "batch_size", "learning_rate", "sketches")
MORE_FIELDS = (
    "optimizer", "schedule", "weight_decay", "dropout", "label_smoothing", "flips", "train_size", "seed",
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
        start = st.button("Start training", type="primary", width="stretch", disabled=runs.read_only())
        if runs.active_run() is not None:
            st.caption("One run trains at a time; the next can start when this one has ended.")
    return start, values, name


def use_recipe() -> None:
    """Fill the form with the recipe that was just picked."""
    changes, _ = RECIPES[st.session_state.recipe]
    for name in MAIN_FIELDS + MORE_FIELDS:
        st.session_state[f"train_{name}"] = changes.get(name, field_spec(name)["default"])


def ask_field(name: str):
    """The widget for one hyper-parameter, with its range in the help text."""
    spec = field_spec(name)
    key = f"train_{name}"
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
