"""The form for a run: recipe, hyper-parameters with their ranges, name, Start or Add to queue."""

import contextlib
import math
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fashion_core import limits
from fashion_core.architecture import short_name
from fashion_core.config import (
    ADDED_KINDS,
    MAX_ADDED,
    RECIPES,
    TrainConfig,
    describe_value,
    field_spec,
    offered_fields,
)
from fashion_core.errors import ConfigError
from fashion_core.metadata import TRAIN_SIZE
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue
from fashion_core.runs.annotations import MAX_NAME_LENGTH
from fashion_core.text import format_duration, format_share, format_value
from pages.parts import state
from pages.parts.glossary import link_help, link_plain, link_terms
from pages.parts.html import plain
from pages.parts.once import button_once
from pages.parts.runs.drawing_after import knows_drawings
from pages.parts.runs.own_network import ask_network, field_value, own_is_chosen
from pages.parts.runs.rate_finder import ask_find
from pages.parts.runs.sources import describe_sources
from pages.parts.runs.sweep import ask_sweep
from pages.parts.visitor import ask_visitor

# What it does and why is said in form.js.
_form_check = st.components.v2.component(
    "form_check", js=Path(__file__).with_name("form.js").read_text("utf-8")
)

MAIN_FIELDS = ("model", *ADDED_KINDS, "epochs", "batch_size", "learning_rate", "schedule")
MORE_FIELDS = tuple(name for name in offered_fields() if name not in MAIN_FIELDS)


def ask_config(start: Callable[[dict, str], None]) -> dict:
    """The form, whose button calls `start` with the values and a name; returns the values."""
    restore_values()
    with st.container(border=True, key="form_card"):
        ask_recipe()
        start_place = st.container(key="start_place")  # filled below, when all values are known
        with st.expander("Settings", icon=":material/tune:", key=state.SETTINGS):
            values = ask_main_fields()
            finder = st.container(gap="xsmall")
            with st.expander("More"):
                values |= {name: ask_field(name) for name in MORE_FIELDS}
                st.text_input(
                    "Name of the run",
                    max_chars=MAX_NAME_LENGTH,
                    placeholder="Optional",
                    key=state.RUN_NAME,
                )
                ask_visitor()
            with finder:
                ask_find(values)
            past = folders.list_runs()
            ask_sweep(values, past)
        with start_place:
            show_reach(values)
            ask_start(start)
            if not limits.read_only():
                show_duration(values, past)
            show_limits()
    st.session_state[state.TRAIN_VALUES] = values
    return values


def restore_values() -> None:
    """Fill in what the fields held when the form was last drawn, at first their defaults.

    Streamlit forgets the fields of a page that was left; its own `persist_state` once lost one to
    somebody who came back at once.
    """
    values = recipe_values(FIRST_RECIPE) | st.session_state.get(state.TRAIN_VALUES, {})
    for name, value in values.items():
        st.session_state.setdefault(state.train_key(name), value)


def ask_main_fields() -> dict:
    """The fields that everybody may want, two in a row where they are short."""
    values = {"model": ask_network()} | ask_sources()
    for names in (("epochs", "batch_size"), ("learning_rate", "schedule")):
        for name, column in zip(names, st.columns(2, gap="small"), strict=True):
            with column:
                values[name] = ask_field(name)
    return values


def ask_sources() -> dict:
    """The share of a batch that each kind of pictures beside Fashion-MNIST's own gets."""
    with st.expander("Learns from", key="learns_from"):
        values = {}
        for names in (ADDED_KINDS[:2], ADDED_KINDS[2:]):
            # Some labels take two lines
            columns = st.columns(2, gap="small", vertical_alignment="bottom")
            for name, column in zip(names, columns, strict=True):
                with column:
                    values[name] = ask_field(name)
        added = sum(values.values())
        share = format_share(1 - added)
        words = f"Fashion-MNIST's own {TRAIN_SIZE:,} images: {share} of each batch."
        if added > MAX_ADDED + 1e-9:
            most = format_share(MAX_ADDED)
            words = f"These are {format_share(added)} of each batch, of which they may be {most}."
        st.caption(link_terms(f"{words} {describe_sources()}"))
    return values


def show_reach(values: dict) -> None:
    """Says before a model is trained, and then used for drawings, that it will not know them."""
    if not knows_drawings(values):
        st.caption(":material/info: Learns from no drawings: they will puzzle it.")


def ask_start(start: Callable[[dict, str], None]) -> None:
    """The button that starts the run, or queues it while the machine is taken.

    One button with a callback, whatever its label: a click counts also when a run has begun or
    ended, perhaps from another tab, since it was drawn.
    """
    taken = folders.active_run() is not None or folders.finder_active()
    queue = run_queue.read_queue()
    waits = taken or queue.will_start
    with st.container(key="start_bar"):
        button_once(
            "Add to queue" if waits else "Start training",
            icon=":material/playlist_add:" if waits else ":material/play_arrow:",
            type="primary",
            width="stretch",
            key="start",
            disabled=limits.read_only(),
            on_click=lambda: start(form_values(), st.session_state[state.RUN_NAME]),
        )
    _form_check(key=state.FORM_CHECK, height=0, on_refused_change=refuse_start)
    if state.START_PROBLEM in st.session_state:
        st.error(plain(st.session_state.pop(state.START_PROBLEM)))
    if waits:
        st.caption(describe_wait(queue))


def describe_wait(queue: run_queue.Queue) -> str:
    """What a run that is added now waits for, in a sentence."""
    if queue.paused_by:
        name = plain(queue.paused_by.name)
        return f"One run trains at a time; this one also waits for “{name}”, which is paused."
    return "One run trains at a time; this one starts when what is before it has ended."


