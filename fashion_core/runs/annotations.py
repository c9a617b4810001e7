"""What visitors write about a run: its name, a note, tags; kept in the run's notes.json. Standard
library only.

Only the page writes that file. It may have been edited by hand all the same, so it is checked
whenever it is read.
"""

import contextlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from fashion_core.errors import AnnotationsError
from fashion_core.text import one_line, printable_lines

MAX_NAME_LENGTH = 60
MAX_TEXT_LENGTH = 2_000
MAX_TAGS = 8
MAX_TAG_LENGTH = 24
MAX_BYTES = 50_000  # the longest note of emoji, each escaped into 12 bytes, is half of this


@dataclass(frozen=True)
class Annotations:
    """A run's notes as read; `problem` says in a sentence what is wrong with the file, if
    anything.
    """

    name: str = ""  # empty: the run keeps the name that it was started with
    text: str = ""
    tags: tuple[str, ...] = ()
    problem: str = ""


def cleaned_tags(tags) -> tuple[str, ...]:
    """Tags as one line each without commas, which separate them; of two that differ only in case
    the first stays.
    """
    lines = {}
    for tag in (one_line(tag.replace(",", " ")) for tag in tags):
        lines.setdefault(tag.casefold(), tag)
    return tuple(tag for tag in lines.values() if tag)


def check_annotations(name: str, text: str, tags) -> Annotations:
    """What a visitor wrote, cleaned. Raises AnnotationsError when something is too long or there
    are too many tags.
    """
    notes = Annotations(one_line(name), printable_lines(text), cleaned_tags(tags))
    _refuse_length("name", notes.name, MAX_NAME_LENGTH)
    _refuse_length("note", notes.text, MAX_TEXT_LENGTH)
    for tag in notes.tags:
        _refuse_length("tag", tag, MAX_TAG_LENGTH)
    if len(notes.tags) > MAX_TAGS:
        raise AnnotationsError(
            f"A run may have at most {MAX_TAGS} tags, not {len(notes.tags)}. Take some away."
        )
    return notes


def _refuse_length(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise AnnotationsError(
            f"A {what} may have at most {limit:,} characters, not {len(text):,}. Shorten it."
        )


def write_annotations(run_dir: Path, notes: Annotations) -> None:
    """Replace a run's notes.json in one step: of two writers at once one wins, whole. Raises
    AnnotationsError.
    """
    values = {"name": notes.name, "text": notes.text, "tags": list(notes.tags)}
    # A name of its own for each write: two browsers are served by one process, so its pid does not
    # tell them apart.
    temporary = run_dir / f".notes-{secrets.token_hex(8)}.tmp"
    try:
        temporary.write_text(json.dumps(values), encoding="utf-8")
        os.replace(temporary, run_dir / "notes.json")
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise AnnotationsError(
            f"The notes could not be written: {error.strerror}. Is the run still there?"
        ) from error


def read_annotations(run_dir: Path) -> Annotations:
    """A run's notes. Never raises: no file is no notes, a damaged one gives a `problem`, too long
    texts are cut.
    """
    path = run_dir / "notes.json"
    try:
        if not path.exists():
            return Annotations()
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return Annotations(
                problem=(
                    "notes.json was not written by this app: it is too large or no file. Delete it."
                )
            )
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return Annotations(problem=f"notes.json cannot be read: {error.strerror}.")
    except (ValueError, RecursionError):
        return Annotations(
            problem="notes.json is not valid JSON. Write the name and note anew, or delete it."
        )
    if not isinstance(values, dict):
        return Annotations(
            problem=(
                "notes.json must hold a JSON object. Write the name and note anew, or delete it."
            )
        )
    return _cut_to_limits(values)


def _cut_to_limits(values: dict) -> Annotations:
    name, text, tags = values.get("name"), values.get("text"), values.get("tags")
    lines = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return Annotations(
        name=one_line(name)[:MAX_NAME_LENGTH].strip() if isinstance(name, str) else "",
        text=printable_lines(text)[:MAX_TEXT_LENGTH] if isinstance(text, str) else "",
        tags=cleaned_tags(tag[:MAX_TAG_LENGTH] for tag in cleaned_tags(lines)[:MAX_TAGS]),
    )
