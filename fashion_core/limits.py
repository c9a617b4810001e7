"""What a copy of the app allows its visitors, read from environment variables here alone.

Standard library only. Without any of them the limits are those of TrainConfig, NetworkLimits and
my_pictures. A value that cannot be read switches training off until it is fixed: a public copy with
a typing error must not be an open one.
"""

import contextlib
import math
import os
from dataclasses import dataclass

from fashion_core.errors import LimitError, RunError
from fashion_core.text import format_count

READ_ONLY = "FASHION_READ_ONLY"
READ_ONLY_SENTENCE = (
    "This is a public copy: training, importing models, and renaming and deleting runs are switched"
    " off. Run the app on your own computer to do that."
)
MAX_EPOCHS, MAX_MINUTES = "FASHION_MAX_EPOCHS", "FASHION_MAX_MINUTES"
MAX_RUNS, MAX_QUEUE = "FASHION_MAX_RUNS", "FASHION_MAX_QUEUE"
MAX_PARAMETERS, MAX_LAYERS = "FASHION_MAX_PARAMETERS", "FASHION_MAX_LAYERS"
MAX_MULTIPLICATIONS = "FASHION_MAX_MULTIPLICATIONS"
DELETE_ANY = "FASHION_DELETE_ANY"
MAX_PICTURES, MAX_PICTURES_MB = "FASHION_MAX_PICTURES", "FASHION_MAX_PICTURES_MB"
YES, NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
SHOWN_CHARACTERS = 40  # as much of a bad value as a sentence can bear


@dataclass(frozen=True)
class Limits:
    """What is allowed at most; infinite where nothing is set."""

    epochs: float = math.inf  # of one run, continued ones included
    minutes: float = math.inf  # of training for one run
    runs: float = math.inf  # kept at a time
    queue: float = math.inf  # runs that wait at a time
    pictures: float = math.inf  # that visitors keep, see `my_pictures`, which has limits of its own
    pictures_mb: float = math.inf  # megabytes of them

    def describe(self) -> str:
        """The limits in one sentence; empty when there are none."""
        parts = [
            f"{format_count(value, unit)}{rest}"
            for value, unit, rest in (
                (self.epochs, "epoch", " per run"),
                (self.minutes, "minute", " per run"),
                (self.runs, "run", " kept"),
                (self.queue, "run", " waiting"),
            )
            if math.isfinite(value)
        ]
        return f"This copy allows at most {', '.join(parts)}." if parts else ""

    def epochs_problem(self, epochs: int) -> str:
        """A sentence that refuses a run of so many epochs, or an empty string."""
        if epochs <= self.epochs:
            return ""
        return (
            f"This copy trains at most {format_count(self.epochs, 'epoch')} per run,"
            f" not {epochs:,}. Choose fewer."
        )

    def time_problem(self, elapsed_seconds: float) -> str:
        """A sentence that ends a run which has trained so long, or an empty string."""
        if elapsed_seconds < 60 * self.minutes:
            return ""
        return (
            "It has used up its time: this copy trains at most"
            f" {format_count(self.minutes, 'minute')} per run."
        )

    def runs_problem(self, kept: int, added: int = 1) -> str:
        """A sentence that refuses `added` runs beside `kept` ones, or an empty string."""
        if kept + added <= self.runs:
            return ""
        return (
            f"This copy keeps at most {format_count(self.runs, 'run')}; there {_are(kept)},"
            f" and {added} more would be too many. Delete some on the Runs page first."
        )

    def queue_problem(self, waiting: int, added: int = 1) -> str:
        """A sentence that refuses `added` runs in a queue of `waiting`, or an empty string."""
        if waiting + added <= self.queue:
            return ""
        if not self.queue:
            return "On this copy no run can wait. Start it when the one under way has ended."
        return (
            f"On this copy at most {format_count(self.queue, 'run')} can wait; there"
            f" {_are(waiting)}, and {added} more would be too many. Cancel some or wait."
        )


