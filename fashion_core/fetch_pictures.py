"""Fetch people's drawings and photos from where they are published, into a picture set each.

Every file gets its name only when it is whole, so a fetch that was cut short goes on where it was.
"""

import csv
import http.client
import io
import json
import os
import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from fashion_core.errors import PictureError, PictureSetError
from fashion_core.fetch import reason_of
from fashion_core.files import replacing
from fashion_core.picture_sets import LICENCE_FILE, NONE, WORDS, pictures_dir
from fashion_core.pictures.opening import MAX_FILE_BYTES, open_picture

Report = Callable[[str, int, int], None]  # what comes next, files done, files in all

ADDRESSES = {
    "quickdraw": "https://storage.googleapis.com/quickdraw_dataset/full/simplified/",
    "clothing": "https://raw.githubusercontent.com/alexeygrigorev/clothing-dataset/master/",
}
LICENCES = {
    "quickdraw": (
        "Drawings of the Quick, Draw! dataset, made available by Google, Inc. under the Creative"
        " Commons Attribution 4.0 International licence.\n"
        "https://github.com/googlecreativelab/quickdraw-dataset\n"
        "https://creativecommons.org/licenses/by/4.0/\n"
    ),
    "clothing": (
        "Photos of the clothing dataset by Alexey Grigorev and contributors, CC0 1.0 (public"
        " domain).\n"
        "https://github.com/alexeygrigorev/clothing-dataset\n"
        "https://creativecommons.org/publicdomain/zero/1.0/\n"
    ),
}
MAX_DEAD = 3  # files in a row to which nothing answered: then the server is given up


def fetch_pictures(
    name: str, report: Report, limit: int = 0, address: str = "", target: Path | None = None
) -> tuple[Path, list[str]]:
    """Fetch the set "quickdraw" or "clothing"; returns its folder and what could not be had.

    A file that is there already stays as it is. `limit`: drawings a word or photos a class, if not
    the usual number. `address` replaces the server, `target` the folder. Raises PictureSetError for
    another name, a folder that cannot be written, and where nothing at all could be fetched.
    """
    if name not in ADDRESSES:
        raise PictureSetError(f"There is no set {name!r}. Known are {', '.join(ADDRESSES)}.")
    folder = target or pictures_dir() / name
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / LICENCE_FILE) as temporary:
            temporary.write_text(LICENCES[name], encoding="utf-8")
    except OSError as error:
        raise PictureSetError(f"{folder} cannot be written: {error.strerror}.") from error
    problems: list[str] = []
    address = (address or ADDRESSES[name]).rstrip("/") + "/"
    plan = _plan_drawings if name == "quickdraw" else _plan_photos
    fetched = _fetch_all(plan(address, folder, limit, problems), report, problems)
    if not fetched:
        if is_new:  # it would look like a set
            shutil.rmtree(folder, ignore_errors=True)
        raise PictureSetError("\n".join([f"Nothing of {name} could be fetched.", *problems[:5]]))
    return folder, problems


Plan = list[tuple[Path, Callable[[], bytes]]]  # each file, and what fetches its content
# All that a server can fail by: refusing, breaking off, answering nonsense; and a full disk
FETCH_ERRORS = (OSError, http.client.HTTPException, ValueError, PictureError)


def _fetch_all(plan: Plan, report: Report, problems: list[str]) -> int:
    """Fetch the files that are not there yet; returns how many are there then."""
    there, dead = 0, 0
    for done, (path, fetch) in enumerate(plan):
        report(path.stem, done, len(plan))
        try:
            if not path.exists():
                content = fetch()
                path.parent.mkdir(parents=True, exist_ok=True)
                with replacing(path) as temporary:
                    temporary.write_bytes(content)
            there, dead = there + 1, 0
        except FETCH_ERRORS as error:
            problems.append(f"{path.name}: {reason_of(error)}")
            dead = 0 if _is_refusal(error) else dead + 1
        if dead == MAX_DEAD:
            problems.append(f"Gave up after {dead} failures. Run this again to go on from here.")
            break
    else:
        report("", len(plan), len(plan))
    return there


# Drawings

