"""Several runs that differ in one hyper-parameter: proposed values, values from text, their configs
and names.

Standard library only.
"""

import dataclasses

from fashion_core.config import TrainConfig, field_spec
from fashion_core.errors import ConfigError
from fashion_core.text import format_value

MAX_VARIANTS = 20
MAX_TEXT = 1_000  # characters
NAME_LENGTH = 60  # what is kept of a run's name
FACTORS = (0.1, 0.3, 1, 3, 10)  # of the learning rate
PROPOSED = {
    "epochs": (2, 5, 10),
    "batch_size": (32, 64, 128, 256),
    "weight_decay": (0.0, 0.01, 0.05),
    "dropout": (0.0, 0.25, 0.5),
    "label_smoothing": (0.0, 0.05, 0.1),
    "flips": (False, True),
    "shifts": (False, True),
    "erasing": (False, True),
    "mixup": (0.0, 0.3, 0.6),
    "distillation": (False, True),
    "synthetic": (False, True),
    "train_size": (5_000, 10_000, 20_000, 55_000),
    "seed": (0, 1, 2),
}
NAMES = (
    "learning_rate",
    "seed",
    "batch_size",
    "optimizer",
    "schedule",
    "epochs",
    "dropout",
    "weight_decay",
    "label_smoothing",
    "flips",
    "shifts",
    "erasing",
    "mixup",
    "distillation",
    "train_size",
    "model",
    "synthetic",
)


def proposed_values(config: TrainConfig, name: str) -> list:
    """Values worth comparing of one hyper-parameter, around what the config has; KeyError if
    unknown.
    """
    spec = field_spec(name)
    if name == "learning_rate":
        near = {float(f"{config.learning_rate * factor:.3g}") for factor in FACTORS}
        return sorted(value for value in near if spec["low"] <= value <= spec["high"])
    return list(spec["names"] if spec["type"] is str else PROPOSED[name])


def values_text(values: list) -> str:
    """Values as a visitor would type them."""
    return ", ".join(_text(value) for value in values)


def parse_values(name: str, text: str) -> list:
    """The values of one hyper-parameter in a text that separates them by commas, without
    repetitions.

    Raises ConfigError for a text without values, with too many, or with one that is out of place.
    """
    label = field_spec(name)["label"].lower()
    words = [word.strip() for word in text[:MAX_TEXT].split(",") if word.strip()]
    if not words:
        raise ConfigError(f"There is no {label} to try. Type some, with commas between them.")
    values = list(dict.fromkeys(_value(name, word) for word in words))
    if len(values) > MAX_VARIANTS:
        raise ConfigError(f"{len(values)} values are too many. Try at most {MAX_VARIANTS} at once.")
    return values


def variants(
    config: TrainConfig, name: str, values: list, title: str = ""
) -> list[tuple[str, TrainConfig]]:
    """A run's name and its config for each value; the names tell them apart. Raises ConfigError."""
    label = field_spec(name)["label"].lower()
    lead = " ".join(title.split())
    named = []
    for value in values:
        what = f"{label} {_text(value)}"
        short = lead[: max(0, NAME_LENGTH - len(what) - 3)].strip()
        run_name = f"{short} · {what}" if short else what[0].upper() + what[1:]
        named.append((run_name, dataclasses.replace(config, **{name: value})))
    return named


def _text(value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return format_value("", value) if isinstance(value, float) else str(value)


def _value(name: str, word: str):
    """One typed value in the hyper-parameter's type and range."""
    spec = field_spec(name)
    value = word
    if spec["type"] is bool:
        value = {"on": True, "true": True, "off": False, "false": False}.get(word.lower(), word)
    elif spec["type"] is str:
        value = next((known for known in spec["names"] if known.lower() == word.lower()), word)
    else:
        value = _number(word, spec["type"])
    try:
        TrainConfig.from_dict({name: value})
    except ConfigError as error:  # in the form's word for it
        raise ConfigError(str(error).replace(name, spec["label"], 1)) from None
    return value


def _number(word: str, kind: type):
    try:
        number = float(word)
    except ValueError:
        return word
    return int(number) if kind is int and number.is_integer() else number
