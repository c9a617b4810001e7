"""The only Streamlit helpers: cached pass-throughs to the core, the model picker, and what several pages show."""

import base64
import html
import io
import re
import runpy
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from fashion_core import catalog, checkpoints, data, files, limits, predict, run_queue, run_table, runs
from fashion_core.catalog import ModelEntry
from fashion_core.config import TrainConfig
from fashion_core.data import Split

ROUTED_KEY = "routed"  # from the router to the page that it runs
WANTED_KEY = "wanted_model"  # from a button to the picker, which is drawn before the page
MODEL_KEY = "model"  # session state and URL parameter of the sidebar's picker
MODEL_CACHE_SIZE = 8  # models kept in memory; the largest has 8 MB
DIALOG_KEY = "dialog_open"  # there while a dialog is open that drawing the page anew would close
SOON_SECONDS = 0.3  # what takes longer shows how far it is
PROBS_PART = 1_000  # test images that are looked at between two words on how far it is
PROBS_CACHE_SIZE = 80  # such parts kept in memory, of eight models; each is 40 kB

GLOSSARY = {
    "epoch": "One pass of training over all training images.",
    "speed": "How many images training looks at per second.",
    "loss": "How wrong the model is, in nats: 2.3 is guessing among ten classes, 0 is certain and right.",
    "validation": "5,000 images kept out of training, to see how the model does on images it has not learned from.",
    "test": "Share of the 10,000 test images named rightly; these images never choose anything.",
    "precision": "Of all images called this class, the share that really is.",
    "recall": "Of all images of this class, the share that was found.",
    "F1": "One number between precision and recall; it is low when either is low.",
}


STATE_BADGES = {
    "queued": {"icon": ":material/schedule:", "color": "gray"},
    "starting": {"icon": ":material/hourglass_top:", "color": "blue"},
    "running": {"icon": ":material/play_circle:", "color": "blue"},
    "paused": {"icon": ":material/pause_circle:", "color": "orange"},
    "finished": {"icon": ":material/check_circle:", "color": "green"},
    "stopped": {"icon": ":material/stop_circle:", "color": "gray"},
    "failed": {"icon": ":material/error:", "color": "red"},
    "lost": {"icon": ":material/link_off:", "color": "orange"},
}


# Cached pass-throughs. The keys contain the file's fingerprint: a running run replaces its model.


@st.cache_resource(max_entries=MODEL_CACHE_SIZE, show_spinner=False)
def cached_model(path: str, fingerprint: str):
    """The model of a checkpoint, in eval mode and not to be changed. Raises CheckpointError."""
    return checkpoints.load_model(Path(path))


@st.cache_resource(show_spinner=False)
def cached_split(name: str) -> Split:
    """A split of the data set, read-only arrays. Raises DataError."""
    return data.load_split(name)


@st.cache_data(max_entries=PROBS_CACHE_SIZE, show_spinner=False)
def _cached_probs_part(path: str, fingerprint: str, start: int) -> np.ndarray:
    pixels = cached_split("test").pixels[start : start + PROBS_PART]
    return predict.predict_probs(cached_model(path, fingerprint), pixels)


def cached_test_probs(entry: ModelEntry) -> np.ndarray:
    """Probabilities (10000, 10) float32 of one model on the test split. Raises CheckpointError, DataError.

    Where it takes longer, as with a large network, a bar shows how far it is.
    """
    began, total, bar, parts = time.monotonic(), len(cached_split("test").labels), st.empty(), []
    for start in range(0, total, PROBS_PART):
        if time.monotonic() - began > SOON_SECONDS:
            bar.progress(start / total, text=f"Looking at the 10,000 test images: {start:,} done")
        try:
            parts.append(_cached_probs_part(str(entry.path), entry.fingerprint, start))
        except checkpoints.CheckpointError as error:  # every run's file has the same name
            raise checkpoints.CheckpointError(f"{entry.title}: {error}") from error
    bar.empty()
    return np.concatenate(parts)


# The model in use