@dataclass(frozen=True)
class NetworkLimits:
    """How large a network that a visitor describes may be; those of the app are within."""

    parameters: float = 5_000_000
    layers: float = 24
    multiplications: float = 200_000_000  # for one image; twice the largest network of the app

    def problem(self, layers: int, parameters: int, multiplications: int) -> str:
        """A sentence that refuses a network of this size, or an empty string."""
        for value, most, unit, remedy in (
            (layers, self.layers, "layer", "Take some away"),
            (parameters, self.parameters, "parameter", "Take smaller layers, or pool before dense"),
            (
                multiplications,
                self.multiplications,
                "multiplication",
                "Take fewer maps, or pool earlier",
            ),
        ):
            if value > most:
                per_image = " per image" if unit == "multiplication" else ""
                return (
                    f"The network has {format_count(value, unit)}{per_image}; this copy allows at"
                    f" most {most:,}. {remedy}."
                )
        return ""


def read_network_limits() -> NetworkLimits:
    """The limits that the environment sets for described networks. Raises LimitError."""
    names = {
        "parameters": MAX_PARAMETERS,
        "layers": MAX_LAYERS,
        "multiplications": MAX_MULTIPLICATIONS,
    }
    found = {key: _limit(name, whole=True) for key, name in names.items()}
    return NetworkLimits(**{key: value for key, value in found.items() if math.isfinite(value)})


# 5 million float32 weights are 20 MB; three times that was not saved by this app
MAX_MODEL_BYTES = 64_000_000


def most_model_bytes() -> int:
    """The largest model file that is read: larger where this copy allows larger networks."""
    try:
        parameters = read_network_limits().parameters
    except LimitError:  # which is said where a network is to be built
        return MAX_MODEL_BYTES
    return max(MAX_MODEL_BYTES, 12 * int(parameters))


def read_limits() -> Limits:
    """The limits that the environment sets. Raises LimitError."""
    return Limits(
        epochs=_limit(MAX_EPOCHS, whole=True),
        minutes=_limit(MAX_MINUTES, whole=False),
        runs=_limit(MAX_RUNS, whole=True),
        queue=_limit(MAX_QUEUE, whole=True, lowest=0),
        pictures=_limit(MAX_PICTURES, whole=True, lowest=0),
        pictures_mb=_limit(MAX_PICTURES_MB, whole=False),
    )


def read_only() -> bool:
    """True on a public copy (FASHION_READ_ONLY=1): no training, no importing models or
    deleting runs; pictures stay in the session.
    """
    return _text(READ_ONLY).lower() not in NO


def delete_any() -> bool:
    """True where any visitor may delete any run on the page (FASHION_DELETE_ANY=1).

    Else only their own, and those that nobody has put a name to.
    """
    return _text(DELETE_ANY).lower() in YES


def refuse_if_read_only() -> None:
    """Raises RunError on a public copy."""
    if read_only():
        raise RunError(f"{READ_ONLY_SENTENCE} {problem()}".strip())


def problem() -> str:
    """What is wrong with the settings, in a sentence, or an empty string."""
    text = _text(READ_ONLY)
    if text.lower() not in YES + NO:
        return (
            f"{READ_ONLY} is {text[:SHOWN_CHARACTERS]!r}; it must be 1 or 0."
            " Until then this copy is read-only."
        )
    text = _text(DELETE_ANY)
    if text.lower() not in YES + NO:
        return (
            f"{DELETE_ANY} is {text[:SHOWN_CHARACTERS]!r}; it must be 1 or 0."
            " Until then only a run's owner can delete it."
        )
    try:
        read_limits()
        read_network_limits()
    except LimitError as error:
        return str(error)
    return ""


def _text(name: str) -> str:
    return os.environ.get(name, "").strip()


def _limit(name: str, whole: bool, lowest: int = 1) -> float:
    text = _text(name)
    if not text:
        return math.inf
    with contextlib.suppress(ValueError, OverflowError):
        value = int(text) if whole else float(text)
        if math.isfinite(value) and (value >= lowest if whole else value > 0):
            return value
    wanted = f"a whole number of at least {lowest}" if whole else "a number above 0"
    raise LimitError(
        f"{name} is {text[:SHOWN_CHARACTERS]!r}; it must be {wanted}."
        " Until it is fixed nothing can be started."
    )


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count:,}"
