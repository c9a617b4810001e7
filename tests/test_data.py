"""data and fetch: the real files, torchvision as the oracle, and a server that misbehaves."""

import contextlib
import gzip
import hashlib
import itertools
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from fashion_core import data, fetch
from fashion_core.errors import DataError
from fashion_core.metadata import FILE_MD5, NUM_CLASSES, SPLIT_SIZES, TRAIN_FILE_SIZE, VAL_SIZE

TRAIN_IMAGES, TRAIN_LABELS = data.TRAIN_FILES
TEST_IMAGES, TEST_LABELS = data.TEST_FILES
PROJECT_DIR = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def real_dir():
    """The machine's own Fashion-MNIST; without it these tests fail rather than prove nothing."""
    folder = data.find_data_dir()
    assert folder, (
        "Fashion-MNIST is not on this machine: run `python -m fashion_core fetch-data` first."
    )
    return folder


@pytest.fixture(scope="module")
def contents(real_dir):
    """File name → decompressed content."""
    return {name: data.read_verified(data.pick_file(real_dir, name), name) for name in FILE_MD5}


@pytest.fixture(scope="module")
def packed(contents):
    """File name → .gz content, packed here, whichever way the machine's files are stored."""
    return {name: gzip.compress(content, compresslevel=1) for name, content in contents.items()}


@pytest.fixture
def small(packed, monkeypatch):
    """The data set without its 26 MB of training images: what holds for three files holds for four.

    File name → .gz content.
    """
    names = (TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)
    for module in (data, fetch):
        monkeypatch.setattr(module, "FILE_MD5", {name: FILE_MD5[name] for name in names})
    return {name: packed[name] for name in names}


@pytest.fixture(scope="module")
def splits(real_dir):
    return {name: data.load_split(name, real_dir) for name in SPLIT_SIZES}


@pytest.fixture
def own_places(tmp_path, monkeypatch):
    """(data/, Debian's folder) as empty places of the test's own, FASHION_DATA_DIR unset."""
    project, debian = tmp_path / "project", tmp_path / "debian"
    monkeypatch.setattr(data, "PROJECT_DATA_DIR", project)
    monkeypatch.setattr(data, "DEBIAN_DATA_DIR", debian)
    monkeypatch.delenv(data.ENVIRONMENT_NAME, raising=False)
    return project, debian


def write_files(folder, files, suffix=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}{suffix}").write_bytes(content)
    return folder


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def packed_names(files):
    return sorted(f"{name}.gz" for name in files)


# The three splits


@pytest.mark.parametrize("name", SPLIT_SIZES)
def test_a_split_has_its_size_types_and_ranges_and_cannot_be_written(splits, name):
    split = splits[name]
    count = SPLIT_SIZES[name]
    assert split.name == name
    assert (split.pixels.shape, split.pixels.dtype) == ((count, 28, 28), np.uint8)
    assert (split.labels.shape, split.labels.dtype) == ((count,), np.int64)
    assert (split.indices.shape, split.indices.dtype) == ((count,), np.int64)
    assert (split.pixels.min(), split.pixels.max()) == (0, 255)
    for array in (split.pixels, split.labels, split.indices):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_train_and_val_are_disjoint_and_cover_the_training_file(splits):
    together = np.concatenate([splits["train"].indices, splits["val"].indices])
    assert np.array_equal(np.sort(together), np.arange(TRAIN_FILE_SIZE))
    assert np.array_equal(splits["test"].indices, np.arange(SPLIT_SIZES["test"]))


