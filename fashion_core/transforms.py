"""Raw pixels to model input, and the changes made to training images; whole batches at a time."""

import torch

from fashion_core.metadata import IMAGE_SIZE, PIXEL_MEAN, PIXEL_STD


def normalise(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels (N, 28, 28) uint8 0…255 → images (N, 1, 28, 28) float32 with the training set's mean 0 and std 1.

    Raises ValueError for another shape or type.
    """
    if pixels.dtype != torch.uint8 or pixels.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(f"pixels must be (N, 28, 28) uint8, not {tuple(pixels.shape)} {pixels.dtype}")
    return pixels.unsqueeze(1).float().mul_(1 / (255 * PIXEL_STD)).sub_(PIXEL_MEAN / PIXEL_STD)


def random_flips(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Mirror each of the images (N, 1, 28, 28) left to right with probability one half."""
    flip = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5
    return torch.where(flip.to(images.device), images.flip(-1), images)
