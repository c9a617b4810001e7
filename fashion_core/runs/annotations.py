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

MAX_NAME_LENGTH = 60
MAX_TEXT_LENGTH = 2_000
MAX_TAGS = 8
MAX_TAG_LENGTH = 24
MAX_NOTES_BYTES = 50_000  # the longest note of emoji, each escaped into 12 bytes, is half of this


class NotesError(Exception):
    """Notes are too long or cannot be written; the text says which and what to do."""


@dataclass(frozen=True)
class Notes:
    """A run's notes as read; `problem` says in a sentence what is wrong with the file, if
    anything.
    """

    name: str = ""  # empty: the run keeps the name that it was started with
    text: str = ""
    tags: tuple[str, ...] = ()
    problem: str = ""


def one_line(text: str) -> str:
    """The printable characters of a text in one line, with single spaces."""
    return " ".join(
        "".join(character if character.isprintable() else " " for character in text).split()
    )


def cleaned_tags(tags) -> tuple[str, ...]:
    """Tags as one line each without commas, which separate them; of two that differ only in case
    the first stays.
    """
    lines = {}
    for tag in (one_line(tag.replace(",", " ")) for tag in tags):
        lines.setdefault(tag.casefold(), tag)
    return tuple(tag for tag in lines.values() if tag)


def checked_notes(name: str, text: str, tags) -> Notes:
    """What a visitor wrote, cleaned. Raises NotesError when something is too long or there are too
    many tags.
    """
    notes = Notes(one_line(name), printable_lines(text), cleaned_tags(tags))
    _refuse_length("name", notes.name, MAX_NAME_LENGTH)
    _refuse_length("note", notes.text, MAX_TEXT_LENGTH)
    for tag in notes.tags:
        _refuse_length("tag", tag, MAX_TAG_LENGTH)
    if len(notes.tags) > MAX_TAGS:
        raise NotesError(
            f"A run may have at most {MAX_TAGS} tags, not {len(notes.tags)}. Take some away."
        )
    return notes


def _refuse_length(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise NotesError(
            f"A {what} may have at most {limit:,} characters, not {len(text):,}. Shorten it."
        )


def printable_lines(text: str) -> str:
    """The printable characters of a text, its lines kept."""
    lines = (
        "".join(character if character.isprintable() else " " for character in line)
        for line in text.splitlines()
    )
    return "\n".join(map(str.rstrip, lines)).strip()


def write_notes(run_dir: Path, notes: Notes) -> None:
    """Replace a run's notes.json in one step: of two writers at once one wins, whole. Raises
    NotesError.
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
        raise NotesError(
            f"The notes could not be written: {error.strerror}. Is the run still there?"
        ) from error


def read_notes(run_dir: Path) -> Notes:
    """A run's notes. Never raises: no file is no notes, a damaged one gives a `problem`, too long
    texts are cut.
    """
    path = run_dir / "notes.json"
    try:
        if not path.exists():
            return Notes()
        if not path.is_file() or path.stat().st_size > MAX_NOTES_BYTES:
            return Notes(
                problem=(
                    "notes.json was not written by this app: it is too large or no file. Delete it."
                )
            )
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return Notes(problem=f"notes.json cannot be read: {error.strerror}.")
    except (ValueError, RecursionError):
        return Notes(
            problem="notes.json is not valid JSON. Write the name and note anew, or delete it."
        )
    if not isinstance(values, dict):
        return Notes(
            problem=(
                "notes.json must hold a JSON object. Write the name and note anew, or delete it."
            )
        )
    return _cut_to_limits(values)


def _cut_to_limits(values: dict) -> Notes:
    name, text, tags = values.get("name"), values.get("text"), values.get("tags")
    lines = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return Notes(
        name=one_line(name)[:MAX_NAME_LENGTH].strip() if isinstance(name, str) else "",
        text=printable_lines(text)[:MAX_TEXT_LENGTH] if isinstance(text, str) else "",
        tags=cleaned_tags(tag[:MAX_TAG_LENGTH] for tag in cleaned_tags(lines)[:MAX_TAGS]),
    )