def refuse_start() -> None:
    """Say which field shows a number that it does not take; junk is passed over."""
    told = st.session_state[state.FORM_CHECK].get("refused")
    if not isinstance(told, dict):
        return
    label, value = str(told.get("label"))[:60], str(told.get("value"))[:20]
    specs = {field_spec(name)["label"]: name for name in offered_fields()}
    allowed = ", which is not allowed"  # of a layer's card, which tells the range itself
    if "low" in (field_spec(specs[label]) if label in specs else ()):
        allowed = f"; allowed is {describe_range(specs[label])}"
    st.session_state[state.START_PROBLEM] = f"{label} is {value}{allowed}. Change it, then start."


def show_duration(values: dict, past: list[folders.Run]) -> None:
    """How long the run will take, once one like it has been trained here."""
    with contextlib.suppress(ConfigError):  # Start says what is wrong
        seconds = folders.expected_seconds(TrainConfig.from_dict(values), past)
        if seconds is not None:
            st.caption(
                f"About {format_duration(seconds)} of training on this machine, going by the last"
                " run like it."
            )


def show_limits() -> None:
    """What this copy allows, or what is wrong with its settings."""
    problem = limits.problem()
    if problem:
        st.warning(plain(problem), icon=":material/error:")
        return
    allowed = limits.read_limits().describe()
    if allowed:
        st.caption(allowed)


def form_values() -> dict:
    """The values of all fields at the click; what was drawn last may lack the one typed before."""
    return {name: field_value(name) for name in offered_fields()}


# Recipes

FIRST_RECIPE = next(name for name, (changes, _) in RECIPES.items() if not changes)


def ask_recipe() -> None:
    """A pill for each recipe; none is picked once the form was changed, and below is how."""
    base = st.session_state.setdefault(state.RECIPE_BASE, FIRST_RECIPE)
    changes = describe_changes(base)
    key = recipe_pills(None if changes else base)
    st.pills("Recipe", list(RECIPES), key=key, on_change=use_recipe, args=(key,), wrap=True)
    st.caption(link_plain(f"{base}, changed: {changes}." if changes else RECIPES[base][1]))


def recipe_pills(picked: str | None) -> str:
    """The key of the pills that show this recipe as picked: new ones where they showed another.

    A browser that has not heard of a change yet sends what it still shows with its next field. In
    pills that go on, this could not be told from a click and would undo what was typed.
    """
    times = st.session_state.setdefault(state.RECIPE_CHANGES, 0)
    if st.session_state.get(state.recipe_key(times)) != picked:
        times += 1
        st.session_state[state.RECIPE_CHANGES] = times
        st.session_state[state.recipe_key(times)] = picked
    return state.recipe_key(times)


def use_recipe(key: str) -> None:
    """Fill the form with the recipe just picked, or once more with the last one.

    One that names no network leaves the visitor's own.
    """
    if key != state.recipe_key(st.session_state[state.RECIPE_CHANGES]):
        return  # of pills that are no more
    base = st.session_state[key] or st.session_state[state.RECIPE_BASE]
    st.session_state[state.RECIPE_BASE] = base
    kept = {"model"} - RECIPES[base][0].keys() if own_is_chosen() else set()
    for name, value in recipe_values(base).items():
        if name not in kept:
            st.session_state[state.train_key(name)] = value


def recipe_values(recipe: str) -> dict:
    """What the form holds once a recipe is picked, as far as this copy allows."""
    values = TrainConfig().to_dict() | RECIPES[recipe][0]
    return values | {"epochs": min(values["epochs"], max_epochs())}


def describe_changes(recipe: str) -> str:
    """How the form differs from the recipe: "epochs 7, random flips on"; empty if not at all."""
    changes = []
    for name, value in changed_values(recipe).items():
        told = short_name(value) if name == "model" else value
        changes.append(f"{field_spec(name)['label'].lower()} {describe_value(name, told)}")
    return ", ".join(changes)


def changed_values(recipe: str) -> dict:
    """The values of the form's fields that are not those of the recipe."""
    values = {
        name: field_value(name)
        for name in offered_fields()
        if state.train_key(name) in st.session_state
    }
    usual = recipe_values(recipe)
    return {name: value for name, value in values.items() if value != usual[name]}


def what_is_trained() -> str:
    """How the name of a run begins that nobody names: its recipe, unless the form was changed."""
    base = st.session_state[state.RECIPE_BASE]
    if not describe_changes(base):
        return f"{base},"
    return "Own network," if own_is_chosen() else "Run of"


def max_epochs() -> int:
    """The most epochs that the form offers: those of the config, or fewer if this copy says so."""
    allowed = math.inf if limits.problem() else limits.read_limits().epochs
    return int(min(field_spec("epochs")["high"], allowed))


# Fields


def ask_field(name: str) -> bool | str | int | float:
    """The widget for one hyper-parameter, with its range in the help text."""
    spec = spec_of(name)
    options = {"key": state.train_key(name), "help": link_help(spec["help"], spec["label"])}
    if spec["type"] is bool:
        return st.toggle(spec["label"], **options)
    if spec["type"] is str:
        return st.selectbox(spec["label"], spec["names"], **options)
    options["help"] += f" Allowed: {describe_range(name)}."
    return st.number_input(
        spec["label"],
        min_value=spec["low"],
        max_value=spec["high"],
        step=spec["step"],
        format=None if spec["type"] is int else "%g",  # all the digits that a value has
        **options,
    )


def spec_of(name: str) -> dict:
    """The field's `field_spec`, with as many epochs as this copy allows."""
    spec = field_spec(name)
    return spec | {"high": max_epochs()} if name == "epochs" else spec


def describe_range(name: str) -> str:
    """ "1 to 100"."""
    spec = spec_of(name)
    return f"{format_value(name, spec['low'])} to {format_value(name, spec['high'])}"
