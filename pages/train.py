"""Train: a form starts a run; its loss, accuracy and progress are drawn live; it can be stopped.

Stands on fashion_core.runs (start, read, stop), fashion_core.config (the form) and fashion_core.plots (frames).
"""

import streamlit as st

from fashion_core import data, plots, runs
from fashion_core.config import RECIPES, TrainConfig, field_spec
from pages import _shared

MAIN_FIELDS = ("epochs", "batch_size", "learning_rate")
MORE_FIELDS = (
    "optimizer", "schedule", "weight_decay", "dropout", "label_smoothing", "flips", "train_size", "model", "seed",
)  # fmt: skip
REFRESH_SECONDS = 1.0
CHART_HEIGHT = 260
FIGURE_WIDTH = 125  # pixels; four fit beside the form, two on a phone


def ask_config() -> tuple[bool, dict, str]:
    """The form; returns whether Start was pressed, the values and the run's name."""
    with st.container(border=True):
        st.selectbox("Recipe", list(RECIPES), key="recipe", on_change=use_recipe, index=1, persist_state="session")
        st.caption(RECIPES[st.session_state.recipe][1])
        with st.form("training", border=False):
            values = {name: ask_field(name) for name in MAIN_FIELDS}
            with st.expander("More"):
                values |= {name: ask_field(name) for name in MORE_FIELDS}
                name = st.text_input("Name of the run", max_chars=runs.MAX_NAME_LENGTH, placeholder="Optional")
            busy = runs.read_only() or runs.active_run() is not None
            start = st.form_submit_button("Start training", type="primary", width="stretch", disabled=runs.read_only())
        if busy and not runs.read_only():
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


def start_run(values: dict, name: str) -> None:
    try:
        run_id = runs.start_run(TrainConfig.from_dict(values), name)
    except (runs.RunError, ValueError) as error:
        st.session_state["train_error"] = str(error)
    else:
        st.session_state["shown_run"] = run_id
        st.session_state.pop("train_error", None)
    st.rerun()


def shown_run() -> runs.Run | None:
    """The run that is training, else the one last started or looked at, else the newest."""
    everything = runs.list_runs()
    active = next((run for run in everything if run.is_active), None)
    looked_at = next((run for run in everything if run.run_id == st.session_state.get("shown_run")), None)
    return active or looked_at or next(iter(everything), None)


def read_events(run: runs.Run) -> list[dict]:
    """The run's events so far; only what is new is read from its file."""
    seen = st.session_state.get("seen_events")
    if seen is None or seen["run_id"] != run.run_id:
        seen = st.session_state["seen_events"] = {"run_id": run.run_id, "events": [], "offset": 0}
    new, seen["offset"] = runs.read_metrics(run.run_dir, seen["offset"])
    seen["events"] += new
    return seen["events"]


def show_run(run_id: str, was_active: bool) -> None:
    """One run: title, progress, figures, charts. Reruns alone every second while the run is active."""
    try:
        run = runs.read_run(run_id)
    except runs.RunError as error:
        st.info(str(error))
        return
    if was_active and not run.is_active:
        st.rerun()
    show_title(run)
    show_progress(run)
    if run.state in ("failed", "lost"):
        show_failure(run)
    show_figures(run)
    show_charts(read_events(run), run)
    if not run.is_active and run.model_path.is_file():
        show_next_steps(run)


