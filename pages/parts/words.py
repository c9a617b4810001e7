"""Words that several pages share: the glossary, the badges of a run's state, a model in a line."""

from fashion_core import catalog, files
from fashion_core.architecture import short_name
from fashion_core.catalog import ModelEntry
from fashion_core.config import TrainConfig, share_of
from fashion_core.metadata import CLASS_NAMES
from fashion_core.predict import Answer

# One sentence each that a first-year student understands.
GLOSSARY = {
    "epoch": "One pass of training over all training images.",
    "speed": "How many images training goes through per second.",
    "loss": (
        "How wrong the model is (the cross-entropy, in nats): 2.3 is guessing among ten classes, 0"
        " is certain and right."
    ),
    "validation": (
        "5,000 images kept out of training, to see how the model does on images it has not learned"
        " from."
    ),
    "test": (
        "Accuracy: the share of the 10,000 test images that are classified correctly. No model"
        " and no setting is chosen by them."
    ),
    "precision": "Of all images called this class, the share that really is.",
    "recall": "Of all images of this class, the share that was found.",
    "F1": "One number between precision and recall; it is low when either is low.",
    "calibration": (
        "Whether the model is right as often as it says: of all images it is 80% sure of, 80%"
        " should be right."
    ),
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
# A run's own val_accuracy is that of its last epoch, not of the weights that were kept.
SCORES = (
    ("test_accuracy", "test"),
    ("best_val_accuracy", "validation"),
    ("val_accuracy", "validation"),
)


def outcome_of(right: bool) -> tuple[str, str]:
    """Whether a prediction is right: the class of its style, and the words."""
    return ("right", "✓ Right") if right else ("wrong", "✗ Wrong")


DOUBT = 0.6  # a top probability below this is worth naming the runner-up


def is_doubted(answer: Answer) -> bool:
    """Whether its highest bar must not look like a sure answer."""
    return not answer.recognised or bool(answer.probs.max() < DOUBT)


def describe_doubt(answer: Answer) -> str:
    """The doubt of an answer in a sentence, empty where there is none."""
    best, second = answer.probs.argsort()[::-1][:2]
    if not answer.recognised:
        name = CLASS_NAMES[best]
        return f"This does not look like anything the model knows. {name} is its best guess."
    if answer.probs[best] < DOUBT:
        return (
            f"Not sure: it wavers between {CLASS_NAMES[best]} and {CLASS_NAMES[second]}"
            f" ({answer.probs[second]:.1%})."
        )
    return ""


def model_scores(card: dict) -> dict[str, float]:
    """A model's accuracies, 0…1, as far as they are known: of "test", then of "validation"."""
    scores = {}
    for key, split in SCORES:
        if isinstance(card.get(key), (int, float)):
            scores.setdefault(split, card[key])
    return scores


def model_score(card: dict) -> tuple[str, float] | None:
    """What is known best of a model: ("test" or "validation", accuracy 0…1)."""
    return next(iter(model_scores(card).items()), None)


def validation_accuracy(entry: ModelEntry) -> float:
    """By which shipped models are chosen, 0…1: the test images choose nothing. 0 where unknown."""
    return files.number_or(entry.card.get("val_accuracy"), 0.0)


def model_label(entry: ModelEntry) -> str:
    """A model in one line: its name and its accuracy, of the test split where it is known."""
    score = model_score(entry.card)
    return f"{entry.title} · {score[1]:.1%} {score[0]}" if score else entry.title


def describe_model(card: dict) -> str:
    """What sets a model apart from the others, in a line."""
    config, knows = card.get("config") or {}, "learned from product photos only; drawings puzzle it"
    if share_of(config, "synthetic"):
        knows = "learned from drawings and photos too"
    people = [kind for kind in ("drawings", "photos") if share_of(config, kind)]
    if people:
        knows = f"learned from people's {' and '.join(people)} too"
    if "input_scaling" in card:
        knows = "trained elsewhere"
    if config.get("start_model"):
        where = "elsewhere" if card.get("imported") else "here"
        knows = f"taught with the pictures that were kept {where}"
    return f"{short_name(str(card.get('model', 'Unknown network')))}, {knows}."


def describe_config(config: TrainConfig) -> str:
    """What differs from the tutorial's training, as it begins a sentence."""
    words = config.describe(catalog.model_names() if config.start_model else None)
    return words[0].upper() + words[1:]  # capitalize() would make lower case of names such as AdamW
