"""fashion_core.pictures.pairs: a pair of shoes is one shoe, other garments stay whole."""

import cv2
import numpy as np
import pytest

from fashion_core.pictures.pairs import laid_down, one_of_a_pair


def shoe(mask: np.ndarray, x: int, y: int) -> None:
    """A shoe from above: a rounded sole, 50 × 130 pixels, its middle at x and y."""
    cv2.ellipse(mask, (x, y - 30), (22, 38), 0, 0, 360, 1, -1)
    cv2.ellipse(mask, (x, y + 25), (26, 40), 0, 0, 360, 1, -1)


def pair(apart: int) -> np.ndarray:
    mask = np.zeros((240, 240), np.uint8)
    shoe(mask, 120 - apart // 2, 120)
    shoe(mask, 120 + apart // 2, 120)
    return mask > 0


def tee() -> np.ndarray:
    mask = np.zeros((240, 240), np.uint8)
    outline = [(90, 40), (150, 40), (215, 85), (190, 115), (165, 95), (165, 210), (75, 210)]
    cv2.fillPoly(mask, [np.array([*outline, (75, 95), (50, 115), (25, 85)])], 1)
    return mask > 0


def trousers() -> np.ndarray:
    mask = np.zeros((240, 240), np.uint8)
    outline = [(80, 20), (160, 20), (175, 220), (130, 220), (120, 80), (110, 220), (65, 220)]
    cv2.fillPoly(mask, [np.array(outline)], 1)
    return mask > 0


@pytest.mark.parametrize("apart", [70, 50, 44], ids=["apart", "touching", "overlapping"])
def test_of_two_shoes_one_is_taken(apart):
    both = pair(apart)
    one = one_of_a_pair(both)
    assert 0.4 * both.sum() < one.sum() < 0.6 * both.sum()
    assert not (one & ~both).any()
    columns = np.flatnonzero(one.any(axis=0))
    assert columns.max() < 125 or columns.min() > 115  # the left or the right one


@pytest.mark.parametrize("turn", [30, 90])
def test_a_pair_that_lies_askew_is_a_pair(turn):
    matrix = cv2.getRotationMatrix2D((120, 120), turn, 1)
    turned = cv2.warpAffine(pair(44).astype(np.uint8), matrix, (240, 240)) > 0
    assert one_of_a_pair(turned) is not None


@pytest.mark.parametrize("whole", [tee(), trousers(), np.zeros((50, 50), bool)])
def test_other_garments_are_no_pair(whole):
    assert one_of_a_pair(whole) is None


def test_one_shoe_is_no_pair():
    mask = np.zeros((240, 240), np.uint8)
    shoe(mask, 120, 120)
    assert one_of_a_pair(mask > 0) is None


@pytest.mark.parametrize("turn", [0, 25, 90, 140])
def test_a_shoe_is_laid_down_whole(turn):
    mask = np.zeros((240, 240), np.uint8)
    shoe(mask, 120, 120)
    matrix = cv2.getRotationMatrix2D((120, 120), turn, 1)
    turned = cv2.warpAffine(mask, matrix, (240, 240))
    lying = laid_down(200 * turned, turned > 0)
    rows, columns = (np.flatnonzero((lying > 100).any(axis=axis)) for axis in (1, 0))
    assert np.ptp(columns) > 2 * np.ptp(rows)
    assert (lying > 100).sum() == pytest.approx(turned.sum(), rel=0.05)
