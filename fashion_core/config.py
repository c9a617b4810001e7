"""The hyper-parameters of one training run: a frozen dataclass, validated at birth.

Each field carries its help text and its allowed range or names; the page's form, the command line
and the validation all read them from here. Standard library only.
"""

import dataclasses
import math
import re
from dataclasses import dataclass, field

from fashion_core import architecture, files
from fashion_core.errors import ConfigError
from fashion_core.metadata import TRAIN_SIZE
from fashion_core.text import format_share, format_value

MODELS = {
    "FashionCNN": "The classic network: two convolutions, two linear layers, 225,034 parameters.",
    "FashionCNNNorm": "The classic network with batch norm, 225,226 parameters.",
    "ResidualNet": (
        "Seven convolutions with batch norm and shortcuts, 463,562 parameters; 18 times the"
        " multiplications of the classic."
    ),
    "DeepResidualNet": (
        "Ten convolutions in three stages, 1,940,970 parameters; 27 times the multiplications of"
        " the classic."
    ),
    "WideResidualNet": (
        "Twelve convolutions, the first ones at full resolution, 1,959,530 parameters;"
        " 37 times the multiplications of the classic."
    ),
}
OPTIMIZERS = {
    "Adam": "Adapts the step size of every weight; the tutorial's choice.",
    "AdamW": "Adam with weight decay that acts on the weights themselves.",
    "Muon": (
        "AdamW, but in hidden layers a step goes equally far in all directions;"
        " the classic network learns sooner."
    ),
    "SGD": (
        "Plain gradient descent with momentum 0.9; wants a learning rate ten to a hundred times"
        " larger."
    ),
}
SCHEDULES = {
    "constant": "The learning rate stays the same.",
    "one-cycle": "The learning rate climbs for the first quarter, then falls to almost nothing.",
}
FOLDS = 3  # parts of the training split, each of which one run of a cross-validation leaves out
ALL_FOLDS = "none"
HELD_OUT = {ALL_FOLDS: "Learns from all training images."} | {
    f"{number} of {FOLDS}": f"Learns from all but fold {number} and answers that at its end."
    for number in range(1, FOLDS + 1)
}


# What a batch may hold beside Fashion-MNIST's own images, and how much of it at most
ADDED_KINDS = ("synthetic", "drawings", "photos", "others")
MAX_ADDED = 0.8
# Of each batch of a model that is taught: the last ones in it are a visitor's own pictures
TAUGHT, TAUGHT_SHARE = "taught", 0.3
# What a kind that is only switched on gets, as in configurations of former versions
SWITCHED_ON = 0.5


def _number(default: float, low: float, high: float, step: float, label: str, help_text: str):
    metadata = {"low": low, "high": high, "step": step, "label": label, "help": help_text}
    return field(default=default, metadata=metadata)


def _name(default: str, names: dict[str, str], label: str, help_text: str):
    """`names`: what may be chosen, and a sentence about each, a list in the tooltip."""
    help_text += "".join(f"\n\n- {name}: {sentence}" for name, sentence in names.items())
    metadata = {"names": tuple(names), "label": label, "help": help_text}
    return field(default=default, metadata=metadata)


def _share(label: str, help_text: str):
    help_text += (
        " Fashion-MNIST's own images get what the shares leave. Not together with Learns from a"
        " teacher or Mixup."
    )
    return _number(0.0, 0.0, MAX_ADDED, 0.05, label, help_text)


def _model_id(label: str, help_text: str):
    """A model's id, "" for none. No form asks for it, since the model has to be kept beside."""
    return field(default="", metadata={"label": label, "help": help_text, "pattern": _MODEL_ID})


_MODEL_ID = r"[0-9A-Za-z_-]{0,64}"


def _switch(label: str, help_text: str):
    return field(default=False, metadata={"label": label, "help": help_text})


