"""Bring Fashion-MNIST into the project's data/: from mirrors on the web or as Debian's package."""

import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from fashion_core import data
from fashion_core.errors import DataError
from fashion_core.metadata import FILE_MD5

Report = Callable[[str, int, int], None]  # source name, bytes done, bytes in all
Progress = Callable[[int, int], None]  # the same for one source
NewFiles = Iterator[tuple[str, Path]]  # name in FILE_MD5, where its .gz was put for the moment
Source = Callable[[list[str], Path, Progress], NewFiles]  # names, folder to work in, progress

# Where the .gz files are, in this order. The first is the address in
# torchvision.datasets.FashionMNIST.
MIRRORS = {
    "torchvision's mirror": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "the official repository": (
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/"
    ),
}

# All that a source can fail by: refusing, breaking off, answering nonsense, a full disk, a command
# that hangs.
FETCH_ERRORS = (
    DataError,
    OSError,
    http.client.HTTPException,
    ValueError,
    subprocess.SubprocessError,
)


def fetch_data(
    report: Report | None = None,
    *,
    use_apt: bool = False,
    mirrors: dict[str, str] = MIRRORS,
    target_dir: Path | None = None,
) -> Path:
    """The folder of the four verified files; without one they are fetched into the project's data/.

    `report(source_name, bytes_done, bytes_total)` is called as bytes come in, from zero again for
    each source. With `use_apt` Debian's package is the last source, unpacked without root. A file
    gets its name only when its content is verified, and a file that one source delivered is not
    asked of the next. `mirrors` (name → address) replaces the servers, `target_dir` the search and
    the project's data/. Raises DataError naming every source and why it failed, or that
    FASHION_DATA_DIR is unusable.
    """
    found = data.find_data_dir() if target_dir is None else None
    if found:
        return found
    target = target_dir or data.PROJECT_DATA_DIR
    problems = []
    for source_name, fetch in _sources(mirrors, use_apt):
        try:
            _fetch_missing(fetch, target, partial(report or _no_report, source_name))
            return data.verify_folder(target)
        except FETCH_ERRORS as error:
            problems.append(f"- {source_name}: {reason_of(error)}")
    raise DataError(
        "\n".join(["Fashion-MNIST could not be fetched.", *problems, data.WAYS_TO_SUPPLY])
    )


def _no_report(source_name: str, bytes_done: int, bytes_total: int) -> None:
    """The report of a caller who wants none."""


def _sources(mirrors: dict[str, str], use_apt: bool) -> list[tuple[str, Source]]:
    """The name and the function of each source, in the order in which they are asked."""
    sources = [
        (f"{name} ({address})", partial(_download_files, address))
        for name, address in mirrors.items()
    ]
    if use_apt:
        sources.append((f"Debian's package {data.DEBIAN_PACKAGE}", _unpack_debian_package))
    return sources


def _fetch_missing(fetch: Source, target: Path, progress: Progress) -> None:
    """Bring the files that `target` lacks, each moved there in one step once it is verified."""
    missing = [name for name in FILE_MD5 if not _is_good(target, name)]
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".fetching-") as work_dir:
        for name, path in fetch(missing, Path(work_dir), progress):
            data.read_verified(path, name)
            # A bad decompressed file would hide the good .gz
            (target / name).unlink(missing_ok=True)
            os.replace(path, target / path.name)


def _is_good(folder: Path, name: str) -> bool:
    """Whether the folder has this file of the data set, verified."""
    path = data.pick_file(folder, name)
    try:
        return path is not None and bool(data.read_verified(path, name))
    except DataError:
        return False


