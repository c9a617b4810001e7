"""JSON files that a stranger may have edited: replaced in one step, numbers checked, former keys
read.

Standard library only.
"""

import errno
import json
import os
import threading
import time
from pathlib import Path

from fashion_core.errors import RunError

PROJECT_DIR = Path(__file__).resolve().parent.parent
# A second in all: a status is read within a millisecond, a model in some
REPLACE_TRIES, REPLACE_SECONDS = 50, 0.02
# Torch says it without a number
DISK_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC), None}
MAX_JSON_BYTES = 200_000  # a status or config is about 2 kB; more is not ours
# What earlier versions wrote, and what it is called today
FORMER_KEYS = {
    "sketches": "synthetic",
    "sketch_accuracy": "synthetic_accuracy",
    "best_figures": "best_metrics",
    "passed": "skipped",
}
MAX_NUMBER = 1e15  # larger than any count, loss or time that a run can have


# Writing


def write_json(path: Path, values: dict) -> None:
    """Replace a JSON file in one step, so that a reader sees the old or the new one. Raises
    OSError.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    temporary.write_text(json.dumps(values, allow_nan=False), encoding="utf-8")
    replace_file(temporary, path)


def replace_file(source: Path, target: Path) -> None:
    """os.replace; on Windows, where a file that somebody reads cannot be replaced, once it is read.
    Raises OSError.
    """
    for tries_left in reversed(range(REPLACE_TRIES)):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if not tries_left:
                raise
            time.sleep(REPLACE_SECONDS)


def read_json(path: Path) -> dict:
    """A JSON object from a file. Raises RunError when it is missing, too large, not JSON or not an
    object.
    """
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise RunError(f"{path.name} is not a file, so it was not written by this app.")
        if path.stat().st_size > MAX_JSON_BYTES:
            raise RunError(
                f"{path.name} is larger than {MAX_JSON_BYTES:,} bytes, so it was not written by"
                " this app."
            )
        values = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse_constant)
    except OSError as error:
        raise RunError(f"{path.name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path.name} is not valid JSON.") from error
    if not isinstance(values, dict):
        raise RunError(f"{path.name} must hold a JSON object.")
    return values


def refuse_constant(text):
    """For json.loads: NaN and the infinities are no JSON. Raises ValueError."""
    raise ValueError(f"{text} is not a JSON number")


def number_or(value, default):
    """The value if it is a number that a run can have, else the default."""
    ok = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < MAX_NUMBER
    return value if ok else default


def with_todays_keys(values: dict) -> dict:
    """The values of a configuration, status, event, card or queue, whichever version wrote them.

    `known_certainty`, from which a picture counted as known, was the negative of `ood_threshold`.
    """
    renamed = {FORMER_KEYS.get(key, key): value for key, value in values.items()}
    certainty = number_or(renamed.pop("known_certainty", None), None)
    return renamed if certainty is None else {"ood_threshold": -certainty} | renamed
