"""fashion_core.my_pictures and picture_zip: keeping, changing, limits, files from outside."""

import errno
import io
import json
import stat
import struct
import threading
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fashion_core import my_pictures, picture_sets
from fashion_core.errors import PictureSetError
from fashion_core.metadata import OUTLIER
from fashion_core.my_pictures import (
    UNLABELLED,
    PicturesInFolder,
    PicturesInMemory,
    encode_brought,
    label_name,
    new_picture,
)
from fashion_core.picture_zip import read_zip, write_zip


@pytest.fixture
def kept(tmp_path):
    """The empty set of this copy."""
    return PicturesInFolder(tmp_path / "pictures" / "my-pictures")


def drawing(shade=200):
    picture = Image.new("L", (280, 280), 255)
    picture.paste(255 - shade, (60, 40, 200, 240))
    return picture


def made(label=4, shade=200, source="drawing"):
    """A picture and the content of its file."""
    pixels = np.full((28, 28), shade, np.uint8)
    return new_picture(label, source, pixels), encode_brought(drawing(shade))


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("where", ["folder", "memory"])
def test_a_picture_is_kept_relabelled_deleted_and_brought_back(kept, where):
    store = kept if where == "folder" else PicturesInMemory()
    picture, content = made()
    store.add([(picture, content)])
    (found,) = store.read_all()
    assert (found.label, found.source, found.kept_at) == (4, "drawing", picture.kept_at)
    np.testing.assert_array_equal(found.pixels, picture.pixels)
    store.relabel(picture.picture_id, OUTLIER)
    assert store.read_all()[0].label == OUTLIER
    assert store.brought(picture.picture_id) == content
    store.delete(picture.picture_id)
    assert store.read_all() == []
    with pytest.raises(PictureSetError, match="not among yours"):
        store.delete(picture.picture_id)
    store.add([(picture, content)])
    assert store.read_all()[0].label == 4


def test_the_folder_is_a_picture_set_and_goes_when_it_is_empty(kept):
    kept.add([made(0), made(OUTLIER), made(UNLABELLED)])
    found = picture_sets.load_picture_set(kept.folder)
    assert found.problems == ()
    assert found.allowed.sum(axis=1).tolist() == [1, 0]
    for picture in kept.read_all():
        kept.delete(picture.picture_id)
    assert not kept.folder.exists()


def test_what_cameras_add_is_not_kept_and_the_size_is_limited():
    photo = Image.new("RGB", (1200, 900), "red")
    exif = photo.getexif()
    exif[0x0112], exif[0x010F] = 6, "Secret camera"  # turned, maker
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", exif=exif, icc_profile=b"Secret profile")
    content = encode_brought(Image.open(buffer))
    again = Image.open(io.BytesIO(content))
    assert again.size == (384, 512)
    assert again.info == {}


def test_what_is_transparent_stays_so_in_a_grey_picture_too():
    buffer = io.BytesIO()
    Image.new("L", (30, 20), 7).save(buffer, "PNG", transparency=7)
    again = Image.open(io.BytesIO(encode_brought(Image.open(buffer))))
    assert again.convert("RGBA").getpixel((0, 0))[3] == 0


