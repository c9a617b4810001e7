"""Pictures beside Fashion-MNIST: people's drawings and photos, prepared like a visitor's.

A picture set is a folder below `pictures_dir()`. It holds folders of pictures by class, as
torchvision's ImageFolder (class names with `_` for `/`, `A|B` where either is right, `none` for
anything else), or drawings as strokes, one `<word>.ndjson` per word as Quick, Draw! publishes them.
"""

import contextlib
import csv
import hashlib
import io
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

from fashion_core.errors import PictureSetError
from fashion_core.files import PROJECT_DIR, replacing
from fashion_core.metadata import CLASS_NAMES, IMAGE_SIZE, NUM_CLASSES
from fashion_core.pictures.opening import MAX_FILE_BYTES, open_picture
from fashion_core.pictures.prepare import prepare
from fashion_core.pictures.strokes import Strokes, draw_strokes
from fashion_core.pictures.worn import UPPER, worn_parts
from fashion_core.text import format_bytes, format_count, one_line

ENVIRONMENT_NAME = "FASHION_PICTURES_DIR"
MAX_PICTURES = 100_000  # of one set: 157 MB of pixels, those of the upper parts included
MAX_PICTURES_A_FOLDER = 10_000  # or a word; Google's files hold about 130,000 drawings each
NONE = "none"
UNLABELLED = "unlabelled"  # the folder of what nobody has said anything of yet
MY_PICTURES = "my-pictures"  # what visitors of this copy kept, see `my_pictures`
OTHER_FOLDERS = (NONE, "near")  # "near": other things that look like one of the ten classes
LICENCE_FILE = "LICENSE.txt"

# Tenths of a set by the hash of a picture's key: never random, so that nothing ever changes sides
SPLIT_TENTHS = {"train": range(6), "val": range(6, 8), "test": range(8, 10)}

Report = Callable[[int, int], None]  # pictures prepared, pictures to prepare


@dataclass(frozen=True, eq=False)
class PictureSet:
    """One set in memory.

    pixels (N, 28, 28) uint8. upper (N, 28, 28) uint8, the upper part of somebody dressed, 0 where a
    picture shows nobody (`pictures.worn`): for evaluation, nothing learns from it. allowed (N, 10)
    bool, the classes that are right: one, several where any of them is, none for an outlier.
    sources (N,), what each picture came from, for people. keys (N,), what the split goes by.
    strokes (N,), or None unless all pictures are drawings.
    problems: sentences on what could not be used.
    """

    name: str
    pixels: np.ndarray
    upper: np.ndarray
    allowed: np.ndarray
    sources: tuple[str, ...]
    keys: tuple[str, ...]
    strokes: tuple[Strokes, ...] | None
    problems: tuple[str, ...]

    def part(self, split: str) -> "PictureSet":
        """The pictures of "train", "val" or "test", perhaps none. Raises ValueError."""
        if split not in SPLIT_TENTHS:
            raise ValueError(f"unknown split {split!r}; known are {', '.join(SPLIT_TENTHS)}")
        tenths = SPLIT_TENTHS[split]
        return self.choose([i for i, key in enumerate(self.keys) if tenth_of(key) in tenths])

    def choose(self, indices: list[int]) -> "PictureSet":
        """The pictures at these positions."""
        return PictureSet(
            self.name,
            self.pixels[indices],
            self.upper[indices],
            self.allowed[indices],
            tuple(self.sources[i] for i in indices),
            tuple(self.keys[i] for i in indices),
            None if self.strokes is None else tuple(self.strokes[i] for i in indices),
            self.problems,
        )


@dataclass(frozen=True)
class _Item:
    """A picture before it is prepared: a file, or the strokes of a drawing."""

    source: str
    key: str
    allowed: tuple[int, ...]
    content: Path | Strokes
    digest: str  # of the file, or of the drawing's line


def pictures_dir() -> Path:
    """Where the picture sets are: FASHION_PICTURES_DIR, otherwise data/pictures."""
    wish = os.environ.get(ENVIRONMENT_NAME, "").strip()
    return Path(os.path.expanduser(wish)) if wish else PROJECT_DIR / "data" / "pictures"


