"""Teaching: what to expect, the button, how far it is, and before and after.

Stands on fashion_core.taught; the run itself is an ordinary one in the queue.
"""

from collections.abc import Sequence

import streamlit as st

from fashion_core import catalog, limits, taught
from fashion_core.catalog import ModelEntry
from fashion_core.errors import LabError, RunError
from fashion_core.metadata import OUTLIER
from fashion_core.my_pictures import TEST_IMAGE, UNLABELLED, MyPicture, label_name
from fashion_core.runs import folders
from fashion_core.text import format_count
from pages.parts import state
from pages.parts.begun import look_at, remember_begun
from pages.parts.classify.drawn import drawn_pixels
from pages.parts.html import escaped, plain, png_data_uri
from pages.parts.mine.store import attempt, stacked, store
from pages.parts.once import button_once
from pages.parts.picker import show_use_button
from pages.parts.visitor import visitor_name

REFRESH_SECONDS = 2.0
TEACH_CARD, TAUGHT_CARD = "teach_card", "taught_card"  # the way to begin, what came of it


def show_teach(entry: ModelEntry, pictures: Sequence[MyPicture]) -> None:
    """What to expect of teaching the model in use, what may go wrong, the button."""
    labelled = teachable(pictures)
    pixels, labels = stacked(labelled)
    with st.container(border=True, key=TEACH_CARD):
        st.subheader(f"Teach {plain(entry.title)}", anchor=False)
        refusal = taught.refusal(labels)
        if refusal:
            st.info(refusal, icon=":material/school:")
            st.page_link("pages/classify.py", label="Classify", icon=":material/draw:")
        else:
            network = str(entry.card.get("model"))
            st.markdown("\n".join(f"- {each}" for each in taught.expectations(labels, network)))
            for sentence in taught.pitfalls(pixels, labels):
                st.warning(sentence, icon=":material/warning:")
        unlabelled = sum(each.label == UNLABELLED for each in pictures)
        if unlabelled:
            st.caption(f"Without a label, so not taught: {format_count(unlabelled, 'picture')}.")
        samples = len(pictures) - len(labelled) - unlabelled
        if samples:
            count = format_count(samples, "test image")
            st.caption(f"Not taught, because models are measured on them: {count}.")
        busy = folders.active_run()
        if limits.read_only():
            st.caption(limits.READ_ONLY_SENTENCE)
        elif busy and not refusal:
            st.caption(f"“{plain(busy.name)}” is training: what you start now waits in the queue.")
        button_once(
            "Teach the model",
            icon=":material/school:",
            type="secondary" if busy else "primary",
            disabled=bool(refusal) or limits.read_only(),
            on_click=_start,
            args=(entry,),
        )


def teachable(pictures: Sequence[MyPicture]) -> list[MyPicture]:
    """Those that can be taught: with a label, and none on which the model is then measured."""
    return [each for each in pictures if each.label != UNLABELLED and each.source != TEST_IMAGE]


def _start(entry: ModelEntry) -> None:
    """Start or queue the run with the pictures as they are now."""

    def start() -> None:
        pictures = teachable(store().read_all())
        pixels, labels = stacked(pictures)
        refusal = taught.refusal(labels)
        if refusal:
            raise RunError(refusal)
        network = str(entry.card.get("model"))
        before = entry.card.get("config") or {}
        config = taught.teach_config(entry.model_id, network, before, count=len(pictures))
        learns = taught.taught_pictures([each.picture_id for each in pictures], pixels, labels)
        name = f"{entry.title[:40]} + {format_count(len(pictures), 'own picture')}"
        run_id = taught.start_teaching(
            config, entry.path, learns, name, visitor_name(), drawn_pixels()
        )
        st.session_state[state.SHOWN_RUN] = st.session_state[state.TEACHING] = run_id
        remember_begun(TAUGHT_CARD)

    attempt(start, state.KEEP_PROBLEM)


# The run, and what came of it


def last_teaching() -> folders.Run | None:
    """The run that teaches: this session's last one, else the newest, other visitors' last."""
    ours = [run for run in folders.list_runs() if run.config and not run.is_imported]
    runs = [run for run in ours if run.config.start_model]
    started = [run for run in runs if run.run_id == st.session_state.get(state.TEACHING)]
    own = [run for run in runs if run.belongs_to(visitor_name())]
    return next(iter([*started, *own, *runs]), None)


