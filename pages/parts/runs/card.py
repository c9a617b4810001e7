"""One run as a card: its state in words, its note and tags, and what can be done with it."""

from collections.abc import Callable

import streamlit as st

from fashion_core import catalog, limits
from fashion_core.charts.colors import SERIES_COLORS
from fashion_core.errors import AnnotationsError, RunError
from fashion_core.runs import control, folders
from fashion_core.runs.annotations import MAX_NAME_LENGTH, MAX_TEXT_LENGTH
from fashion_core.text import file_stem
from pages.parts import state
from pages.parts.begun import look_at
from pages.parts.export import show_export_panel
from pages.parts.frame import open_dialog
from pages.parts.glossary import link_plain
from pages.parts.html import plain
from pages.parts.once import button_once
from pages.parts.picker import show_use_button
from pages.parts.runs.continue_run import show_continue
from pages.parts.runs.film import show_film
from pages.parts.visitor import deleting_problem
from pages.parts.words import STATE_BADGES, describe_config

CARDS_AT_MOST = 6


def show_opened(run: folders.Run, colors: dict[str, int], close: Callable[[], None]) -> None:
    """The card of the run whose row was clicked, with the button that calls `close`.

    `colors`: of each run whose curve is drawn its place in SERIES_COLORS, by run id.
    """
    entries = {entry.model_id: entry for entry in catalog.list_models()}
    with st.container(key="opened_run", gap="xsmall"):
        show_run(run, entries.get(run.run_id), colors.get(run.run_id))
        st.button("Close this run", icon=":material/close:", type="tertiary", on_click=close)


def show_cards(
    chosen: list[folders.Run], colors: dict[str, int], opened: str | None = None
) -> None:
    """A card for each run but the opened one, and for several a way to delete all of them.

    `colors`: as for `show_opened`.
    """
    entries = {entry.model_id: entry for entry in catalog.list_models()}
    for run in chosen[:CARDS_AT_MOST]:
        if run.run_id != opened:
            show_run(run, entries.get(run.run_id), colors.get(run.run_id))
    if len(chosen) > CARDS_AT_MOST:
        st.caption(
            f"Here are {CARDS_AT_MOST} of the {len(chosen):,} ticked runs. Tick fewer to see the"
            " others."
        )
    if len(chosen) > 1:
        label = f"Delete all {len(chosen):,} ticked runs"
        if st.button(label, icon=":material/delete:", disabled=limits.read_only()):
            ask_delete(chosen)


def show_run(run: folders.Run, entry: catalog.ModelEntry | None, color: int | None) -> None:
    """The card; `entry` is the run's model, if it has one, `color` its curve's, if it is drawn."""
    with st.container(border=True, key=f"run-{run.run_id}"):
        show_title(run, color)
        words = describe_config(run.config) if run.config else "It cannot be read as a run"
        if run.trained_elsewhere:
            words = "Trained elsewhere"
        started_by = f" · started by {run.owner}" if run.owner else ""
        st.caption(link_plain(words) + plain(f" · {run.run_id}{started_by}"))
        for sentence in filter(None, (run.message, run.annotations.problem)):
            st.write(plain(sentence))
        if run.annotations.text:
            st.text(run.annotations.text)
        with st.container(horizontal=True, vertical_alignment="center"):
            show_actions(run)
        show_continue(run)
        if run.has_ended and run.status.get("step") and not run.is_imported:
            show_past_film(run)
        if entry:
            show_export_panel(entry, run, ":material/ios_share:")


def show_past_film(run: folders.Run) -> None:
    """What it called twenty pictures as it learned, folded; read only while it is open."""
    options = {"icon": ":material/movie:", "key": state.film_key(run.run_id)}
    film = st.expander("Film of the training", on_change="rerun", **options)
    if film.open:
        with film:
            show_film(run)


def show_title(run: folders.Run, color: int | None) -> None:
    """The colour of its curve, if one is drawn, its name, state and tags in a row."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if color is not None:
            dot = f'<span class="run-color" style="background: {SERIES_COLORS[color]}"></span>'
            st.html(dot, width="content")
        st.markdown(f"**{plain(run.name)}**", width="content")
        st.badge(run.state.capitalize(), **STATE_BADGES[run.state])
        for tag in run.annotations.tags:
            st.badge(plain(tag), icon=":material/label:", color="gray")


def show_actions(run: folders.Run) -> None:
    """The run's buttons in one row; what needs more room than a button goes below them."""
    run_id, off = run.run_id, limits.read_only()
    if run.is_active:
        st.page_link("pages/train.py", label="Watch it live", icon=":material/monitoring:")
    elif run.state == "paused":
        show_way_on(run)
    if run.has_model:
        show_model_buttons(run)
    if st.button("Name and notes", icon=":material/edit:", key=f"edit-{run_id}", disabled=off):
        open_dialog("Name and notes", ask_annotations, run)
    problem = deleting_problem(run)
    options = {"disabled": off or bool(problem), "help": plain(problem) or None}
    if st.button("Delete", icon=":material/delete:", key=f"delete-{run_id}", **options):
        ask_delete([run])