@dataclass(frozen=True)
class TrainConfig:
    """One training run's choices. `TrainConfig()` is the tutorial's training.

    Raises ConfigError at construction when a value has the wrong type, is not finite or is out of
    range, or when two choices exclude each other.
    """

    model: str = _name(
        "FashionCNN",
        MODELS,
        "Network",
        "Which network is trained: one of these, or a description such as"
        " “conv 16, pool, dense 64”.",
    )
    epochs: int = _number(
        5, 1, 100, 1, "Epochs", "How many times training sees every training image."
    )
    batch_size: int = _number(
        64, 16, 1024, 16, "Batch size", "How many images count before the weights change once."
    )
    learning_rate: float = _number(
        0.001, 1e-5, 1.0, 1e-4, "Learning rate", "How far each step goes; the peak, if scheduled."
    )
    optimizer: str = _name(
        "Adam", OPTIMIZERS, "Optimizer", "The rule that turns gradients into weight changes."
    )
    schedule: str = _name(
        "constant", SCHEDULES, "Schedule", "How the learning rate changes during training."
    )
    weight_decay: float = _number(
        0.0, 0.0, 0.5, 0.005, "Weight decay", "Pulls weights towards zero, against overfitting."
    )
    dropout: float = _number(
        0.0, 0.0, 0.8, 0.05, "Dropout", "Share of each linear layer's inputs hidden in training."
    )
    label_smoothing: float = _number(
        0.0, 0.0, 0.4, 0.05, "Label smoothing", "Share of the target spread over all classes."
    )
    flips: bool = _switch(
        "Random flips", "Mirrors half of the training images left to right at random."
    )
    shifts: bool = _switch(
        "Random shifts",
        "Moves each training image by up to two pixels; helps deep networks, hurts the classic"
        " one.",
    )
    erasing: bool = _switch(
        "Random erasing",
        "In half of the training images, hides a rectangle behind noise, so that no single detail"
        " decides.",
    )
    mixup: float = _number(
        0.0,
        0.0,
        0.9,
        0.1,
        "Mixup",
        "Share of the training images through which another one shines, up to the last seventh of"
        " the epochs; the target names both. Not together with Learns from a teacher or pictures"
        " beside Fashion-MNIST.",
    )
    distillation: bool = _switch(
        "Learns from a teacher",
        "Most of the target is what a shipped wide net says of each image: how like a coat a shirt"
        " looks, not just that it is a shirt. In half of the images another one shines through;"
        " what those show, only the teacher says. Not together with Mixup, a fold left out or"
        " pictures beside Fashion-MNIST.",
    )
    synthetic: float = _share(
        "Synthetic pictures",
        "Share of each batch that are drawings, photos and outliers made by the app.",
    )
    drawings: float = _share(
        "People's drawings",
        "Share of each batch that are drawings of garments by people, drawn anew with other pens.",
    )
    photos: float = _share(
        "People's photos",
        "Share of each batch that are photos that people took of their clothes, turned and shaded"
        " anew.",
    )
    others: float = _share(
        "Other things",
        "Share of each batch that are people's drawings and photos of anything else; they teach"
        " the model to doubt.",
    )
    train_size: int = _number(
        TRAIN_SIZE, 1_000, TRAIN_SIZE, 1_000, "Training images", "How many; fewer is quicker."
    )
    seed: int = _number(
        0, 0, 2**31 - 1, 1, "Seed", "The same seed on the same machine gives the same losses."
    )
    fold: str = _name(
        ALL_FOLDS,
        HELD_OUT,
        "Fold left out",
        "For cross-validation: runs that leave out one fold each answer all training images"
        " together, each image by the run that did not learn from it. Not together with Learns from"
        " a teacher.",
    )

    start_model: str = _model_id(
        "Taught from",
        "The model that it starts from and whose answers it replays, so that it does not forget"
        " them while it learns a visitor's own pictures.",
    )

    def __post_init__(self):
        for kind in ADDED_KINDS:
            if isinstance(getattr(self, kind), bool):
                object.__setattr__(self, kind, SWITCHED_ON * getattr(self, kind))
        object.__setattr__(self, "model", _checked_model(self.model))
        for spec in dataclasses.fields(self):
            _check_value(spec, getattr(self, spec.name))
        added = sum(getattr(self, kind) for kind in ADDED_KINDS)
        if added > MAX_ADDED + 1e-9:
            raise ConfigError(
                f"The shares of {', '.join(ADDED_KINDS)} must not exceed {MAX_ADDED:g} together,"
                f" not {added:g}: Fashion-MNIST's own images need the rest. Lower one of them."
            )
        if self.real_batch_size < 1:
            raise ConfigError(
                "Nothing of a batch is left for Fashion-MNIST's own images. Lower the shares of"
                " other pictures, or take larger batches."
            )
        if self.distillation and added:
            raise ConfigError(
                f"Pictures beside Fashion-MNIST ({', '.join(ADDED_KINDS)}) and Learns from a"
                " teacher (distillation) cannot both be on: the teacher has not seen such pictures."
                " Set their shares to 0 or switch it off."
            )
        if self.start_model and (self.distillation or self.mixup):
            raise ConfigError(
                "A model that is taught (start_model) answers for the pictures that it replays."
                " Switch Learns from a teacher (distillation) off and set Mixup (mixup) to 0."
            )
        if self.distillation and self.held_out_fold is not None:
            raise ConfigError(
                f"A fold cannot be left out (fold {self.fold!r}) together with Learns from a"
                " teacher (distillation): the teacher has learned from all training images. Set"
                f" fold to {ALL_FOLDS!r} or switch the teacher off."
            )
        if self.mixup and (self.distillation or added):
            raise ConfigError(
                "Mixup (mixup) cannot be on together with Learns from a teacher (distillation),"
                " which has mixtures of its own, or with pictures beside Fashion-MNIST"
                f" ({', '.join(ADDED_KINDS)}). Set mixup to 0 or switch the other one off."
            )

    @property
    def added_counts(self) -> dict[str, int]:
        """How many pictures of each kind beside Fashion-MNIST's own a whole batch holds."""
        shares = {kind: getattr(self, kind) for kind in ADDED_KINDS}
        if self.start_model:
            shares[TAUGHT] = TAUGHT_SHARE
        counts = {kind: round(share * self.batch_size) for kind, share in shares.items()}
        return {kind: count for kind, count in counts.items() if count}

    @property
    def has_labels_only(self) -> bool:
        """Whether it learns one class of each image, and nothing else of any."""
        return not (self.label_smoothing or self.mixup or self.distillation or self.added_counts)

    @property
    def held_out_fold(self) -> int | None:
        """The fold 0… that it does not learn from; None where it learns from all of them."""
        return None if self.fold == ALL_FOLDS else list(HELD_OUT).index(self.fold) - 1

    @property
    def learned_size(self) -> int:
        """How many training images it learns from: `train_size`, as far as its folds have them."""
        if self.held_out_fold is None:
            return self.train_size
        held_out = len(range(self.held_out_fold, TRAIN_SIZE, FOLDS))
        return min(self.train_size, TRAIN_SIZE - held_out)

    @property
    def steps_per_epoch(self) -> int:
        """Weight updates per epoch; the last batch may be smaller and is not dropped."""
        return math.ceil(self.learned_size / self.real_batch_size)

    @property
    def real_batch_size(self) -> int:
        """How many images of a batch are Fashion-MNIST's own."""
        return self.batch_size - sum(self.added_counts.values())

    @property
    def images_per_epoch(self) -> int:
        """About how many pictures an epoch trains on, added ones included."""
        return round(self.learned_size * self.batch_size / self.real_batch_size)

    def to_dict(self) -> dict:
        """A plain dict that `from_dict` takes back."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "TrainConfig":
        """Build from plain values, as read from JSON, whichever version wrote them.

        Raises ConfigError for unknown keys and bad values.
        """
        if not isinstance(values, dict):
            raise ConfigError(
                f"A training configuration must be a JSON object, not {type(values).__name__}."
            )
        values = files.with_todays_keys(values)
        allowed = [spec.name for spec in dataclasses.fields(cls)]
        for key in values:
            if key not in allowed:
                raise ConfigError(
                    f"Unknown hyper-parameter {key!r}. The known ones are {', '.join(allowed)}."
                )
        return cls(**values)

    def describe(self, model_names: dict[str, str] | None = None) -> str:
        """What differs from the defaults, in a line; "classic tutorial" when nothing does.

        `model_names`: what models are called, by id.
        """
        changed = [
            f"{spec.metadata['label'].lower()}"
            f" {describe_value(spec.name, getattr(self, spec.name), model_names)}"
            for spec in dataclasses.fields(self)
            if getattr(self, spec.name) != spec.default
        ]
        return ", ".join(changed) or "classic tutorial"

    def differences(self, other: "TrainConfig", model_names: dict[str, str] | None = None) -> str:
        """How its settings differ, seen from the other: "epochs 9 (here 5)"; empty if none do.

        `model_names`: what models are called, by id.
        """
        told = []
        for spec in dataclasses.fields(self):
            mine, here = getattr(self, spec.name), getattr(other, spec.name)
            if mine != here:
                mine, here = (describe_value(spec.name, each, model_names) for each in (mine, here))
                told.append(f"{spec.metadata['label'].lower()} {mine} (here {here})")
        return ", ".join(told)


def describe_value(name: str, value, model_names: dict[str, str] | None = None) -> str:
    """A hyper-parameter's value in a sentence: `format_value`, but a share of a batch is per cent.

    A model's id becomes its name in `model_names`, if it has one there.
    """
    if name in ADDED_KINDS:
        return format_share(value)
    if name == "start_model":
        return (model_names or {}).get(value, value) or "none"
    return format_value(name, value)


def share_of(config: dict, kind: str) -> float:
    """The share of each batch that a saved configuration gives one of ADDED_KINDS."""
    value = config.get(kind, 0.0)
    return SWITCHED_ON * value if isinstance(value, bool) else value


def field_spec(name: str) -> dict:
    """Type, default, label, help and low/high/step or names of one of them. KeyError if unknown."""
    spec = TrainConfig.__dataclass_fields__[name]
    return {"default": spec.default, "type": spec.type, **spec.metadata}


def _checked_model(value) -> str:
    """A known name, or the description of a network in its usual form. Raises ConfigError."""
    if isinstance(value, str) and value in MODELS:
        return value
    names = ", ".join(MODELS)
    wanted = f"model must be one of {names}, or describe a network as in “conv 16, pool, dense 64”"
    if not isinstance(value, str):
        raise ConfigError(f"{wanted}; it is {value!r}."[:MAX_PROBLEM])
    try:
        return architecture.read_network(value).text
    except ConfigError as error:
        described = re.split(r"[\s,]+", value.strip().lower())[0] in architecture.READERS
        raise ConfigError(str(error) if described else f"{wanted}. {error}") from error


MAX_PROBLEM = 400  # characters of a sentence that quotes a value of unknown size


def offered_fields() -> list[str]:
    """The hyper-parameters that a form or the command line asks for, in their order."""
    every = dataclasses.fields(TrainConfig)
    return [spec.name for spec in every if "pattern" not in spec.metadata]


def _check_value(spec: dataclasses.Field, value) -> None:
    if spec.name == "model":
        return  # checked before: it may be a description, too
    if spec.type is bool:
        if not isinstance(value, bool):
            raise ConfigError(f"{spec.name} must be true or false, not {value!r}.")
    elif "pattern" in spec.metadata:
        if not isinstance(value, str) or not re.fullmatch(spec.metadata["pattern"], value):
            raise ConfigError(f"{spec.name} must be a model's id, not {value!r}.")
    elif spec.type is str:
        names = spec.metadata["names"]
        if value not in names:
            raise ConfigError(f"{spec.name} must be one of {', '.join(names)}, not {value!r}.")
    else:
        _check_number(spec, value)


def _check_number(spec: dataclasses.Field, value) -> None:
    kinds, wanted = (int, float), "a number"
    if spec.type is int:
        kinds, wanted = int, "a whole number"
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise ConfigError(f"{spec.name} must be {wanted}, not {value!r}.")
    low, high = spec.metadata["low"], spec.metadata["high"]
    if not low <= value <= high:  # also catches NaN
        low, high = format_value(spec.name, low), format_value(spec.name, high)
        raise ConfigError(f"{spec.name} must be between {low} and {high}, not {value!r}.")


# Recipes


_ONE_CYCLE = {"schedule": "one-cycle", "batch_size": 128, "flips": True}
_ADAMW = _ONE_CYCLE | {"optimizer": "AdamW", "learning_rate": 0.003, "weight_decay": 0.05}
_SYNTHETIC = _ADAMW | {"dropout": 0.2, "label_smoothing": 0.05, "synthetic": 0.5}
_SGD = _ONE_CYCLE | {"optimizer": "SGD", "learning_rate": 0.1, "weight_decay": 0.0005}
_REGULARISED = {"dropout": 0.2, "label_smoothing": 0.05, "shifts": True, "erasing": True}

# Named starting points for the form: what differs from TrainConfig(), and what it is good for
RECIPES = {
    "Quick look": (
        {"epochs": 2, "batch_size": 256, "learning_rate": 0.012, "train_size": 36_000}
        | {"optimizer": "Muon", "schedule": "one-cycle"},
        "36,000 images, twice: about 91% are then classified correctly. Ten seconds or"
        " so, on an older processor up to a minute.",
    ),
    "Classic tutorial": (
        {},
        "What every introduction does: Adam, learning rate 0.001, batches of 64, 5 epochs.",
    ),
    "Best of the classic network": (
        _ADAMW | {"model": "FashionCNN", "optimizer": "Muon", "epochs": 80, "distillation": True},
        "Much as the shipped classic model was trained: many rounds, and a wide net as its"
        " teacher: some eight minutes on one core.",
    ),
    "Classic with batch norm": (
        _ADAMW
        | {"model": "FashionCNNNorm", "epochs": 30, "dropout": 0.25, "label_smoothing": 0.05},
        "The classic network with batch norm and dropout, by itself, without a teacher: some six"
        " minutes on one core.",
    ),
    "Drawings and photos": (
        _SYNTHETIC | {"model": "ResidualNet", "epochs": 14},
        "A small residual network learns drawings and photos too: half an hour or more on two"
        " cores.",
    ),
    "Deep net": (
        _SYNTHETIC | {"model": "DeepResidualNet", "epochs": 12, "erasing": True},
        "A deeper network learns synthetic drawings and photos too: an hour or more. The"
        " recommended model also learned from people's pictures, see its card on Home.",
    ),
    "Largest": (
        _SGD | _REGULARISED | {"model": "WideResidualNet", "epochs": 100, "mixup": 0.6},
        "How the most accurate model was trained, on Fashion-MNIST's own images alone: two hours on"
        " the fastest processors, several on others.",
    ),
}