def run_through_router() -> None:
    """First line of every page: makes sure that the router has run before it.

    Until st.navigation has been called once, a fresh server takes the folder pages/ for Streamlit's older multipage
    form and runs the page that was asked for alone, without the router, its sidebar and its style.
    """
    if not st.session_state.pop(ROUTED_KEY, False):
        runpy.run_path(str(files.PROJECT_DIR / "streamlit_app.py"), run_name="__main__")
        st.stop()


def show_style() -> None:
    """The app's few style rules. Called by the router on every page."""
    st.html(Path(__file__).with_name("style.css"))


def show_sidebar() -> None:
    """The model picker and, while something trains, a line with its progress. Called by the router on every page."""
    st.session_state.pop(DIALOG_KEY, None)  # drawing the page closes a dialog, unless a button opens one anew
    with st.sidebar:
        _ask_model(catalog.list_models())
        _show_training_line()


def _ask_model(entries: list[ModelEntry]) -> None:
    by_id = {entry.model_id: entry for entry in entries}
    if not by_id:
        st.caption("No model yet. Train one and it appears here.")
        return
    wanted = st.session_state.pop(WANTED_KEY, None) or st.session_state.get(MODEL_KEY) or st.query_params.get(MODEL_KEY)
    if wanted and wanted not in by_id:
        st.warning("The model you asked for is not here, or not any more. This one is used instead.")
    st.session_state[MODEL_KEY] = wanted if wanted in by_id else next(iter(by_id))
    labels = model_labels(entries)
    chosen = st.selectbox(
        "Model in use",
        list(labels),
        format_func=lambda model_id: labels.get(model_id, model_id),
        key=MODEL_KEY,
        help="The model that all pages ask: shipped ones and your own runs.",
    )
    st.caption(model_words(by_id[chosen].card) if chosen in by_id else "")
    # Not bind="query-params": that writes the label, which changes with the score, and a link must last.
    if st.query_params.get(MODEL_KEY, next(iter(by_id))) != chosen:
        st.query_params[MODEL_KEY] = chosen


def model_score(card: dict) -> tuple[str, float] | None:
    """What is known best of a model: ("test" or "validation", accuracy 0…1)."""
    # A run's own val_accuracy is that of its last epoch, not of the weights that were kept.
    for key, split in (("test_accuracy", "test"), ("best_val_accuracy", "validation"), ("val_accuracy", "validation")):
        if isinstance(card.get(key), (int, float)):
            return split, card[key]
    return None


def model_label(entry: ModelEntry) -> str:
    """A model in one line: its name and its accuracy, of the test split where it is known."""
    score = model_score(entry.card)
    return f"{entry.title} · {score[1]:.1%} {score[0]}" if score else entry.title


def model_labels(entries: list[ModelEntry]) -> dict[str, str]:
    """The labels of several models by their ids, no two alike: a picker's choice travels as its label."""
    return run_table.told_apart({entry.model_id: model_label(entry) for entry in entries})


def model_words(card: dict) -> str:
    """What sets a model apart from the others, in a line."""
    sketches = (card.get("config") or {}).get("sketches")
    knows = "learnt drawings and photos too" if sketches else "learnt product shots only; drawings puzzle it"
    return f"{card.get('model', 'Unknown network')}, {knows}."


def config_words(config: TrainConfig) -> str:
    """What differs from the tutorial's training, as it begins a sentence."""
    words = config.describe()
    return words[0].upper() + words[1:]  # capitalize() would make lower case of names such as AdamW


def use_model(model_id: str) -> None:
    """Make a model the one in use and draw the whole page anew, also from inside a fragment."""
    st.session_state[WANTED_KEY] = model_id
    st.rerun()


def model_in_use() -> ModelEntry | None:
    """The sidebar's choice; None when there is no model at all."""
    entries = {entry.model_id: entry for entry in catalog.list_models()}
    return entries.get(st.session_state.get(MODEL_KEY)) or next(iter(entries.values()), None)


def _what_works(run: runs.Run | None) -> str:
    """What takes the machine: a run by its id, the learning-rate finder, or nothing."""
    return run.run_id if run else "finder" if runs.finder_active() else ""


