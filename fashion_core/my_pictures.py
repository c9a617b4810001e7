"""The picture set `my-pictures`: what a visitor kept, with the label that it should have had.

It is a set like any other (`picture_sets`): `<class>/<id>.png` or `.webp` holds a picture as it was
brought, at most 512 pixels long. Beside it `.kept/<id>.json` holds when and from where it came and
its pixels as they were prepared, corrections included. A label is the name of a folder, so that
another label is one renaming and two tabs lose nothing; what has no label yet has a folder, too. On
a public copy the same things are kept in memory, for one visitor.
"""

import base64
import binascii
import contextlib
import functools
import io
import math
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from PIL import Image, ImageOps

from fashion_core import files, limits, picture_sets
from fashion_core.errors import LabError, LimitError, PictureSetError, RunError
from fashion_core.metadata import CLASS_NAMES, IMAGE_SIZE, OUTLIER
from fashion_core.picture_sets import MY_PICTURES, NONE, SUFFIXES, classes_of, pictures_dir
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.prepare import prepare
from fashion_core.text import format_bytes, one_line

LABELS = (*range(len(CLASS_NAMES)), OUTLIER)
UNLABELLED = -2  # kept for now; nothing is taught with it


@dataclass(frozen=True, eq=False)
class MyPicture:
    """One kept picture. pixels (28, 28) uint8 as prepared; label 0…9, OUTLIER or UNLABELLED."""

    picture_id: str
    label: int
    kept_at: float  # seconds since 1970
    source: str  # "drawing", "upload", "camera" or the like
    pixels: np.ndarray


TEST_IMAGE = "test image"  # the source of one of those on which models are measured


def label_name(label: int) -> str:
    """A class as a visitor reads it; "none of these" for OUTLIER."""
    others = {OUTLIER: "none of these", UNLABELLED: "without a label"}
    return others.get(label) or CLASS_NAMES[label]


def folder_name(label: int) -> str:
    """The folder of a label in a set."""
    others = {OUTLIER: NONE, UNLABELLED: picture_sets.UNLABELLED}
    return others.get(label) or CLASS_NAMES[label].replace("/", "_")


def label_of(folder: str) -> int | None:
    """The label that a folder's name means; None for no label, or for several classes.

    A folder may also be named as a visitor reads a label.
    """
    name = folder.strip().lower()
    if name in (picture_sets.UNLABELLED, label_name(UNLABELLED)):
        return UNLABELLED
    if name == label_name(OUTLIER):
        return OUTLIER
    allowed = classes_of(folder)
    if allowed is None or len(allowed) > 1:
        return None
    return allowed[0] if allowed else OUTLIER


MAX_SOURCE = 60  # characters


def new_picture(
    label: int, source: str, pixels: np.ndarray, kept_at: float | None = None
) -> MyPicture:
    """A picture with an id of its own, kept now or, seconds since 1970, before. ValueError."""
    is_known = label in (*LABELS, UNLABELLED)
    if not is_known or pixels.shape != (IMAGE_SIZE, IMAGE_SIZE) or pixels.dtype != np.uint8:
        raise ValueError(f"no label or no pixels: {label!r}, {pixels.shape}, {pixels.dtype}")
    kept_at = time.time() if kept_at is None else kept_at
    picture_id = time.strftime("%Y%m%d-%H%M%S", time.gmtime(kept_at)) + f"-{secrets.token_hex(4)}"
    return MyPicture(picture_id, label, kept_at, one_line(source)[:MAX_SOURCE], pixels.copy())


MAX_EDGE = 512  # pixels of a kept picture
SMALL_PNG = 100_000  # bytes; a photo is larger and is kept as WebP


def encode_brought(picture: Image.Image) -> bytes:
    """A picture as it is kept: upright, at most MAX_EDGE long, without what cameras add to files.

    PNG, or WebP where that would be large.
    """
    try:
        picture = ImageOps.exif_transpose(picture)
    except Exception:  # EXIF is as hostile as the rest of a file; without it the picture is fine
        picture = picture.copy()
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    picture = picture.convert("L" if picture.mode == "L" and mode == "RGB" else mode)
    picture.thumbnail((MAX_EDGE, MAX_EDGE))
    content = _encoded(picture, format="PNG", optimize=True)
    return content if len(content) <= SMALL_PNG else _encoded(picture, format="WEBP", quality=90)


