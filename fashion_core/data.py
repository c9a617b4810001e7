"""Fashion-MNIST: find, fetch, verify → Split(pixels, labels); train/val/test; iterate_batches.

A file is never used before its decompressed content has the checksum in `metadata.FILE_MD5`. The four files are looked
for in FASHION_DATA_DIR, the project's data/ and the folder of Debian's package, in this order; `fetch_data` puts them
into the project's data/.
"""

import gzip
import hashlib
import http.client
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from fashion_core.metadata import (
    FILE_MD5,
    IMAGE_SIZE,
    NUM_CLASSES,
    SPLIT_SEED,
    SPLIT_SIZES,
    TEST_SIZE,
    TRAIN_FILE_SIZE,
    VAL_SIZE,
)

if TYPE_CHECKING:
    import torch

SplitName = Literal["train", "val", "test"]
Report = Callable[[str, int, int], None]  # source name, bytes done, bytes in all

ENVIRONMENT_NAME = "FASHION_DATA_DIR"
PROJECT_DATA_DIR = Path(__file__).resolve().parent.parent / "data"
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_DATA_DIR = Path("/usr/share/datasets/fashion-mnist")
TORCHVISION_LAYOUT = Path("FashionMNIST/raw")  # where torchvision puts the files below its `root`

# Where the .gz files are had from, tried in this order. The first is the address in torchvision.datasets.FashionMNIST.
MIRRORS = {
    "torchvision's mirror": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "the official repository": "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
}

IMAGES_HEADER = 16  # bytes before the pixels in an idx3 file: magic number, count, rows, columns
LABELS_HEADER = 8  # bytes before the labels in an idx1 file: magic number, count
SPLIT_FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "val": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
CONTENT_BYTES = {
    "train-images-idx3-ubyte": IMAGES_HEADER + TRAIN_FILE_SIZE * IMAGE_SIZE**2,
    "train-labels-idx1-ubyte": LABELS_HEADER + TRAIN_FILE_SIZE,
    "t10k-images-idx3-ubyte": IMAGES_HEADER + TEST_SIZE * IMAGE_SIZE**2,
    "t10k-labels-idx1-ubyte": LABELS_HEADER + TEST_SIZE,
}
# Sizes of the .gz files as Zalando published them; only a progress bar depends on them.
DOWNLOAD_BYTES = {
    "train-images-idx3-ubyte": 26_421_880,
    "train-labels-idx1-ubyte": 29_515,
    "t10k-images-idx3-ubyte": 4_422_102,
    "t10k-labels-idx1-ubyte": 5_148,
}
# MD5 of the decompressed files of digit MNIST, which have the same names and sizes as ours.
DIGIT_MNIST_MD5 = {
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
}

# A healthy server answers within a second or two; with a dead one a newcomer waits this long for each source.
CONNECT_AND_READ_SECONDS = 8.0
# 31 MB in five minutes is 100 kB/s; on a slower line, or with a server that only drips, the files come sooner by hand.
SOURCE_SECONDS = 300.0
CHUNK_BYTES = 1 << 16
# Enough for one `apt-get` call on a slow line; it also ends one that waits for something that never comes.
APT_SECONDS = 180.0

WAYS_TO_SUPPLY = f"""Any of these three ways supplies the files by hand:
1. Put the four files ({", ".join(FILE_MD5)}; each as .gz or decompressed) into {PROJECT_DATA_DIR}
2. Set the environment variable {ENVIRONMENT_NAME} to a folder that has them
3. On Debian or Ubuntu, install the package: sudo apt-get install {DEBIAN_PACKAGE}
They are published at https://github.com/zalandoresearch/fashion-mnist (folder data/fashion)."""

_verified_files: set[tuple] = set()  # stat keys of files whose content was found right in this process


class DataError(Exception):
    """Fashion-MNIST cannot be had; the text says why and what to do, and is shown to visitors."""


@dataclass(frozen=True, eq=False)
class Split:
    """One split in memory; the arrays are read-only.

    name: "train", "val" or "test"; pixels: (N, 28, 28) uint8, 0 background, 255 cloth; labels: (N,) int64, 0…9;
    indices: (N,) int64, ascending, the position of each image in the original file.
    """

    name: str
    pixels: np.ndarray
    labels: np.ndarray
    indices: np.ndarray


# Find


def find_data_dir() -> Path | None:
    """The first folder in which all four files are there and verified, or None.

    Raises DataError if FASHION_DATA_DIR is set but unusable: a wish that cannot be granted is said, not passed over.
    """
    for folder in _search_folders():
        try:
            return _verify_folder(folder)
        except DataError as error:
            _refuse_if_wished(error)
    return None


