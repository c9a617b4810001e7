"""Home: what this is, the model in use and its score, the network drawn, the way into every page.

Stands on fashion_core.checkpoints (the model's card) and fashion_core.models (the layers).
"""

import contextlib

import streamlit as st

from fashion_core import checkpoints, models, runs
from fashion_core.config import TrainConfig
from pages import _export, _lessons, _shared

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
NETWORK_NOTES = {
    "FashionCNN": "A ReLU follows each convolution and the first linear layer: what is negative becomes zero.",
    "ResidualNet": "A ReLU follows each convolution, and but for the first a batch norm. The third and fourth and the "
    "last two learn only what to add to their input. Of the last, the maximum over all places goes on.",
    "DeepResidualNet": "A batch norm and a ReLU follow each convolution. After each one that widens, two more learn "
    "only what to add to their input. Of the last, the maximum over all places goes on.",
}
LAYER_WORDS = {"Conv2d": "convolution", "MaxPool2d": "max-pool 2", "Linear": "linear"}
SHEET_GAP = 4  # pixels between two sheets of a drawn layer
MAX_SHEETS = 16  # more would reach into the layers beside and above


def show_welcome() -> None:
    st.title("Fashion CNN Lab")
    st.markdown(
        "A small neural network looks at pictures of clothes, 28 pixels wide, and names one of ten kinds.  \n"
        "Train it here on Fashion-MNIST, 70,000 pictures of real articles, and watch it learn.  \n"
        "Then see what it gets wrong, and why that is often understandable.  \n"
        "Or draw something yourself and find out whether it understands you."
    )


def show_ways_in() -> None:
    for column, (page, label, icon, words) in zip(st.columns(3), WAYS_IN, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.subheader(label, anchor=False)
            st.write(words)
            st.page_link(page, label="Open", icon=icon)


def show_run() -> None:
    run = runs.active_run()
    if run:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.write(f"**{_shared.plain(run.name)}** is training now.")
            st.page_link("pages/train.py", label="Watch it live", icon=":material/monitoring:")


@st.cache_data(show_spinner=False)
def cached_layers(name: str) -> list[dict]:
    """The layer table of a network by its name."""
    return models.layer_table(models.build_model(name))


def show_network(name: str) -> None:
    layers = cached_layers(name)
    total = sum(layer["parameters"] for layer in layers)
    with st.container(border=True):
        st.subheader("The network", anchor=False)
        st.caption(f"{name}: {total:,} parameters. Under each layer: what flows out of it, channels × height × width.")
        first = layer_html({"kind": "picture", "shape": (1, 28, 28), "parameters": 0})
        boxes = [first] + [layer_html(layer) for layer in layers if layer["kind"] in LAYER_WORDS]
        st.html(f'<div class="network" role="list">{"".join(boxes)}</div>')
        st.caption(NETWORK_NOTES[name])


def layer_html(layer: dict) -> str:
    """One layer as a stack of sheets (more channels, more sheets) or a column of cells, over its name and shape."""
    channels, edge = layer["shape"][0], layer["shape"][-1]
    if len(layer["shape"]) == 3:
        drawing = sheets_html(side=14 + 2 * edge, count=min(MAX_SHEETS, 1 + channels // 11))
    else:
        drawing = f'<i class="column" style="height:{20 + channels // 2}px"></i>'
    shape = "×".join(str(size) for size in layer["shape"])
    weights = f"{layer['parameters']:,} parameters" if layer["parameters"] else "no parameters"
    words = LAYER_WORDS.get(layer["kind"], layer["kind"])
    return (
        f'<div class="layer" role="listitem"><div class="drawing" aria-hidden="true">{drawing}</div>'
        f"<b>{words}</b><span>{shape}</span><small>{weights}</small></div>"
    )


def sheets_html(side: int, count: int) -> str:
    """`count` square sheets of `side` pixels, each a little up and to the right of the one before."""
    spots = ((SHEET_GAP * place, SHEET_GAP * (count - 1 - place)) for place in reversed(range(count)))
    sheets = "".join(f'<i style="width:{side}px;height:{side}px;left:{x}px;top:{y}px"></i>' for x, y in spots)
    whole = side + SHEET_GAP * (count - 1)
    return f'<div class="sheets" style="width:{whole}px;height:{whole}px">{sheets}</div>'


def show_model_card(entry: checkpoints.ModelEntry) -> None:
    card = entry.card
    with st.container(border=True):
        st.subheader(f"Model in use: {_shared.plain(entry.title)}", anchor=False)
        left, right = st.columns([1, 3])
        with left:
            score = _shared.model_score(card)
            if score:
                st.metric(f"{score[0].capitalize()} accuracy", f"{score[1]:.1%}", help=_shared.GLOSSARY[score[0]])
            st.caption(training_words(card))
            if isinstance(card.get("recognition"), dict):
                st.caption(recognition_words(card["recognition"]))
        if isinstance(card.get("per_class"), list):
            right.html(per_class_html(card["per_class"]))
        with st.expander("Take it with you", icon=":material/download:"):
            _export.show_export(entry, run_of(entry))


def run_of(entry: checkpoints.ModelEntry) -> runs.Run | None:
    """The run that a model comes from; None for a shipped one."""
    if entry.shipped:
        return None
    with contextlib.suppress(runs.RunError):  # deleted meanwhile
        return runs.read_run(entry.model_id)


def training_words(card: dict) -> str:
    """How the model was trained, in a line or two."""
    config = card.get("config") or TrainConfig().to_dict()
    words = f"{config['epochs']} epochs with {config['optimizer']}, learning rate {config['learning_rate']:g}, "
    words += f"batches of {config['batch_size']}, {config['train_size']:,} images, seed {config['seed']}"
    words += ", as many synthetic pictures" if config.get("sketches") else ""
    return words + (f", on {card['trained_on']}." if card.get("trained_on") else ".")


def recognition_words(figures: dict) -> str:
    """How well it names pictures that are not the data set's."""
    kinds = (("sketch", "drawings"), ("icon", "icons"), ("photo", "photos"))
    shares = ", ".join(f"{figures[key]:.0%} of the {words}" for key, words in kinds if key in figures)
    return f"Of 200 pictures that are not from the data set it names {shares} rightly."


def per_class_html(rows: list[dict]) -> str:
    """Recall of each class as a strip of labelled bars."""
    bars = "".join(
        f'<div class="bar-row"><span>{_shared.escaped(row["class"])}</span><div class="bar"><i style="width:'
        f'{100 * row["recall"]:.1f}%"></i></div><b>{row["recall"]:.1%}</b></div>'
        for row in rows
    )
    return f'<div class="bars" title="Share of each class that it finds">{bars}</div>'


_shared.run_through_router()
show_welcome()
show_run()
show_ways_in()
chosen = _shared.model_in_use()
if chosen is None:
    _shared.show_no_model()
else:
    show_model_card(chosen)
show_network(chosen.card.get("model", "FashionCNN") if chosen else "FashionCNN")
_lessons.show_lessons(bool(chosen and (chosen.card.get("config") or {}).get("sketches")))
st.page_link("pages/predictions.py", label="Browse all 10,000 test predictions", icon=":material/grid_view:")
st.page_link("pages/compare.py", label="Compare two models", icon=":material/compare:")
st.page_link("pages/runs.py", label="Compare past runs", icon=":material/stacked_line_chart:")
