"""Near duplicates: the search misses none, and the pairs that are listed are those of the files."""

import numpy as np

from fashion_core import duplicates
from fashion_core.data import load_split
from fashion_core.metadata import TEST_SIZE, TRAIN_FILE_SIZE


def all_images():
    """Pixels and labels of both files, the test images after the 60,000 training images."""
    pixels = np.empty((TRAIN_FILE_SIZE + TEST_SIZE, 28, 28), np.uint8)
    labels = np.empty(len(pixels), np.int64)
    for name, before in (("train", 0), ("val", 0), ("test", TRAIN_FILE_SIZE)):
        split = load_split(name)
        pixels[split.indices + before] = split.pixels
        labels[split.indices + before] = split.labels
    return pixels, labels


def place_of(image):
    file, index = image
    return index + (TRAIN_FILE_SIZE if file == "test" else 0)


def test_the_listed_pairs_are_in_the_files_and_those_with_test_images_are_all():
    """All others are not searched for here, which takes ten seconds."""
    pixels, labels = all_images()
    listed = np.array(
        [[place_of(first), place_of(second)] for first, second, _ in duplicates.PAIRS]
    )
    differences = duplicates._differences(pixels, listed)
    np.testing.assert_allclose(differences, [pair[2] for pair in duplicates.PAIRS], atol=0.006)
    assert (labels[listed[:, 0]] == labels[listed[:, 1]]).all()
    tests = np.arange(TRAIN_FILE_SIZE, len(pixels))
    found, _ = duplicates.near_pairs(pixels, tests)
    with_tests = listed[(listed >= TRAIN_FILE_SIZE).any(axis=1)]
    assert sorted(found.tolist()) == sorted(with_tests.tolist())
    assert len(found) == 13


def test_the_search_finds_what_comparing_all_with_all_finds():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (60, 28, 28), dtype=np.uint8)
    pixels[30:] = np.clip(pixels[:30] + rng.uniform(-20, 20, (30, 28, 28)) * 0.7, 0, 255)
    pixels[40:50] = pixels[:10]  # exact ones
    every = np.stack(np.triu_indices(60, 1), axis=1)
    near = every[duplicates._differences(pixels, every) < duplicates.MAX_DIFFERENCE]
    found, differences = duplicates.near_pairs(pixels, np.arange(60))
    assert sorted(found.tolist()) == near.tolist()
    assert (np.diff(differences) >= 0).all()
    assert differences[0] == 0


def test_each_image_knows_its_twins_the_closest_first():
    tests, train = duplicates.twins_of("test"), duplicates.twins_of("train")
    assert tests[4998] == [duplicates.Twin("train", 13360, 0.74)]
    assert duplicates.Twin("test", 4998, 0.74) in train[13360]
    assert [twin.index for twin in train[29413]] == [43549, 753, 21295]
    assert sum(len(twins) for twins in (*tests.values(), *train.values())) == 2 * len(
        duplicates.PAIRS
    )


def test_a_split_has_the_places_of_its_images_with_twins():
    split = load_split("train")
    places = duplicates.twin_places("train", split.indices)
    known = duplicates.twins_of("train")
    assert set(split.indices[places]) == known.keys() - set(load_split("val").indices)
    assert split.indices[places[:2]].tolist() == [20554, 36357]
