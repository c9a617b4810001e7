"""Picture sets: folders of photos and drawings, what they may not do, and how fast they load."""

import json
import os
import time
from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fashion_core import picture_sets
from fashion_core.errors import PictureSetError
from fashion_core.metadata import CLASS_NAMES
from fashion_core.picture_sets import load_picture_set
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.prepare import prepare
from fashion_core.pictures.strokes import draw_strokes

SHIRT = [[[0, 255, 255, 0, 0], [0, 0, 200, 200, 0]], [[60, 190], [40, 40]]]


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    monkeypatch.setattr(picture_sets, "CACHE_DIR", tmp_path / "cache")
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "sets"))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "sets" / "mine"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def unprepared(monkeypatch):
    """Preparing is skipped: pixels are all 7. Returns the sources that would have been prepared."""
    sources = []

    def skip(item):
        sources.append(item.source)
        return np.full((2, 28, 28), 7, np.uint8)

    monkeypatch.setattr(picture_sets, "_prepare_one", skip)
    return sources


def save_photo(path, width=40):
    """A dark rectangle on white; another width makes it another picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(picture).rectangle((30, 20, 30 + width, 80), fill=(40, 60, 90))
    picture.save(path)


def line(key, drawing=SHIRT, **more):
    return json.dumps({"key_id": str(key), "recognized": True, "drawing": drawing} | more)


def save_drawings(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def classes(loaded):
    """By source what may be right."""
    allowed = [tuple(np.flatnonzero(row).tolist()) for row in loaded.allowed]
    return dict(zip(loaded.sources, allowed, strict=True))


# Folders of pictures


def test_folders_are_named_like_the_classes_in_any_letter_case(folder, unprepared):
    names = ["T-shirt_top", "trouser", "ANKLE BOOT", "ankle_boot", "T-shirt_top|Shirt", "None"]
    for width, name in enumerate(names, 20):
        save_photo(folder / name / "a.PNG", width)
    loaded = load_picture_set(folder)
    assert classes(loaded) == {
        "T-shirt_top/a.PNG": (0,),
        "trouser/a.PNG": (1,),
        "ANKLE BOOT/a.PNG": (9,),
        "ankle_boot/a.PNG": (9,),
        "T-shirt_top|Shirt/a.PNG": (0, 6),
        "None/a.PNG": (),
    }
    assert (loaded.name, loaded.problems, loaded.strokes) == ("mine", (), None)


@pytest.mark.parametrize(
    ("name", "meant"),
    [(name, (label,)) for label, name in enumerate(CLASS_NAMES)]
    + [
        ("Shirt|T-shirt/top", (0, 6)),
        ("Shirt+T-shirt/top", (0, 6)),
        (" none ", ()),
        ("", None),
        ("|", None),
        ("Hat", None),
    ]
    + [("Coat|none", None), ("Coat|Hat", None)],
)
def test_a_label_means_classes_or_none_or_nothing(name, meant):
    assert picture_sets.classes_of(name) == meant


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".webp"])
def test_photos_are_prepared_as_those_of_visitors(folder, suffix):
    path = folder / "Coat" / f"a{suffix}"
    save_photo(path)
    pixels = load_picture_set(folder).pixels
    assert (pixels.shape, pixels.dtype) == ((1, 28, 28), np.uint8)
    np.testing.assert_array_equal(pixels[0], prepare(open_picture(path)).pixels)
    assert pixels.max() == 255


# Drawings


def test_words_are_classes_and_two_folders_hold_other_things(folder, unprepared):
    for key, word in enumerate(picture_sets.WORDS):
        save_drawings(folder / f"{word}.ndjson", line(key))
    save_drawings(folder / "none" / "cat.ndjson", line(20))
    save_drawings(folder / "near" / "sock.ndjson", line(21))
    loaded = load_picture_set(folder)
    assert classes(loaded) == {
        "t-shirt 0": (0,),
        "pants 1": (1,),
        "sweater 2": (2,),
        "jacket 3": (4,),
        "flip flops 4": (5,),
        "purse 5": (8,),
        "shoe 6": (7, 9),
        "none/cat 20": (),
        "near/sock 21": (),
    }
    assert loaded.problems == ()


def test_drawings_are_drawn_and_prepared_as_those_of_visitors(folder):
    save_drawings(folder / "sweater.ndjson", line(1))
    loaded = load_picture_set(folder)
    [strokes] = loaded.strokes
    assert [s.tolist() for s in strokes] == [np.transpose(s).tolist() for s in SHIRT]
    assert {s.dtype for s in strokes} == {np.dtype("float32")}
    np.testing.assert_array_equal(loaded.pixels[0], prepare(draw_strokes(strokes)).pixels)


def test_what_is_unclear_or_was_not_recognised_is_left_out(folder, unprepared):
    save_drawings(
        folder / "pants.ndjson",
        line(1, clarity="ok"),
        line(2, clarity="unclear"),
        line(3, clarity="twin"),
        line(4, recognized=False),
    )
    loaded = load_picture_set(folder)
    assert loaded.sources == ("pants 1", "pants 3")
    assert loaded.problems == ()


def test_labels_beside_a_word_say_which_class_a_drawing_is(folder, unprepared):
    save_drawings(folder / "shoe.ndjson", *map(line, range(6)))
    labels = {"0": "Sneaker", "1": "Ankle boot", "2": "unclear", "3": "Boots", "4": "none"}
    (folder / "shoe_labels.json").write_text(json.dumps(labels))
    loaded = load_picture_set(folder)
    assert classes(loaded) == {"shoe 0": (7,), "shoe 1": (9,), "shoe 4": (), "shoe 5": (7, 9)}
    assert loaded.problems == (
        "shoe_labels.json has labels that are no class; they were left out.",
    )


def test_a_set_of_photos_and_drawings_has_no_strokes(folder, unprepared):
    save_drawings(folder / "none" / "cat.ndjson", line(1))
    assert picture_sets.count_pictures(folder)["others"] == 1
    save_drawings(folder / "pants.ndjson", line(2), line(3))
    assert picture_sets.count_pictures(folder)["drawings"] == 2
    save_photo(folder / "none" / "a.png")
    assert load_picture_set(folder).strokes is None
    assert picture_sets.count_pictures(folder) == {"drawings": 0, "photos": 2, "others": 2}


def test_a_tilde_means_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FASHION_PICTURES_DIR", "~/pictures")
    assert picture_sets.pictures_dir() == tmp_path / "pictures"


@pytest.mark.parametrize(
    ("stroke", "box"),
    [
        ([[0, 255, 255, 0, 0], [0, 0, 255, 255, 0]], (20, 20, 260, 260)),
        ([[0, 1], [0, 0]], (20, 140, 260, 140)),
        ([[3.5], [1e5]], (140, 140, 140, 140)),
    ],
)
def test_strokes_fill_the_canvas_but_for_a_margin_and_a_point_is_a_dot(stroke, box):
    drawn = np.asarray(draw_strokes([np.array(stroke, np.float32).T]))
    assert (drawn.shape, drawn.dtype, drawn.max()) == ((280, 280), np.uint8, 255)
    rows, columns = np.nonzero(drawn < 128)
    found = [columns.min(), rows.min(), columns.max(), rows.max()]
    # The pen is nine pixels wide
    np.testing.assert_allclose(found, np.array(box) + [-4.5, -4.5, 4.5, 4.5], atol=1)


# Splits


def test_every_picture_is_in_one_part_and_stays_there(folder, unprepared):
    save_drawings(folder / "pants.ndjson", *map(line, range(500)))
    loaded = load_picture_set(folder)
    parts = [loaded.part(split).sources for split in ("train", "val", "test")]
    assert Counter(sum(parts, ())) == Counter(loaded.sources)
    # 60, 20 and 20 %, give or take three standard deviations
    np.testing.assert_allclose([len(part) for part in parts], [300, 100, 100], atol=33)
    (folder / "pants.ndjson").write_text(line(7) + "\n")
    alone = load_picture_set(folder)
    for split, part in zip(("train", "val", "test"), parts, strict=True):
        assert (alone.part(split).sources == ("pants 7",)) == ("pants 7" in part)


def test_the_split_is_the_same_on_every_machine():
    """Pinned: published accuracies depend on which pictures are tested."""
    keys = ["5763544333156352", "sender 204", "cat", "ö", "\udcff"]
    assert [picture_sets.tenth_of(key) for key in keys] == [0, 0, 7, 3, 1]


def test_a_part_holds_what_belongs_to_its_pictures(folder):
    save_drawings(folder / "pants.ndjson", line(1), line(2, SHIRT[:1]), line(3, SHIRT[1:]))
    loaded = load_picture_set(folder)
    chosen = loaded.choose([2, 0])
    assert (chosen.sources, chosen.keys) == (("pants 3", "pants 1"), ("3", "1"))
    np.testing.assert_array_equal(chosen.pixels, loaded.pixels[[2, 0]])
    assert [len(strokes) for strokes in chosen.strokes] == [1, 2]
    empty = loaded.choose([])
    assert (empty.pixels.shape, empty.allowed.shape) == ((0, 28, 28), (0, 10))
    assert empty.strokes == ()


def test_an_unknown_part_is_refused_with_the_known_ones(folder, unprepared):
    save_photo(folder / "Coat" / "a.png")
    with pytest.raises(ValueError, match="'training'; known are train, val, test"):
        load_picture_set(folder).part("training")


def test_other_things_are_split_by_their_word(folder, unprepared):
    for word in ("cat", "dog"):
        save_drawings(folder / "none" / f"{word}.ndjson", *map(line, range(3)))
    assert load_picture_set(folder).keys == ("cat",) * 3 + ("dog",) * 3


def test_photos_are_split_by_sender_and_without_one_by_content(folder, unprepared):
    for width, name in enumerate(["Coat/a", "coat/b", "Dress/c", "Dress/d"], 20):
        save_photo(folder / f"{name}.png", width)
    save_photo(folder / "Dress" / "same as c.png", 22)
    index = "class,file,sender\nCoat,a.png,5\nCOAT,b.png,5\nDress,c.png,\nCoat\nHat,../x.png,1\n"
    (folder / "index.csv").write_text(index)
    loaded = load_picture_set(folder)
    keys = dict(zip(loaded.sources, loaded.keys, strict=True))
    assert keys["Coat/a.png"] == keys["coat/b.png"] == "sender 5"
    assert keys["Dress/c.png"] == keys["Dress/same as c.png"] != keys["Dress/d.png"]


# Kept by content


def test_what_was_prepared_is_not_prepared_again(folder, unprepared):
    save_photo(folder / "Coat" / "a.png", 20)
    save_photo(folder / "Coat" / "b.png", 30)
    save_drawings(folder / "pants.ndjson", line(1), line(2, SHIRT[:1]))
    first = load_picture_set(folder)
    assert sorted(unprepared) == ["Coat/a.png", "Coat/b.png", "pants 1", "pants 2"]
    unprepared.clear()
    (folder / "Coat").rename(folder / "Dress")
    save_photo(folder / "Dress" / "b.png", 31)
    save_drawings(folder / "pants.ndjson", line(2, SHIRT[:1]), line(3))
    second = load_picture_set(folder)
    assert sorted(unprepared) == ["Dress/b.png", "pants 3"]
    assert (first.pixels == 7).all()
    assert (second.pixels == 7).all()


def test_only_what_is_wanted_is_prepared_and_what_was_before_stays_so(folder, unprepared):
    save_drawings(folder / "pants.ndjson", *map(line, range(20)))
    save_photo(folder / "none" / "a.png")
    held_out = [key for key in map(str, range(20)) if picture_sets.tenth_of(key) >= 8]
    some = load_picture_set(folder, wanted=lambda key, is_garment: is_garment and key in held_out)
    assert sorted(some.keys) == sorted(held_out)
    assert sorted(unprepared) == sorted(f"pants {key}" for key in held_out)
    load_picture_set(folder, wanted=lambda key, is_garment: not is_garment)
    assert len(unprepared) == len(held_out) + 1
    load_picture_set(folder)
    assert len(unprepared) == len(set(unprepared)) == 21
    assert not len(load_picture_set(folder, wanted=lambda key, is_garment: False).pixels)


def test_pixels_from_the_cache_are_those_that_were_prepared(folder):
    save_photo(folder / "Coat" / "a.png", 20)
    save_photo(folder / "Coat" / "b.png", 50)
    first, second = load_picture_set(folder), load_picture_set(folder)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert (first.pixels[0] != first.pixels[1]).any()


def test_nothing_is_written_into_the_set(folder, unprepared):
    save_photo(folder / "Coat" / "a.png")
    load_picture_set(folder)
    assert sorted(path.name for path in folder.rglob("*")) == ["Coat", "a.png"]


@pytest.mark.parametrize("damage", ["cut", "nonsense", "pickle", "other arrays", "other recipe"])
def test_a_damaged_cache_is_prepared_anew(folder, unprepared, monkeypatch, tmp_path, damage):
    save_photo(folder / "Coat" / "a.png")
    load_picture_set(folder)
    [path] = (tmp_path / "cache").iterdir()
    content = path.read_bytes()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "nonsense":
        path.write_bytes(b"PK\3\4 nothing else")
    elif damage == "pickle":
        np.savez(path, digests=np.array([{}]), pixels=np.array([None]), recipe="")
    elif damage == "other arrays":
        recipe = picture_sets._recipe()
        np.savez(path, digests=np.array(["a", "b"]), pixels=np.zeros((1, 28, 28)), recipe=recipe)
    else:
        monkeypatch.setattr(picture_sets, "_recipe", lambda: "another way to 28×28")
    assert (load_picture_set(folder).pixels == 7).all()
    load_picture_set(folder)
    assert len(unprepared) == 2


def test_without_a_place_for_the_cache_all_is_prepared_each_time(folder, unprepared, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    save_photo(folder / "Coat" / "a.png")
    assert len(load_picture_set(folder).keys) == len(load_picture_set(folder).keys) == 1
    assert len(unprepared) == 2


def test_an_interruption_keeps_what_was_prepared(folder, unprepared):
    def interrupt(done, total):
        assert (done, total) == (16, 100)
        raise KeyboardInterrupt

    save_drawings(folder / "pants.ndjson", *map(line, range(100)))
    with pytest.raises(KeyboardInterrupt):
        load_picture_set(folder, interrupt)
    unprepared.clear()
    seen = []
    load_picture_set(folder, lambda *counts: seen.append(counts))
    assert (len(unprepared), seen[0], seen[-1]) == (84, (16, 84), (84, 84))


def test_which_files_a_set_holds_is_known_without_opening_any(folder):
    assert picture_sets.kinds_of_files(folder) == set()
    (folder / "unlabelled").mkdir()
    (folder / "unlabelled" / "a.png").write_bytes(b"")
    (folder / "Coat").mkdir()
    (folder / "Coat" / "notes.txt").write_bytes(b"")
    assert picture_sets.kinds_of_files(folder) == set()
    save_drawings(folder / "none" / "cat.ndjson")
    assert picture_sets.kinds_of_files(folder) == {"drawings"}
    (folder / "Coat" / "a.jpg").write_bytes(b"")
    assert picture_sets.kinds_of_files(folder) == {"drawings", "photos"}


def test_the_second_load_of_2000_pictures_takes_a_fifth_of_a_second(folder, unprepared):
    """10,000 in a second of computing time. Half are drawings with 50 points, as people's have."""
    wave = [[list(range(10)), list(range(10))]] * 5
    save_drawings(folder / "pants.ndjson", *(line(key, wave) for key in range(1000)))
    (folder / "Coat").mkdir()
    for number in range(1000):
        (folder / "Coat" / f"{number}.jpg").write_bytes(number.to_bytes(2) * 20_000)
    load_picture_set(folder)
    unprepared.clear()
    seconds = []
    for _ in range(5):
        start = time.process_time()
        assert len(load_picture_set(folder).keys) == 2000
        seconds.append(time.process_time() - start)
    assert unprepared == []
    assert min(seconds) < 0.2


