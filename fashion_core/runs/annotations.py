"""What visitors write about a run: its name, a note and tags, kept in the run's notes.json.

Standard library only. Only the page writes that file. It may have been edited by hand all the same,
so it is checked whenever it is read.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fashion_core import files
from fashion_core.errors import AnnotationsError
from fashion_core.text import one_line, printable_lines

ANNOTATIONS_FILE = "notes.json"
MAX_NAME_LENGTH = 60
MAX_TEXT_LENGTH = 2_000
MAX_TAGS = 8
MAX_TAG_LENGTH = 24
MAX_BYTES = 50_000  # the longest note of emoji, each escaped into 12 bytes, is half of this


@dataclass(frozen=True)
class Annotations:
    """What is written about a run; `problem` says in a sentence what is wrong with the file."""

    name: str = ""  # empty: the run keeps the name that it was started with
    text: str = ""
    tags: tuple[str, ...] = ()
    problem: str = ""


def cleaned_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as one line each, without commas, which separate them.

    Of two that differ only in case the first stays.
    """
    lines = {}
    for tag in (one_line(tag.replace(",", " ")) for tag in tags):
        lines.setdefault(tag.casefold(), tag)
    return tuple(tag for tag in lines.values() if tag)


def check_annotations(name: str, text: str, tags: Iterable[str]) -> Annotations:
    """What a visitor wrote, cleaned. Raises AnnotationsError for what is too long or too much."""
    checked = Annotations(one_line(name), printable_lines(text), cleaned_tags(tags))
    _refuse_length("name", checked.name, MAX_NAME_LENGTH)
    _refuse_length("note", checked.text, MAX_TEXT_LENGTH)
    for tag in checked.tags:
        _refuse_length("tag", tag, MAX_TAG_LENGTH)
    if len(checked.tags) > MAX_TAGS:
        raise AnnotationsError(
            f"A run may have at most {MAX_TAGS} tags, not {len(checked.tags)}. Take some away."
        )
    return checked


def _refuse_length(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise AnnotationsError(
            f"A {what} may have at most {limit:,} characters, not {len(text):,}. Shorten it."
        )


def write_annotations(run_dir: Path, written: Annotations) -> None:
    """Replace a run's notes.json: of two writers at once one wins. Raises AnnotationsError."""
    values = {"name": written.name, "text": written.text, "tags": list(written.tags)}
    try:
        files.write_json(run_dir / ANNOTATIONS_FILE, values)
    except OSError as error:
        raise AnnotationsError(
            f"The notes could not be written: {error.strerror}. If the run is still there, free"
            " some disk space and try again."
        ) from error


def read_annotations(run_dir: Path) -> Annotations:
    """What is written about a run. Never raises: no file is nothing, a damaged one is a `problem`.

    Not `files.read_json`: the advice differs, and texts that are too long are cut.
    """
    path = run_dir / ANNOTATIONS_FILE
    try:
        if not path.exists():
            return Annotations()
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return _problem("was not written by this app: it is too large or no file. Delete it.")
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return _problem(f"cannot be read: {error.strerror}. Let this app read it, or delete it.")
    except (ValueError, RecursionError):
        return _problem("is not valid JSON. Write the name and note anew, or delete it.")
    if not isinstance(values, dict):
        return _problem("must hold a JSON object. Write the name and note anew, or delete it.")
    return _cut_to_limits(values)


def _problem(sentence: str) -> Annotations:
    return Annotations(problem=f"{ANNOTATIONS_FILE} {sentence}")


def _cut_to_limits(values: dict) -> Annotations:
    name, text, tags = values.get("name"), values.get("text"), values.get("tags")
    lines = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return Annotations(
        name=one_line(name)[:MAX_NAME_LENGTH].strip() if isinstance(name, str) else "",
        text=printable_lines(text)[:MAX_TEXT_LENGTH] if isinstance(text, str) else "",
        tags=cleaned_tags(tag[:MAX_TAG_LENGTH] for tag in cleaned_tags(lines)[:MAX_TAGS]),
    )
