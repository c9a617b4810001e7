"""The cross-validation that answers the training images: its offer, its progress, its answers.

Stands on fashion_core.cross_validation and the queue.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import streamlit as st

from fashion_core import cross_validation, limits, predict
from fashion_core.config import ALL_FOLDS, FOLDS, RECIPES, TrainConfig, field_spec
from fashion_core.cross_validation import FOLD_NAMES, UNDER_WAY
from fashion_core.errors import LabError
from fashion_core.runs import folders
from fashion_core.runs import queue as run_queue
from fashion_core.runs.folders import Run
from fashion_core.text import format_count, format_duration
from pages.parts import state
from pages.parts.cached import cached_split
from pages.parts.html import plain
from pages.parts.once import button_once
from pages.parts.visitor import visitor_name
from pages.parts.words import STATE_BADGES


def latest_runs(config: TrainConfig | None = None) -> dict[str, Run | None]:
    """The run of each fold, None where there is none; with a config only of this training."""
    runs = folders.list_runs()
    if config:
        shared = replace(config, fold=ALL_FOLDS)
        runs = [run for run in runs if run.config and replace(run.config, fold=ALL_FOLDS) == shared]
    return cross_validation.latest_runs(runs)


def answered_folds(runs: dict[str, Run | None]) -> dict:
    """By fold the places and logits of its answers, as far as there are any. Raises DataError."""
    key = tuple(written_at(run) for run in runs.values())
    return _cached_answers(key, runs)


def written_at(run: Run | None) -> tuple | None:
    """What changes when a run's answers do."""
    if run is None:
        return None
    try:
        stat = cross_validation.answers_path(run.run_dir).stat()
    except OSError:
        return run.run_id, run.state
    return run.run_id, run.state, stat.st_mtime_ns, stat.st_size


@st.cache_resource(max_entries=2, show_spinner=False)
def _cached_answers(key: tuple, _runs: dict[str, Run | None]) -> dict:
    return cross_validation.fold_answers(_runs, cached_split("train"))


def training_probs() -> np.ndarray | None:
    """Probabilities (55000, 10) float32 of models that had not seen the image; None without them.

    Raises DataError.
    """
    logits = cross_validation.join_answers(answered_folds(latest_runs()))
    return None if logits is None else predict.softmax(logits)


# While there are no answers


def show_cross_validation() -> None:
    """What is needed for the training images, and how far it is."""
    with st.container(border=True, key="folds_card"):
        st.markdown("**The training images need answers from models that have not learned them**")
        runs = latest_runs()
        moves = any(run and run.state in UNDER_WAY for run in runs.values())
        st.fragment(_show_folds, run_every=1.0 if moves else None)(moves)


def _show_folds(moved: bool) -> None:
    """The offer or the three runs; draws the page anew when something began or ended."""
    runs = latest_runs()
    answers = answered_folds(runs)
    moves = any(run and run.state in UNDER_WAY for run in runs.values())
    changed = len(answers) == FOLDS or moves != moved
    if changed and state.DIALOG not in st.session_state:  # which drawing anew would close
        st.rerun()
    if not any(runs.values()):
        show_offer()
        return
    for name, run in runs.items():
        show_fold(name, run, name in answers)
    show_way_on(runs, answers)


def show_offer() -> None:
    """What the click does, and what it costs."""
    named = cross_validation.fold_configs()
    st.write(
        f"{format_count(FOLDS, 'run')} of the classic network, each of which leaves a third of the"
        f" images out and answers it at its end. {describe_cost([config for _, config in named])}"
    )
    show_start(f"Train {format_count(FOLDS, 'run')}", None, FOLD_NAMES)
    label = field_spec("fold")["label"]
    st.caption(f"For another network or recipe, sweep “{label}” on Train: {', '.join(FOLD_NAMES)}.")


def describe_cost(configs: list[TrainConfig]) -> str:
    """How long these runs take, from runs like them or from what is known of the recipe."""
    seconds = [folders.expected_seconds(config, folders.list_runs()) for config in configs]
    if None in seconds:
        epochs = RECIPES[cross_validation.RECIPE][0]["epochs"]
        return (
            f"{format_count(epochs, 'epoch')} each: a minute or two in all, on an older processor"
            " up to five."
        )
    return f"Together about {format_duration(sum(seconds))} of training on this machine."


def show_fold(name: str, run: Run | None, answered: bool) -> None:
    """One fold: answered, how far its run is, or why it has no answers."""
    problem = cross_validation.fold_problem(name, run, answered)
    if problem:
        st.warning(plain(problem), icon=":material/error:")
        return
    badge = STATE_BADGES[run.state]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(plain(run.name), width="content")
        st.badge(run.state.capitalize(), icon=badge["icon"], color=badge["color"])
    if run.state in folders.ACTIVE_STATES:
        share, words = folders.progress(run)
        st.progress(share, text=words)


def show_way_on(runs: dict[str, Run | None], answers: dict) -> None:
    """A button that trains what is missing, and the way to what waits or is paused."""
    missing = missing_folds(FOLD_NAMES, runs, answers)
    if missing:
        shared = next(run.config for run in runs.values() if run)
        what = format_count(len(missing), "missing run")
        show_start(f"Train {what}", shared, missing)
    if any(run and run.state in UNDER_WAY for run in runs.values()):
        st.page_link("pages/train.py", label="See the queue", icon=":material/arrow_forward:")
        st.caption("You can leave this page meanwhile. The list appears when all have ended.")


def missing_folds(names: Iterable[str], runs: dict[str, Run | None], answers: dict) -> list[str]:
    """Those of these folds that have neither answers nor a run under way."""
    return [
        name for name in names if cross_validation.fold_problem(name, runs[name], name in answers)
    ]


def show_start(label: str, config: TrainConfig | None, names: Iterable[str]) -> None:
    """The button that queues the runs of these folds."""
    button_once(
        label,
        icon=":material/playlist_add:",
        type="primary",
        key="train_folds",
        disabled=limits.read_only(),
        on_click=queue_folds,
        args=(config, list(names)),
    )
    if limits.read_only():
        st.caption(limits.READ_ONLY_SENTENCE)


def queue_folds(config: TrainConfig | None, names: list[str]) -> None:
    """Queue the runs, or say why not; in a toast, because the card draws itself anew."""
    config = config or TrainConfig(**RECIPES[cross_validation.RECIPE][0])
    try:
        # Anew: the card may be older than what another tab has queued, also of another training
        runs = latest_runs(config)
        names = missing_folds(names, runs, answered_folds(runs))
        if not names:
            st.toast("Nothing to train: these runs are already here.", icon=":material/info:")
            return
        run_queue.add_all(cross_validation.fold_configs(config, names), visitor_name())
    except LabError as error:
        st.toast(plain(str(error)), icon=":material/error:", duration="long")