def _encoded(picture: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    picture.info = {}  # what is there would be written, too
    picture.save(buffer, **options)
    return buffer.getvalue()


def suffix_of(content: bytes) -> str:
    """How the file of a kept picture ends."""
    return ".png" if content.startswith(b"\x89PNG") else ".webp"


# Of one visitor, where a public copy keeps nothing


@dataclass(eq=False)
class PicturesInMemory:
    """Kept pictures of one session; the same methods as `PicturesInFolder`."""

    kept: dict[str, tuple[MyPicture, bytes]] = field(default_factory=dict)

    def read_all(self) -> list[MyPicture]:
        return [picture for _, (picture, _) in sorted(self.kept.items())]

    def add(self, added: Sequence[tuple[MyPicture, bytes]]) -> None:
        sizes = [len(content) for _, content in self.kept.values()]
        _refuse_too_many(len(sizes), sum(sizes), added)
        self.kept |= {picture.picture_id: (picture, content) for picture, content in added}

    def relabel(self, picture_id: str, label: int) -> None:
        picture, content = self._find(picture_id)
        self.kept[picture_id] = replace(picture, label=_checked_label(label)), content

    def delete(self, picture_id: str) -> None:
        self._find(picture_id)
        del self.kept[picture_id]

    def brought(self, picture_id: str) -> bytes:
        return self._find(picture_id)[1]

    def _find(self, picture_id: str) -> tuple[MyPicture, bytes]:
        if picture_id not in self.kept:
            raise _gone()
        return self.kept[picture_id]


def _gone() -> PictureSetError:
    return PictureSetError(
        "This picture is not among yours any more: it may have been deleted. Draw or bring it again"
        " to keep it."
    )


def _checked_label(label: int) -> int:
    if label not in LABELS:
        raise PictureSetError(f"{label!r} is no class. Choose one of the ten, or none of these.")
    return label


# What fits at most where no setting says less: as many as a picture set reads of one folder
MOST_PICTURES, MOST_MEGABYTES = 10_000, 1_000
MOST_IN_MEMORY, MOST_MEGABYTES_IN_MEMORY = 300, 20  # of one visitor of a public copy


def allowed_pictures() -> tuple[int, float]:
    """How many pictures, and how many megabytes of them, this copy keeps. Raises LimitError."""
    in_memory = limits.read_only()
    allowed = limits.read_limits()
    count = MOST_IN_MEMORY if in_memory else MOST_PICTURES
    megabytes = MOST_MEGABYTES_IN_MEMORY if in_memory else MOST_MEGABYTES
    return int(min(allowed.pictures, count)), min(allowed.pictures_mb, megabytes)


def _refuse_too_many(count: int, size: int, added: Sequence[tuple[MyPicture, bytes]]) -> None:
    """Raises PictureSetError where `added` do not fit beside `count` pictures of `size` bytes."""
    try:
        most, megabytes = allowed_pictures()
    except LimitError as error:
        raise PictureSetError(str(error)) from error
    if count + len(added) > most:
        raise PictureSetError(
            f"This copy keeps at most {most:,} pictures; there are {count:,}, and {len(added):,}"
            " more would be too many. Delete some, or export them first."
        )
    total = size + sum(len(content) for _, content in added)
    if total > 1e6 * megabytes:
        raise PictureSetError(
            f"This copy keeps at most {format_bytes(1e6 * megabytes)} of pictures, and with this"
            f" there would be {format_bytes(total)}. Delete some, or export them first."
        )


# In a folder

RECORDS = ".kept"  # hidden, so that no reader of picture sets takes it for a class
LOCK_SECONDS = 10.0  # longer than an import writes


@dataclass(frozen=True)
class PicturesInFolder:
    """The set `my-pictures` of this copy. What changes it raises PictureSetError."""

    folder: Path

    def read_all(self) -> list[MyPicture]:
        """All kept pictures, the oldest first; files that somebody put there by hand, too."""
        found = [_read_picture(key, *place) for key, place in self._by_id().items()]
        return sorted(filter(None, found), key=lambda each: each.picture_id)

    def add(self, added: Sequence[tuple[MyPicture, bytes]]) -> None:
        """Keep pictures with their files' contents: all, or none where anything stands against."""
        with self._changing("The picture could not be kept"):
            paths = [path for path, _ in self._paths()]
            _refuse_too_many(len(paths), sum(path.stat().st_size for path in paths), added)
            try:
                for picture, content in added:
                    self._write(picture, content)
            except OSError:
                for picture, content in added:
                    self._remove(self._place(picture, content))
                raise

    def relabel(self, picture_id: str, label: int) -> None:
        """Give a picture another label."""
        _checked_label(label)
        with self._changing("The label could not be changed"):
            path = self._find(picture_id)
            target = self.folder / folder_name(label) / path.name
            if target != path and target.exists():  # put there by hand
                raise PictureSetError(
                    f"The label could not be changed: {target.parent.name} has another"
                    f" {target.name}. Rename one of the two files."
                )
            target.parent.mkdir(exist_ok=True)
            files.replace_file(path, target)
            self._tidy(path.parent)

    def delete(self, picture_id: str) -> None:
        """Keep a picture no longer."""
        with self._changing("The picture could not be deleted"):
            self._remove(self._find(picture_id))

    def brought(self, picture_id: str) -> bytes:
        """The content of a picture's file. Raises PictureSetError."""
        try:
            return self._find(picture_id).read_bytes()
        except OSError as error:
            raise _gone() from error

    def _paths(self) -> list[tuple[Path, int]]:
        """The pictures' files with their labels; links and what is of no one class is left out."""
        found, folders = [], []
        with contextlib.suppress(OSError):  # nothing is kept yet
            folders = sorted(self.folder.iterdir())
        for inner in folders:
            label = None if inner.is_symlink() else label_of(inner.name)
            with contextlib.suppress(OSError):  # its last picture has just been taken out
                if label is not None and inner.is_dir():
                    found += [(path, label) for path in sorted(inner.iterdir()) if _is_ours(path)]
        return found

    def _by_id(self) -> dict[str, tuple[Path, int]]:
        """The same by their ids; put there by hand, files of two folders may share a name."""
        found = {}
        for path, label in self._paths():
            is_known = path.stem in found
            found[f"{path.parent.name}-{path.name}" if is_known else path.stem] = path, label
        return found

    def _find(self, picture_id: str) -> Path:
        # Where this app puts them; only what was put there by hand is looked for among all
        folders = sorted(self.folder / folder_name(label) for label in (*LABELS, UNLABELLED))
        likely = (
            inner / f"{picture_id}{suffix}"
            for inner in folders
            if not inner.is_symlink()
            for suffix in SUFFIXES
        )
        for path in filter(_is_ours, likely):
            return path
        if picture_id not in (by_id := self._by_id()):
            raise _gone()
        return by_id[picture_id][0]

    def _place(self, picture: MyPicture, content: bytes) -> Path:
        name = f"{picture.picture_id}{suffix_of(content)}"
        return self.folder / folder_name(picture.label) / name

    def _write(self, picture: MyPicture, content: bytes) -> None:
        """The record first: a picture counts from when its own file is there."""
        path = self._place(picture, content)
        for folder in (path.parent, self.folder / RECORDS):
            folder.mkdir(parents=True, exist_ok=True)
        files.write_json(_record_path(path), record_of(picture))
        with files.replacing(path) as temporary:
            temporary.write_bytes(content)

    def _remove(self, path: Path) -> None:
        """A picture's file first, then its record, then folders that hold nothing any more."""
        path.unlink(missing_ok=True)
        _record_path(path).unlink(missing_ok=True)
        self._tidy(path.parent)

    def _tidy(self, inner: Path) -> None:
        for folder in (inner, self.folder / RECORDS, self.folder):
            with contextlib.suppress(OSError):  # it is not empty
                folder.rmdir()

    @contextlib.contextmanager
    def _changing(self, what: str):
        """Held by whoever changes the set; says in a sentence what went wrong."""
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            lock = self.folder.with_name(f".{self.folder.name}.lock")
            with FileLock(lock, timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            raise PictureSetError(f"{what}: another tab is changing them. Try again.") from error
        except OSError as error:
            full = error.errno in files.DISK_FULL
            advice = "Free some disk space." if full else f"Let this app write to {self.folder}."
            reason = error.strerror or str(error)
            raise PictureSetError(f"{what}: {reason}. {advice}") from error


def my_folder() -> PicturesInFolder:
    """The pictures that this copy keeps."""
    return PicturesInFolder(pictures_dir() / MY_PICTURES)


def _is_ours(path: Path) -> bool:
    is_picture = path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    is_picture &= path.name.encode("utf-8", "ignore").decode() == path.name  # as an id has to be
    return is_picture and not path.is_symlink() and path.is_file()


# Records


def _record_path(path: Path) -> Path:
    return path.parent.parent / RECORDS / f"{path.stem}.json"


def record_of(picture: MyPicture) -> dict:
    """What is known of a picture beside its file and its label, as JSON values."""
    pixels = base64.b64encode(picture.pixels.tobytes()).decode("ascii")
    return {"kept_at": picture.kept_at, "source": picture.source, "pixels": pixels}


def _read_picture(picture_id: str, path: Path, label: int) -> MyPicture | None:
    """A kept picture, or one that was put there by hand; None for one that cannot be opened."""
    try:
        kept_at, source, pixels = _known_facts(str(path), path.stat().st_mtime_ns)
    except (OSError, LabError):
        return None
    return MyPicture(picture_id, label, kept_at, source, pixels)


@functools.lru_cache(maxsize=MOST_PICTURES)
def _known_facts(path: str, mtime_ns: int) -> tuple[float, str, np.ndarray]:
    """When a picture was kept, its source and pixels (28, 28). Raises OSError, PictureError."""
    with contextlib.suppress(RunError, ValueError):
        return checked_record(files.read_json(_record_path(Path(path))))
    return mtime_ns / 1e9, "file", prepare(open_picture(Path(path))).pixels


def checked_record(values: dict) -> tuple[float, str, np.ndarray]:
    """Time, source and pixels of a record that anybody may have written. Raises ValueError."""
    kept_at = files.number_or(values.get("kept_at"), math.nan)
    source, text = values.get("source"), values.get("pixels")
    if not 0 <= kept_at < time.time() + 86_400 or not isinstance(source, str):
        raise ValueError("no record")
    try:
        content = base64.b64decode(text, validate=True)
    except (TypeError, binascii.Error) as error:
        raise ValueError("no pixels") from error
    pixels = np.frombuffer(content, np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)
    return float(kept_at), one_line(source)[:MAX_SOURCE] or "file", pixels