@pytest.mark.parametrize("name", SPLIT_SIZES)
def test_every_class_has_the_same_share_in_ascending_order(splits, name):
    split = splits[name]
    assert np.bincount(split.labels).tolist() == [SPLIT_SIZES[name] // NUM_CLASSES] * NUM_CLASSES
    assert (np.diff(split.indices) > 0).all()


def test_the_validation_split_is_the_same_on_every_machine(splits):
    """Pinned: published accuracies and shipped models depend on which images they are."""
    indices = splits["val"].indices
    assert indices[:5].tolist() == [41, 43, 48, 49, 54]
    digest = hashlib.md5(indices.astype("<i8").tobytes()).hexdigest()
    assert digest == "5630469cae7ae118020a9a53b56198cc"


def test_val_is_spread_over_the_whole_file(splits):
    """A split by position would hide a drift: each tenth of the file has about a tenth of val."""
    tenths = np.histogram(splits["val"].indices, bins=10, range=(0, TRAIN_FILE_SIZE))[0]
    assert abs(tenths - VAL_SIZE / 10).max() < 100  # about five standard deviations of a fair draw


def test_the_splits_hold_what_torchvision_reads_from_the_same_files(splits, contents, tmp_path):
    import torchvision  # 1.6 s that every process which collects the tests would take

    raw = write_files(tmp_path / data.TORCHVISION_LAYOUT, contents, suffix="")
    train_file = torchvision.datasets.FashionMNIST(tmp_path, train=True)
    test_file = torchvision.datasets.FashionMNIST(tmp_path, train=False)
    for name, oracle in (("train", train_file), ("val", train_file), ("test", test_file)):
        indices = splits[name].indices
        assert np.array_equal(splits[name].pixels, oracle.data.numpy()[indices])
        assert np.array_equal(splits[name].labels, oracle.targets.numpy()[indices])
    # Torchvision's layout below the given folder, decompressed files
    ours = data.load_split("val", tmp_path)
    assert np.array_equal(ours.pixels, splits["val"].pixels)
    assert data.verify_folder(tmp_path) == raw


def test_an_unknown_split_is_refused_with_the_known_names():
    with pytest.raises(ValueError, match="'training'; known are train, val, test"):
        data.load_split("training")


# Batches


def numbered(count):
    """Images that carry their own number, so that a batch tells which ones it has."""
    numbers = torch.arange(count)
    return numbers.view(-1, 1, 1).expand(-1, 28, 28), numbers


def test_batches_in_order_cover_everything_and_keep_the_last_one():
    pixels, labels = numbered(10)
    batches = list(data.iterate_batches(pixels, labels, 4))
    assert [len(batch_labels) for _, batch_labels in batches] == [4, 4, 2]
    assert torch.cat([batch for batch, _ in batches]).equal(pixels)
    assert torch.cat([batch for _, batch in batches]).equal(labels)


def test_shuffled_batches_cover_everything_with_each_image_by_its_label():
    pixels, labels = numbered(1003)
    batches = list(data.iterate_batches(pixels, labels, 64, torch.Generator().manual_seed(1)))
    assert len(batches[-1][1]) == 1003 % 64
    assert all(batch[:, 0, 0].equal(batch_labels) for batch, batch_labels in batches)
    seen = torch.cat([batch_labels for _, batch_labels in batches])
    assert not seen.equal(labels)
    assert seen.sort().values.equal(labels)


def test_the_same_seed_shuffles_alike_and_each_epoch_otherwise():
    def epochs(seed):
        generator = torch.Generator().manual_seed(seed)
        return [
            torch.cat([b for _, b in data.iterate_batches(*numbered(100), 7, generator)])
            for _ in range(2)
        ]

    first, again, other = epochs(3), epochs(3), epochs(4)
    assert all(a.equal(b) for a, b in zip(first, again, strict=True))
    assert not first[0].equal(first[1])
    assert not first[0].equal(other[0])


@pytest.mark.parametrize(("images", "labels", "batch_size"), [(3, 4, 2), (3, 3, 0)])
def test_batches_that_make_no_sense_are_refused(images, labels, batch_size):
    with pytest.raises(ValueError, match="Cannot batch"):
        next(data.iterate_batches(torch.zeros(images), torch.zeros(labels), batch_size))


# Finding and verifying


def test_the_wished_folder_comes_before_the_projects_and_that_before_debians(
    own_places, small, tmp_path, monkeypatch
):
    project, debian = own_places
    wished = write_files(tmp_path / "wished", small)
    assert data.find_data_dir() is None
    for folder in (debian, project):
        shutil.copytree(wished, folder)
        assert data.find_data_dir() == folder
    monkeypatch.setenv(data.ENVIRONMENT_NAME, str(wished))
    assert data.find_data_dir() == wished
    monkeypatch.setenv(data.ENVIRONMENT_NAME, "")
    assert data.find_data_dir() == project


def test_a_bad_project_folder_gives_way_to_debians(own_places, small):
    project, debian = own_places
    write_files(project, {**small, TEST_LABELS: small[TEST_LABELS][:-100]})
    write_files(debian, small)
    assert data.find_data_dir() == debian
    assert len(data.load_split("test").labels) == 10_000


@pytest.mark.parametrize(
    "load", [data.find_data_dir, lambda: data.load_split("test"), fetch.fetch_data]
)
def test_a_bad_wished_folder_is_an_error_and_not_skipped(
    own_places, small, tmp_path, monkeypatch, load
):
    write_files(own_places[0], small)
    monkeypatch.setenv(data.ENVIRONMENT_NAME, str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"FASHION_DATA_DIR is set.*nowhere does not exist.*unset"):
        load()


def test_without_any_files_the_error_names_each_folder_and_the_three_ways(own_places):
    with pytest.raises(DataError) as caught:
        data.load_split("train")
    text = str(caught.value)
    assert all(f"- {folder} does not exist." in text for folder in own_places)
    assert "fetch-data" in text
    assert all(way in text for way in ("1. Put", "2. Set", "3. On Debian"))


def test_a_missing_file_is_named(own_places, small):
    small.pop(TEST_LABELS)
    project = write_files(own_places[0], small)
    with pytest.raises(DataError, match=f"project has no {TEST_LABELS}"):
        data.load_split("test", project)
    assert data.find_data_dir() is None


def flipped(content):
    return content[:-1] + bytes([content[-1] ^ 1])


OTHER_DATA = "is not Fashion-MNIST's t10k-labels.*Put the files of Fashion-MNIST in its place"


@pytest.mark.parametrize(
    ("suffix", "spoil", "words"),
    [
        (".gz", lambda content: gzip.compress(content)[:-100], "damaged or half a file"),
        (".gz", lambda content: gzip.compress(content[:-1]), "holds 10,007 bytes instead of"),
        (".gz", lambda content: gzip.compress(flipped(content)), OTHER_DATA),
        (".gz", lambda content: flipped(gzip.compress(content)), "damaged or half a file"),
        (".gz", lambda content: b"<html>Please log in</html>", "damaged or half a file"),
        (".gz", lambda content: b"", "holds 0 bytes"),
        (".gz", lambda content: gzip.compress(bytes(5_000_000)), "holds more than the 10,008"),
        (".gz", lambda content: gzip.compress(b"") * 1000, "is too large: 20,000 bytes"),
        ("", lambda content: content[:5000], "holds 5,000 bytes instead of 10,008: half a file"),
        ("", lambda content: content + b"x", "holds more than the 10,008 bytes"),
        ("", lambda content: bytes(10**6), "is too large: 1,000,000 bytes"),
        ("", flipped, OTHER_DATA),
    ],
)
def test_a_file_that_is_not_ours_is_refused_in_words(tmp_path, contents, suffix, spoil, words):
    write_files(tmp_path, {TEST_IMAGES: contents[TEST_IMAGES]}, suffix="")
    write_files(tmp_path, {TEST_LABELS: spoil(contents[TEST_LABELS])}, suffix)
    with pytest.raises(DataError, match=words) as caught:
        data.load_split("test", tmp_path)
    assert str(tmp_path / TEST_LABELS) in str(caught.value)


def test_a_crafted_gz_does_not_fill_the_memory(tmp_path):
    bomb = tmp_path / f"{TEST_LABELS}.gz"
    bomb.write_bytes(gzip.compress(bytes(10_000_000)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="holds more than the 10,008 bytes"):
            data.read_verified(bomb, TEST_LABELS)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_stump_of_an_interrupted_unpacking_beside_a_good_gz_does_not_matter(tmp_path, small):
    write_files(tmp_path, small)
    write_files(tmp_path, {TEST_IMAGES: b"stump"}, suffix="")
    assert len(data.load_split("test", tmp_path).pixels) == 10_000


def test_a_file_is_verified_once_and_again_when_it_changes(own_places, small, monkeypatch):
    project = write_files(own_places[0], small)
    verified = []
    md5 = hashlib.md5
    monkeypatch.setattr(
        hashlib, "md5", lambda content, **options: verified.append(content) or md5(content)
    )
    assert data.find_data_dir() == data.find_data_dir() == project
    data.load_split("test")
    assert len(verified) == len(small)
    write_files(project, {TEST_LABELS: gzip.compress(bytes(10_008))})
    assert data.find_data_dir() is None


def test_importing_data_loads_neither_torch_nor_streamlit():
    program = (
        "import sys, fashion_core.data; print({'torch', 'streamlit', 'sklearn'} & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT_DIR, capture_output=True, text=True
    )
    assert answer.stdout.strip() == "set()", answer.stderr


# Fetching from a server


class Misbehaving(BaseHTTPRequestHandler):
    """Serves /BEHAVIOUR/NAME.gz; the server carries `files`, `asked` and `closing`."""

    def do_GET(self):
        behaviour, name = self.path.strip("/").split("/")
        self.server.asked.append(f"{behaviour}/{name}")
        body = self.server.files[name.removesuffix(".gz")]
        # A client that gives up is what some tests are about
        with contextlib.suppress(ConnectionError):
            getattr(self, behaviour)(name, body)

    def answer(self, body, length):
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def good(self, name, body):
        self.answer(body, len(body))

    def truncated(self, name, body):
        self.answer(body[: len(body) // 2], len(body))

    def cut_silently(self, name, body):
        self.answer(body[: len(body) // 2], None)

    def labels_only(self, name, body):
        return self.good(name, body) if "labels" in name else self.gone(name, body)

    def other_data(self, name, body):
        other = gzip.compress(bytes(data.CONTENT_BYTES[name.removesuffix(".gz")]), compresslevel=1)
        self.answer(other, len(other))

    def endless(self, name, body):
        self.answer(b"", None)
        while not self.server.closing.is_set():
            self.wfile.write(bytes(1 << 20))

    def gone(self, name, body):
        self.send_error(404)

    def hanging(self, name, body):
        self.server.closing.wait(30)

    def dripping(self, name, body):
        self.answer(b"", len(body))
        while not self.server.closing.wait(0.05):
            self.wfile.write(b"x")

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def server(packed):
    with ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving) as httpd:
        httpd.files, httpd.asked, httpd.closing = packed, [], threading.Event()
        httpd.address = f"http://127.0.0.1:{httpd.server_address[1]}"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield httpd
        httpd.closing.set()
        httpd.shutdown()
        thread.join()


# Which limit ends what. Only these are shortened: no good answer is too slow on a busy machine.
IMPATIENCE = {"hanging": ("CONNECT_AND_READ_SECONDS", 0.3), "dripping": ("SOURCE_SECONDS", 0.6)}


def mirrors(server, *behaviours):
    return {behaviour: f"{server.address}/{behaviour}/" for behaviour in behaviours}


def test_fetching_brings_the_four_verified_files_and_reports_every_step(own_places, server):
    reports = []
    good = mirrors(server, "good")
    folder = fetch.fetch_data(lambda *report: reports.append(report), mirrors=good)
    assert folder == own_places[0] == data.find_data_dir()
    assert names_in(folder) == packed_names(FILE_MD5)
    names, done, totals = zip(*reports, strict=True)
    assert set(names) == {f"good ({server.address}/good/)"}
    assert done[0] == 0
    assert done[-1] == totals[0] == sum(fetch.DOWNLOAD_BYTES.values())
    assert all(earlier <= later <= totals[0] for earlier, later in itertools.pairwise(done))
    assert len(set(totals)) == 1
    assert len(done) > 100


def test_files_that_are_there_are_not_fetched(own_places, server, small):
    write_files(own_places[1], small)
    assert fetch.fetch_data(mirrors=mirrors(server, "good")) == own_places[1]
    assert server.asked == []


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ("truncated", "the connection broke after"),
        ("cut_silently", "damaged or half a file"),
        ("other_data", "is not Fashion-MNIST's train-labels"),
        ("endless", "is larger than it can be"),
        ("gone", "HTTP Error 404"),
        ("hanging", "timed out"),
        ("dripping", "too slow"),
    ],
)
def test_a_bad_server_is_named_with_its_reason_and_leaves_nothing_behind(
    tmp_path, small, server, monkeypatch, behaviour, words
):
    if behaviour in IMPATIENCE:
        monkeypatch.setattr(fetch, *IMPATIENCE[behaviour])
    began = time.monotonic()
    with pytest.raises(DataError, match=f"- {behaviour} .*{words}"):
        fetch.fetch_data(mirrors=mirrors(server, behaviour), target_dir=tmp_path)
    assert names_in(tmp_path) == []
    assert time.monotonic() - began < 25  # a hang lasts 30 s and more


def test_the_next_source_is_asked_only_for_what_the_last_one_did_not_bring(tmp_path, small, server):
    folder = fetch.fetch_data(mirrors=mirrors(server, "labels_only", "good"), target_dir=tmp_path)
    assert folder == tmp_path
    assert server.asked == [
        "labels_only/train-labels-idx1-ubyte.gz",
        "labels_only/t10k-images-idx3-ubyte.gz",
        "good/t10k-images-idx3-ubyte.gz",
        "good/t10k-labels-idx1-ubyte.gz",
    ]


def test_bad_files_in_the_target_are_replaced(tmp_path, small, server, contents):
    write_files(tmp_path, {TEST_LABELS: flipped(contents[TEST_LABELS])}, suffix="")
    write_files(tmp_path, {TEST_IMAGES: b"half"})
    assert fetch.fetch_data(mirrors=mirrors(server, "good"), target_dir=tmp_path) == tmp_path
    assert names_in(tmp_path) == packed_names(small)


def test_two_fetches_at_once_do_not_disturb_each_other(tmp_path, small, server):
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(fetch.fetch_data, mirrors=mirrors(server, "good"), target_dir=tmp_path)
            for _ in range(2)
        ]
    assert [job.result() for job in jobs] == [tmp_path, tmp_path]
    assert names_in(tmp_path) == packed_names(small)


def test_when_every_source_fails_one_error_names_each_and_the_three_ways(
    own_places, server, monkeypatch
):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    nobody = {"nobody": "http://127.0.0.1:1/", "nonsense": "no address at all/"}
    with pytest.raises(DataError) as caught:
        fetch.fetch_data(mirrors={**mirrors(server, "gone"), **nobody}, use_apt=True)
    text = str(caught.value)
    assert text.startswith("Fashion-MNIST could not be fetched.\n- gone (http://127.0.0.1")
    assert "HTTP Error 404" in text
    assert "- nobody (http://127.0.0.1:1/): [Errno" in text
    assert "- nonsense (no address at all/): unknown url type" in text
    assert "- Debian's package dataset-fashion-mnist: apt-get and dpkg-deb are not on" in text
    assert text.endswith(data.WAYS_TO_SUPPLY)
    # The constant tells the real project's place
    assert str(own_places[0]) not in data.WAYS_TO_SUPPLY
    assert str(PROJECT_DIR / "data") in text


def test_a_folder_that_cannot_be_written_is_the_reason_given(tmp_path, server):
    (tmp_path / "file").write_text("a file where a folder should be")
    with pytest.raises(DataError, match=r"- good .*: .*(Not a directory|File exists)"):
        fetch.fetch_data(mirrors=mirrors(server, "good"), target_dir=tmp_path / "file")


def test_the_first_source_is_the_mirror_that_torchvision_uses():
    import torchvision

    assert next(iter(fetch.MIRRORS.values())) == torchvision.datasets.FashionMNIST.mirrors[0]


# Fetching by apt: the two commands are small scripts that do what the real ones do to files

FAKE_APT_GET = """#!/bin/sh
echo "$@" >> "$FAKE_LOG"
case "$*" in
  *update*)
    [ -n "$FAKE_UPDATE_FAILS" ] && echo "E: no network" >&2 && exit 100
    : > "$FAKE_LISTS" ;;
  *download*)
    if ! [ -e "$FAKE_LISTS" ]; then
      echo "W: hm" >&2; echo "E: Unable to locate package" >&2; exit 100
    fi
    [ -n "$FAKE_HANGS" ] && exec sleep 30
    : > dataset-fashion-mnist_0.0_all.deb ;;
esac
"""
FAKE_DPKG_DEB = """#!/bin/sh
[ "$1" = -x ] && [ -e "$2" ] || exit 2
mkdir -p "$3/usr/share/datasets" && cp -r "$FAKE_FILES" "$3/usr/share/datasets/fashion-mnist"
"""


@pytest.fixture
def fake_apt(tmp_path, small, monkeypatch):
    """apt-get and dpkg-deb first on PATH: (log of apt-get's calls, its package lists)."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, script in (("apt-get", FAKE_APT_GET), ("dpkg-deb", FAKE_DPKG_DEB)):
        (commands / name).write_text(script)
        (commands / name).chmod(stat.S_IRWXU)
    log, lists = tmp_path / "log", tmp_path / "lists"
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_LOG", str(log))
    monkeypatch.setenv("FAKE_LISTS", str(lists))
    monkeypatch.setenv("FAKE_FILES", str(write_files(tmp_path / "package", small)))
    return log, lists


def test_apt_brings_the_files_with_the_lists_that_are_there(tmp_path, small, fake_apt):
    log, lists = fake_apt
    lists.touch()
    reports, target = [], tmp_path / "target"
    folder = fetch.fetch_data(
        lambda *report: reports.append(report), mirrors={}, use_apt=True, target_dir=target
    )
    assert folder == target
    assert names_in(target) == packed_names(small)
    total = sum(fetch.DOWNLOAD_BYTES[name] for name in small)
    assert [report[1:] for report in reports] == [(0, total), (total, total)]
    assert "update" not in log.read_text()


def test_apt_fetches_lists_of_its_own_where_they_are_missing(tmp_path, small, fake_apt):
    log, _ = fake_apt
    target = tmp_path / "target"
    assert fetch.fetch_data(mirrors={}, use_apt=True, target_dir=target) == target
    first, update, second = (line.split() for line in log.read_text().splitlines())
    assert first[-2:] == second[-2:] == ["download", "dataset-fashion-mnist"]
    assert update[-1] == "update"
    own_lists = next(word for word in update if word.startswith("Dir::State::Lists="))
    assert own_lists.startswith(f"Dir::State::Lists={target}")
    assert own_lists in second
    assert names_in(target) == packed_names(small)


def test_apt_is_tried_only_when_asked_for_and_last(tmp_path, fake_apt, server):
    log, lists = fake_apt
    lists.touch()
    target = tmp_path / "target"
    with pytest.raises(DataError):
        fetch.fetch_data(mirrors=mirrors(server, "gone"), target_dir=target)
    assert not log.exists()
    fetch.fetch_data(mirrors=mirrors(server, "labels_only"), use_apt=True, target_dir=target)
    assert f"labels_only/{TRAIN_LABELS}.gz" in server.asked
    assert log.exists()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("FAKE_UPDATE_FAILS", "apt-get failed with status 100: E: no network"),
        ("FAKE_HANGS", "apt-get took longer than 1 seconds"),
    ],
)
def test_apt_that_fails_or_hangs_is_a_reason(tmp_path, fake_apt, monkeypatch, setting, words):
    monkeypatch.setenv(setting, "yes")
    if setting == "FAKE_HANGS":
        fake_apt[1].touch()  # the package lists are there, so that only the download can fail
        monkeypatch.setattr(fetch, "APT_SECONDS", 1.0)
    with pytest.raises(DataError, match=f"- Debian's package dataset-fashion-mnist: {words}"):
        fetch.fetch_data(mirrors={}, use_apt=True, target_dir=tmp_path / "target")
    assert names_in(tmp_path / "target") == []


# Folds


@pytest.mark.parametrize("count", [2, 3, 7])
def test_folds_cover_every_image_once_and_are_alike(count):
    labels = data.load_split("train").labels
    found = data.folds(labels, count)
    sizes = np.bincount(found)
    assert sizes.tolist() == [len(range(fold, len(labels), count)) for fold in range(count)]
    table = np.zeros((count, 10), np.int64)
    np.add.at(table, (found, labels), 1)
    assert np.ptp(table, axis=0).max() <= 1
    assert np.array_equal(data.folds(labels, count), found)
    assert len(np.unique(found[:20])) > 1  # not one after another