def test_two_at_once_lose_nothing(kept):
    def keep_many(label):
        for shade in range(5):
            kept.add([made(label, 100 + shade)])

    tabs = [threading.Thread(target=keep_many, args=(label,)) for label in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    labels = [picture.label for picture in kept.read_all()]
    assert sorted(labels) == sorted([*range(4)] * 5)


def test_a_full_disk_is_said_and_leaves_nothing(kept, monkeypatch):
    kept.add([made(1)])
    before = tree(kept.folder)

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(PictureSetError, match="No space left on device"):
        kept.add([made(2), made(3)])
    assert tree(kept.folder) == before


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FASHION_MAX_PICTURES", "2", "at most 2 pictures"),
        ("FASHION_MAX_PICTURES_MB", "0.001", "at most 1 kB"),
        ("FASHION_MAX_PICTURES", "many", "'many'"),
    ],
)
def test_the_limits_of_this_copy_hold(kept, monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(PictureSetError, match=said):
        kept.add([made(1), made(2), made(3)])
    assert kept.read_all() == []


def test_files_put_there_by_hand_count_and_links_do_not(kept, tmp_path):
    folder = kept.folder / "Ankle boot"
    folder.mkdir(parents=True)
    drawing().save(folder / "mine.png")
    (folder / "broken.png").write_bytes(b"\x89PNG nothing")
    (tmp_path / "secret.png").write_bytes(encode_brought(drawing()))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (kept.folder / "Hat").mkdir()
    (found,) = kept.read_all()
    assert (found.picture_id, found.label, found.source) == ("mine", 9, "file")
    assert found.pixels.any()
    other = kept.folder / "Coat" / "mine.png"
    other.parent.mkdir()
    drawing(90).save(other)
    before = tree(kept.folder)
    with pytest.raises(PictureSetError, match=r"has another mine\.png"):
        kept.relabel("mine", 4)
    assert tree(kept.folder) == before


# Zip files


def test_files_of_two_folders_with_one_name_are_two_pictures(kept):
    for name, shade in (("Coat", 200), ("Shirt", 90)):
        (kept.folder / name).mkdir(parents=True)
        drawing(shade).save(kept.folder / name / "1.png")
    (kept.folder / "Coat" / "caf\udce9.png").write_bytes(encode_brought(drawing()))  # not UTF-8
    found = {each.label: each.picture_id for each in kept.read_all()}
    assert found.keys() == {4, 6}
    for label, name in ((4, "Coat"), (6, "Shirt")):
        assert kept.brought(found[label]) == (kept.folder / name / "1.png").read_bytes()
    kept.delete(found[6])
    assert [each.label for each in kept.read_all()] == [4]


def test_a_photo_whose_exif_is_nonsense_is_kept_as_it_is():
    tags = struct.pack("<HHIHH", 274, 3, 1, 6, 0)  # Orientation: turned
    tags += struct.pack("<HHII", 282, 2, 5, 38)  # XResolution, which has to be a number
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + tags + bytes(4) + b"wide\0"
    buffer = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(buffer, "JPEG", exif=exif)
    assert Image.open(io.BytesIO(encode_brought(Image.open(buffer)))).size == (40, 20)


def zip_of(entries):
    """A zip file; entries: (name or ZipInfo, content)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_folder_that_vanishes_while_it_is_listed_hides_no_other(kept, monkeypatch):
    kept.add([made(label) for label in (1, 2, 4)])
    as_it_was = Path.iterdir

    def vanished(path):
        if path.name == "Pullover":
            raise FileNotFoundError(path)
        return as_it_was(path)

    monkeypatch.setattr(Path, "iterdir", vanished)
    assert {each.label for each in kept.read_all()} == {1, 4}


def test_what_is_exported_is_imported_as_it_was(kept):
    all_kinds = [made(0, 90), made(OUTLIER, 120, "camera"), made(UNLABELLED, 150)]
    content = write_zip(all_kinds)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert [name.split("/")[0] for name in names] == [
        "T-shirt_top",
        "none",
        "unlabelled",
        "pictures.json",
    ]
    again, problems = read_zip(content, room=10)
    assert problems == []
    for (old, _), (new, _) in zip(all_kinds, again, strict=True):
        assert (new.label, new.source, new.kept_at) == (old.label, old.source, old.kept_at)
        assert new.picture_id != old.picture_id
        np.testing.assert_array_equal(new.pixels, old.pixels)


def test_of_a_hostile_zip_only_its_pictures_are_taken(tmp_path):
    link = zipfile.ZipInfo("Coat/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    good = encode_brought(drawing())
    entries = [
        ("../../Coat/up.png", good),
        ("/Coat/root.png", good),
        ("..\\Coat\\windows.png", good),
        ("C:/Coat/drive.png", good),
        (link, "/etc/passwd"),
        ("Hat/foreign.png", good),
        ("loose.png", good),
        ("Coat/page.html", "<script>"),
        ("Coat/huge.png", b"\0" * 30_000_000),
        ("pictures.json", json.dumps({"set/Coat/good.png": {"kept_at": 1e99, "pixels": "x"}})),
        ("set/Coat/good.png", good),
    ]
    kept, problems = read_zip(zip_of(entries), room=100)
    assert [(picture.label, picture.source) for picture, _ in kept] == [(4, "import")]
    said = " ".join(problems)
    assert said.count("leads out of its folder") == 4
    for word in (
        "is a link",
        "2 files were left out: not in folders named",
        "page.html",
        "huge.png",
    ):
        assert word in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_entry_that_python_cannot_unpack_bit_by_bit_is_left_out(method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("Coat/a.png", bytes(100_000_000))
        archive.writestr("pictures.json", '{"Coat/a.png": {}}' + " " * 100_000_000)
        archive.writestr("Coat/b.png", encode_brought(drawing()), zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    kept, problems = read_zip(buffer.getvalue(), room=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(kept) == 1
    assert problems == ["Coat/a.png: it is packed in a rare way. Pack it as an ordinary zip file."]
    assert peak < 20_000_000


def test_a_damaged_entry_is_left_out():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Coat/a.png", encode_brought(drawing()))
        archive.writestr("Coat/b.png", encode_brought(drawing(90)))
        archive.writestr("README", "hello")
    content = bytearray(buffer.getvalue())
    content[60:80] = b"\xff" * 20  # within the first picture
    kept, problems = read_zip(bytes(content), room=100)
    assert len(kept) == 1
    assert any("damaged" in each for each in problems)
    assert any(each.startswith("1 file was left out: not in folders named") for each in problems)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no zip", "no zip file"),
        (zip_of([("Coat/a.txt", "hello")]), "holds no picture that can be kept"),
        (zip_of([(f"Coat/{i}.png", "") for i in range(10_001)]), "10,001 entries"),
        (zip_of([("Coat/a.png", encode_brought(drawing()))])[:-30], "no zip file"),
    ],
)
def test_a_file_that_is_no_such_zip_is_refused_with_a_sentence(content, said):
    with pytest.raises(PictureSetError, match=said):
        read_zip(content, room=100)


def test_an_import_takes_no_more_than_there_is_room_for():
    kept, problems = read_zip(write_zip([made(i) for i in range(5)]), room=2)
    assert len(kept) == 2
    assert problems == ["Only 2 more pictures can be kept here. Delete some, and import it again."]
    with pytest.raises(PictureSetError, match="No more pictures can be kept here"):
        read_zip(write_zip([made(4)]), room=0)


def test_what_is_here_already_with_the_same_label_is_not_imported_again():
    content = write_zip([made(1, 90), made(2, 90), made(2, 91), made(2, 91)])
    kept, problems = read_zip(content, room=1, present=[made(2, 90)[0], made(1, 91)[0]])
    assert [(each.label, int(each.pixels[0, 0])) for each, _ in kept] == [(1, 90)]
    assert problems[0] == "1 picture was here already with the same label."
    kept, problems = read_zip(content, room=5, present=[made(label, 90)[0] for label in (1, 2)])
    assert [(each.label, int(each.pixels[0, 0])) for each, _ in kept] == [(2, 91)]
    assert problems == ["3 pictures were here already with the same label."]
    assert read_zip(content, 0, present=[each for each, _ in read_zip(content, 5)[0]])[0] == []


def test_a_zip_may_name_its_folders_as_the_app_names_the_labels():
    labels = (*my_pictures.LABELS, UNLABELLED)
    content = encode_brought(drawing())
    entries = [(f"{label_name(label)}/1.png", content) for label in labels]
    kept, problems = read_zip(zip_of([*entries, ("mine/T-shirt/top/2.png", content)]), room=100)
    assert problems == ["1 picture was here already with the same label."]
    assert [picture.label for picture, _ in kept] == list(labels)


def test_every_label_has_a_name_and_a_folder_that_means_it():
    for label in (*my_pictures.LABELS, UNLABELLED):
        assert my_pictures.label_of(label_name(label)) == label
        assert my_pictures.label_of(my_pictures.folder_name(label)) == label
    assert my_pictures.label_of("Coat|Dress") is None