DRAWINGS, OTHER_DRAWINGS = 1_000, 100  # a word of a class, a word of other things
# Worn or carried: what visitors may try, and what looks like a garment
NEAR_WORDS = [
    *("backpack", "basket", "belt", "bowtie", "bracelet", "bucket", "crown", "eyeglasses", "hat"),
    *("helmet", "necklace", "shorts", "sock", "suitcase", "umbrella", "underwear", "wristwatch"),
]
OTHER_WORDS = [
    *("airplane", "apple", "bicycle", "bird", "cat", "chair", "cup", "face", "fish", "guitar"),
    *("house", "sun", "tree"),
]


def _plan_drawings(address: str, folder: Path, limit: int, _problems: list[str]) -> Plan:
    """One file a word, those of other things in the folders "near" and "none"."""
    places = [
        (folder, WORDS, limit or DRAWINGS),
        (folder / "near", NEAR_WORDS, limit or OTHER_DRAWINGS),
        (folder / NONE, OTHER_WORDS, limit or OTHER_DRAWINGS),
    ]
    return [
        (place / f"{word}.ndjson", partial(_first_drawings, address, word, count))
        for place, words, count in places
        for word in words
    ]


def _first_drawings(address: str, word: str, count: int) -> bytes:
    """The lines of the first `count` drawings of a word that were recognised.

    Raises ValueError where the file holds none, OSError or HTTPException where it cannot be had.
    """
    found = []
    for line in _lines(_pieces(f"{address}{urllib.parse.quote(word)}.ndjson")):
        try:
            drawing = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(drawing, dict) and drawing.get("recognized") and "drawing" in drawing:
            found.append(line + b"\n")
        if len(found) == count:
            break
    if not found:
        raise ValueError("the file holds no drawings")
    return b"".join(found)


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a file that comes in pieces."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    yield rest


# Photos

PHOTOS = 200  # a class
OR = "+" if os.name == "nt" else "|"  # Windows forbids the usual one in names
# The labels of the list by class; shorts, hats and skirts are none of the ten
PHOTO_LABELS = {
    "T-shirt_top": ("T-Shirt", "Undershirt", "Top"),
    f"T-shirt_top{OR}Shirt": ("Polo", "Blouse"),
    "Shirt": ("Shirt",),
    "Pullover": ("Longsleeve", "Hoodie"),
    "Coat": ("Outwear", "Blazer"),
    "Dress": ("Dress",),
    "Trouser": ("Pants",),
    f"Sneaker{OR}Ankle boot{OR}Sandal": ("Shoes",),
    NONE: ("Shorts", "Hat", "Skirt"),
}


def _plan_photos(address: str, folder: Path, limit: int, problems: list[str]) -> Plan:
    """One file a photo. Writes index.csv, which says who sent each, before any photo is there.

    It names all usable photos, not only those that are asked for: others may be here already.
    """
    try:
        listing = b"".join(_pieces(f"{address}images.csv")).decode("utf-8")
        rows = _usable(csv.DictReader(io.StringIO(listing)))
        index = io.StringIO()
        lines = [(label, f"{image}.jpg", sender) for label, image, sender in rows]
        csv.writer(index).writerows([("class", "file", "sender"), *lines])
        with replacing(folder / "index.csv") as temporary:
            temporary.write_text(index.getvalue(), encoding="utf-8", newline="")
    except (*FETCH_ERRORS, csv.Error) as error:
        problems.append(f"images.csv: {reason_of(error)}")
        return []
    return [
        (folder / label / f"{image}.jpg", partial(_photo, f"{address}images/{image}.jpg"))
        for label, image, _ in _first_of_each(rows, limit or PHOTOS)
    ]


def _usable(rows: Iterable[dict]) -> list[tuple[str, str, str]]:
    """Class, image and sender of the photos that show a class or none. Raises ValueError."""
    class_of = {label: name for name, labels in PHOTO_LABELS.items() for label in labels}
    usable = []
    for row in rows:
        name, image = class_of.get(row.get("label")), row.get("image") or ""
        # The image becomes a file's name: nothing from outside may be a path
        if name and re.fullmatch(r"[0-9A-Za-z-]{1,100}", image):
            usable.append((name, image, row.get("sender_id") or ""))
    if not usable:
        raise ValueError("it lists no photos with image, sender_id and label")
    return usable


