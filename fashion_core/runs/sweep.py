"""A sweep: several runs that differ in one hyper-parameter, their values, configs and names.

Standard library only.
"""

import contextlib
import dataclasses

from fashion_core import architecture
from fashion_core.config import MODELS, TrainConfig, field_spec, offered_fields
from fashion_core.errors import ConfigError
from fashion_core.runs.annotations import MAX_NAME_LENGTH
from fashion_core.text import format_value

# The hyper-parameters that can be swept, those worth it first
FIRST = ("learning_rate", "seed", "batch_size", "optimizer", "schedule", "epochs")
NAMES = (*FIRST, *(name for name in offered_fields() if name not in FIRST))


# Values


FACTORS = (0.1, 0.3, 1, 3, 10)  # of the learning rate
# Worth comparing; of any other number its limits and its default are proposed
PROPOSED = {
    "seed": (0, 1, 2),
    "batch_size": (32, 64, 128, 256),
    "epochs": (2, 5, 10),
    "dropout": (0.0, 0.25, 0.5),
    "weight_decay": (0.0, 0.01, 0.05),
    "label_smoothing": (0.0, 0.05, 0.1),
    "mixup": (0.0, 0.3, 0.6),
    "synthetic": (0.0, 0.25, 0.5),
    "drawings": (0.0, 0.2, 0.4),
    "photos": (0.0, 0.1, 0.2),
    "others": (0.0, 0.1, 0.2),
    "train_size": (5_000, 10_000, 20_000, 55_000),
}


def network_values(config: TrainConfig) -> list[str]:
    """The known networks; for a described one this one with other widths, as far as they fit."""
    if config.model in MODELS:
        return list(MODELS)
    return list(networks_by_width(config.model).values()) or [config.model]


def networks_by_width(model: str) -> dict[int, str]:
    """A described network with each of the WIDTHS with which this copy allows it."""
    found = {}
    for width in architecture.WIDTHS:
        with contextlib.suppress(ConfigError):
            text = architecture.with_width(model, width)
            architecture.refuse_too_large(architecture.read_network(text))
            found[width] = text
    return found


def proposed_values(config: TrainConfig, name: str) -> list:
    """Values of one hyper-parameter worth comparing, around the config's. KeyError if unknown."""
    spec = field_spec(name)
    if name == "learning_rate":
        near = {float(f"{config.learning_rate * factor:.3g}") for factor in FACTORS}
        return sorted(value for value in near if spec["low"] <= value <= spec["high"])
    if spec["type"] is bool:
        return [False, True]
    if name == "model":
        return network_values(config)
    if spec["type"] is str:
        return list(spec["names"])
    return list(PROPOSED.get(name) or sorted({spec["low"], spec["default"], spec["high"]}))


def format_values(values: list) -> str:
    """Values as a visitor would type them; semicolons between those that have commas."""
    typed = [_format_typed(value) for value in values]
    return ("; " if any("," in word for word in typed) else ", ").join(typed)


def _format_typed(value: bool | int | float | str) -> str:
    """Without the separators of thousands, since the comma separates values."""
    if isinstance(value, (bool, float)):
        return format_value("", value)
    return str(value)


MAX_VALUES = 20
MAX_TEXT = 8_000  # characters


def _all_known(text: str) -> bool:
    """Whether a text names networks of the app only."""
    names = [name.lower() for name in MODELS]
    return all(word.strip().lower() in names for word in text.split(","))


def parse_values(name: str, text: str) -> list:
    """The values of one hyper-parameter in a text with commas between them, each once.

    Networks may be described, with commas of their own: between those stand semicolons.

    Raises ConfigError for a text without values, with too many, or with one that is out of place.
    """
    label = field_spec(name)["label"].lower()
    comma = "," if name != "model" or _all_known(text) else ";"
    words = [word.strip() for word in text[:MAX_TEXT].split(comma) if word.strip()]
    if not words:
        raise ConfigError(f"There is no {label} to try. Type some, with commas between them.")
    values = list(dict.fromkeys(_parse_value(name, word) for word in words))
    if len(values) > MAX_VALUES:
        raise ConfigError(f"{len(values)} values are too many. Try at most {MAX_VALUES} at once.")
    return values


def _parse_value(name: str, word: str) -> bool | int | float | str:
    """One typed value in the hyper-parameter's type and range. Raises ConfigError."""
    spec = field_spec(name)
    value = word
    if spec["type"] is bool:
        value = {"on": True, "true": True, "off": False, "false": False}.get(word.lower(), word)
    elif spec["type"] is str:
        value = next((known for known in spec["names"] if known.lower() == word.lower()), word)
    else:
        value = _parse_number(word, spec["type"])
    try:
        return getattr(TrainConfig.from_dict({name: value}), name)
    except ConfigError as error:  # in the form's word for it
        raise ConfigError(str(error).replace(name, spec["label"], 1)) from None


def _parse_number(word: str, kind: type) -> int | float | str:
    try:
        number = float(word)
    except ValueError:
        return word
    return int(number) if kind is int and number.is_integer() else number


# Runs


def named_configs(
    config: TrainConfig, name: str, values: list, title: str = ""
) -> list[tuple[str, TrainConfig]]:
    """For each value a name for the run, which ends with it, and its config. Raises ConfigError."""
    label = field_spec(name)["label"].lower()
    lead = " ".join(title.split())
    named = []
    for value in values:
        what = f"{label} {_format_typed(value)}"
        if name == "model" and value not in MODELS:
            what = architecture.short_name(value)
        short = lead[: max(0, MAX_NAME_LENGTH - len(what) - 3)].strip()
        run_name = f"{short} · {what}" if short else what[0].upper() + what[1:]
        named.append((run_name, dataclasses.replace(config, **{name: value})))
    return named