def reason_of(error: Exception) -> str:
    """Why something could not be fetched, in a few words."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"{error.cmd[0]} took longer than {error.timeout:.0f} seconds."
    if isinstance(error, urllib.error.URLError) and not isinstance(error, urllib.error.HTTPError):
        error = error.reason  # urllib wraps "Name or service not known" and the like in <…>
    text = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text and sys.platform == "darwin":
        text += " Run Install Certificates.command in the folder of your Python once."
    return text


# Mirrors

# Sizes of the .gz files as Zalando published them; only a progress bar depends on them.
DOWNLOAD_BYTES = {
    "train-images-idx3-ubyte": 26_421_880,
    "train-labels-idx1-ubyte": 29_515,
    "t10k-images-idx3-ubyte": 4_422_102,
    "t10k-labels-idx1-ubyte": 5_148,
}
# A healthy server answers within a second or two; a newcomer waits this long for each dead one.
CONNECT_AND_READ_SECONDS = 8.0
# 31 MB in five minutes is 100 kB/s. On a slower line, or from a server that only drips, the files
# come sooner by hand.
SOURCE_SECONDS = 300.0


def _download_files(address: str, names: list[str], work_dir: Path, progress: Progress) -> NewFiles:
    """The source that is a server: the .gz files below an http(s) address."""
    deadline = time.monotonic() + SOURCE_SECONDS
    total, done = sum(DOWNLOAD_BYTES[name] for name in names), 0
    progress(0, total)
    for name in names:
        path = work_dir / f"{name}.gz"
        url = f"{address.rstrip('/')}/{path.name}"
        for received in _download(url, path, data.CONTENT_BYTES[name], deadline):
            # Other packers, other sizes
            progress(done + min(received, DOWNLOAD_BYTES[name]), total)
        done += DOWNLOAD_BYTES[name]
        yield name, path
    progress(total, total)


CHUNK_BYTES = 1 << 16


def _download(url: str, path: Path, limit: int, deadline: float) -> Iterator[int]:
    """Write what `url` answers to `path`, yielding the bytes so far.

    Raises DataError beyond `limit` bytes, after `deadline` (of `time.monotonic`) and where the
    connection breaks.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "fashion-cnn-lab"})
    answer = urllib.request.urlopen(request, timeout=CONNECT_AND_READ_SECONDS)
    received = 0
    with answer, path.open("wb") as file:
        expected = int(answer.headers.get("Content-Length") or 0)
        # read() would wait for a whole chunk from a server that drips
        while chunk := answer.read1(CHUNK_BYTES):
            received += len(chunk)
            if received > limit:
                raise DataError(
                    f"{path.name} is larger than it can be; gave up after {received:,} bytes."
                )
            if time.monotonic() > deadline:
                raise DataError(f"too slow; gave up {received:,} bytes into {path.name}.")
            file.write(chunk)
            yield received
    if received < expected:
        raise DataError(
            f"the connection broke after {received:,} of {expected:,} bytes of {path.name}."
        )


# Debian's package


def _unpack_debian_package(names: list[str], work_dir: Path, progress: Progress) -> NewFiles:
    """The source that is Debian's package: fetched and unpacked in `work_dir`, without root."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise DataError("apt-get and dpkg-deb are not on this machine.")
    total = sum(DOWNLOAD_BYTES[name] for name in names)
    progress(0, total)
    _apt_download(work_dir)
    for package in work_dir.glob(f"{data.DEBIAN_PACKAGE}*.deb"):
        _run(["dpkg-deb", "-x", str(package), str(work_dir / "unpacked")], work_dir)
    unpacked = work_dir / "unpacked" / data.DEBIAN_DATA_DIR.relative_to("/")
    for name in names:
        yield name, unpacked / f"{name}.gz"
    progress(total, total)


def _apt_download(work_dir: Path) -> None:
    """Download the package with the machine's package lists or, if that fails, with fresh ones.

    The fresh lists live in `work_dir`, so that apt-get update needs no root and leaves the machine
    as it was.
    """
    timeout = f"Acquire::http::Timeout={CONNECT_AND_READ_SECONDS:.0f}"
    apt_get = ["apt-get", "-q", "-o", timeout, "-o", "Acquire::Retries=0"]
    try:
        _run([*apt_get, "download", data.DEBIAN_PACKAGE], work_dir)
    except DataError:
        lists, cache = work_dir / "lists", work_dir / "cache"
        lists.mkdir()
        cache.mkdir()
        apt_get += ["-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
        _run([*apt_get, "update"], work_dir)
        _run([*apt_get, "download", data.DEBIAN_PACKAGE], work_dir)


# Enough for one call of apt-get on a slow line; it also ends one that hangs.
APT_SECONDS = 180.0


def _run(command: list[str], work_dir: Path) -> None:
    """Run a command to its end; if it fails, DataError with the last line of its output."""
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
        output = (result.stderr or result.stdout).strip().splitlines() or ["no output"]
        raise DataError(f"{command[0]} failed with status {result.returncode}: {output[-1]}")