def show_title(run: runs.Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(_shared.plain(run.name), anchor=False, width="content")
        st.badge(run.state.capitalize(), **_shared.STATE_BADGES[run.state])
        st.space("stretch")
        stopping = (run.run_dir / "stop").exists()
        if run.is_active:
            st.button(
                "Stopping…" if stopping else "Stop", icon=":material/stop_circle:", key="stop",
                disabled=stopping or runs.read_only(), on_click=stop_run, args=(run,),
            )  # fmt: skip
    if run.config:
        st.caption(run.config.describe().capitalize())


def stop_run(run: runs.Run) -> None:
    try:
        runs.request_stop(run.run_id)
    except runs.RunError as error:
        st.session_state["train_error"] = str(error)


def show_progress(run: runs.Run) -> None:
    share, words = runs.progress(run)
    st.progress(share, text=words)


def show_failure(run: runs.Run) -> None:
    st.error(_shared.plain(run.message or "This run did not end well."), icon=":material/error:")
    if run.model_path.is_file():
        st.caption("Its best model up to that point was saved and can be used.")
    log = runs.read_log(run.run_dir)
    if log:
        with st.expander("Log of the training process"):
            st.code(log, language=None)


def show_figures(run: runs.Run) -> None:
    status = run.status
    figures = (
        ("Training loss", status.get("train_loss"), "{:.3f}", "loss"),
        ("Best validation", status.get("best_val_accuracy"), "{:.1%}", "validation"),
        ("Test accuracy", status.get("test_accuracy"), "{:.1%}", "test"),
        ("Images/s", status.get("images_per_second"), "{:,.0f}", "batch"),
    )
    with st.container(horizontal=True):
        for label, value, pattern, word in figures:
            words = "–" if value is None else pattern.format(value)
            st.metric(label, words, help=_shared.GLOSSARY[word], width=FIGURE_WIDTH)


def show_charts(events: list[dict], run: runs.Run) -> None:
    steps, epochs = plots.loss_frame(events), plots.epoch_frame(events)
    st.markdown("**Loss per step**", help=_shared.GLOSSARY["loss"])
    if steps.empty:
        st.container(height=CHART_HEIGHT, border=False).caption(
            "The curve starts here in a few seconds." if run.is_active else "This run ended before its first step."
        )
        return
    st.vega_lite_chart(
        steps, plots.loss_spec(CHART_HEIGHT), key=f"loss-{run.run_id}", alt="Training loss per step, raw and smoothed"
    )
    if epochs.empty:
        st.container(height=CHART_HEIGHT, border=False).caption("The first epoch is under way.")
        return
    left, right = st.columns(2)
    left.markdown("**Loss per epoch**", help=_shared.GLOSSARY["epoch"])
    left.vega_lite_chart(
        plots.epoch_losses(epochs), plots.epoch_loss_spec(CHART_HEIGHT), key=f"epoch-loss-{run.run_id}",
        alt="Training and validation loss per epoch",
    )  # fmt: skip
    right.markdown("**Validation accuracy**", help=_shared.GLOSSARY["validation"])
    right.vega_lite_chart(
        epochs, plots.epoch_accuracy_spec(CHART_HEIGHT), key=f"epoch-accuracy-{run.run_id}",
        alt="Validation accuracy per epoch",
    )  # fmt: skip


def show_next_steps(run: runs.Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        in_use = st.session_state.get(_shared.MODEL_KEY) == run.run_id
        label = "In use on all pages" if in_use else "Use this model"
        if st.button(label, icon=":material/check:", disabled=in_use):
            _shared.use_model(run.run_id)
        st.page_link("pages/confusion_matrix.py", label="See its mistakes", icon=":material/grid_on:")
        st.page_link("pages/runs.py", label="All runs", icon=":material/stacked_line_chart:")


def show_live(run: runs.Run | None) -> None:
    with st.container(border=True):
        if run is None:
            st.subheader("No run yet", anchor=False)
            st.write("Here you will see the loss fall while the network learns. Press **Start training**.")
            return
        every = REFRESH_SECONDS if run.is_active else None
        st.fragment(show_run, run_every=every)(run.run_id, run.is_active)


_shared.run_through_router()
st.title("Train")
st.write("Choose how to train, press start, and watch. It goes on when you leave the page.")
form_column, live_column = st.columns([3, 7])
with form_column:
    if runs.read_only():
        st.info("This is a public copy: training and deleting are switched off.", icon=":material/lock:")
    try:
        _shared.cached_split("val")
        pressed, chosen_values, chosen_name = ask_config()
        if pressed:
            start_run(chosen_values, chosen_name)
    except data.DataError as error:
        _shared.show_data_missing(error)
    if "train_error" in st.session_state:
        st.error(st.session_state.pop("train_error"))
with live_column:
    show_live(shown_run())
