"""Home: what this is, the model in use and its score, the networks, the way into every page.

Stands on fashion_core.catalog (the models' cards); the networks are in pages.parts.home.
"""

import contextlib

import streamlit as st

from fashion_core import catalog, limits
from fashion_core.errors import RunError
from fashion_core.runs import folders
from pages.parts.export import show_export
from pages.parts.frame import run_through_router, show_no_model
from pages.parts.home.network import describe_training, show_networks
from pages.parts.home.training_pictures import show_training_pictures
from pages.parts.html import bars_html, plain
from pages.parts.picker import model_in_use
from pages.parts.words import GLOSSARY, model_score

WAYS_IN = (
    (
        "pages/classify.py",
        "Draw something",
        ":material/draw:",
        "Sketch a shoe or a shirt and see what the model calls it.",
    ),
    (
        "pages/train.py",
        "Train it",
        ":material/model_training:",
        "Start a training run and watch the loss fall, live.",
    ),
    (
        "pages/confusion_matrix.py",
        "See its mistakes",
        ":material/grid_on:",
        "Click any cell of the confusion matrix and look at the images behind it.",
    ),
)
READ_ONLY_NOTES = {
    "pages/train.py": f"See what a training run is made of. {limits.READ_ONLY_SENTENCE}"
}


def show_welcome() -> None:
    """What this is, in four lines."""
    st.title("Fashion CNN Lab")
    st.markdown(
        "A small neural network looks at pictures of clothes, 28 pixels wide, and names one of ten"
        " kinds.  \nTrain it here on Fashion-MNIST, 70,000 pictures of real articles, and watch it"
        " learn.  \nThen see what it gets wrong, and why that is often understandable.  \nOr draw"
        " something yourself and find out whether it understands you."
    )


def show_ways_in() -> None:
    """Three cards, each with a page to begin with."""
    for column, (page, label, icon, note) in zip(st.columns(3), WAYS_IN, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.subheader(label, anchor=False)
            st.write(READ_ONLY_NOTES.get(page, note) if limits.read_only() else note)
            st.page_link(page, label="Open", icon=icon)


def show_run() -> None:
    """A link to the run that is training; nothing where none is."""
    run = folders.active_run()
    if run:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.write(f"**{plain(run.name)}** is training now.")
            st.page_link("pages/train.py", label="Watch it live", icon=":material/monitoring:")


def show_model_card(entry: catalog.ModelEntry) -> None:
    """The model in use: accuracy, how it was trained, what it finds of each class, its export."""
    card = entry.card
    with st.container(border=True):
        st.subheader(f"Model in use: {plain(entry.title)}", anchor=False)
        left, right = st.columns([1, 3])
        with left:
            score = model_score(card)
            if score:
                split, accuracy = score
                st.metric(f"{split.capitalize()} accuracy", f"{accuracy:.1%}", help=GLOSSARY[split])
            st.caption(describe_training(card))
            if isinstance(card.get("recognition"), dict):
                st.caption(describe_recognition(card["recognition"]))
        if isinstance(card.get("per_class"), list):
            right.html(recall_html(card["per_class"]))
        with st.expander("Export", icon=":material/download:"):
            show_export(entry, run_of(entry))


def run_of(entry: catalog.ModelEntry) -> folders.Run | None:
    """The run that a model comes from; None for a shipped one."""
    if entry.shipped:
        return None
    with contextlib.suppress(RunError):  # deleted meanwhile
        return folders.read_run(entry.model_id)


def describe_recognition(metrics: dict) -> str:
    """How well it classifies pictures that are not the data set's."""
    kinds = (("sketch", "drawings"), ("icon", "icons"), ("photo", "photos"))
    shares = ", ".join(f"{metrics[key]:.0%} of the {kind}" for key, kind in kinds if key in metrics)
    return f"Of 200 pictures from outside the data set it classifies {shares} correctly."


def recall_html(rows: list[dict]) -> str:
    """Recall of each class as a strip of labelled bars."""
    names, recalls = [row["class"] for row in rows], [row["recall"] for row in rows]
    title = "Recall: the share of each class that it finds"
    return bars_html(names, recalls, mark_best=False, title=title)


run_through_router()
show_welcome()
show_run()
show_ways_in()
chosen = model_in_use()
if chosen is None:
    show_no_model()
else:
    show_model_card(chosen)
show_networks(catalog.list_models(), chosen)
show_training_pictures(bool(chosen and (chosen.card.get("config") or {}).get("synthetic")))
st.page_link(
    "pages/predictions.py", label="Browse all 10,000 test predictions", icon=":material/grid_view:"
)
st.page_link("pages/compare.py", label="Compare two models", icon=":material/compare:")
st.page_link("pages/runs.py", label="Compare past runs", icon=":material/stacked_line_chart:")