# What cannot be used


def test_what_cannot_be_used_is_a_sentence_each_and_the_rest_is_used(folder, monkeypatch):
    monkeypatch.setattr(picture_sets, "MAX_FILE_BYTES", 50_000)
    save_photo(folder / "Coat" / "good.png")
    (folder / "Coat" / "broken.png").write_bytes((folder / "Coat" / "good.png").read_bytes()[:99])
    (folder / "Coat" / "empty.png").touch()
    (folder / "Coat" / "huge.png").write_bytes(bytes(50_001))
    (folder / "Coat" / "notes.txt").write_text("no picture, and nobody says so")
    (folder / "Dress").mkdir()
    (folder / "Hats\n").mkdir()
    (folder / ".git").mkdir()
    save_drawings(folder / "cat.ndjson", line(1))
    save_drawings(folder / "pants.ndjson")
    save_drawings(folder / "none" / "pants.ndjson", line(1))
    loaded = load_picture_set(folder)
    assert loaded.sources == ("Coat/good.png",)
    named_like = f"Classes are {', '.join(CLASS_NAMES)} and none."
    words = ", ".join(picture_sets.WORDS)
    assert sorted(loaded.problems) == [
        "Coat/broken.png: This picture is damaged: it ends too early. Save or download it again.",
        "Coat/empty.png: This file is empty (0 bytes). Choose another one.",
        "Coat/huge.png is larger than 50 kB.",
        "The folder Dress holds no PNG, JPEG or WebP file.",
        f"The folder Hats is named like no class and was left out. {named_like}",
        "cat.ndjson is of no class and was left out. Move it into a folder none to use it as other"
        f" things. Words of a class are {words}.",
        "none/pants are drawings of a class and were left out.",
        "pants.ndjson holds no drawing that can be used.",
    ]