def list_picture_sets(mine: bool = True) -> list[str]:
    """The names of the sets that are there, in alphabetical order; MY_PICTURES only if `mine`."""
    try:
        folders = [path for path in pictures_dir().iterdir() if path.is_dir()]
    except OSError:
        return []
    names = sorted(path.name for path in folders if not path.name.startswith("."))
    return [name for name in names if mine or name != MY_PICTURES]


def read_licence(folder: Path) -> str:
    """What a set's LICENSE.txt says of its origin and licence; "" where it has none."""
    path = folder / LICENCE_FILE
    if path.is_symlink() or not path.is_file():  # somebody else's file, or a pipe
        return ""
    with contextlib.suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        return file.read(2_000)
    return ""


def tenth_of(key: str) -> int:
    """The tenth of a set, 0…9, that a key falls into: the same on every machine."""
    return int(hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:8], 16) % 10


def load_picture_set(
    folder: Path,
    report: Report | None = None,
    wanted: Callable[[str, bool], bool] = lambda key, is_garment: True,
) -> PictureSet:
    """Load every picture of a folder that can be used; `problems` tells of the rest.

    `wanted`: of these only, by what the split goes by and whether it is a garment; perhaps none.
    What was prepared once is kept by content in the project's data/, so that the second time is
    fast. `report` is called as pictures are prepared. Raises PictureSetError where there is no
    folder, or no picture in it that can be used.
    """
    problems: list[str] = []
    items = list(itertools.islice(_find_items(folder, problems), MAX_PICTURES + 1))
    if len(items) > MAX_PICTURES:
        problems.append(f"Only the first {MAX_PICTURES:,} pictures are used.")
    chosen = [item for item in items[:MAX_PICTURES] if wanted(item.key, bool(item.allowed))]
    prepared = _prepare_all(folder, items[:MAX_PICTURES], chosen, problems, report)
    used = [item for item in chosen if item.digest in prepared]
    if not used and (chosen or not items):
        raise PictureSetError(
            f"{folder} holds no picture that can be used. It should hold folders named like"
            f" {CLASS_NAMES[1]} or {NONE} with PNG, JPEG or WebP files, or .ndjson files of"
            f" Quick, Draw!. {' '.join(problems[:3])}".rstrip()
        )
    drawn = all(isinstance(item.content, list) for item in used)
    shape = (len(used), IMAGE_SIZE, IMAGE_SIZE)
    allowed = [[label in item.allowed for label in range(NUM_CLASSES)] for item in used]
    return PictureSet(
        folder.name,
        np.array([prepared[item.digest][0] for item in used], np.uint8).reshape(shape),
        np.array([prepared[item.digest][1] for item in used], np.uint8).reshape(shape),
        np.array(allowed, bool).reshape(len(used), NUM_CLASSES),
        tuple(item.source for item in used),
        tuple(item.key for item in used),
        tuple(item.content for item in used) if drawn else None,
        _shortened(problems),
    )


def set_fingerprint(folder: Path) -> str:
    """Changes whenever a picture is added to a set, taken out of it or replaced; quick to have."""
    state = []
    for inner, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            with contextlib.suppress(OSError):
                facts = os.stat(os.path.join(inner, name))
                state.append((inner, name, facts.st_mtime_ns, facts.st_size))
    return hashlib.sha256(repr(state).encode()).hexdigest()


def count_pictures(folder: Path) -> dict[str, int]:
    """About how many garments and other things a set holds, without opening any photo.

    Keys drawings, photos and others; what is broken counts too. The drawings of a set that has
    files, too, count as photos: their strokes are not drawn anew.
    """
    counts, any_file = {"drawings": 0, "photos": 0, "others": 0}, False
    for inner in [folder, *_list_folders(folder, [])]:
        is_other = inner.name.lower() in OTHER_FOLDERS
        drawings = sum(_count_lines(path) for path in _list_files(inner, (".ndjson",), []))
        photos = len(_list_files(inner, SUFFIXES, [])) if inner != folder else 0
        any_file |= photos > 0
        if is_other:
            counts["others"] += drawings + photos
        elif inner == folder or classes_of(inner.name):
            counts["drawings"] += drawings
            counts["photos"] += photos
    if any_file:
        counts["photos"] += counts["drawings"]
        counts["drawings"] = 0
    return counts


