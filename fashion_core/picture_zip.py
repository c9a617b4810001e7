"""Kept pictures as a zip file and back: one folder a class, as torchvision's ImageFolder reads it.

`pictures.json` in it holds what `my_pictures` records beside each picture. A file from outside is
never unpacked: its pictures are opened in memory, one at a time, and saved anew under names of our
own, so that nothing in it can lead to another place.
"""

import contextlib
import io
import json
import stat
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from fashion_core import files
from fashion_core.errors import PictureError, PictureSetError
from fashion_core.my_pictures import (
    MyPicture,
    checked_record,
    encode_brought,
    folder_name,
    label_of,
    new_picture,
    record_of,
    suffix_of,
)
from fashion_core.picture_sets import Report
from fashion_core.pictures.opening import MAX_FILE_BYTES, open_picture
from fashion_core.pictures.prepare import prepare
from fashion_core.text import format_bytes, format_count, one_line

RECORDS = "pictures.json"
FOLDERS = "folders named like the classes (T-shirt_top, Trouser …), “none” or “unlabelled”"
Kept = list[tuple[MyPicture, bytes]]  # pictures with the contents of their files


def write_zip(kept: Iterable[tuple[MyPicture, bytes]]) -> bytes:
    """The zip file of these pictures, each with the content of its file."""
    buffer, records = io.BytesIO(), {}
    with zipfile.ZipFile(buffer, "w") as archive:  # stored: pictures are compressed already
        for picture, content in kept:
            name = f"{folder_name(picture.label)}/{picture.picture_id}{suffix_of(content)}"
            archive.writestr(name, content)
            records[name] = record_of(picture)
        archive.writestr(RECORDS, json.dumps(records), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


MAX_ZIP_BYTES = 128_000_000
MAX_ENTRIES = 10_000
MAX_RECORD_BYTES = 2_000  # of pictures.json for each entry; about half of it is used
MAX_TOTAL_BYTES = 1_000_000_000  # unpacked
MOST_SECONDS = 300  # a thousand photos take about a minute
ENTRY_MARK = b"PK\x01\x02"  # begins each entry of a zip file's list


def read_zip(
    content: bytes,
    room: int,
    report: Report | None = None,
    present: Iterable[MyPicture] = (),
) -> tuple[Kept, list[str]]:
    """The pictures of a zip file, at most `room`, with new ids; and sentences on what was left out.

    What is among the `present` ones with the same label is left out. Raises PictureSetError for
    what is no zip file, one with too many entries, one that holds no picture that can be used, and
    where there is no room for a new one.
    """
    problems: list[str] = []
    known = {_content_of(picture) for picture in present}
    kept: Kept = []
    again = 0
    for picture, data in _pictures_in(_opened(content), problems, report):
        if _content_of(picture) in known:
            again += 1
        elif len(kept) >= room:
            if room <= 0:
                raise PictureSetError(
                    "No more pictures can be kept here. Delete some, and import it again."
                )
            more = format_count(room, "more picture")
            problems.append(f"Only {more} can be kept here. Delete some, and import it again.")
            break
        else:
            known.add(_content_of(picture))
            kept.append((picture, data))
    if not kept and not again:
        raise PictureSetError(
            "This zip file holds no picture that can be kept. It should hold pictures in"
            f" {FOLDERS}. {' '.join(problems[:3])}".rstrip()
        )
    if again:
        verb = "was" if again == 1 else "were"
        there = f"{format_count(again, 'picture')} {verb} here already with the same label."
        problems.insert(0, there)
    return kept, problems


def _content_of(picture: MyPicture) -> tuple[int, bytes]:
    """What two pictures that teach the same have in common."""
    return picture.label, picture.pixels.tobytes()


def _pictures_in(
    archive: zipfile.ZipFile, problems: list[str], report: Report | None
) -> Iterator[tuple[MyPicture, bytes]]:
    """The pictures that can be used, opened one at a time; problems tells of the others."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    records = _read_records(archive, entries)
    labelled = list(_labelled(entries, problems))
    total, deadline = 0, time.monotonic() + MOST_SECONDS
    for done, (entry, label) in enumerate(labelled, 1):
        if time.monotonic() > deadline:
            read = format_count(done - 1, "picture")
            problems.append(f"It took too long: cut after {read}. Split the file for the rest.")
            return
        try:
            data = _read(archive, entry, MAX_FILE_BYTES)
            total += len(data)
            if total > MAX_TOTAL_BYTES:
                most = format_bytes(MAX_TOTAL_BYTES)
                problems.append(f"Unpacked it has over {most}: cut there. Split it for the rest.")
                return
            opened = _picture_of(data, label, records.get(entry.filename))
        except PictureError as error:
            problems.append(f"{_shown(entry)}: {error}")
        else:
            yield opened
        if report:
            report(done, len(labelled))


def _opened(content: bytes) -> zipfile.ZipFile:
    if len(content) > MAX_ZIP_BYTES:
        raise PictureSetError(
            f"This file has {format_bytes(len(content))}; a zip file may have at most"
            f" {format_bytes(MAX_ZIP_BYTES)}. Split it."
        )
    # Counted before the list is read, which alone could fill the memory
    count = content.count(ENTRY_MARK)
    if count > MAX_ENTRIES:
        raise PictureSetError(
            f"This zip file has {count:,} entries; at most {MAX_ENTRIES:,} are read. Split it."
        )
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise PictureSetError(
            "This is no zip file, or it is damaged. Choose one that was exported here."
        ) from error


def _shown(entry: zipfile.ZipInfo) -> str:
    return one_line(entry.filename)[:80]


def _labelled(
    entries: list[zipfile.ZipInfo], problems: list[str]
) -> Iterator[tuple[zipfile.ZipInfo, int]]:
    """The entries that lie in a class's folder, with its label; problems tells of the others."""
    foreign = 0
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        if entry.filename == RECORDS or (parts and parts[-1].startswith(".")):
            continue
        if stat.S_ISLNK(entry.external_attr >> 16):
            problems.append(f"{_shown(entry)} is a link and was left out.")
        elif ".." in parts or parts[:1] == ("/",) or ":" in entry.filename:
            problems.append(f"{_shown(entry)} leads out of its folder and was left out.")
        elif entry.flag_bits & 1:
            problems.append(
                f"{_shown(entry)} is encrypted and was left out. Make a zip without a password."
            )
        else:
            label = label_of(parts[-2]) if len(parts) > 1 else None
            if label is None:  # a class's name with a slash makes two folders: T-shirt/top
                label = label_of("/".join(parts[-3:-1]))
            if label is not None:
                yield entry, label
            else:
                foreign += 1
    if foreign:
        was = "was" if foreign == 1 else "were"
        problems.append(f"{format_count(foreign, 'file')} {was} left out: not in {FOLDERS}.")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """An entry's content; what its header says of its size is not believed. Raises PictureError."""
    # Of other ways to pack Python unpacks more than it is asked for
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise PictureError("it is packed in a rare way. Pack it as an ordinary zip file.")
    try:
        with archive.open(entry) as file:
            data = file.read(most + 1)
    except Exception as error:  # every way to pack has errors of its own
        raise PictureError("it is damaged.") from error
    if len(data) > most:
        raise PictureError(f"it has more than {format_bytes(most)}. Save it smaller.")
    return data


def _read_records(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> dict:
    """What pictures.json says, by name; empty where there is none that can be used."""
    entry = next((each for each in entries if each.filename == RECORDS), None)
    if entry is not None:
        with contextlib.suppress(PictureError, ValueError, RecursionError):
            text = _read(archive, entry, MAX_RECORD_BYTES * len(entries))
            records = json.loads(text, parse_constant=files.refuse_constant)
            return records if isinstance(records, dict) else {}
    return {}


def _picture_of(data: bytes, label: int, record: object) -> tuple[MyPicture, bytes]:
    """A picture as if it were kept now, except for what its record says. Raises PictureError."""
    brought = open_picture(data)
    content = encode_brought(brought)
    with contextlib.suppress(ValueError):
        if isinstance(record, dict):
            kept_at, source, pixels = checked_record(record)
            return new_picture(label, source, pixels, kept_at), content
    return new_picture(label, "import", prepare(brought).pixels), content
