"""fashion_core.transforms: input as torchvision makes it, and what changes training images."""

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from fashion_core.metadata import PIXEL_MEAN, PIXEL_STD
from fashion_core.transforms import (
    ERASED,
    MAX_SHIFT,
    normalise,
    random_erasing,
    random_flips,
    random_mixup,
    random_shifts,
)


def test_normalise_equals_torchvision():
    pixels = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (16, 28, 28), dtype=np.uint8)
    )
    scale = [v2.ToDtype(torch.float32, scale=True), v2.Normalize([PIXEL_MEAN], [PIXEL_STD])]
    expected = v2.Compose(scale)(pixels.unsqueeze(1))
    torch.testing.assert_close(normalise(pixels), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "wrong", [torch.zeros(2, 28, 28), torch.zeros(2, 27, 28, dtype=torch.uint8)]
)
def test_normalise_refuses_other_input(wrong):
    with pytest.raises(ValueError, match="pixels must be"):
        normalise(wrong)


def test_flips_mirror_about_half_and_keep_the_rest():
    images = torch.randn(2000, 1, 28, 28)
    flipped = random_flips(images, torch.Generator().manual_seed(0))
    mirrored = (flipped == images.flip(-1)).flatten(1).all(1)
    kept = (flipped == images).flatten(1).all(1)
    assert torch.equal(mirrored, ~kept)
    assert 900 < mirrored.sum() < 1100


def test_flips_repeat_with_the_seed():
    images = torch.randn(64, 1, 28, 28)
    first, second = (random_flips(images, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(first, second)


def test_shifts_move_each_image_as_a_whole_and_fill_with_background():
    pixels = torch.zeros(2000, 28, 28, dtype=torch.uint8)
    pixels[:, 10, 12] = 255
    shifted = random_shifts(normalise(pixels), torch.Generator().manual_seed(0))
    assert shifted.shape == (2000, 1, 28, 28)
    which, _, rows, columns = torch.nonzero(shifted > 0, as_tuple=True)
    assert torch.equal(which, torch.arange(2000))  # the one bright pixel is still there, once
    assert (shifted < 0).sum() == 2000 * (28 * 28 - 1)
    for places, middle in ((rows, 10), (columns, 12)):
        counts = torch.bincount(places - middle + MAX_SHIFT, minlength=2 * MAX_SHIFT + 1)
        assert len(counts) == 2 * MAX_SHIFT + 1
        assert counts.min() > 300
    # The two axes do not depend
    assert torch.unique(rows * 28 + columns).numel() == (2 * MAX_SHIFT + 1) ** 2


def test_erasing_hides_one_rectangle_of_half_of_the_images():
    images = torch.full((2000, 1, 28, 28), 7.0)  # no noise is as bright
    hidden = (random_erasing(images, torch.Generator().manual_seed(0)) != 7).squeeze(1)
    rows, columns = hidden.any(2), hidden.any(1)
    assert torch.equal(hidden, rows[:, :, None] & columns[:, None, :])
    edges = torch.diff(rows.int(), dim=1, prepend=torch.zeros(2000, 1)).clamp(min=0).sum(1)
    assert edges.max() == 1  # the rows are one stretch
    shares = hidden.flatten(1).float().mean(1)
    touched = shares > 0
    assert 900 < touched.sum() < 1100
    assert shares.max() < ERASED[1] + 0.03
    assert shares[touched].mean().item() == pytest.approx(sum(ERASED) / 2, abs=0.02)
    assert rows.float().mean(0)[[0, 27]].min() > 0.005  # it reaches the border on both sides
    assert rows.float().mean().item() == pytest.approx(columns.float().mean().item(), abs=0.02)


def test_erasing_fills_with_any_grey_and_repeats_with_the_seed():
    images = normalise(torch.full((200, 28, 28), 128, dtype=torch.uint8))
    first, second = (random_erasing(images, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(first, second)
    noise = first[first != images[0, 0, 0, 0]] * PIXEL_STD + PIXEL_MEAN
    assert noise.min() >= -1e-6
    assert noise.max() <= 1 + 1e-6
    assert noise.mean().item() == pytest.approx(0.5, abs=0.01)


def test_mixup_lets_the_last_images_shine_through_the_first_as_far_as_the_targets_say():
    images, targets = torch.randn(2000, 1, 28, 28), torch.eye(2000)
    mixed, shares = random_mixup(images, targets, 1500, torch.Generator().manual_seed(0))
    own = shares.diag()
    torch.testing.assert_close(shares.sum(1), torch.ones(2000))
    for place in (0, 3, 1499, 1500, 1999):
        expected = own[place] * images[place] + (1 - own[place]) * images[1999 - place]
        torch.testing.assert_close(mixed[place], expected)
        assert shares[place, 1999 - place].item() == pytest.approx(1 - own[place].item(), abs=1e-6)
    assert torch.equal(mixed[1500:], images[1500:])
    assert torch.equal(shares[1500:], targets[1500:])
    counts = torch.histc(own[:1500], bins=10, min=0, max=1)
    assert counts.min() > 100  # of 150, evenly spread


def test_mixup_repeats_with_the_seed():
    images, targets = torch.randn(64, 1, 28, 28), torch.eye(64)
    first, second = (
        random_mixup(images, targets, 40, torch.Generator().manual_seed(5)) for _ in range(2)
    )
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
