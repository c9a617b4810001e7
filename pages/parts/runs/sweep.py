"""A sweep: several values of one hyper-parameter, queued as one run each with one click."""

import streamlit as st

from fashion_core import limits
from fashion_core.config import TrainConfig, field_spec
from fashion_core.errors import ConfigError, RunError
from fashion_core.runs import folders, sweep
from fashion_core.runs import queue as run_queue
from fashion_core.text import format_count, format_duration
from pages.parts import state
from pages.parts.html import plain


def ask_sweep(values: dict, title: str, past: list[folders.Run]) -> None:
    """The fields and the button; the form's other `values` are the same in all of the runs.

    `title` begins their names; runs of the `past` tell how long they will take.
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
            config = TrainConfig.from_dict(values)
            swept = sweep.parse_values(name, ask_values(config, name))
            named = sweep.named_configs(config, name, swept, title)
        except ConfigError as error:
            st.error(plain(str(error)))
            return
        show_plan(named, past)
        pressed = st.button(
            f"Queue {format_count(len(named), 'run')}",
            icon=":material/playlist_add:",
            width="stretch",
            disabled=limits.read_only(),
        )
        if pressed:
            queue_all(named)


def ask_values(config: TrainConfig, name: str) -> str:
    """The values as the visitor types them; some are proposed."""
    proposed = sweep.format_values(sweep.proposed_values(config, name))
    return st.text_input(
        "Values, with commas between",
        proposed,
        max_chars=sweep.MAX_TEXT,
        key=state.sweep_key(name, proposed),
        help="Decimals have a point: 0.001, 0.003.",
    )


def show_plan(named: list[tuple[str, TrainConfig]], past: list[folders.Run]) -> None:
    """What will be queued and, once runs like these have been trained here, how long it takes."""
    first = plain(named[0][0])
    words = f"One run for each; everything else as above. The first is called “{first}”."
    seconds = [folders.expected_seconds(config, past) for _, config in named]
    if None not in seconds:
        words += f" Together about {format_duration(sum(seconds))} of training."
    st.caption(words)


def queue_all(named: list[tuple[str, TrainConfig]]) -> None:
    """Queue the runs, or say why not."""
    try:
        run_queue.add_all(named)
    except (RunError, OSError) as error:
        st.error(plain(str(error)))
    else:
        st.session_state.pop(state.SHOWN_RUN, None)
        st.rerun()
