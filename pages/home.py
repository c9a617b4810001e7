"""Home: draw at once, the way into every page, the model in use and its score, the networks.

Stands on fashion_core.catalog (the models' cards); the canvas is in pages.parts.classify, the
networks are in pages.parts.home.
"""

import contextlib
from pathlib import Path

import streamlit as st

from fashion_core import catalog, files, limits
from fashion_core.errors import CheckpointError, RunError
from fashion_core.runs import folders
from pages.parts import state
from pages.parts.address import address_for_others, qr_html
from pages.parts.cached import load_model
from pages.parts.classify.draw import show_draw
from pages.parts.clickable import show_clickable
from pages.parts.export import show_export_panel
from pages.parts.frame import run_through_router, show_no_model
from pages.parts.glossary import help_on, link_terms
from pages.parts.home.network import describe_training, show_networks
from pages.parts.home.training_pictures import show_training_pictures
from pages.parts.html import bars_html, escaped, plain
from pages.parts.picker import model_in_use
from pages.parts.words import describe_model, model_score, validation_accuracy

WAYS_IN = (
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
    (
        "pages/inside.py",
        "Look inside",
        ":material/visibility:",
        "See what each layer makes of a picture, down to the arithmetic of one pixel.",
    ),
)
READ_ONLY_NOTES = {
    "pages/train.py": f"See what a training run is made of. {limits.READ_ONLY_SENTENCE}"
}


def show_welcome() -> None:
    """What this is, in two lines."""
    with st.container(key="welcome"):
        st.title("Fashion CNN Lab", anchor=False)
        st.write(
            "Draw a shoe or a shirt, and see whether a small neural network understands you.\n\n"
            "Then train one yourself, and look at what it gets wrong and why."
        )


def show_canvas(entry: catalog.ModelEntry) -> None:
    """The canvas, live, and the way to bring a picture instead."""
    # Before the canvas is there: a stroke that is made meanwhile would be lost
    with contextlib.suppress(CheckpointError):  # which the answer then says
        load_model(entry)
    show_draw([entry], "home")
    st.page_link(
        "pages/classify.py",
        label="Or bring a photo, use the camera, pick a sample",
        icon=":material/add_a_photo:",
        query_params={state.WAY: "Upload"},
    )


def show_ways_in() -> None:
    """Three cards, each a way to go on."""
    for column, (page, label, icon, note) in zip(st.columns(3), WAYS_IN, strict=True):
        key = f"way_in_{Path(page).stem}"
        with column, st.container(border=True, height="stretch", key=key):
            st.page_link(page, label=f"**{label}**", icon=icon)
            st.caption(READ_ONLY_NOTES.get(page, note) if limits.read_only() else note)


def show_phone_card() -> None:
    """The address as a QR code; nothing where only this machine can open it."""
    address, who = address_for_others(st.context.url, "home")
    if address:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
            with st.container(width=150):
                st.html(qr_html(address, "small"))
            with st.container(width="stretch"):
                st.markdown("**Open it on your phone**")
                st.html(f"<small>Or type {escaped(address)}</small>")
                if who:
                    st.caption(who)
                st.page_link("pages/lecture.py", label="For a lecture", icon=":material/cast:")


def show_run() -> None:
    """A link to the run that is training; nothing where none is."""
    run = folders.active_run()
    if run:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.write(f"**{plain(run.name)}** is training now.")
            st.page_link("pages/train.py", label="Watch it live", icon=":material/monitoring:")


def show_model_card(entry: catalog.ModelEntry) -> None:
    """The model in use: accuracy, what it finds of each class, how it was trained, its export."""
    card = entry.card
    with st.container(border=True):
        st.subheader(f"Model in use: {plain(entry.title)}", anchor=False)
        left, right = st.columns([1, 3])
        with left:
            score = model_score(card)
            if score:
                split, accuracy = score
                st.metric(f"{split.capitalize()} accuracy", f"{accuracy:.1%}", help=help_on(split))
            st.caption(describe_model(card))
            if isinstance(card.get("held_out"), dict):
                st.caption(describe_held_out(card["held_out"]))
        if isinstance(card.get("per_class"), list):
            with right:
                show_recall(card["per_class"])
        show_training(entry)
        show_export_panel(entry, run_of(entry), ":material/download:")


@st.fragment
def show_training(entry: catalog.ModelEntry) -> None:
    """How it was trained, folded; drawn only while it is open."""
    options = {"key": state.training_key(entry.model_id), "on_change": "rerun"}
    training = st.expander("How it was trained", icon=":material/model_training:", **options)
    if training.open:
        with training:
            st.write(link_terms(describe_training(entry.card)))
            if entry.card.get("command"):
                st.code(str(entry.card["command"]), language="bash", wrap_lines=True)


def run_of(entry: catalog.ModelEntry) -> folders.Run | None:
    """The run that a model comes from; None for a shipped one."""
    if entry.shipped:
        return None
    with contextlib.suppress(RunError):  # deleted meanwhile
        return folders.read_run(entry.model_id)


def describe_held_out(reports: dict) -> str:
    """How well it classifies pictures by people that nothing learned from."""
    parts = []
    for kind, report in reports.items():
        accuracy = files.number_or(report.get("accuracy"), None)
        if accuracy is not None:
            parts.append(f"{accuracy:.1%} of the {kind}")
    if not parts:
        return ""
    return (
        f"Of pictures by people that it never saw it classifies {' and '.join(parts)} correctly, as"
        " a mean over the classes."
    )


def show_recall(rows: list[dict]) -> None:
    """Recall of each class as a strip of labelled bars; each leads to the class's test images."""
    names, recalls = [row["class"] for row in rows], [row["recall"] for row in rows]
    title = "Recall: the share of each class that it finds. Click to see its test images"
    st.caption(link_terms(f"{title}."))
    html = bars_html(names, recalls, mark_best=False, title=title, clickable=True)
    show_clickable("recall", html, names, show_class)


def show_class(name: str) -> None:
    st.switch_page("pages/predictions.py", query_params={state.TRUE_LABEL: name})


def show_choice() -> None:
    """Which shipped model is for what, and why the default is not the most accurate one."""
    shipped = [
        entry for entry in catalog.list_models() if entry.shipped and model_score(entry.card)
    ]
    best = max(shipped, key=validation_accuracy, default=None)
    default = next((each for each in shipped if each.model_id == catalog.RECOMMENDED), None)
    if default and best and best is not default:
        (_, ours), (_, highest) = model_score(default.card), model_score(best.card)
        if highest > ours:
            st.caption(
                f"{plain(default.title)} comes first because it understands people's drawings and"
                f" photos. On Fashion-MNIST's own images {plain(best.title)} is better,"
                f" {highest:.1%} against {ours:.1%}, but it has learned from nothing else."
            )


run_through_router()
show_welcome()
chosen = model_in_use()
if chosen is None:
    show_no_model()
else:
    show_canvas(chosen)
show_run()
show_ways_in()
show_phone_card()
if chosen:
    show_model_card(chosen)
    show_choice()
show_networks(catalog.list_models(), chosen)
show_training_pictures(chosen.card if chosen else {})
st.page_link(
    "pages/predictions.py",
    label="Browse all 10,000 test predictions",
    icon=":material/grid_view:",
    query_params={state.OUTCOME: "All"},
)
st.page_link("pages/compare.py", label="Compare two models", icon=":material/compare:")
st.page_link("pages/runs.py", label="Compare past runs", icon=":material/stacked_line_chart:")
st.page_link("pages/lesson.py", label="The lesson: six questions", icon=":material/school:")
