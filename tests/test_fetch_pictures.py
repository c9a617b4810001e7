"""Fetching drawings and photos, from a server that misbehaves."""

import contextlib
import io
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from fashion_core import fetch_pictures as fetching
from fashion_core import picture_sets
from fashion_core.errors import PictureSetError
from fashion_core.fetch_pictures import fetch_pictures

WORDS = list(picture_sets.WORDS)
OTHERS = [*fetching.NEAR_WORDS, *fetching.OTHER_WORDS]


class Misbehaving(BaseHTTPRequestHandler):
    """Serves `files` as the behaviour of their address says, if it has one; else as it should."""

    def do_GET(self):
        name = unquote(self.path).strip("/")
        self.server.asked.append((name, self.headers["Range"]))
        body = self.server.files.get(name)
        if body is None:
            self.send_error(404)
            return
        start, end = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        behave = getattr(self, self.server.behaviours.get(name, self.server.behaviour))
        # A client that gives up is what some tests are about
        with contextlib.suppress(ConnectionError):
            behave(body, start, min(end + 1, len(body)))

    def answer(self, part, extent, length=None):
        self.send_response(206 if extent else 200)
        if extent:
            self.send_header("Content-Range", extent)
        self.send_header("Content-Length", str(len(part) if length is None else length))
        self.end_headers()
        self.wfile.write(part)

    def good(self, body, start, end):
        self.answer(body[start:end], f"bytes {start}-{end - 1}/{len(body)}")

    def without_ranges(self, body, start, end):
        self.answer(body, None)

    def cut_once(self, body, start, end):
        """Every second answer breaks off in the middle."""
        self.server.answers += 1
        if self.server.answers % 2:
            extent = f"bytes {start}-{end - 1}/{len(body)}"
            self.answer(body[start : (start + end) // 2], extent, end - start)
        else:
            self.good(body, start, end)

    def cut_without_ranges(self, body, start, end):
        self.server.answers += 1
        length = len(body) // 2 if self.server.answers % 2 else len(body)
        self.answer(body[:length], None, len(body))

    def short_answers(self, body, start, end):
        """As HTTP allows: fewer bytes than were asked for, and it says so."""
        self.good(body, start, min(start + 1000, end))

    def cut_always(self, body, start, end):
        self.answer(b"", f"bytes {start}-{end - 1}/{len(body)}", end - start)

    def busy_once(self, body, start, end):
        self.server.answers += 1
        if self.server.answers % 2:
            self.send_error(503)
        else:
            self.good(body, start, end)

    def other_place(self, body, start, end):
        self.answer(body[7:107], f"bytes 7-106/{len(body)}")

    def unknown_place(self, body, start, end):
        self.answer(body[start:end], "bytes somewhere")

    def too_few_for_its_place(self, body, start, end):
        self.answer(body[start : end - 10], f"bytes {start}-{end - 1}/{len(body)}")

    def too_many_for_its_place(self, body, start, end):
        self.answer(body[start:end] + b"more", f"bytes {start}-{end - 1}/{len(body)}")

    def growing(self, body, start, end):
        self.server.answers += 1
        end = min(end, start + 1000)
        self.answer(body[start:end], f"bytes {start}-{end - 1}/{len(body) + self.server.answers}")

    def empty_place(self, body, start, end):
        self.answer(b"", f"bytes {start}-{start - 1}/{len(body)}")

    def enormous(self, body, start, end):
        self.answer(body[start:end], f"bytes {start}-{end - 1}/{10**12}")

    def no_length(self, body, start, end):
        """HTTP 1.0: the end of the connection is the end of the file, or is it?"""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])

    def hanging(self, body, start, end):
        self.server.closing.wait(30)

    def dripping(self, body, start, end):
        self.answer(b"", None, len(body))
        while not self.server.closing.wait(0.05):
            self.wfile.write(b"x")

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(fetching, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(fetching, "RANGE_BYTES", 5000)
    with ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving) as httpd:
        httpd.files, httpd.asked, httpd.answers = {}, [], 0
        httpd.behaviour, httpd.behaviours = "good", {}
        httpd.closing = threading.Event()
        httpd.address = f"http://127.0.0.1:{httpd.server_address[1]}"
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield httpd
        httpd.closing.set()
        httpd.shutdown()
        thread.join()


