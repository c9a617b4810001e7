"""The terms of the app, each in a sentence, with a page where it can be seen; links to them.

Data and text; the page Glossary draws it.
"""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from pages.parts import state
from pages.parts.html import escaped, plain
from pages.parts.words import GLOSSARY

GLOSSARY_PAGE = "glossary"  # as the address has it


@dataclass(frozen=True)
class Term:
    """A term: what it means, the page where it can be seen and what that has to do with it.

    `query` are parameters of that page's address; `forms` are other ways to write the term.
    """

    meaning: str
    page: str
    see: str
    query: tuple[tuple[str, str], ...] = ()
    forms: tuple[str, ...] = ()


HOME, TRAIN, RUNS, INSIDE = "home", "train", "runs", "inside"
MATRIX, PREDICTIONS, CLASSIFY = "confusion_matrix", "predictions", "classify"
LABELS = "labels"
LAYERS, MAP = ((state.VIEW, "Layer by layer"),), ((state.VIEW, "Map"),)
LOOKS, ALIKE = ((state.VIEW, "Where it looks"),), ((state.VIEW, "What it is like"),)
FIELD = "a field of the form"
NETWORKS = "the networks, layer by layer"

TERMS = {
    "Accuracy": Term(
        "The share of images that are classified correctly.", MATRIX, "the first number"
    ),
    "Activation": Term(
        "The number that a layer puts out at one place; a high one means that it found what it"
        " looks for.",
        INSIDE,
        "every bright pixel of a map",
        LAYERS,
    ),
    "Adam": Term(
        "An optimizer that gives every weight a step size of its own, from how its gradients were"
        " lately.",
        TRAIN,
        "the field Optimizer",
    ),
    "AdamW": Term(
        "Adam with weight decay that shrinks the weights themselves, not through their gradients.",
        TRAIN,
        "the field Optimizer",
    ),
    "Augmentation": Term(
        "Changing training images at random, by mirroring or moving them, so that more can be"
        " learned from each.",
        TRAIN,
        "the fields Random flips and Random shifts",
        forms=("Random flips", "Random shifts"),
    ),
    "Batch": Term(
        "The few images that are looked at together before the weights change once.",
        TRAIN,
        "a point of the loss curve for every few of them",
        forms=("batches", "Batch size"),
    ),
    "Batch norm": Term(
        "A layer that brings each map to mean 0 and spread 1 over a batch, then scales and shifts"
        " it as it has learned, so that deep networks train steadily.",
        HOME,
        NETWORKS,
    ),
    "bfloat16": Term(
        "Numbers of 16 bits with the range of the usual 32: less exact, but a processor made for"
        " them computes two to four times as fast.",
        HOME,
        "Export, on the card of the model: its JSON names the precision",
    ),
    "Calibration": Term(GLOSSARY["calibration"], MATRIX, "the chart at the end"),
    "Checkpoint": Term(
        "A file with a network's weights, so that it can be used without training it again.",
        HOME,
        "Export, on the card of the model",
    ),
    "Class": Term(
        "One of the ten kinds of clothing that the network may answer with.", HOME, "the ten bars"
    ),
    "Confidence": Term(
        "The probability that a model gives to its answer; 100% is certain.",
        PREDICTIONS,
        "the filter Confidence",
        ((state.OUTCOME, "All"),),
    ),
    "Confusion matrix": Term(
        "A table that counts how often images of each class got each answer.", MATRIX, "all of it"
    ),
    "Confident learning": Term(
        "A way to find wrong labels: images to which a model gives another class at least the"
        " probability that images labelled as that other class get on average.",
        LABELS,
        "the list",
    ),
    "Convolution": Term(
        "A small window of weights that slides over a picture and says at every place how much that"
        " looks like what it searches for.",
        INSIDE,
        "the first rows of maps",
        LAYERS,
        ("convolutions", "convolutional"),
    ),
    "Cosine distance": Term(
        "How differently two lists of numbers point: 0 is the same direction, 1 a right angle.",
        INSIDE,
        "under each training image that is alike",
        ALIKE,
    ),
    "Cross-entropy": Term(
        "The loss of a classifier: minus the logarithm of the probability that it gave to the true"
        " class.",
        TRAIN,
        "the loss curve",
    ),
    "Cross-validation": Term(
        "Training several times, each time without another part of the data, so that every image"
        " is judged by a model that has not learned from it.",
        LABELS,
        "the answers to training images",
    ),
    "Dead": Term(
        "Said of a map that is zero everywhere: its filter finds nothing in this picture.",
        INSIDE,
        "the dashed maps",
        LAYERS,
        ("dead map",),
    ),
    "Distillation": Term(
        "A small network learns the probabilities that a larger one gives, not only the true"
        " classes.",
        TRAIN,
        "the field Learns from a teacher",
        forms=("teacher", "Learns from a teacher"),
    ),
    "Diverged": Term(
        "Said of a training whose loss has grown beyond measure, mostly because of a learning rate"
        " that is too high.",
        "lesson",
        "the fourth step",
        forms=("diverges", "divergence"),
    ),
    "Dropout": Term(
        "Hiding a random part of a layer's inputs at each training step, so that no single one"
        " decides.",
        TRAIN,
        FIELD,
    ),
    "Epoch": Term(GLOSSARY["epoch"], TRAIN, "the curves per epoch", forms=("epochs", "Epochs")),
    "Expected calibration error": Term(
        "By how much a model is more or less often right than it says, as a mean over all images.",
        MATRIX,
        "the sentence under Calibration",
    ),
    "F1": Term(GLOSSARY["F1"], MATRIX, "the table of classes"),
    "Feature map": Term(
        "What one filter makes of the whole picture: a smaller picture of where it found its"
        " pattern.",
        INSIDE,
        "every small picture",
        LAYERS,
        ("feature maps",),
    ),
    "Filter": Term(
        "The weights of one convolution window, nine numbers for each map that it looks at.",
        TRAIN,
        "the film of a run",
        forms=("filters", "kernel"),
    ),
    "Flatten": Term(
        "Putting the numbers of all maps into one long row, as a linear layer needs them.",
        TRAIN,
        "what comes before the first dense layer of a network of your own",
        forms=("flattened",),
    ),
    "Fold": Term(
        "One of the equal parts that cross-validation leaves out in turn.",
        TRAIN,
        FIELD,
        forms=("folds", "Fold left out"),
    ),
    "Global pooling": Term(
        "Of each whole map only the largest number, or the mean, goes on: what was found, not"
        " where.",
        TRAIN,
        "the layer global of a network of your own",
        forms=("global max", "global mean"),
    ),
    "Grad-CAM": Term(
        "A picture of where the maps of a convolution speak for a class, estimated from gradients.",
        INSIDE,
        "the second of its pictures",
        LOOKS,
    ),
    "Fine-tuning": Term(
        "Training a model further, a little, on other pictures, so that it keeps what it knows.",
        "my_pictures",
        "teach it what it got wrong",
        forms=("fine-tune", "Taught from"),
    ),
    "Gradient": Term(
        "How much, and in which direction, one number changes with another: in training the loss"
        " with each weight, in Grad-CAM the logit of a class with each map.",
        INSIDE,
        "where it looks is computed from it",
        LOOKS,
        ("gradients", "gradient descent"),
    ),
    "Hyper-parameter": Term(
        "A setting that people choose before training, such as the learning rate; weights are"
        " learned, these are not.",
        TRAIN,
        "every field of the form",
        forms=("hyper-parameters",),
    ),
    "Label": Term(
        "The class that a person has given an image; some are wrong.",
        LABELS,
        "images whose label looks wrong",
        forms=("labels",),
    ),
    "Label smoothing": Term(
        "Asking for 91%, say, instead of 100% of the true class, so that the network does not"
        " become too sure.",
        TRAIN,
        FIELD,
    ),
    "Learning rate": Term(
        "How far the weights go at each step: too low and training takes for ever, too high and it"
        " never arrives.",
        TRAIN,
        "a field of the form, and Find a learning rate",
    ),
    "Linear layer": Term(
        "A layer in which every output is a weighted sum of all inputs.",
        INSIDE,
        "the last rows",
        LAYERS,
        ("linear layers", "dense layer", "dense"),
    ),
    "Logit": Term(
        "The raw number that a network gives a class, before all ten become probabilities.",
        INSIDE,
        "the table at the end",
        LAYERS,
        ("logits",),
    ),
    "Loss": Term(
        "How wrong the model is in one number, which training makes smaller; 2.3 is guessing, 0 is"
        " certain and right.",
        TRAIN,
        "the falling curve",
    ),
    "Macro F1": Term(
        "The mean of the classes' F1, each class counting alike however many images it has.",
        MATRIX,
        "the second number",
    ),
    "Margin": Term(
        "The probability of one class minus that of the best other one.", LABELS, "under each image"
    ),
    "Max-pooling": Term(
        "Of every 2×2 pixels of a map only the largest goes on, which halves its width and height.",
        INSIDE,
        "where the maps become smaller",
        LAYERS,
        ("max-pool",),
    ),
    "Mean-pooling": Term(
        "Of every 2×2 pixels of a map the mean goes on, which halves its width and height.",
        TRAIN,
        "the layer pool, set to avg, of a network of your own",
        forms=("mean-pool",),
    ),
    "Mixup": Term(
        "Training on two images laid over each other, with a target that names both.", TRAIN, FIELD
    ),
    "Momentum": Term(
        "An optimizer keeps some of the direction of its last steps, like a ball that rolls.",
        TRAIN,
        "SGD, in the field Optimizer",
    ),
    "Multiplications": Term(
        "How many products of two numbers a network takes to answer one picture: its work.",
        TRAIN,
        "under the layers of a network of your own",
    ),
    "Muon": Term(
        "An optimizer that makes a step go equally far in all directions of a layer's weights; here"
        " it learns soonest.",
        TRAIN,
        "the recipe Quick look",
    ),
    "Nats": Term(
        "The unit of the loss: the natural logarithm's kind of bits; guessing among ten is"
        " ln 10 = 2.3 nats.",
        TRAIN,
        "the loss curve",
        forms=("nat",),
    ),
    "One-cycle": Term(
        "A schedule in which the learning rate climbs for the first quarter and then falls to"
        " almost nothing.",
        TRAIN,
        "the field Schedule",
    ),
    "Occlusion": Term(
        "Covering one place of a picture after the other, to see where the answer suffers most.",
        INSIDE,
        "the first of its pictures, which is measured",
        LOOKS,
    ),
    "Network": Term(
        "Layers of weights, one behind the other, that make ten probabilities of a picture.",
        HOME,
        NETWORKS,
        forms=("networks", "neural network"),
    ),
    "ONNX": Term(
        "A file format for networks that many programs read.",
        HOME,
        "Export, on the card of the model",
    ),
    "Optimizer": Term("The rule that turns gradients into changes of the weights.", TRAIN, FIELD),
    "Out-of-distribution": Term(
        "Said of a picture unlike everything that the model has learned, such as a cat; a good"
        " model says that it does not know it.",
        CLASSIFY,
        "draw a cat",
    ),
    "Outlier": Term(
        "A picture of none of the ten classes, which teaches the model to doubt.",
        TRAIN,
        "the field Other things",
        forms=("outliers", "Other things"),
    ),
    "Overfitting": Term(
        "Learning the training images by heart: the training loss falls, the validation loss"
        " rises.",
        TRAIN,
        "two curves of loss per epoch that part",
    ),
    "Pareto front": Term(
        "The models that no other one beats: none is cheaper and at least as accurate.",
        RUNS,
        "the dotted line of the leaderboard",
        ((state.AGAINST, "parameters"),),
    ),
    "Padding": Term(
        "Zeros around a map, so that a convolution gives one of the same size.",
        TRAIN,
        "Same size, in a convolution of a network of your own",
    ),
    "Parameter": Term(
        "Another word for a weight: one number of a network that training changes.",
        HOME,
        NETWORKS,
        forms=("parameters",),
    ),
    "PCA": Term(
        "A way to lay out pictures on a plane: the one on which what the network finds spreads"
        " most.",
        INSIDE,
        "the map",
        MAP,
        ("principal component analysis",),
    ),
    "People's pictures": Term(
        "Drawings and photos of clothes that people made, which training may mix into each batch.",
        TRAIN,
        "the fields under Learns from",
        forms=("people's drawings", "people's photos"),
    ),
    "Pixel": Term(
        "One square of a picture; here it is one number from 0, background, to 255, cloth.",
        INSIDE,
        "any of the 28 × 28",
        LAYERS,
        ("pixels",),
    ),
    "Precision": Term(GLOSSARY["precision"], MATRIX, "the table of classes"),
    "Random erasing": Term(
        "Hiding a rectangle of a training image, so that no single detail decides.", TRAIN, FIELD
    ),
    "Recall": Term(GLOSSARY["recall"], MATRIX, "the table of classes"),
    "Recipe": Term(
        "Settings that go well together, to start from.",
        TRAIN,
        "the first choice",
        forms=("recipes",),
    ),
    "ReLU": Term(
        "What a network does with every number after a layer: below zero it becomes zero.",
        INSIDE,
        "the arithmetic of any pixel",
        LAYERS,
    ),
    "Residual network": Term(
        "A network with shortcuts that add a layer's input to its output, so that many layers can"
        " be trained.",
        HOME,
        NETWORKS,
        forms=("shortcut", "shortcuts", "residual"),
    ),
    "Root mean square": Term(
        "A mean of differences in which large ones count more: the root of the mean of squares.",
        LABELS,
        "near duplicates",
    ),
    "Run": Term("One training with all that it wrote.", RUNS, "one row each", forms=("runs",)),
    "Saliency": Term(
        "How much each pixel of a picture counts for an answer.", INSIDE, "where it looks", LOOKS
    ),
    "Saturated": Term(
        "Said of a map that is high everywhere, so that it hardly tells one place from another.",
        INSIDE,
        "the line above each row of maps",
        LAYERS,
    ),
    "Schedule": Term("How the learning rate changes during training.", TRAIN, FIELD),
    "Seed": Term(
        "The number that all chance of a training comes from: the same seed repeats it, another one"
        " shows how much was luck.",
        TRAIN,
        FIELD,
        forms=("seeds",),
    ),
    "SGD": Term(
        "Stochastic gradient descent: a step against the gradient of each batch, the oldest"
        " optimizer.",
        TRAIN,
        "the field Optimizer",
    ),
    "Softmax": Term(
        "How ten logits become probabilities: each one's exponential as a share of their sum.",
        INSIDE,
        "from logits to probabilities",
        LAYERS,
    ),
    "Standard deviation": Term(
        "How far values lie from their mean, typically; with several seeds, how much is luck.",
        RUNS,
        "the mean over seeds",
        forms=("sample standard deviation",),
    ),
    "Step": Term(
        "One change of all weights, after one batch.", TRAIN, "the loss per step", forms=("steps",)
    ),
    "Support": Term("How many images of a class there are.", MATRIX, "the table of classes"),
    "Stride": Term(
        "By how many pixels a convolution moves on; 2 gives a map of half the width and height.",
        TRAIN,
        "Stride 2, in a convolution of a network of your own",
    ),
    "Synthetic pictures": Term(
        "Drawings and photos that the app makes by itself to train with.",
        HOME,
        "the training pictures",
        forms=("synthetic",),
    ),
    "t-SNE": Term(
        "A way to lay out pictures on a plane so that what the network finds alike lies together.",
        INSIDE,
        "the map",
        MAP,
    ),
    "Temperature": Term(
        "The number by which logits are divided so that the model is right as often as it says.",
        INSIDE,
        "from logits to probabilities",
        LAYERS,
    ),
    "Test split": Term(
        "10,000 images that nothing was learned from, and by which no model or setting is chosen:"
        " the final exam.",
        PREDICTIONS,
        "all of them",
        ((state.OUTCOME, "All"),),
        forms=("test images",),
    ),
    "Training images": Term(
        "55,000 images that a network may learn from.",
        HOME,
        "the training pictures",
        forms=("training split",),
    ),
    "Validation": Term(
        GLOSSARY["validation"],
        TRAIN,
        "the accuracy after each epoch",
        forms=("validation images", "validation split"),
    ),
    "Weight": Term(
        "One number of a network that training changes.",
        INSIDE,
        "the arithmetic of any pixel",
        LAYERS,
        ("weights",),
    ),
    "Weight decay": Term(
        "Pulling every weight a little towards zero at each step, against overfitting.",
        TRAIN,
        FIELD,
    ),
}


