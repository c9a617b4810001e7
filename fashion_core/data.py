"""Fashion-MNIST on this machine: find the files, verify them, split them, make batches.

No file is used before its decompressed content was held against `metadata.FILE_MD5`. The four files
are looked for in FASHION_DATA_DIR or, where that is not set, in the project's data/ and in the
folder of Debian's package. `fetch` brings them into the project's data/.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from fashion_core.errors import DataError
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


# Splits


@dataclass(frozen=True, eq=False)
class Split:
    """One split in memory; the arrays are read-only.

    name: "train", "val" or "test"; pixels: (N, 28, 28) uint8, 0 background, 255 cloth; labels: (N,)
    int64, 0…9; indices: (N,) int64, ascending, the position of each image in the original file.
    """

    name: str
    pixels: np.ndarray
    labels: np.ndarray
    indices: np.ndarray


SplitName = Literal["train", "val", "test"]
TRAIN_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST_FILES = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
SPLIT_FILES = {"train": TRAIN_FILES, "val": TRAIN_FILES, "test": TEST_FILES}
IMAGES_HEADER = 16  # bytes before the pixels in an idx3 file: magic number, count, rows, columns
LABELS_HEADER = 8  # bytes before the labels in an idx1 file: magic number, count


def load_split(name: SplitName, data_dir: Path | None = None) -> Split:
    """A split from `data_dir` or else from the first folder with good files; never a download.

    Train 55,000, val 5,000 (500 of each class, fixed by `metadata.SPLIT_SEED`), test 10,000. Raises
    DataError if the files are missing or are not Fashion-MNIST, ValueError for an unknown name.
    """
    if name not in SPLIT_SIZES:
        raise ValueError(f"Unknown split {name!r}; known are {', '.join(SPLIT_SIZES)}.")
    images_content, labels_content = _read_files(SPLIT_FILES[name], data_dir)
    pixels = np.frombuffer(images_content, np.uint8, offset=IMAGES_HEADER)
    pixels = pixels.reshape(-1, IMAGE_SIZE, IMAGE_SIZE)  # (N, 28, 28)
    labels = np.frombuffer(labels_content, np.uint8, offset=LABELS_HEADER).astype(np.int64)  # (N,)
    indices = _split_indices(name, labels)
    split = Split(name, pixels if name == "test" else pixels[indices], labels[indices], indices)
    for array in (split.pixels, split.labels, split.indices):
        array.setflags(write=False)
    return split


def _split_indices(name: SplitName, labels: np.ndarray) -> np.ndarray:
    """Positions of a split's images in its file, ascending: (M,) int64 of the labels (N,) int64."""
    everything = np.arange(len(labels), dtype=np.int64)
    if name == "test":
        return everything
    # The raw stream of PCG64 is fixed for good; numpy may change what its shuffles make of it.
    keys = np.random.PCG64(SPLIT_SEED).random_raw(len(labels))  # (N,) uint64
    by_class_and_key = np.lexsort((keys, labels)).reshape(NUM_CLASSES, -1)  # (10, 6000) positions
    is_val = np.zeros(len(labels), dtype=bool)
    is_val[by_class_and_key[:, : VAL_SIZE // NUM_CLASSES]] = True
    return everything[is_val if name == "val" else ~is_val]


def folds(labels: np.ndarray, count: int) -> np.ndarray:
    """The fold 0…count-1 of each image (N,) int64, from labels (N,) int64; fixed by SPLIT_SEED.

    Stratified: of each class every fold has as many images as the others, or one more. So it is of
    all images together: fold f has len(range(f, N, count)).
    """
    keys = np.random.PCG64(SPLIT_SEED).random_raw(len(labels))  # as in `_split_indices`
    found = np.empty(len(labels), np.int64)
    found[np.lexsort((keys, labels))] = np.arange(len(labels)) % count
    return found


# Batches


def iterate_batches(
    pixels: "torch.Tensor",
    labels: "torch.Tensor",
    batch_size: int,
    generator: "torch.Generator | None" = None,
    *more: "torch.Tensor",
) -> Iterator[tuple["torch.Tensor", ...]]:
    """Yield all (pixels, labels, *more) once, in batches; a smaller last one is never dropped.

    `pixels` (N, …), `labels` (N,) and `more` (N, …) are tensors of any type on one device. They
    come in their own order without `generator`, shuffled by it otherwise. The first batch raises
    ValueError for unequal lengths or a batch size below one.
    """
    parts = (pixels, labels, *more)
    if len({len(part) for part in parts}) > 1 or batch_size < 1:
        raise ValueError(
            f"Cannot batch {len(pixels)} images and {len(labels)} labels by {batch_size}."
        )
    if generator is None:
        yield from zip(*(part.split(batch_size) for part in parts), strict=True)
        return
    import torch  # only here, so that the fetch-data command starts at once

    order = torch.randperm(len(labels), generator=generator, device=generator.device)  # (N,)
    for chosen in order.to(pixels.device).split(batch_size):
        # As part[chosen], but copies whole rows
        yield tuple(part.index_select(0, chosen) for part in parts)


# Find

ENVIRONMENT_NAME = "FASHION_DATA_DIR"
PROJECT_DATA_DIR = Path(__file__).resolve().parent.parent / "data"
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_DATA_DIR = Path("/usr/share/datasets/fashion-mnist")
TORCHVISION_LAYOUT = Path("FashionMNIST/raw")  # where torchvision puts the files below its `root`

WAYS_TO_SUPPLY = f"""Any of these three ways supplies the files by hand:
1. Put the four files ({", ".join(FILE_MD5)}; each as .gz or decompressed) into {PROJECT_DATA_DIR}
2. Set the environment variable {ENVIRONMENT_NAME} to a folder that has them
3. On Debian or Ubuntu, install the package: sudo apt-get install {DEBIAN_PACKAGE}
They are published at https://github.com/zalandoresearch/fashion-mnist (folder data/fashion)."""


def find_data_dir() -> Path | None:
    """The first folder in which all four files are there and verified, or None.

    Raises DataError if FASHION_DATA_DIR is set but unusable: an explicit wish is never skipped in
    silence.
    """
    for folder in _search_folders():
        try:
            return verify_folder(folder)
        except DataError as error:
            _refuse_if_wished(error)
    return None


def verify_folder(folder: Path) -> Path:
    """The folder with the four good files: `folder`, or torchvision's below it.

    Raises DataError if a file is missing or bad.
    """
    names = tuple(FILE_MD5)
    paths = _locate(folder, names)
    for name, path in zip(names, paths, strict=True):
        if _stat_key(path) not in _verified_files:
            read_verified(path, name)
    return paths[0].parent


def _search_folders() -> list[Path]:
    """The folders to look in, best first; only FASHION_DATA_DIR where it is set."""
    wished = os.environ.get(ENVIRONMENT_NAME)
    return [Path(os.path.expanduser(wished))] if wished else [PROJECT_DATA_DIR, DEBIAN_DATA_DIR]


def _refuse_if_wished(error: DataError) -> None:
    """Make `error` final if the folder was the user's own wish."""
    if os.environ.get(ENVIRONMENT_NAME):
        raise DataError(
            f"{ENVIRONMENT_NAME} is set, but its folder cannot be used: {error} "
            f"Set {ENVIRONMENT_NAME} to a folder with the four files of Fashion-MNIST, or unset it."
        ) from error


def _read_files(names: tuple[str, ...], data_dir: Path | None) -> list[bytes]:
    """The verified contents of these files, from `data_dir` or the first folder that has them."""
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
    paths = _locate(folder, names)
    return [read_verified(path, name) for name, path in zip(names, paths, strict=True)]


def _locate(folder: Path, names: tuple[str, ...]) -> list[Path]:
    """The path of each of these files, all in one folder; DataError says what is missing."""
    for place in (folder, folder / TORCHVISION_LAYOUT):
        found = [path for name in names if (path := pick_file(place, name))]
        if len(found) == len(names):
            return found
    if not folder.is_dir():
        raise DataError(f"{folder} does not exist.")
    missing = ", ".join(name for name in names if not pick_file(folder, name))
    raise DataError(f"{folder} has no {missing}.")


CONTENT_BYTES = {  # of the decompressed files
    "train-images-idx3-ubyte": IMAGES_HEADER + TRAIN_FILE_SIZE * IMAGE_SIZE**2,
    "train-labels-idx1-ubyte": LABELS_HEADER + TRAIN_FILE_SIZE,
    "t10k-images-idx3-ubyte": IMAGES_HEADER + TEST_SIZE * IMAGE_SIZE**2,
    "t10k-labels-idx1-ubyte": LABELS_HEADER + TEST_SIZE,
}


def pick_file(folder: Path, name: str) -> Path | None:
    """Where a file of the data set is in this folder, decompressed or as .gz, or None.

    An interrupted unpacking leaves a stump: the .gz is better than that.
    """
    plain, packed = folder / name, folder / f"{name}.gz"
    # os.path: a folder that may not be read has no file, it is no error
    has_packed = os.path.isfile(packed)
    if os.path.isfile(plain) and (not has_packed or os.path.getsize(plain) == CONTENT_BYTES[name]):
        return plain
    return packed if has_packed else None


# Verify

# Stat keys of files whose content was found right in this process
_verified_files: set[tuple] = set()


def read_verified(path: Path, name: str) -> bytes:
    """The decompressed content of `path`, which must be the file `name` of Fashion-MNIST.

    Raises DataError if it is not. A file that has not changed since is not verified again.
    """
    try:
        key = _stat_key(path)
        content = _decompress(path, CONTENT_BYTES[name])
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path} cannot be read, it is damaged or half a file ({error})."
        ) from error
    if key not in _verified_files:
        _check_content(path, name, content)
        _verified_files.add(key)
    return content