def kinds_of_files(folder: Path) -> set[str]:
    """Which files a set holds, "drawings", "photos" or both, without opening any."""
    inner = [each for each in _list_folders(folder, []) if each.name.lower() != UNLABELLED]
    kinds = set()
    if any(_list_files(each, (".ndjson",), []) for each in [folder, *inner]):
        kinds.add("drawings")
    if any(_list_files(each, SUFFIXES, []) for each in inner):
        kinds.add("photos")
    return kinds


def _count_lines(path: Path) -> int:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return sum(1 for _ in itertools.islice(file, MAX_LINES))
    return 0


def joined(name: str, parts: list[PictureSet]) -> PictureSet:
    """Several sets as one. All must hold drawings as strokes, or none."""
    strokes = None
    if all(each.strokes is not None for each in parts):
        strokes = tuple(itertools.chain.from_iterable(each.strokes for each in parts))
    return PictureSet(
        name,
        np.concatenate([each.pixels for each in parts]),
        np.concatenate([each.upper for each in parts]),
        np.concatenate([each.allowed for each in parts]),
        tuple(source for each in parts for source in each.sources),
        tuple(key for each in parts for key in each.keys),
        strokes,
        tuple(problem for each in parts for problem in each.problems),
    )


SHOWN_PROBLEMS = 20


def _shortened(problems: list[str]) -> tuple[str, ...]:
    """The first sentences and how many more there are."""
    more = len(problems) - SHOWN_PROBLEMS
    return (*problems[:SHOWN_PROBLEMS], *([f"And {more:,} more like these."] if more > 0 else []))


# What is in a folder

EITHER = re.compile("[|+]")  # Windows forbids the first in a name


def classes_of(name: str) -> tuple[int, ...] | None:
    """The classes that a folder's or a label's name means: () for "none", None if it means nothing.

    "T-shirt_top+Shirt" or "T-shirt_top|Shirt" → (0, 6).
    """
    if name.strip().lower() == NONE:
        return ()
    known = {_plain(each): label for label, each in enumerate(CLASS_NAMES)}
    labels = {known.get(_plain(part)) for part in EITHER.split(name)}
    return None if None in labels else tuple(sorted(labels))


def _plain(name: str) -> str:
    """A class's name in small letters, with _ for what may stand between its words."""
    return re.sub(r"[\s/_]+", "_", name.strip().lower())


SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def _find_items(folder: Path, problems: list[str]) -> Iterator[_Item]:
    """All that is in a set, in an order that every machine shares."""
    if not folder.is_dir():
        raise PictureSetError(f"There is no folder {folder}. Check the path.")
    for path in _list_files(folder, (".ndjson",), problems):
        allowed = classes_of(WORDS.get(path.stem.lower(), ""))
        if allowed is not None:
            yield from _find_drawings(path, path.stem, allowed, problems)
        else:
            problems.append(
                f"{_shown(path.name)} is of no class and was left out. Move it into a folder"
                f" {NONE} to use it as other things. Words of a class are {', '.join(WORDS)}."
            )
    senders = _read_senders(folder / "index.csv", problems)
    for inner in _list_folders(folder, problems):
        if inner.name.lower() == UNLABELLED:
            continue
        allowed = () if inner.name.lower() in OTHER_FOLDERS else classes_of(inner.name)
        if allowed is not None:
            yield from _find_in_folder(inner, allowed, senders, problems)
        else:
            problems.append(
                f"The folder {_shown(inner.name)} is named like no class and was left out."
                f" Classes are {', '.join(CLASS_NAMES)} and {NONE}."
            )


