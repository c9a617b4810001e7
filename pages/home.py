"""Home: what this is, the model in use and its score, the networks, the way into every page.

Stands on fashion_core.checkpoints (the models' cards); the networks are shown by _network.
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
from pages.parts.html import escaped, plain
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
READ_ONLY_WORDS = {
    "pages/train.py": "See what a training run is made of. This public copy does not train."
}


def show_welcome() -> None:
    st.title("Fashion CNN Lab")
    st.markdown(
        "A small neural network looks at pictures of clothes, 28 pixels wide, and names one of ten"
        " kinds.  \nTrain it here on Fashion-MNIST, 70,000 pictures of real articles, and watch it"
        " learn.  \nThen see what it gets wrong, and why that is often understandable.  \nOr draw"
        " something yourself and find out whether it understands you."
    )


def show_ways_in() -> None:
    for column, (page, label, icon, words) in zip(st.columns(3), WAYS_IN, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.subheader(label, anchor=False)
            st.write(READ_ONLY_WORDS.get(page, words) if limits.read_only() else words)
            st.page_link(page, label="Open", icon=icon)


def show_run() -> None:
    run = folders.active_run()
    if run:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.write(f"**{plain(run.name)}** is training now.")
            st.page_link("pages/train.py", label="Watch it live", icon=":material/monitoring:")


def show_model_card(entry: catalog.ModelEntry) -> None:
    card = entry.card
    with st.container(border=True):
        st.subheader(f"Model in use: {plain(entry.title)}", anchor=False)
        left, right = st.columns([1, 3])
        with left:
            score = model_score(card)
            if score:
                st.metric(
                    f"{score[0].capitalize()} accuracy", f"{score[1]:.1%}", help=GLOSSARY[score[0]]
                )
            st.caption(describe_training(card))
            if isinstance(card.get("recognition"), dict):
                st.caption(describe_recognition(card["recognition"]))
        if isinstance(card.get("per_class"), list):
            right.html(per_class_html(card["per_class"]))
        with st.expander("Take it with you", icon=":material/download:"):
            show_export(entry, run_of(entry))


def run_of(entry: catalog.ModelEntry) -> folders.Run | None:
    """The run that a model comes from; None for a shipped one."""
    if entry.shipped:
        return None
    with contextlib.suppress(RunError):  # deleted meanwhile
        return folders.read_run(entry.model_id)


def describe_recognition(metrics: dict) -> str:
    """How well it names pictures that are not the data set's."""
    kinds = (("sketch", "drawings"), ("icon", "icons"), ("photo", "photos"))
    shares = ", ".join(
        f"{metrics[key]:.0%} of the {words}" for key, words in kinds if key in metrics
    )
    return f"Of 200 pictures that are not from the data set it names {shares} rightly."


def per_class_html(rows: list[dict]) -> str:
    """Recall of each class as a strip of labelled bars."""
    bars = "".join(
        f'<div class="bar-row"><span>{escaped(row["class"])}</span><div class="bar"><i'
        f' style="width:{100 * row["recall"]:.1f}%"></i></div><b>{row["recall"]:.1%}</b></div>'
        for row in rows
    )
    return f'<div class="bars" title="Share of each class that it finds">{bars}</div>'


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