def _stat_key(path: Path) -> tuple:
    """What changes when the file changes."""
    stat = path.stat()
    return str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns


def _decompress(path: Path, expected: int) -> bytes:
    """At most one byte more than `expected`, so that no crafted file fills the memory."""
    # Packing never makes data more than a hundredth larger: a bigger .gz is not ours, whatever it
    # unpacks to.
    if path.stat().st_size > expected * 1.01 + 1024:
        raise DataError(
            f"{path} is too large: {path.stat().st_size:,} bytes, for {expected:,} of content."
        )
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        return file.read(expected + 1)


def _check_content(path: Path, name: str, content: bytes) -> None:
    """Raise DataError unless `content` is exactly the file `name` of Fashion-MNIST."""
    expected = CONTENT_BYTES[name]
    if len(content) > expected:
        raise DataError(f"{path} holds more than the {expected:,} bytes that {name} has.")
    if len(content) < expected:
        raise DataError(
            f"{path} holds {len(content):,} bytes instead of {expected:,}: half a file."
        )
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if digest != FILE_MD5[name]:
        raise DataError(
            f"{path} has the right size but is not Fashion-MNIST's {name} (MD5 {digest}). The files"
            " of other data sets, such as the digits of MNIST, have the same names and sizes. Put"
            " the files of Fashion-MNIST in its place."
        )