def drawings(word, count):
    """A word's file: every third drawing was not recognised."""
    lines = [
        {
            "word": word,
            "key_id": f"{word} {i}",
            "recognized": i % 3 < 2,
            "drawing": [[[0, i], [1, 2]]],
        }
        for i in range(count)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def picture(number):
    file = io.BytesIO()
    noise = np.random.default_rng(number).integers(0, 256, (40, 40), np.uint8)
    Image.fromarray(noise).save(file, "JPEG")
    return file.getvalue()


LISTING = """image,sender_id,label,kids
a-0,7,T-Shirt,False
a-1,7,Pants,False
a-2,8,Pants,True
a-3,9,Pants,False
a-4,9,Not sure,False
a-5,,Hat,False
"""


@pytest.fixture
def quickdraw(server):
    server.files = {f"{word}.ndjson": drawings(word, 300) for word in [*WORDS, *OTHERS]}
    return server


@pytest.fixture
def clothing(server):
    server.files = {f"images/a-{number}.jpg": picture(number) for number in range(6)}
    server.files["images.csv"] = LISTING.encode()
    return server


@pytest.fixture
def one_word(quickdraw, monkeypatch):
    """Only shoes are asked for; the folder that they are put into."""
    monkeypatch.setattr(fetching, "WORDS", {"shoe": "Sneaker|Ankle boot"})
    monkeypatch.setattr(fetching, "NEAR_WORDS", [])
    monkeypatch.setattr(fetching, "OTHER_WORDS", [])
    return quickdraw


def fetch(name, server, folder, limit=0):
    return fetch_pictures(name, lambda *_: None, limit, server.address, folder)[1]


def files_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def keys_in(path):
    return [json.loads(line)["key_id"] for line in path.read_bytes().splitlines()]


# Drawings


def test_the_first_recognised_drawings_of_each_word_are_fetched(quickdraw, tmp_path):
    seen = []
    folder, problems = fetch_pictures(
        "quickdraw", lambda *progress: seen.append(progress), 30, quickdraw.address, tmp_path
    )
    assert (folder, problems) == (tmp_path, [])
    assert len(WORDS) == 7
    assert len(OTHERS) == len(set(OTHERS)) == 30
    near = [f"near/{word}.ndjson" for word in fetching.NEAR_WORDS]
    none = [f"none/{word}.ndjson" for word in fetching.OTHER_WORDS]
    words = [f"{word}.ndjson" for word in WORDS]
    assert files_in(tmp_path) == sorted(["LICENSE.txt", *near, *none, *words])
    first = [i for i in range(300) if i % 3 < 2][:30]
    assert keys_in(tmp_path / "flip flops.ndjson") == [f"flip flops {i}" for i in first]
    assert keys_in(tmp_path / "near" / "sock.ndjson") == [f"sock {i}" for i in first]
    assert (seen[0], seen[-1]) == (("t-shirt", 0, 37), ("", 37, 37))
    # Only the beginning was asked for
    assert {place for _, place in quickdraw.asked} == {"bytes=0-4999"}


def test_a_fetched_set_can_be_loaded(quickdraw, tmp_path, monkeypatch):
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "cache")
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path))
    folder, _ = fetch_pictures("quickdraw", lambda *_: None, 2, quickdraw.address)
    assert folder == tmp_path / "quickdraw"
    loaded = picture_sets.load_picture_set(folder)
    assert len(loaded.keys) == 2 * 37
    assert loaded.problems == ()
    assert "Creative Commons Attribution 4.0" in picture_sets.read_licence(folder)


def test_the_usual_number_is_1000_a_word_and_100_of_other_things(quickdraw, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "RANGE_BYTES", 1 << 20)
    quickdraw.files["shoe.ndjson"] = drawings("shoe", 2000)
    assert fetch("quickdraw", quickdraw, tmp_path) == []
    assert len(keys_in(tmp_path / "shoe.ndjson")) == 1000
    assert len(keys_in(tmp_path / "near" / "sock.ndjson")) == 100
    assert len(keys_in(tmp_path / "none" / "cat.ndjson")) == 100
    assert len(keys_in(tmp_path / "pants.ndjson")) == 200  # all that there are


def test_the_next_fetch_asks_only_for_what_is_missing(quickdraw, tmp_path):
    missing = quickdraw.files.pop("shoe.ndjson")
    assert fetch("quickdraw", quickdraw, tmp_path, 5) == ["shoe.ndjson: HTTP Error 404: Not Found"]
    quickdraw.files["shoe.ndjson"] = missing
    quickdraw.asked.clear()
    assert fetch("quickdraw", quickdraw, tmp_path, 5) == []
    assert [name for name, _ in quickdraw.asked] == ["shoe.ndjson"]


WHOLE = ["good", "without_ranges", "cut_once", "cut_without_ranges", "short_answers", "busy_once"]


