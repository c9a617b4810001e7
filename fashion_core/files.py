"""JSON files that anybody may have edited: replaced in one step, numbers checked, former keys read.

Standard library only.
"""

import contextlib
import errno
import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from fashion_core.errors import RunError

PROJECT_DIR = Path(__file__).resolve().parent.parent
PRETRAINED_DIR = PROJECT_DIR / "checkpoints" / "pretrained"  # the shipped models


# Writing


REPLACE_TRIES, REPLACE_SECONDS = 50, 0.02  # a second in all: no file of ours is read for longer
# Torch reports a full disk without a number
DISK_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC), None}


def write_json(path: Path, values: dict) -> None:
    """Replace a JSON file in one step: a reader sees the old one or the new one. Raises OSError."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(values, allow_nan=False), encoding="utf-8")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name beside a file for what is to replace it in one step, if nothing is raised meanwhile.

    It is this process's and this thread's alone. Raises OSError.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        yield temporary
        replace_file(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def replace_file(source: Path, target: Path) -> None:
    """Do what os.replace does, on Windows as soon as nobody reads the target. Raises OSError."""
    for tries_left in reversed(range(REPLACE_TRIES)):
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if not tries_left:
                raise
            time.sleep(REPLACE_SECONDS)


# Reading


MAX_JSON_BYTES = 200_000  # a status or config is about 2 kB; more was not written by this app
MAX_NUMBER = 1e15  # larger than any count, loss or time that a run can have
# What earlier versions wrote, and what it is called today
FORMER_KEYS = {
    "sketches": "synthetic",
    "sketch_accuracy": "synthetic_accuracy",
    "best_figures": "best_metrics",
    "passed": "skipped",
}


def read_json(path: Path) -> dict:
    """The JSON object in a file. Raises RunError if it is missing, too large or none."""
    try:
        if path.exists() and not path.is_file():  # reading a pipe would wait for ever
            raise RunError(f"{path.name} is not a file, so it was not written by this app.")
        if path.stat().st_size > MAX_JSON_BYTES:
            raise RunError(
                f"{path.name} is larger than {MAX_JSON_BYTES:,} bytes,"
                " so it was not written by this app."
            )
        values = json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse_constant)
    except OSError as error:
        raise RunError(f"{path.name} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path.name} is not valid JSON.") from error
    if not isinstance(values, dict):
        raise RunError(f"{path.name} must hold a JSON object.")
    return values


def refuse_constant(text: str):
    """For json.loads: NaN and the infinities are not JSON. Raises ValueError."""
    raise ValueError(f"{text} is not a JSON number")


def number_or(value, default):
    """The value if it is a number that a run can have, else the default."""
    ok = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < MAX_NUMBER
    return value if ok else default


def with_todays_keys(values: dict) -> dict:
    """A configuration, status, event, card or queue under today's keys, whichever version wrote it.

    `known_certainty`, from which a picture counted as known, was the negative of `ood_threshold`.
    """
    renamed = {FORMER_KEYS.get(key, key): value for key, value in values.items()}
    former = number_or(renamed.pop("known_certainty", None), None)
    return renamed if former is None else {"ood_threshold": -former} | renamed


def digest_of(path: Path) -> str:
    """The SHA-256 of a file: whether what is kept beside it is of it. Raises OSError."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