@st.fragment(run_every=2.0)
def _show_training_line_live(drawn_for: str) -> None:
    """What trains and how many wait. Draws the whole page anew when it is not `drawn_for` that works any more.

    While a dialog of `open_dialog` is open that waits: the page is drawn anew when the dialog closes.
    """
    run, queue = runs.active_run(), run_queue.read_queue()
    if not _what_works(run) and queue.goes_on:
        run_queue.start_next(wait=False)  # its worker was killed, or the machine was restarted
        run = runs.active_run()
    works = _what_works(run)
    changed = works != drawn_for or not (works or queue.goes_on)
    if changed and DIALOG_KEY not in st.session_state:
        st.rerun()
    _show_training_words(run, queue)


def _show_training_words(run: runs.Run | None, queue: run_queue.Queue) -> None:
    finding = run is None and runs.finder_active()
    parts = [f"{plain(run.name)}: {runs.progress(run)[0]:.0%}"] if run else []
    parts += ["Finding a learning rate"] if finding else []
    parts += [f"{plain(queue.held_by.name)} is paused"] if queue.held_by and not run else []
    parts += [f"{len(queue.waiting)} waiting"] if queue.waiting else []
    icon = ":material/model_training:" if run or finding or queue.goes_on else ":material/pause_circle:"
    st.page_link("pages/train.py", label=" · ".join(parts) or "Nothing trains", icon=icon)


def _show_training_line() -> None:
    run, queue = runs.active_run(), run_queue.read_queue()
    works = _what_works(run)
    if works or (queue.goes_on and not limits.read_only()):
        _show_training_line_live(works)
    elif queue.held_by:
        _show_training_words(None, queue)


# What several pages show


def open_dialog(title: str, show: Callable, *args) -> None:
    """Open a dialog that stays, with all that is typed in it, until it is answered or put away."""
    st.session_state[DIALOG_KEY] = True
    st.dialog(title, on_dismiss="rerun")(show)(*args)


def show_data_missing(error: data.DataError) -> None:
    """The empty state when Fashion-MNIST cannot be found: what is wrong and how to supply it."""
    st.warning("**Fashion-MNIST is not here yet**", icon=":material/database_off:")
    st.text(str(error))
    st.caption("Classify still works for drawings and pictures: it only needs the shipped model.")
    if st.button("Look again", icon=":material/refresh:"):
        st.rerun()


def show_with_model(show: Callable[[ModelEntry], None]) -> None:
    """Call `show` with the model in use; where there is none, or it or the data cannot be read, say so instead."""
    entry = model_in_use()
    try:
        if entry:
            show(entry)
        else:
            show_no_model()
    except data.DataError as error:
        show_data_missing(error)
    except checkpoints.CheckpointError as error:
        st.error(plain(str(error)), icon=":material/error:")


def show_no_model() -> None:
    """The empty state when there is no model at all."""
    if limits.read_only():
        st.info("There is no model yet, and this public copy does not train one.", icon=":material/lock:")
        return
    st.info("There is no model yet. Train one and it appears here.", icon=":material/model_training:")
    st.page_link("pages/train.py", label="Train a model", icon=":material/arrow_forward:")


def theme_is_dark() -> bool:
    """Whether the visitor's browser shows the dark theme."""
    return st.context.theme.type == "dark"


def png_data_uri(pixels: np.ndarray) -> str:
    """An image (H, W) uint8 as the address of an inline PNG, for HTML."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def image_html(pixels: np.ndarray, kind: str, alt: str) -> str:
    """An image (H, W) or (H, W, 3) uint8 as an HTML element of this class."""
    return f'<img class="{kind}" src="{png_data_uri(pixels)}" alt="{escaped(alt)}">'


def plain(text: str) -> str:
    """Text safe inside Markdown: a run's name must not become a link, a picture or a heading.

    Backslashes keep it from Markdown. Streamlit looks for addresses, icons and arrows once more after they are gone:
    what begins or makes one up is parted by a character that has no width and breaks no line.
    """
    parted = re.sub(r"(?<=[:@])(?=\S)|(?<=www)(?=\.)|(?<=[-<>=])(?=[-<>=])", "\u2060", text, flags=re.IGNORECASE)
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~:$])", r"\\\1", parted)


def escaped(text: object) -> str:
    """Text safe inside HTML: names come from visitors and from hand-edited files."""
    return html.escape(str(text), quote=True)