def test_links_pipes_and_devices_are_left_out(folder, tmp_path, unprepared):
    save_photo(folder / "Coat" / "good.png")
    save_photo(tmp_path / "elsewhere" / "private.png", 30)
    (folder / "Coat" / "link.png").symlink_to(tmp_path / "elsewhere" / "private.png")
    (folder / "Coat" / "loop.png").symlink_to("loop.png")
    (folder / "Dress").symlink_to(tmp_path / "elsewhere")
    (folder / "Bag").symlink_to(folder)
    (folder / "pants.ndjson").symlink_to("/dev/zero")
    (folder / "shoe_labels.json").symlink_to("/dev/zero")
    os.mkfifo(folder / "Coat" / "pipe.png")
    os.mkfifo(folder / "jacket.ndjson")
    os.mkfifo(folder / "index.csv")
    loaded = load_picture_set(folder)
    assert loaded.sources == ("Coat/good.png",)
    left_out = {problem.split(" is a link and was left out")[0] for problem in loaded.problems}
    assert left_out == {"link.png", "loop.png", "Dress", "Bag", "pants.ndjson"}


def test_a_linked_list_of_senders_is_not_read(folder, tmp_path, unprepared):
    save_photo(folder / "Coat" / "good.png")
    (tmp_path / "senders.csv").write_text("class,file,sender\nCoat,good.png,7\n")
    (folder / "index.csv").symlink_to(tmp_path / "senders.csv")
    problems = load_picture_set(folder).problems
    assert [problem.split(" is a link")[0] for problem in problems] == ["index.csv"]