@pytest.mark.parametrize("behaviour", WHOLE)
def test_a_file_is_whole_however_it_comes(one_word, tmp_path, behaviour):
    one_word.behaviour = behaviour
    assert fetch("quickdraw", one_word, tmp_path) == []
    assert keys_in(tmp_path / "shoe.ndjson") == [f"shoe {i}" for i in range(300) if i % 3 < 2]
    assert files_in(tmp_path) == ["LICENSE.txt", "shoe.ndjson"]


NO_FILE = {
    "cut_always": "the connection broke after 0 of",
    "too_few_for_its_place": "the connection broke after",
    "too_many_for_its_place": "the server sent more than the 5,000 bytes",
    "other_place": "the server sent byte 7 on, not 0 on as asked",
    "unknown_place": "the server does not say which part of the file it sends",
    "empty_place": "the server does not say which part of the file it sends",
    "growing": "bytes, which cannot be",
    "enormous": "1,000,000,000,000 bytes, which cannot be",
    "no_length": "the server does not say how long the file is",
    "hanging": "timed out",
    "dripping": "too slow; gave up after",
}


@pytest.mark.parametrize("behaviour", NO_FILE)
def test_a_part_of_a_file_is_never_taken_for_the_whole(one_word, tmp_path, monkeypatch, behaviour):
    monkeypatch.setattr(fetching, "TRIES", 2)
    if behaviour == "hanging":
        monkeypatch.setattr(fetching, "CONNECT_AND_READ_SECONDS", 0.3)
    if behaviour == "dripping":
        monkeypatch.setattr(fetching, "FILE_SECONDS", 0.3)
    one_word.behaviour = behaviour
    with pytest.raises(PictureSetError, match=NO_FILE[behaviour]):
        fetch("quickdraw", one_word, tmp_path)
    assert files_in(tmp_path) == ["LICENSE.txt"]


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]\n5\n" + b"[" * 100_000, b'{"recognized": false}\n']
)
def test_a_file_without_drawings_is_none(one_word, tmp_path, content):
    one_word.files["shoe.ndjson"] = content
    one_word.behaviour = "without_ranges"
    with pytest.raises(PictureSetError, match="quickdraw could be fetched"):
        fetch("quickdraw", one_word, tmp_path)


def test_a_dead_server_is_given_up_soon(quickdraw, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "CONNECT_AND_READ_SECONDS", 1.0)
    monkeypatch.setattr(fetching, "TRIES", 1)
    quickdraw.behaviour = "hanging"
    quickdraw.behaviours = {"t-shirt.ndjson": "good"}
    problems = fetch("quickdraw", quickdraw, tmp_path, 5)
    assert [problem.split(":")[0] for problem in problems] == [
        "pants.ndjson",
        "sweater.ndjson",
        "jacket.ndjson",
        "Gave up after 3 failures. Run this again to go on from here.",
    ]
    assert files_in(tmp_path) == ["LICENSE.txt", "t-shirt.ndjson"]


def test_a_server_that_has_few_words_is_asked_for_all(quickdraw, tmp_path):
    quickdraw.files = {"shoe.ndjson": drawings("shoe", 9)}
    assert len(fetch("quickdraw", quickdraw, tmp_path)) == 36
    assert files_in(tmp_path) == ["LICENSE.txt", "shoe.ndjson"]


def test_nobody_there_is_a_sentence(tmp_path):
    for address in ("http://127.0.0.1:1/", "no address at all"):
        with pytest.raises(PictureSetError, match="Nothing of clothing could be fetched"):
            fetch_pictures("clothing", lambda *_: None, 0, address, tmp_path / "clothing")
        assert not list(tmp_path.iterdir())  # an empty folder would look like a set


# Photos


def test_photos_are_put_into_folders_by_class(clothing, tmp_path):
    assert fetch("clothing", clothing, tmp_path) == []
    assert files_in(tmp_path) == [
        "LICENSE.txt",
        "T-shirt_top/a-0.jpg",
        "Trouser/a-1.jpg",
        "Trouser/a-2.jpg",
        "Trouser/a-3.jpg",
        "index.csv",
        "none/a-5.jpg",
    ]
    assert (tmp_path / "T-shirt_top" / "a-0.jpg").read_bytes() == picture(0)
    assert "CC0 1.0" in (tmp_path / "LICENSE.txt").read_text()


def test_fetched_photos_are_split_by_their_sender(clothing, tmp_path, monkeypatch):
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "cache")
    fetch("clothing", clothing, tmp_path / "set")
    loaded = picture_sets.load_picture_set(tmp_path / "set")
    keys = dict(zip(loaded.sources, loaded.keys, strict=True))
    assert keys["T-shirt_top/a-0.jpg"] == keys["Trouser/a-1.jpg"] == "sender 7"
    assert keys["Trouser/a-3.jpg"] == "sender 9"
    assert loaded.problems == ()


