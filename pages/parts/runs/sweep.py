"""A sweep: several values of one hyper-parameter, queued as one run each with one click."""

from collections.abc import Callable

import streamlit as st

from fashion_core import limits
from fashion_core.config import TrainConfig, field_spec
from fashion_core.errors import ConfigError, LabError
from fashion_core.runs import folders, sweep
from fashion_core.runs import queue as run_queue
from fashion_core.text import format_count, format_duration
from pages.parts import state
from pages.parts.begun import remember_run
from pages.parts.classify.drawn import drawn_pixels
from pages.parts.html import plain
from pages.parts.lesson_progress import remember_runs
from pages.parts.once import button_once
from pages.parts.runs.own_network import config_of, field_value
from pages.parts.visitor import visitor_name


def ask_sweep(values: dict, past: list[folders.Run]) -> None:
    """The fields and the button; the form's other `values` are the same in all of the runs.

    The run's name in the form begins theirs; runs of the `past` tell how long they will take.
    """
    with st.expander("Sweep: try several values", icon=":material/tune:"):
        name = st.selectbox(
            "What to vary",
            sweep.NAMES,
            format_func=lambda name: field_spec(name)["label"],
            key=state.SWEEP_FIELD,
            persist_state="session",
        )
        try:
            config = config_of(values)
            key = ask_values(config, name)
            named = named_configs(values, name, key)
        except ConfigError as error:
            st.error(plain(str(error)))
            return
        show_plan(named, past)
        button_once(
            f"Queue {format_count(len(named), 'run')}",
            icon=":material/playlist_add:",
            width="stretch",
            key="queue_sweep",
            disabled=limits.read_only(),
            on_click=queue_all,
            args=(list(values), name, key),
        )


def ask_values(config: TrainConfig, name: str) -> str:
    """The field for the values, some of which are proposed; returns its key."""
    proposed = sweep.format_values(sweep.proposed_values(config, name))
    key = state.sweep_key(name, proposed)
    st.text_input(
        "Values, with commas between",
        proposed,
        max_chars=sweep.MAX_TEXT,
        key=key,
        help="Decimals have a point: 0.001, 0.003.",
    )
    return key


def named_configs(values: dict, name: str, key: str) -> list[tuple[str, TrainConfig]]:
    """The runs, with their names, for the texts in the fields as they are. Raises ConfigError."""
    swept = sweep.parse_values(name, st.session_state[key])
    title = st.session_state[state.RUN_NAME]
    return sweep.named_configs(config_of(values), name, swept, title)


def show_plan(named: list[tuple[str, TrainConfig]], past: list[folders.Run]) -> None:
    """What will be queued and, once runs like these have been trained here, how long it takes."""
    first = plain(named[0][0])
    words = f"One run for each; everything else as above. The first is called “{first}”."
    seconds = [folders.expected_seconds(config, past) for _, config in named]
    if None not in seconds:
        words += f" Together about {format_duration(sum(seconds))} of training."
    st.caption(words)


def queue_all(fields: list[str], name: str, key: str) -> None:
    queue_named(fields, lambda values: named_configs(values, name, key))


def queue_named(
    fields: list[str], name_runs: Callable[[dict], list[tuple[str, TrainConfig]]]
) -> list[str]:
    """Queue the runs that `name_runs` makes of the form's values; returns their ids.

    The fields are read at the click, as those of a single run are. None where that fails: the
    sentence that says why is kept for the page's next drawing.
    """
    values = {field: field_value(field) for field in fields}
    try:
        run_ids = run_queue.add_all(name_runs(values), visitor_name(), drawn_pixels())
    except LabError as error:
        st.session_state[state.TRAIN_ERROR] = str(error)
        return []
    remember_run(run_ids[0])
    remember_runs(run_ids)
    st.session_state.pop(state.SHOWN_RUN, None)
    return run_ids