def _first_of_each(rows: list[tuple[str, str, str]], limit: int) -> list[tuple[str, str, str]]:
    """The first `limit` rows of each class, in their order."""
    counts, chosen = dict.fromkeys(PHOTO_LABELS, 0), []
    for row in rows:
        counts[row[0]] += 1
        if counts[row[0]] <= limit:
            chosen.append(row)
    return chosen


def _photo(address: str) -> bytes:
    """A photo that can be opened. Raises PictureError, ValueError, OSError or HTTPException."""
    content = b"".join(_pieces(address, MAX_FILE_BYTES))
    open_picture(content)
    return content


# Requests

MAX_BYTES = 200 << 20  # Google's files have up to 120 MB
FILE_SECONDS = 300.0  # for one file, from a server that only drips
TRIES, PAUSE_SECONDS = 3, 1.0  # where a connection breaks or a server is busy


def _pieces(address: str, most: int = MAX_BYTES) -> Iterator[bytes]:
    """The content of a file, asked for range by range, so that one may stop early.

    Where a connection breaks it goes on from there. Raises OSError, HTTPException or ValueError.
    """
    done, total, tries = 0, None, 0
    deadline = time.monotonic() + FILE_SECONDS
    while total is None or done < total:
        try:
            for piece, size in _request(address, done):
                done, tries = done + len(piece), 0
                if size > most or size != (total or size):
                    raise ValueError(f"the server says that it has {size:,} bytes, which cannot be")
                total = size
                if time.monotonic() > deadline:
                    raise TimeoutError(f"too slow; gave up after {done:,} of {total:,} bytes")
                yield piece
        except (OSError, http.client.HTTPException) as error:
            tries += 1
            if tries == TRIES or _is_refusal(error) or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)


def _is_refusal(error: Exception) -> bool:
    """Whether a server has answered and would answer the same again, as "404 Not Found"."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code < 500 and error.code != http.client.TOO_MANY_REQUESTS
    return isinstance(error, ValueError)


CONNECT_AND_READ_SECONDS = 8.0
RANGE_BYTES, READ_BYTES = 1 << 20, 1 << 16  # of one request: some thousand drawings; at a time


def _request(address: str, start: int) -> Iterator[tuple[bytes, int]]:
    """Pieces of one answer from byte `start` on, each with the size of the whole file.

    A server without ranges sends the whole file; what was had before is read over.
    """
    last = start + RANGE_BYTES - 1
    headers = {"User-Agent": "fashion-cnn-lab", "Range": f"bytes={start}-{last}"}
    request = urllib.request.Request(address, headers=headers)
    with urllib.request.urlopen(request, timeout=CONNECT_AND_READ_SECONDS) as answer:
        first, end, size = _extent(answer)
        if first not in (0, start):
            raise ValueError(f"the server sent byte {first:,} on, not {start:,} on as asked")
        place = first
        # read() would wait for a whole megabyte from a server that drips
        while piece := answer.read1(READ_BYTES):
            place += len(piece)
            if place > end:
                raise ValueError(f"the server sent more than the {end:,} bytes that it announced")
            if place > start:
                yield piece[-(place - start) :], size
    if place != end or end <= start:
        raise ConnectionError(f"the connection broke after {place:,} of {size:,} bytes")


def _extent(answer: http.client.HTTPResponse) -> tuple[int, int, int]:
    """Where an answer begins and ends in the file, and the file's size. Raises ValueError."""
    if answer.status == http.client.PARTIAL_CONTENT:
        place = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers.get("Content-Range", ""))
        if not place:
            raise ValueError("the server does not say which part of the file it sends")
        first, last, size = map(int, place.groups())
        return first, last + 1, size
    # Without it, nobody could tell a part from the whole
    if not (answer.headers.get("Content-Length") or "").isdigit():
        raise ValueError("the server does not say how long the file is")
    size = int(answer.headers["Content-Length"])
    return 0, size, size