def test_of_each_class_the_first_photos_are_fetched(clothing, tmp_path):
    assert fetch("clothing", clothing, tmp_path, 1) == []
    photos = [name for name in files_in(tmp_path) if name.endswith("jpg")]
    assert photos == ["T-shirt_top/a-0.jpg", "Trouser/a-1.jpg", "none/a-5.jpg"]


def test_fewer_photos_of_each_class_leave_the_senders_of_those_that_are_here(clothing, tmp_path):
    assert fetch("clothing", clothing, tmp_path) == []
    before = picture_sets.load_picture_set(tmp_path)
    assert fetch("clothing", clothing, tmp_path, 1) == []
    after = picture_sets.load_picture_set(tmp_path)
    assert (after.sources, after.keys) == (before.sources, before.keys)


def test_the_classes_of_the_labels_are_known():
    assert all(picture_sets.classes_of(name) is not None for name in fetching.PHOTO_LABELS)


def test_photos_that_are_there_already_are_not_asked_for(clothing, tmp_path):
    del clothing.files["images/a-2.jpg"]
    clothing.behaviours = {"images/a-3.jpg": "cut_always"}
    problems = fetch("clothing", clothing, tmp_path)
    assert problems[0] == "a-2.jpg: HTTP Error 404: Not Found"
    assert problems[1].startswith("a-3.jpg: the connection broke")
    clothing.files["images/a-2.jpg"], clothing.behaviours = picture(2), {}
    clothing.asked.clear()
    assert fetch("clothing", clothing, tmp_path) == []
    asked = [name for name, _ in clothing.asked]
    assert asked == ["images.csv", "images/a-2.jpg", "images/a-3.jpg"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"<html>404</html>", "not a PNG"), (picture(1)[:500], "damaged"), (b"x", "not a PNG")],
)
def test_a_picture_that_is_none_is_not_kept(clothing, tmp_path, content, reason):
    clothing.files["images/a-0.jpg"] = content
    [problem] = fetch("clothing", clothing, tmp_path)
    assert problem.startswith("a-0.jpg: This ")
    assert reason in problem
    assert not (tmp_path / "T-shirt_top" / "a-0.jpg").exists()


def test_a_file_larger_than_pictures_are_is_not_read(clothing, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "MAX_FILE_BYTES", 400)
    with pytest.raises(PictureSetError, match="bytes, which cannot be"):
        fetch("clothing", clothing, tmp_path)
    assert files_in(tmp_path) == ["LICENSE.txt", "index.csv"]


def test_an_index_cannot_name_other_places(clothing, tmp_path):
    names = ["../a-0", "/etc/passwd", "a/b", "..", "", "a-0.jpg", "a\\b", "ä", "x" * 200, "a-1"]
    rows = "".join(f"{name},1,Pants,False\n" for name in names)
    clothing.files["images.csv"] = f"image,sender_id,label,kids\n{rows}".encode()
    assert fetch("clothing", clothing, tmp_path / "set") == []
    assert files_in(tmp_path) == ["set/LICENSE.txt", "set/Trouser/a-1.jpg", "set/index.csv"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"\xff\xfe",
        b"image,label\n",
        b"<html>",
        b"image,sender_id,label\nx" + b"y" * 200_000,
    ],
)
def test_a_list_that_makes_no_sense_is_a_sentence(clothing, tmp_path, content):
    clothing.files["images.csv"] = content
    clothing.behaviour = "without_ranges"
    with pytest.raises(
        PictureSetError, match=r"Nothing of clothing could be fetched.\nimages.csv: "
    ):
        fetch("clothing", clothing, tmp_path)
    assert files_in(tmp_path) == ["LICENSE.txt"]


# Where to


def test_an_unknown_set_is_refused_with_the_known_ones():
    with pytest.raises(PictureSetError, match=r"'photos'\. Known are quickdraw, clothing"):
        fetch_pictures("photos", lambda *_: None)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PictureSetError, match="cannot be written: Not a directory"):
        fetch_pictures("quickdraw", lambda *_: None, target=tmp_path / "file" / "set")


def test_the_addresses_are_where_the_sets_are_published():
    assert fetching.ADDRESSES["quickdraw"].endswith("/quickdraw_dataset/full/simplified/")
    assert "alexeygrigorev/clothing-dataset" in fetching.ADDRESSES["clothing"]
    assert all(address.startswith("https://") for address in fetching.ADDRESSES.values())
