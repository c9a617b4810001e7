"""The form for a run: recipe, hyper-parameters with their ranges from `config`, its name, Start or
Add to queue.
"""

import contextlib
import math

import streamlit as st

from fashion_core import limits
from fashion_core.config import RECIPES, TrainConfig, field_spec
from fashion_core.errors import ConfigError
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue
from fashion_core.runs.annotations import MAX_NAME_LENGTH
from fashion_core.text import format_duration, format_value
from pages.parts.html import plain
from pages.parts.runs.rate_finder import ask_find
from pages.parts.runs.sweep import ask_sweep

MORE_FIELDS = (
    "optimizer",
    "weight_decay",
    "dropout",
    "label_smoothing",
    "flips",
    "shifts",
    "erasing",
    "mixup",
    "distillation",
    "train_size",
    "seed",
)
FIRST_RECIPE = next(
    (name for name, (changes, _) in RECIPES.items() if not changes), next(iter(RECIPES))
)


def ask_config() -> tuple[bool, dict, str]:
    """The form; returns whether Start was pressed, the values and the run's name."""
    with st.container(border=True, key="form_card"):
        ask_recipe()
        values = ask_main_fields()
        finder = st.container(gap="xsmall")  # filled below, when all values are known
        with st.expander("More"):
            values |= {name: ask_field(name) for name in MORE_FIELDS}
            name = st.text_input(
                "Name of the run", max_chars=MAX_NAME_LENGTH, placeholder="Optional"
            )
        with finder:
            ask_find(values)
        waits = (
            folders.active_run() is not None
            or folders.finder_active()
            or run_queue.read_queue().will_start
        )
        words, icon = (
            ("Add to queue", "playlist_add") if waits else ("Start training", "play_arrow")
        )
        with st.container(key="start_bar"):
            start = st.button(
                words,
                icon=f":material/{icon}:",
                type="primary",
                width="stretch",
                disabled=limits.read_only(),
            )
        if waits:
            st.caption(
                "One run trains at a time; this one starts when what is before it has ended."
            )
        past = folders.list_runs()
        show_duration(values, past)
        show_limits()
        ask_sweep(values, name, past)
    return start, values, name


def ask_main_fields() -> dict:
    """The fields that everybody may want, two in a row where they are short."""
    values = {name: ask_field(name) for name in ("model", "synthetic")}
    for names in (("epochs", "batch_size"), ("learning_rate", "schedule")):
        for name, column in zip(names, st.columns(2, gap="small"), strict=True):
            with column:
                values[name] = ask_field(name)
    return values


def show_duration(values: dict, past: list[folders.Run]) -> None:
    """How long the run will take, once one like it has been trained here."""
    with contextlib.suppress(ConfigError):  # Start says what is wrong
        seconds = folders.expected_seconds(TrainConfig.from_dict(values), past)
        if seconds is not None:
            st.caption(
                f"About {format_duration(seconds)} of training on this machine, going by the"
                " last run like it."
            )


def show_limits() -> None:
    """What this copy allows, or what is wrong with its settings."""
    problem = limits.problem()
    words = "" if problem else limits.read_limits().words()
    if problem:
        st.warning(plain(problem), icon=":material/error:")
    elif words:
        st.caption(words)


# Recipes


def ask_recipe() -> None:
    """A pill for each recipe. None is picked when the form has other values than the last one
    picked; it says which.
    """
    base = st.session_state.setdefault("recipe_base", FIRST_RECIPE)
    changed = describe_changes(base)
    st.session_state["recipe"] = None if changed else base
    st.pills("Recipe", list(RECIPES), key="recipe", on_change=use_recipe, wrap=True)
    st.caption(plain(f"{base}, changed: {changed}." if changed else RECIPES[base][1]))


def use_recipe() -> None:
    """Fill the form with the recipe just picked, or once more with the last one, as far as this
    copy allows.
    """
    base = st.session_state["recipe"] or st.session_state["recipe_base"]
    st.session_state["recipe_base"] = base
    for name, value in recipe_values(base).items():
        st.session_state[f"train_{name}"] = value


def recipe_values(recipe: str) -> dict:
    """What the form holds once a recipe is picked."""
    values = TrainConfig().to_dict() | RECIPES[recipe][0]
    return values | {"epochs": min(values["epochs"], most_epochs())}


def describe_changes(recipe: str) -> str:
    """What the form has otherwise than the recipe: "epochs 7, flips on"; empty when nothing."""
    changed = []
    for name, value in recipe_values(recipe).items():
        now = st.session_state.get(f"train_{name}", value)
        if now != value:
            changed.append(f"{field_spec(name)['label'].lower()} {format_value(name, now)}")
    return ", ".join(changed)


def most_epochs() -> int:
    """The most epochs that the form offers: those of the config, or fewer on a copy that allows
    fewer.
    """
    allowed = math.inf if limits.problem() else limits.read_limits().epochs
    return int(min(field_spec("epochs")["high"], allowed))


# Fields


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
    help_text = (
        f"{spec['help']} Allowed: {format_value(name, spec['low'])} to"
        f" {format_value(name, spec['high'])}."
    )
    form = None if spec["type"] is int else "%g"  # all the digits that a value has
    limits = {
        "min_value": spec["low"],
        "max_value": spec["high"],
        "step": spec["step"],
        "format": form,
    }
    return st.number_input(spec["label"], help=help_text, **limits, **options)