def _find_in_folder(
    folder: Path, allowed: tuple[int, ...], senders: dict[tuple[str, str], str], problems: list[str]
) -> Iterator[_Item]:
    """The photos of one class; of other things, which have no class, drawings too."""
    photos = _list_files(folder, SUFFIXES, problems)
    drawings = [] if allowed else _list_files(folder, (".ndjson",), problems)
    if not photos and not drawings:
        wanted = "PNG, JPEG or WebP file" if allowed else "PNG, JPEG, WebP or .ndjson file"
        problems.append(f"The folder {_shown(folder.name)} holds no {wanted}.")
    for path in drawings:
        source = f"{folder.name}/{path.stem}"
        if path.stem.lower() in WORDS:
            problems.append(f"{_shown(source)} are drawings of a class and were left out.")
        else:
            yield from _find_drawings(path, source, allowed, problems)
    if len(photos) > MAX_PICTURES_A_FOLDER:
        problems.append(_only_the_first(folder.name))
    for path in photos[:MAX_PICTURES_A_FOLDER]:
        digest = _file_digest(path, problems)
        key = senders.get((folder.name.lower(), path.name), digest)
        if digest:
            yield _Item(_shown(f"{folder.name}/{path.name}"), key, allowed, path, digest)


def _shown(name: str) -> str:
    """A name from outside without what a terminal would obey."""
    return name if name.isprintable() else one_line(name)


def _only_the_first(source: str) -> str:
    return f"{_shown(source)}: only the first {MAX_PICTURES_A_FOLDER:,} pictures are used."


def _list_folders(folder: Path, problems: list[str]) -> list[Path]:
    """The folders inside a set, without hidden ones and links."""
    folders = [path for path in _list(folder, problems) if path.is_dir()]
    return [path for path in folders if not _is_link(path, problems)]


def _list_files(folder: Path, suffixes: tuple[str, ...], problems: list[str]) -> list[Path]:
    """The files that end like this, without hidden ones, links, devices and pipes."""
    paths = [path for path in _list(folder, problems) if path.suffix.lower() in suffixes]
    return [path for path in paths if not _is_link(path, problems) and path.is_file()]


def _list(folder: Path, problems: list[str]) -> list[Path]:
    """What a folder holds, in alphabetical order."""
    try:
        return [folder / name for name in sorted(os.listdir(folder)) if not name.startswith(".")]
    except OSError as error:
        problems.append(f"The folder {_shown(folder.name)} cannot be read: {error.strerror}.")
        return []


def _is_link(path: Path, problems: list[str]) -> bool:
    """Whether this is a symbolic link: a set from somewhere else could point to any file here."""
    if path.is_symlink():
        problems.append(f"{_shown(path.name)} is a link and was left out. Copy the files.")
        return True
    return False


def _file_digest(path: Path, problems: list[str]) -> str:
    """The SHA-256 of a picture's file; "" where it is too large or cannot be read."""
    source = _shown(f"{path.parent.name}/{path.name}")
    try:
        if path.stat().st_size <= MAX_FILE_BYTES:
            return hashlib.sha256(path.read_bytes()).hexdigest()
        problems.append(f"{source} is larger than {format_bytes(MAX_FILE_BYTES)}.")
    except OSError as error:
        problems.append(f"{source} cannot be read: {error.strerror}.")
    return ""


def _read_senders(path: Path, problems: list[str]) -> dict[tuple[str, str], str]:
    """Who sent a photo, by (folder in small letters, file): from class, file, sender of index.csv.

    All photos of a sender are in the same part of a split: the same rooms come back in them.
    """
    if not path.is_file() or _is_link(path, problems):
        return {}
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = list(csv.DictReader(io.StringIO(file.read(MAX_FILE_BYTES))))
    except (OSError, csv.Error) as error:
        problems.append(f"index.csv cannot be read, so nobody knows who sent what: {error}.")
        return {}
    return {
        (row["class"].lower(), row["file"]): f"sender {row['sender']}"
        for row in rows
        if row.get("class") and row.get("file") and row.get("sender")
    }


# Drawings as strokes

# The words of Quick, Draw! that are garments. Which of two a shoe is, only labels can say.
WORDS = {
    "t-shirt": "T-shirt/top",
    "pants": "Trouser",
    "sweater": "Pullover",
    "jacket": "Coat",
    "flip flops": "Sandal",
    "purse": "Bag",
    "shoe": "Sneaker|Ankle boot",
}
UNCLEAR = "unclear"  # a label, or the clarity of a drawing, of which nobody can tell what it is
MAX_DRAWINGS_BYTES, MAX_LINES = 500_000_000, 500_000  # Google's files have up to 120 MB
MAX_LINE_BYTES = 200_000  # the longest drawings have about 20,000


