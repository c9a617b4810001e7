"""fashion_core.transforms: pixels become model input as torchvision would do it; flips mirror half."""

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from fashion_core.metadata import PIXEL_MEAN, PIXEL_STD
from fashion_core.transforms import normalise, random_flips


def test_normalise_equals_torchvision():
    pixels = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (16, 28, 28), dtype=np.uint8))
    scale = [v2.ToDtype(torch.float32, scale=True), v2.Normalize([PIXEL_MEAN], [PIXEL_STD])]
    expected = v2.Compose(scale)(pixels.unsqueeze(1))
    torch.testing.assert_close(normalise(pixels), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("wrong", [torch.zeros(2, 28, 28), torch.zeros(2, 27, 28, dtype=torch.uint8)])
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