def load_split(name: SplitName, data_dir: Path | None = None) -> Split:
    """A split from `data_dir` or, without it, from the first folder with good files; nothing is downloaded.

    The 500 validation images of each class are fixed by `metadata.SPLIT_SEED`: train 55,000, val 5,000, test 10,000.
    Raises DataError if the files are missing or are not Fashion-MNIST, ValueError for an unknown name.
    """
    if name not in SPLIT_SIZES:
        raise ValueError(f"Unknown split {name!r}; known are {', '.join(SPLIT_SIZES)}.")
    images_content, labels_content = _read_files(SPLIT_FILES[name], data_dir)
    pixels = np.frombuffer(images_content, np.uint8, offset=IMAGES_HEADER).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)
    labels = np.frombuffer(labels_content, np.uint8, offset=LABELS_HEADER).astype(np.int64)
    indices = _split_indices(name, labels)
    chosen = pixels if name == "test" else pixels[indices]
    split = Split(name, chosen, labels[indices], indices)
    for array in (split.pixels, split.labels, split.indices):
        array.setflags(write=False)
    return split


def _split_indices(name: str, labels: np.ndarray) -> np.ndarray:
    """Positions of a split's images in its file, ascending (N,) int64."""
    everything = np.arange(len(labels), dtype=np.int64)
    if name == "test":
        return everything
    # The raw stream of PCG64 is fixed for good; numpy may change what its generators' shuffles make of it.
    keys = np.random.PCG64(SPLIT_SEED).random_raw(len(labels))
    by_class_and_key = np.lexsort((keys, labels)).reshape(NUM_CLASSES, -1)  # a row of positions per class
    is_val = np.zeros(len(labels), dtype=bool)
    is_val[by_class_and_key[:, : VAL_SIZE // NUM_CLASSES]] = True
    return everything[is_val if name == "val" else ~is_val]


def iterate_batches(
    pixels: "torch.Tensor",
    labels: "torch.Tensor",
    batch_size: int,
    generator: "torch.Generator | None" = None,
) -> Iterator[tuple["torch.Tensor", "torch.Tensor"]]:
    """Yield all (pixels, labels) once, in batches of `batch_size`; the last batch may be smaller, never dropped.

    `pixels` (N, …) and `labels` (N,) are tensors of any type and device; in file order without `generator`, shuffled
    by it otherwise. Raises ValueError for unequal lengths or a batch size below one.
    """
    if len(pixels) != len(labels) or batch_size < 1:
        raise ValueError(f"Cannot batch {len(pixels)} images, {len(labels)} labels by {batch_size}.")
    if generator is None:
        yield from zip(pixels.split(batch_size), labels.split(batch_size), strict=True)
        return
    import torch  # only here: the fetch-data command shall start at once

    order = torch.randperm(len(labels), generator=generator, device=generator.device).to(pixels.device)
    for chosen in order.split(batch_size):
        yield pixels[chosen], labels[chosen]


# Verify


def _search_folders() -> list[Path]:
    """The folders to look in, best first; only FASHION_DATA_DIR where it is set."""
    wished = os.environ.get(ENVIRONMENT_NAME)
    return [Path(wished).expanduser()] if wished else [PROJECT_DATA_DIR, DEBIAN_DATA_DIR]


def _refuse_if_wished(error: DataError) -> None:
    """Turn `error` into a final one if the folder was the visitor's own choice."""
    if os.environ.get(ENVIRONMENT_NAME):
        raise DataError(
            f"{ENVIRONMENT_NAME} is set, but its folder cannot be used: {error} "
            f"Set {ENVIRONMENT_NAME} to a folder with the four files of Fashion-MNIST, or unset it."
        ) from error


def _read_files(names: tuple[str, ...], data_dir: Path | None) -> list[bytes]:
    """The verified contents of the named files, from the first folder that has them all."""
    if data_dir is not None:
        return _read_from_folder(Path(data_dir), names)
    problems = []
    for folder in _search_folders():
        try:
            return _read_from_folder(folder, names)
        except DataError as error:
            _refuse_if_wished(error)
            problems.append(f"- {error}")
    fetch = "The command `python -m fashion_core fetch-data` downloads it (31 MB)."
    raise DataError("\n".join(["Fashion-MNIST was not found.", *problems, fetch, WAYS_TO_SUPPLY]))


def _read_from_folder(folder: Path, names: tuple[str, ...]) -> list[bytes]:
    return [_read_verified(path, path.name.removesuffix(".gz")) for path in _locate(folder, names)]


def _verify_folder(folder: Path) -> Path:
    """The folder that really holds the four files, `folder` or torchvision's below it; DataError if one is bad."""
    paths = _locate(folder, tuple(FILE_MD5))
    for path in paths:
        if _stat_key(path) not in _verified_files:
            _read_verified(path, path.name.removesuffix(".gz"))
    return paths[0].parent


def _locate(folder: Path, names: tuple[str, ...]) -> list[Path]:
    """The path of each named file, all in one folder, decompressed or .gz; DataError tells what is missing."""
    for place in (folder, folder / TORCHVISION_LAYOUT):
        found = [_pick_file(place, name) for name in names]
        if all(found):
            return found
    missing = ", ".join(name for name in names if not _pick_file(folder, name))
    raise DataError(f"{folder} has no {missing}{'' if folder.is_dir() else ' (there is no such folder)'}.")


def _pick_file(folder: Path, name: str) -> Path | None:
    """The decompressed file if it is whole (an interrupted unpacking leaves a stump), else the .gz, else the stump."""
    plain, packed = folder / name, folder / f"{name}.gz"
    candidates = [path for path in (plain, packed) if path.is_file()]
    whole = [path for path in candidates if path != plain or path.stat().st_size == CONTENT_BYTES[name]]
    return next(iter(whole or candidates), None)


def _stat_key(path: Path) -> tuple:
    stat = path.stat()
    return str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns


def _read_verified(path: Path, name: str) -> bytes:
    """The decompressed content of `path`, which must be the file `name` of Fashion-MNIST; else DataError."""
    try:
        key = _stat_key(path)
        content = _decompress(path, CONTENT_BYTES[name])
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read, it is damaged or half a file ({error}).") from error
    if key not in _verified_files:
        _check_content(path, name, content)
        _verified_files.add(key)
    return content


def _decompress(path: Path, expected: int) -> bytes:
    """At most one byte more than `expected`, so that no crafted file fills the memory."""
    # Deflate never makes data more than a thousandth larger: a bigger .gz is not one of ours, however it unpacks.
    if path.stat().st_size > expected * 1.01 + 1024:
        raise OSError(f"{path.stat().st_size:,} bytes are too many")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        return file.read(expected + 1)


def _check_content(path: Path, name: str, content: bytes) -> None:
    """Raise DataError unless `content` is exactly the file `name` of Fashion-MNIST."""
    expected = CONTENT_BYTES[name]
    if len(content) > expected:
        raise DataError(f"{path} holds more than the {expected:,} bytes that {name} has.")
    if len(content) < expected:
        raise DataError(f"{path} holds {len(content):,} bytes instead of {expected:,}: half a file.")
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if digest in DIGIT_MNIST_MD5:
        raise DataError(
            f"{path} is the digit MNIST (handwritten numbers), whose files have the same names as those of "
            "Fashion-MNIST. Put the files of Fashion-MNIST in its place."
        )
    if digest != FILE_MD5[name]:
        raise DataError(f"{path} has the right size but is not Fashion-MNIST's {name} (MD5 {digest}).")


# Fetch


def fetch_data(
    report: Report | None = None,
    *,
    use_apt: bool = False,
    mirrors: dict[str, str] | None = None,
    target_dir: Path | None = None,
) -> Path:
    """The folder of the four verified files, downloaded into `target_dir` (the project's data/) if none has them.

    `report(source_name, bytes_done, bytes_total)` is called as bytes come in, again from zero for each source. With
    `use_apt` Debian's package is the last source, unpacked without root. A file appears under its name only when its
    content is verified; a file that one source delivered is not asked of the next. Raises DataError naming every
    source and why it failed, or that FASHION_DATA_DIR is unusable.
    """
    target = target_dir or PROJECT_DATA_DIR
    found = find_data_dir() if target_dir is None else None
    if found:
        return found
    problems = []
    for source_name, fetch in _sources(MIRRORS if mirrors is None else mirrors, use_apt):
        try:
            _fetch_missing(fetch, target, lambda *counts, name=source_name: report and report(name, *counts))
            return _verify_folder(target)
        except (
            DataError,
            OSError,
            http.client.HTTPException,
            ValueError,
            subprocess.SubprocessError,
        ) as error:
            problems.append(f"- {source_name}: {_reason(error)}")
    raise DataError("\n".join(["Fashion-MNIST could not be fetched.", *problems, WAYS_TO_SUPPLY]))


def _sources(mirrors: dict[str, str], use_apt: bool) -> list[tuple[str, Callable]]:
    """(name, function) of each source; the function brings missing files: (names, work_dir, progress) → paths."""
    sources = [(f"{name} ({address})", _download_from(address)) for name, address in mirrors.items()]
    if use_apt:
        sources.append((f"Debian's package {DEBIAN_PACKAGE}", _unpack_debian_package))
    return sources


def _fetch_missing(fetch: Callable, target: Path, progress: Callable[[int, int], None]) -> None:
    """Bring the files that `target` lacks, each moved there in one step once it is verified."""
    missing = [name for name in FILE_MD5 if not _is_good(target, name)]
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".fetching-") as work_dir:
        for name, path in fetch(missing, Path(work_dir), progress):
            _read_verified(path, name)
            (target / name).unlink(missing_ok=True)  # a bad decompressed file would hide the good .gz
            os.replace(path, target / f"{name}.gz")


def _is_good(folder: Path, name: str) -> bool:
    path = _pick_file(folder, name)
    try:
        return path is not None and bool(_read_verified(path, name))
    except DataError:
        return False


def _reason(error: Exception) -> str:
    """Why a source failed, in a few words: urllib wraps the real reason in <…>."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"{Path(error.cmd[0]).name} took longer than {error.timeout:.0f} seconds."
    return str(getattr(error, "reason", None) or error) or type(error).__name__


def _download_from(address: str) -> Callable:
    """A source: the .gz files below an http(s) address."""

    def fetch(
        names: list[str], work_dir: Path, progress: Callable[[int, int], None]
    ) -> Iterator[tuple[str, Path]]:
        deadline = time.monotonic() + SOURCE_SECONDS
        total, done = sum(DOWNLOAD_BYTES[name] for name in names), 0
        progress(0, total)
        for name in names:
            path = work_dir / f"{name}.gz"
            for received in _download(f"{address.rstrip('/')}/{name}.gz", path, deadline):
                progress(min(done + received, total), total)
            done += DOWNLOAD_BYTES[name]
            yield name, path
        progress(total, total)

    return fetch


def _download(address: str, path: Path, deadline: float) -> Iterator[int]:
    """Write what `address` answers to `path`, yielding the bytes so far; DataError when it is too long or too slow."""
    limit = CONTENT_BYTES[path.name.removesuffix(".gz")]  # a .gz is never larger than what it unpacks to
    request = urllib.request.Request(address, headers={"User-Agent": "fashion-cnn-lab"})
    received = 0
    with (
        urllib.request.urlopen(request, timeout=CONNECT_AND_READ_SECONDS) as response,
        path.open("wb") as file,
    ):
        expected = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read1(
            CHUNK_BYTES
        ):  # read() would wait for a whole chunk, however slowly it drips
            received += len(chunk)
            if received > limit or time.monotonic() > deadline:
                raise DataError(
                    f"{path.name} is too large or comes too slowly; gave up after {received:,} bytes."
                )
            file.write(chunk)
            yield received
    if received < expected:
        raise DataError(f"the connection broke after {received:,} of {expected:,} bytes of {path.name}.")


def _unpack_debian_package(
    names: list[str], work_dir: Path, progress: Callable[[int, int], None]
) -> Iterator[tuple[str, Path]]:
    """A source: Debian's package, downloaded by apt-get and unpacked by dpkg-deb below `work_dir`, without root."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise DataError("apt-get and dpkg-deb are not on this machine.")
    total = sum(DOWNLOAD_BYTES[name] for name in names)
    progress(0, total)
    _apt_download(work_dir)
    package = next(work_dir.glob(f"{DEBIAN_PACKAGE}*.deb"))
    _run(["dpkg-deb", "-x", str(package), str(work_dir / "unpacked")], work_dir)
    progress(total, total)
    unpacked = work_dir / "unpacked" / DEBIAN_DATA_DIR.relative_to("/")
    for name in names:
        yield name, unpacked / f"{name}.gz"


def _apt_download(work_dir: Path) -> None:
    """Download the package with the machine's package lists or, where they are missing or stale, with fresh ones.

    The fresh lists live in `work_dir`, so that apt-get update needs no root and leaves the machine as it was.
    """
    patience = ["-o", f"Acquire::http::Timeout={CONNECT_AND_READ_SECONDS:.0f}", "-o", "Acquire::Retries=0"]
    try:
        _run(["apt-get", "-q", *patience, "download", DEBIAN_PACKAGE], work_dir)
    except DataError:
        lists, cache = work_dir / "lists", work_dir / "cache"
        lists.mkdir()
        cache.mkdir()
        own = ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
        _run(["apt-get", "-q", *patience, *own, "update"], work_dir)
        _run(["apt-get", "-q", *patience, *own, "download", DEBIAN_PACKAGE], work_dir)


def _run(command: list[str], work_dir: Path) -> None:
    """Run a command to its end; DataError with the last line that it said on failure."""
    result = subprocess.run(
        command,
        cwd=work_dir,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=APT_SECONDS,
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
    )
    if result.returncode:
        said = (result.stderr or result.stdout).strip().splitlines() or ["it said nothing"]
        raise DataError(f"{command[0]} failed with status {result.returncode}: {said[-1]}")