@dataclass(frozen=True)
class _Drawing:
    """One line of a .ndjson file."""

    key: str
    recognized: bool
    clarity: str
    strokes: Strokes
    digest: str


def _find_drawings(
    path: Path, source: str, allowed: tuple[int, ...], problems: list[str]
) -> Iterator[_Item]:
    """The drawings of one word that were recognised and are not unclear.

    Other things are split by word: the test is about words that nobody trains on.
    """
    labels = _read_labels(path, problems)
    count, broken = 0, 0
    for line in _read_lines(path, problems):
        try:
            drawing = _parse_drawing(line)
        except ValueError:
            broken += 1
            continue
        right = labels.get(drawing.key, None if drawing.clarity == UNCLEAR else allowed)
        if right is None or not drawing.recognized:
            continue
        if count == MAX_PICTURES_A_FOLDER:
            problems.append(_only_the_first(source))
            break
        count += 1
        key = drawing.key if allowed else path.stem
        yield _Item(_shown(f"{source} {drawing.key}"), key, right, drawing.strokes, drawing.digest)
    if broken:
        problems.append(f"{_shown(source)}: {format_count(broken, 'line')} held no drawing.")
    if not count:
        problems.append(f"{_shown(path.name)} holds no drawing that can be used.")


def _read_lines(path: Path, problems: list[str]) -> Iterator[bytes]:
    """The lines of a file that have a content; of one that is too long its beginning."""
    try:
        if path.stat().st_size > MAX_DRAWINGS_BYTES:
            problems.append(f"{_shown(path.name)} has over {format_bytes(MAX_DRAWINGS_BYTES)}.")
            return
        with path.open("rb") as file:
            is_rest = False
            pieces = iter(partial(file.readline, MAX_LINE_BYTES), b"")
            for piece in itertools.islice(pieces, MAX_LINES):
                if not is_rest and piece.strip():
                    yield piece
                is_rest = not piece.endswith(b"\n")
    except OSError as error:
        problems.append(f"{_shown(path.name)} cannot be read: {error.strerror}.")