def test_the_set_itself_may_be_a_link(folder, tmp_path, unprepared):
    save_photo(folder / "Coat" / "a.png")
    (tmp_path / "link").symlink_to(folder)
    assert load_picture_set(tmp_path / "link").sources == ("Coat/a.png",)


HOSTILE = {
    "nan": line(1, [[[0, float("nan")], [0, 1]]]),
    "infinity": '{"key_id": "1", "recognized": true, "drawing": [[[0, 1e999], [0, 1]]]}',
    "far away": line(1, [[[0, 1e300], [0, 1]]]),
    "long number": line(1, [[[0, 10**4000], [0, 1]]]),
    "null": line(1, [[[0, None], [0, 1]]]),
    "object": line(1, [[{}, {}]]),
    "x without y": line(1, [[[0, 1, 2], [0, 1]], [[0], [0, 1]]]),
    "x alone": line(1, [[[0, 1, 2]]]),
    "points in points": line(1, [[[[1], [2]], [[3], [4]]]]),
    "no stroke": line(1, []),
    "no point": line(1, [[[], []]]),
    "number": line(1, 5),
    "no drawing": '{"key_id": "1", "recognized": true}',
    "list": "[]",
    "no json": "{",
    "deep": "[" * 100_000,
    "deep drawing": '{"drawing": ' + "[" * 900 + "]" * 900 + "}",
    "binary": "\0\1\2",
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_line_that_is_no_drawing_is_counted(folder, unprepared, hostile):
    save_drawings(folder / "pants.ndjson", line(7), hostile, "", line(8))
    loaded = load_picture_set(folder)
    assert loaded.sources == ("pants 7", "pants 8")
    assert loaded.problems == ("pants: 1 line held no drawing.",)


def test_a_drawing_without_a_key_is_known_by_its_content(folder, unprepared):
    drawings = [json.dumps({"drawing": SHIRT}), json.dumps({"drawing": SHIRT[:1]})]
    save_drawings(folder / "pants.ndjson", *drawings)
    assert len(set(load_picture_set(folder).keys)) == 2


def test_empty_strokes_and_those_of_one_point_are_fine(folder):
    save_drawings(folder / "pants.ndjson", line(1, [[[], []], [[5], [5]]]))
    loaded = load_picture_set(folder)
    assert [stroke.tolist() for stroke in loaded.strokes[0]] == [[[5, 5]]]
    assert loaded.problems == ()


def test_a_line_that_never_ends_is_skipped(folder, unprepared, monkeypatch):
    monkeypatch.setattr(picture_sets, "MAX_LINE_BYTES", 1000)
    # The second piece of the long line would be a drawing by itself
    long = " " * 1000 + line(666)
    save_drawings(folder / "pants.ndjson", line(1), "x" * 1000 + line(666), long, line(2))
    loaded = load_picture_set(folder)
    assert loaded.sources == ("pants 1", "pants 2")
    assert loaded.problems == ("pants: 1 line held no drawing.",)


def test_too_much_is_cut_off_with_a_sentence(folder, unprepared, monkeypatch):
    monkeypatch.setattr(picture_sets, "MAX_PICTURES_A_FOLDER", 2)
    save_drawings(folder / "pants.ndjson", *map(line, range(3)))
    for width in (20, 30, 40):
        save_photo(folder / "Coat" / f"{width}.png", width)
    loaded = load_picture_set(folder)
    assert loaded.sources == ("pants 0", "pants 1", "Coat/20.png", "Coat/30.png")
    cut = "only the first 2 pictures are used."
    assert loaded.problems == (f"pants: {cut}", f"Coat: {cut}")
    monkeypatch.setattr(picture_sets, "MAX_PICTURES", 3)
    loaded = load_picture_set(folder)
    assert loaded.sources == ("pants 0", "pants 1", "Coat/20.png")
    assert loaded.problems[-1] == "Only the first 3 pictures are used."
    monkeypatch.setattr(picture_sets, "MAX_DRAWINGS_BYTES", 10)
    assert "pants.ndjson has over 1 kB." in load_picture_set(folder).problems


def test_a_thousand_problems_are_twenty_and_a_count(folder, unprepared):
    save_photo(folder / "Coat" / "a.png")
    for number in range(1000):
        (folder / f"unknown {number}").mkdir()
    problems = load_picture_set(folder).problems
    assert len(problems) == 21
    assert problems[-1] == "And 980 more like these."


@pytest.mark.parametrize("content", ["[" * 100_000, "5", '{"1": ', "[[[], 1]]", "\udcff"])
def test_labels_that_cannot_be_read_are_a_sentence(folder, unprepared, content):
    save_drawings(folder / "shoe.ndjson", line(1))
    (folder / "shoe_labels.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    loaded = load_picture_set(folder)
    assert classes(loaded) == {"shoe 1": (7, 9)}
    assert loaded.problems == ("shoe_labels.json cannot be read; it should hold {key: class}.",)


@pytest.mark.parametrize("content", [b"class,file,sender\n" + b"x" * 200_000, b"\0", b"\xff\n\xff"])
def test_an_index_that_makes_no_sense_is_not_used(folder, unprepared, content):
    save_photo(folder / "Coat" / "a.png")
    (folder / "index.csv").write_bytes(content)
    assert load_picture_set(folder).sources == ("Coat/a.png",)


def test_without_any_picture_it_says_what_is_expected(folder):
    (folder / "Hats").mkdir()
    with pytest.raises(PictureSetError, match=r"mine holds no picture.*Trouser or none.*Hats"):
        load_picture_set(folder)
    with pytest.raises(PictureSetError, match="There is no folder"):
        load_picture_set(folder / "gone")


# Where sets are


def test_sets_are_the_folders_of_one_place(folder, tmp_path, monkeypatch):
    (tmp_path / "sets" / ".hidden").mkdir()
    (tmp_path / "sets" / "a file").touch()
    (tmp_path / "sets" / "again").symlink_to(folder)
    assert picture_sets.list_picture_sets() == ["again", "mine"]
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path / "gone"))
    assert picture_sets.list_picture_sets() == []
    monkeypatch.delenv("FASHION_PICTURES_DIR")
    assert picture_sets.pictures_dir().parts[-2:] == ("data", "pictures")


def test_the_licence_is_read_from_beside_the_pictures(folder):
    assert picture_sets.read_licence(folder) == ""
    (folder / "LICENSE.txt").write_text("CC0 " * 1000)
    assert picture_sets.read_licence(folder).startswith("CC0 CC0")
    assert len(picture_sets.read_licence(folder)) == 2000
    (folder / "LICENSE.txt").write_bytes("© Müller".encode("latin-1"))
    assert picture_sets.read_licence(folder).endswith("ller")
    (folder / "LICENSE.txt").unlink()
    (folder / "LICENSE.txt").symlink_to(__file__)  # somebody else's file
    assert picture_sets.read_licence(folder) == ""
