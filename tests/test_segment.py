"""Cut-outs: a garment is found on grounds of more than one colour, and nothing where there is
none.
"""

import cv2
import numpy as np
import pytest

from fashion_core.pictures import segment

SHIRT = np.array(
    [
        (80, 50),
        (160, 50),
        (220, 100),
        (195, 140),
        (170, 118),
        (170, 270),
        (70, 270),
        (70, 118),
        (45, 140),
    ]
)
SHAPE = (320, 240)


def wood() -> np.ndarray:
    """Boards with a grain: (320, 240, 3) float."""
    grain = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, SHAPE), (0, 0), 2, sigmaY=40)
    boards = 1 + 0.1 * grain / grain.std() + 0.1 * np.sin(np.arange(SHAPE[1]) // 40 * 2.4)
    return boards[..., None] * (150, 105, 65)


def checker() -> np.ndarray:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.where(((y // 24 + x // 24) % 2)[..., None], (200, 190, 160), (90, 110, 150)).astype(
        float
    )


def carpet() -> np.ndarray:
    return np.random.default_rng(0).normal(110, 35, (*SHAPE, 1)) * (1, 0.9, 1.1)


def floor_and_wall() -> np.ndarray:
    ground = wood()
    ground[:180] = np.array((215, 215, 205)) * np.linspace(0.8, 1, SHAPE[1])[:, None]
    return ground


def with_shirt(
    ground: np.ndarray, colour=(190, 40, 60), shift=(0, 0)
) -> tuple[np.ndarray, np.ndarray]:
    """A shirt of one colour, with the camera's noise, on the ground: the picture and where the
    shirt is.
    """
    mask = cv2.fillPoly(np.zeros(SHAPE, np.uint8), [SHIRT + shift], 1) > 0
    picture = np.where(mask[..., None], colour, ground) + np.random.default_rng(1).normal(
        0, 5, (*SHAPE, 3)
    )
    return np.clip(picture, 0, 255).astype(np.uint8), mask


def overlap(found: np.ndarray, mask: np.ndarray) -> float:
    return (found & mask).sum() / (found | mask).sum()


@pytest.mark.parametrize("ground", [wood, checker, carpet, floor_and_wall])
@pytest.mark.parametrize(
    "colour", [(190, 40, 60), (245, 245, 240), (25, 30, 35)], ids=["red", "white", "black"]
)
def test_a_shirt_is_found_on_any_ground(ground, colour):
    picture, mask = with_shirt(ground(), colour)
    assert overlap(segment.segment(picture), mask) > 0.9


@pytest.mark.parametrize("ground", [wood, checker, carpet])
def test_a_shirt_that_touches_the_border_all_around_is_found(ground):
    picture, mask = (part[56:265, 50:215] for part in with_shirt(ground()))
    found = segment.segment(picture)
    assert overlap(found, mask) > 0.9
    assert found[0][mask[0]].mean() > 0.8


@pytest.mark.parametrize("ground", [wood, checker, carpet])
def test_a_ground_without_anything_on_it_has_no_garment(ground):
    assert segment.segment(np.clip(ground(), 0, 255).astype(np.uint8)) is None


def test_a_speck_is_no_garment():
    speck = wood()
    speck[150:165, 110:125] = (190, 40, 60)
    assert segment.segment(np.clip(speck, 0, 255).astype(np.uint8)) is None


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 3), (4000, 8), (128, 5)])
def test_a_picture_of_any_shape_is_taken(shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    picture[shape[0] // 3 : shape[0] * 2 // 3] = (200, 0, 0)
    found = segment.segment(picture)
    assert found is None or found.shape == shape


def test_the_same_picture_gives_the_same_mask_whatever_opencv_drew_before():
    # Hardly to be seen, so that the beginning counts
    picture, _ = with_shirt(carpet(), (120, 110, 100))
    masks = []
    for seed in range(5):
        cv2.setRNGSeed(seed)
        masks.append(segment.segment(picture))
    assert masks[0] is not None
    for mask in masks[1:]:
        np.testing.assert_array_equal(mask, masks[0])


def test_a_hole_to_look_through_stays_and_a_button_is_cloth():
    picture, _ = with_shirt(wood())
    ground = np.uint8(wood())
    picture[81:99, 111:129] = ground[81:99, 111:129]
    assert segment.segment(picture)[90, 120]
    picture[160:230, 95:145] = ground[160:230, 95:145]
    assert not segment.segment(picture)[195, 120]


def test_a_small_picture_is_worked_on_as_it_is():
    picture, mask = (
        cv2.resize(np.uint8(part), (60, 80), interpolation=cv2.INTER_AREA)
        for part in with_shirt(wood())
    )
    assert overlap(segment.segment(picture), mask > 0) > 0.85