def describe_address(term: str) -> str:
    """The address of a term's place on the page Glossary, relative to any other page."""
    return f"{GLOSSARY_PAGE}?{state.TERM}={quote(term)}"


def term_of(name: str) -> str | None:
    """The term that is written like this, in any case: "batches" is Batch; None if it is none."""
    return _WRITTEN.get(name.casefold())


def meaning_of(label: str) -> str | None:
    """What a column or field of this label means, for a tooltip; None if that is no term."""
    term = term_of(label)
    return TERMS[term].meaning if term else None


@functools.lru_cache(1_000)  # the form of Train has two dozen, drawn again and again
def link_terms(text: str) -> str:
    """Markdown with a link to the glossary at the first place where each term stands."""
    return _linked(text, str, "[{0}]({1})")


def link_plain(text: str) -> str:
    """`link_terms` of what is no Markdown: all of it but the links stays as it is."""
    return _linked(text, plain, "[{0}]({1})")


def link_html(text: str) -> str:
    """HTML of a text, its terms linked. The glossary opens beside the page, as from Markdown."""
    return _linked(text, escaped, '<a href="{1}" target="_blank">{0}</a>')


def _linked(text: str, escape: Callable[[str], str], pattern: str) -> str:
    """The text with each term, the first time, as `pattern` of its words and its address."""
    linked, parts, end = set(), [], 0
    for found in _PATTERN.finditer(text):
        term = term_of(found[0])
        if term not in linked:
            linked.add(term)
            words, address = escape(found[0]), describe_address(term)
            parts += [escape(text[end : found.start()]), pattern.format(words, address)]
            end = found.end()
    return "".join([*parts, escape(text[end:])])


def help_on(entry: str) -> str:
    """A sentence of `words.GLOSSARY` with its terms linked, for a tooltip."""
    return link_terms(GLOSSARY[entry])


def link_help(text: str, label: str) -> str:
    """The tooltip of a field: its terms linked, and that which the field's label is."""
    linked, term = link_terms(text), term_of(label)
    if term and describe_address(term) not in linked:
        linked += f" [{term} in the glossary]({describe_address(term)})."
    return linked


# Words that are terms, but mostly stand for nothing more than what everybody calls so
_TOO_COMMON = {
    "Class",
    "Label",
    "Network",
    "Pixel",
    "Run",
    "Step",
    "Recipe",
    "Support",
    "Filter",
}
_WRITTEN = {
    written.casefold(): name for name, term in TERMS.items() for written in (name, *term.forms)
}
_LINKED = sorted(
    (written for written, name in _WRITTEN.items() if name not in _TOO_COMMON),
    key=len,
    reverse=True,  # "weight decay" before "weight"
)
_PATTERN = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, _LINKED))})(?![\w-])", re.IGNORECASE)
