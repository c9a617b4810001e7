"""Several runs at once: one hyper-parameter of the form, several values, one click that queues them
all.
"""

import streamlit as st

from fashion_core import limits
from fashion_core.config import TrainConfig, field_spec
from fashion_core.errors import ConfigError, RunError
from fashion_core.runs import folders, sweep
from fashion_core.runs import queue as run_queue
from fashion_core.text import format_count, format_duration
from pages.parts.html import plain


def ask_sweep(values: dict, title: str, past: list[folders.Run]) -> None:
    """The fields and the button; the form's other values are the same in all of the runs. `past`
    tells how long.
    """
    with st.expander("Try several values", icon=":material/tune:"):
        name = st.selectbox(
            "What to vary",
            sweep.NAMES,
            format_func=lambda name: field_spec(name)["label"],
            key="vary",
            persist_state="session",
        )
        try:
            config = TrainConfig.from_dict(values)
            proposed = sweep.values_text(sweep.proposed_values(config, name))
            # A key of its own per proposal, so that another choice above brings its own values.
            text = st.text_input(
                "Values, with commas between",
                proposed,
                max_chars=sweep.MAX_TEXT,
                key=f"values-{name}-{proposed}",
                help="Decimals have a point: 0.001, 0.003.",
            )
            named = sweep.variants(config, name, sweep.parse_values(name, text), title)
        except ConfigError as error:
            st.error(plain(str(error)))
            return
        meaning = (
            "One run for each; everything else as above. The first is called"
            f" “{plain(named[0][0])}”."
        )
        seconds = [folders.expected_seconds(config, past) for _, config in named]
        duration = None if None in seconds else format_duration(sum(seconds))
        st.caption(f"{meaning} Together about {duration} of training." if duration else meaning)
        words = f"Queue {format_count(len(named), 'run')}"
        if st.button(
            words, icon=":material/playlist_add:", width="stretch", disabled=limits.read_only()
        ):
            queue_all(named)


def queue_all(named: list[tuple[str, TrainConfig]]) -> None:
    try:
        run_queue.add_all(named)
    except (RunError, OSError) as error:
        st.error(plain(str(error)))
    else:
        st.session_state.pop("shown_run", None)
        st.rerun()