def show_way_on(run: folders.Run) -> None:
    """To Train, which shows this paused run."""
    if st.button("Resume or stop", icon=":material/pause_circle:", key=f"go-{run.run_id}"):
        look_at(run)
        st.switch_page("pages/train.py", query_params={})


def show_model_buttons(run: folders.Run) -> None:
    """Use its model, download its model."""
    in_use = st.session_state.get(state.MODEL) == run.run_id
    label = "In use" if in_use else "Use this model"
    options = {"icon": ":material/check:", "disabled": in_use}
    show_use_button(label, run.run_id, f"use-{run.run_id}", **options)
    st.download_button(
        "Download .pt",
        lambda: model_bytes(run),  # read only when somebody downloads it
        f"{file_stem(run.name, run.run_id)}.pt",
        icon=":material/download:",
        key=f"download-{run.run_id}",
        on_click="ignore",
    )


def model_bytes(run: folders.Run) -> bytes:
    """The content of the run's model file."""
    return run.model_path.read_bytes()


# Name, note and tags


def ask_annotations(run: folders.Run) -> None:
    """The content of the dialog; a mistake is said in it, else it closes."""
    known = sorted({tag for other in folders.list_runs() for tag in other.annotations.tags})
    name, text, tags = (state.annotation_key(part, run.run_id) for part in ("name", "text", "tags"))
    with st.form(f"annotate-{run.run_id}", border=False):  # Enter saves
        st.text_input(
            "Name",
            run.name,
            max_chars=MAX_NAME_LENGTH,
            key=name,
            help="Left empty: as it was started.",
        )
        st.text_area(
            "Note",
            run.annotations.text,
            max_chars=MAX_TEXT_LENGTH,
            key=text,
            placeholder="What you tried, and why",
        )
        st.text_input(
            "Tags, separated by commas",
            ", ".join(run.annotations.tags),
            key=tags,
            placeholder="baseline, paper",
            help=f"Used so far: {plain(', '.join(known))}" if known else None,
        )
        with st.container(horizontal=True):
            keys = run.run_id, name, text, tags
            saved = st.form_submit_button(
                "Save", type="primary", on_click=save_annotations, args=keys
            )
            cancelled = st.form_submit_button("Cancel")
    if cancelled or (saved and state.RUNS_OUTCOME not in st.session_state):
        st.rerun()
    show_outcome()


def save_annotations(run_id: str, *keys: str) -> None:
    """Write what stands in the three fields with these keys."""
    name, text, tags = (st.session_state[key] for key in keys)
    try:
        folders.annotate_run(run_id, name, text, tags.split(","))
    except (RunError, AnnotationsError) as error:
        st.session_state[state.RUNS_OUTCOME] = "error", str(error)


# Deleting


def ask_delete(chosen: list[folders.Run]) -> None:
    """Ask back before these runs are deleted, or refuse with a sentence.

    Not all of several runs but one that stays: who asks should know before what goes.
    """
    chosen_model = st.session_state.get(state.MODEL)
    in_use = [run for run in chosen if run.run_id == chosen_model]
    problem = next(filter(None, map(deleting_problem, chosen)), "")
    if problem:
        st.error(plain(f"{problem} Or untick it."))
    elif in_use:
        otherwise = ", or untick it" if len(chosen) > 1 else " first"
        name = plain(in_use[0].name)
        st.error(f"“{name}” is the model in use. Pick another one in the sidebar{otherwise}.")
    else:
        what = "this run" if len(chosen) == 1 else f"these {len(chosen):,} runs"
        open_dialog(f"Delete {what}?", confirm_delete, chosen)


def confirm_delete(chosen: list[folders.Run]) -> None:
    """The content of the dialog: what will be gone, and the two answers."""
    if len(chosen) == 1:
        st.write(f"“{plain(chosen[0].name)}”, its curves and its model will be gone for good.")
    else:
        st.write(f"{len(chosen):,} runs, their curves and their models will be gone for good:")
        with st.container(height=180):
            st.text("\n".join(run.name for run in chosen))
    ids = [run.run_id for run in chosen]
    them = "it" if len(chosen) == 1 else "them"
    with st.container(horizontal=True):
        if button_once(f"Delete {them}", on_click=delete_runs, args=(ids,)):
            st.rerun()
        if st.button(f"Keep {them}"):
            st.rerun()


def delete_runs(run_ids: list[str]) -> None:
    """Delete these runs; the first that cannot be deleted is told, the others go."""
    errors = []
    for run_id in run_ids:
        try:
            problem = deleting_problem(folders.read_run(run_id))
            if problem:
                raise RunError(problem)
            control.delete_run(run_id)
        except RunError as error:
            errors.append(str(error))
    gone = len(run_ids) - len(errors)
    if errors:
        others = f" {gone} of {len(run_ids)} runs were deleted." if len(run_ids) > 1 else ""
        st.session_state[state.RUNS_OUTCOME] = "error", errors[0] + others
    elif gone > 1:
        st.session_state[state.RUNS_OUTCOME] = "success", f"{gone:,} runs were deleted."


def show_outcome() -> None:
    """What the last action came to, once."""
    if state.RUNS_OUTCOME in st.session_state:
        kind, sentence = st.session_state.pop(state.RUNS_OUTCOME)
        show = st.error if kind == "error" else st.success
        show(plain(sentence))