def _parse_drawing(line: bytes) -> _Drawing:
    """Raises ValueError for a line that holds no drawing."""
    digest = hashlib.sha256(line.strip()).hexdigest()
    try:
        values = json.loads(line)
        key = str(values.get("key_id") or digest)[:100]
        recognized, clarity = values.get("recognized", True), values.get("clarity", "")
        return _Drawing(key, recognized is True, clarity, _strokes(values["drawing"]), digest)
    except (TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("no drawing") from error


MAX_COORDINATE = 100_000  # simplified drawings have 0…255, raw ones the pixels of a screen


def _strokes(lists: list) -> Strokes:
    """[[[x…], [y…]], …] as arrays. Raises ValueError, TypeError, LookupError or OverflowError."""
    lengths = [len(stroke[0]) for stroke in lists]
    if lengths != [len(stroke[1]) for stroke in lists]:
        raise ValueError("as many x as y are needed")
    along, down = ([value for stroke in lists for value in stroke[axis]] for axis in (0, 1))
    points = np.array([along, down], np.float64).T  # (P, 2)
    # NaN is not smaller than anything
    if points.ndim != 2 or not len(points) or not (np.abs(points) < MAX_COORDINATE).all():
        raise ValueError("points must be numbers of a drawing's size")
    points = points.astype(np.float32)
    ends = itertools.accumulate(lengths)
    return [points[end - n : end] for n, end in zip(lengths, ends, strict=True) if n]


def _read_labels(path: Path, problems: list[str]) -> dict[str, tuple[int, ...] | None]:
    """What people say of single drawings, by key, from `<word>_labels.json`; None: leave it out."""
    path = path.with_name(f"{path.stem}_labels.json")
    if not path.is_file() or _is_link(path, problems):
        return {}
    try:
        with path.open("rb") as file:
            labels = dict(json.loads(file.read(MAX_FILE_BYTES)))
    except (OSError, ValueError, TypeError, RecursionError):
        problems.append(f"{_shown(path.name)} cannot be read; it should hold {{key: class}}.")
        return {}
    classes = {key: classes_of(str(label)) for key, label in labels.items()}
    if any(classes[key] is None and labels[key] != UNCLEAR for key in labels):
        problems.append(f"{_shown(path.name)} has labels that are no class; they were left out.")
    return classes


# Preparing

CACHE_DIR = PROJECT_DIR / "data" / "prepared"  # never in a set's own folder, which may be read-only
# Pictures handed to the threads: an interruption waits for these, a second for photos on two cores
AT_ONCE = 16


def _prepare_all(
    folder: Path,
    items: list[_Item],
    chosen: list[_Item],
    problems: list[str],
    report: Report | None,
) -> dict[str, np.ndarray]:
    """What `_prepare_one` makes of the chosen items by digest: kept from before, or made now.

    `items`: all that the folder holds; of others nothing is kept any longer.
    """
    path = CACHE_DIR / f"{hashlib.sha256(bytes(folder.resolve())).hexdigest()[:16]}.npz"
    known = _read_cache(path)
    missing = {item.digest: item for item in chosen if item.digest not in known}
    new = {}
    try:
        for item, result in _prepare_missing(list(missing.values()), report):
            if isinstance(result, str):
                problems.append(f"{item.source}: {result}")
            else:
                new[item.digest] = result
    finally:  # an interruption keeps what is done
        prepared = known | new
        if new:
            prepared = _read_cache(path) | prepared  # a run may have prepared others meanwhile
            kept = dict.fromkeys(item.digest for item in items if item.digest in prepared)
            _write_cache(path, {digest: prepared[digest] for digest in kept})
    return prepared


def _prepare_missing(
    missing: list[_Item], report: Report | None
) -> Iterator[tuple[_Item, np.ndarray | str]]:
    """Each item with its pixels, or with the reason why it has none."""
    # OpenCV and Pillow leave Python to others. The threads of numpy's linear algebra wait for each
    # other by spinning: with one of them pictures are prepared 1.6 to 1.8 times as fast
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(missing), AT_ONCE):
            batch = missing[start : start + AT_ONCE]
            yield from zip(batch, pool.map(_prepare_one, batch), strict=True)
            if report:
                report(start + len(batch), len(missing))


def _prepare_one(item: _Item) -> np.ndarray | str:
    """An item's pixels and those of its upper part, (2, 28, 28) uint8; or why it has none.

    The upper part is all 0 where nobody wears anything.
    """
    try:
        is_file = isinstance(item.content, Path)
        picture = open_picture(item.content) if is_file else draw_strokes(item.content)
        whole = prepare(picture)
        upper = worn_parts(whole).get(UPPER) if is_file else None
        blank = np.zeros_like(whole.pixels)
        return np.stack([whole.pixels, upper.pixels if upper else blank])
    except Exception as error:  # from hostile bytes OpenCV and Pillow raise whatever they meet
        return one_line(str(error)) or type(error).__name__


@cache
def _recipe() -> str:
    """What prepared pixels depend on beside the picture: a digest of the code that makes them."""
    sources = sorted((Path(__file__).parent / "pictures").glob("*.py"))
    content = b"".join(path.read_bytes() for path in sources)
    return hashlib.sha256(content + cv2.__version__.encode()).hexdigest()


def _read_cache(path: Path) -> dict[str, np.ndarray]:
    """What was prepared before; empty where the file is missing, damaged or of another recipe."""
    try:
        with np.load(path, allow_pickle=False) as content:
            digests, pixels = content["digests"], content["pixels"]
            is_ours = content["recipe"] == _recipe() and pixels.dtype == np.uint8
        if is_ours and pixels.shape == (len(digests), 2, IMAGE_SIZE, IMAGE_SIZE):
            return dict(zip(digests.tolist(), pixels, strict=True))
    except Exception:  # NumPy and zipfile raise many kinds for damaged files
        pass
    return {}


def _write_cache(path: Path, prepared: dict[str, np.ndarray]) -> None:
    """Keep what was prepared. Where nothing can be written, all is prepared anew next time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.stack(list(prepared.values()))  # (N, 2, 28, 28) uint8
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, digests=list(prepared), pixels=pixels, recipe=_recipe())
