"""Raw pixels to model input, and the changes made to training images; whole batches at a time."""

import torch
import torch.nn.functional as F

from fashion_core.metadata import IMAGE_SIZE, PIXEL_MEAN, PIXEL_STD


def normalise(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels (N, 28, 28) uint8 0…255 → images (N, 1, 28, 28) float32.

    The training set's have mean 0 and standard deviation 1. Raises ValueError for another shape or
    type.
    """
    if pixels.dtype != torch.uint8 or pixels.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(
            f"pixels must be (N, 28, 28) uint8, not {tuple(pixels.shape)} {pixels.dtype}"
        )
    return pixels.unsqueeze(1).float().mul_(1 / (255 * PIXEL_STD)).sub_(PIXEL_MEAN / PIXEL_STD)


def random_flips(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Mirror each of the images (N, 1, 28, 28) left to right with probability one half."""
    flip = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5
    return torch.where(flip.to(images.device), images.flip(-1), images)


MAX_SHIFT = 2  # pixels


def random_shifts(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Move each of the images (N, 1, 28, 28) by -2 to 2 pixels down and across.

    What moves in is background.
    """
    padded = F.pad(images, (MAX_SHIFT,) * 4, value=-PIXEL_MEAN / PIXEL_STD)  # (N, 1, 32, 32)
    shifts = torch.randint(2 * MAX_SHIFT + 1, (2, len(images), 1, 1), generator=generator)
    down, across = shifts  # (N, 1, 1) each
    places = torch.arange(IMAGE_SIZE)  # (28,)
    rows, columns = down + places[:, None], across + places  # (N, 28, 1), (N, 1, 28)
    chosen = rows * padded.shape[-1] + columns  # (N, 28, 28), into a flattened image
    return padded.flatten(1).gather(1, chosen.flatten(1).to(images.device)).view_as(images)


ERASED = (0.02, 0.33)  # smallest and largest share of an image that is hidden
MAX_STRETCH = 3.0  # of the longer side to the shorter


def random_erasing(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Hide a rectangle of half of the images (N, 1, 28, 28) behind noise.

    Each lies elsewhere. They cover 2 to 33 per cent of an image, with sides in the proportion 1:3
    to 3:1 (after Zhong et al., "Random Erasing Data Augmentation", 2020, who cover up to 40). The
    noise is evenly spread over the range of the pixels.
    """
    count = len(images)
    area, shape, down, across, chosen = torch.rand(5, count, 1, generator=generator)
    sides = (ERASED[0] + (ERASED[1] - ERASED[0]) * area).sqrt() * IMAGE_SIZE  # (N, 1), of a square
    stretch = MAX_STRETCH ** (shape - 0.5)  # (N, 1), of the height; the width shrinks by as much
    places = torch.arange(IMAGE_SIZE) + 0.5  # (28,), the middle of each pixel
    rows = _inside(places, sides * stretch, down)  # (N, 28)
    columns = _inside(places, sides / stretch, across)  # (N, 28)
    erased = rows[:, :, None] & columns[:, None, :] & (chosen < 0.5)[:, :, None]  # (N, 28, 28)
    noise = torch.rand(images.shape, generator=generator).sub_(PIXEL_MEAN).div_(PIXEL_STD)
    device = images.device
    return torch.where(erased.unsqueeze(1).to(device), noise.to(device), images)


def _inside(places: torch.Tensor, length: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
    """Which of the places (28,) lie in a stretch of each length (N, 1): (N, 28) bool.

    The stretch begins at this share (N, 1) of the room that is left.
    """
    begin = share * (IMAGE_SIZE - length)
    return (places >= begin) & (places < begin + length)


def random_mixup(
    images: torch.Tensor, targets: torch.Tensor, count: int, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Let another image shine through each of the first `count` of the images (N, 1, 28, 28).

    Returns the images and their targets (N, 10), mixed alike. The share of each that is its own is
    evenly spread over 0…1, and 1 from `count` on; the rest of image i is image N-1-i (Zhang et al.,
    "mixup: Beyond Empirical Risk Minimization", 2018, with alpha 1).
    """
    own = torch.ones(len(images))
    own[:count] = torch.rand(count, generator=generator)
    own = own.to(images.device)
    mixed_images = torch.lerp(images.flip(0), images, own[:, None, None, None])
    return mixed_images, torch.lerp(targets.flip(0), targets, own[:, None])