def show_last_teaching() -> None:
    """How far the last teaching is, or before and after; nothing where there was none."""
    run = last_teaching()
    if run is None:
        return
    with st.container(border=True, key=TAUGHT_CARD):
        if run.is_active or run.state == "queued":
            st.fragment(_show_progress, run_every=REFRESH_SECONDS)(run.run_id)
        elif run.state == "paused":
            st.subheader("It waits", anchor=False)
            st.caption(plain(run.name))
            _show_way("It is paused. Resume it on Train", run)
        else:
            _show_outcome(run)


def _show_progress(run_id: str) -> None:
    """Draws the whole page anew when the run has ended."""
    try:
        run = folders.read_run(run_id)
    except RunError:  # deleted meanwhile
        st.rerun()
    if not run.is_active and run.state != "queued":
        st.rerun()
    share, words = folders.progress(run)
    st.subheader("Learning your pictures", anchor=False)
    st.progress(share, text=words)
    st.page_link("pages/train.py", label="Watch it live", icon=":material/monitoring:")


def _show_outcome(run: folders.Run) -> None:
    report = taught.read_report(run.run_dir)
    finished = report or run.state == "finished"
    st.subheader("Before and after" if finished else "It did not finish", anchor=False)
    st.caption(plain(run.name))
    if report is None and finished:
        lost = "What it changed could not be written down. The model itself is kept."
        st.warning(lost, icon=":material/error:")
        _show_switch(run)
        return
    if report is None:
        message = run.message or "It ended before anything could be measured. Teach it again."
        st.warning(plain(message), icon=":material/error:")
        _show_way("Go on with it", run)
        return
    st.html(_metrics_html(report))
    _show_switch(run)
    with st.expander(f"Each of your {len(report['pictures'])} pictures"):
        st.html(_pictures_html(run, report["pictures"]))


def _show_way(label: str, run: folders.Run) -> None:
    """A button that opens this run on Train."""
    if st.button(label, icon=":material/model_training:", type="tertiary", key="to_teaching"):
        look_at(run)
        st.switch_page("pages/train.py", query_params={})


METRICS = {
    "learned": "Your pictures that it learned from",
    "held_out": "Your held-out pictures",
    "test": "10,000 test images",
    "drawings": "Drawings by others",
}


def _metrics_html(report: dict) -> str:
    """The share of each kind of pictures that is right, before and after, where it is known."""
    rows = [
        f"<tr><td>{label}</td><td>{_share(report[key][0])} → {_share(report[key][1])}</td></tr>"
        for key, label in METRICS.items()
        if report[key] and report[key][1] is not None
    ]
    head = "<tr><th>Classified correctly</th><th>Before → after</th></tr>"
    return f'<table class="layers">{head}{"".join(rows)}</table>'


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _show_switch(run: folders.Run) -> None:
    """One click to the taught model, and one back."""
    if not run.has_model:
        return
    in_use = st.session_state.get(state.MODEL) == run.run_id
    former = {each.model_id: each.title for each in catalog.list_models()}
    start = run.config.start_model
    if not in_use:
        label, icon, target = "Use the taught model", ":material/check:", run.run_id
    elif start in former:
        label, icon, target = f"Back to {plain(former[start])}", ":material/undo:", start
    else:  # deleted since
        return
    options = {"icon": icon, "type": "secondary" if in_use else "primary"}
    show_use_button(label, target, "switch_model", **options)


def _pictures_html(run: folders.Run, rows: list[dict]) -> str:
    try:
        learned = taught.read_taught(run.run_dir)
        pixels = dict(zip(learned.ids, learned.pixels, strict=True))
    except LabError:
        pixels = {}
    return (
        f'<div class="alike">{"".join(_row_html(row, pixels.get(row["id"])) for row in rows)}</div>'
    )


def _row_html(row: dict, pixels) -> str:
    """A picture with its label and what was said of it before and after."""
    image = "" if pixels is None else f'<img src="{png_data_uri(pixels)}" alt="">'
    said = [_said(row[key], row["label"]) for key in ("before", "after")]
    held_out = "<br>held out" if row["held_out"] else ""
    label = escaped(label_name(row["label"]))
    return (
        f"<figure>{image}<figcaption><b>{label}</b><br>{said[0]} → {said[1]}{held_out}"
        "</figcaption></figure>"
    )


def _said(answer: int, label: int) -> str:
    mark = "✓" if answer == label else "✗"
    return f"{mark} {'unknown' if answer == OUTLIER else escaped(label_name(answer))}"
