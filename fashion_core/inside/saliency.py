"""Where a network looks: heat maps over a picture for any class, and the places in words.

Grad-CAM asks the gradient which places of a convolution speak for a class (Selvaraju et al.,
"Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", 2017, equations
1 and 2). Occlusion covers each place and measures what that does to the answer (Zeiler and Fergus,
"Visualizing and Understanding Convolutional Networks", 2014, section 4.2): slower, but it tries
what Grad-CAM estimates.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from fashion_core.errors import InsideError
from fashion_core.inside.layers import FIRST_KINDS, Call, record_calls
from fashion_core.metadata import CLASS_NAMES, IMAGE_SIZE, NUM_CLASSES
from fashion_core.predict import predict_logits
from fashion_core.transforms import normalise

# Grad-CAM


def cam_sizes(model: nn.Module) -> list[int]:
    """The edges of the maps on which Grad-CAM can stand, smallest last, such as [28, 14, 7, 3].

    Of each size it takes the last convolution that has it. Empty for a network without any.
    """
    pixels = np.zeros((IMAGE_SIZE, IMAGE_SIZE), dtype=np.uint8)
    with torch.inference_mode():
        calls, _ = record_calls(model, normalise(torch.tensor(pixels[None])))
    return sorted({call.output.shape[-1] for call in _cam_calls(calls)}, reverse=True)


def grad_cam(
    model: nn.Module, pixels: np.ndarray, label: int, size: int | None = None
) -> np.ndarray:
    """Where the picture (28, 28) uint8 speaks for the class `label`: (28, 28) float32, 0…1.

    The maps of a convolution, weighted with their mean gradient of the class's logit and added up,
    without what is negative, enlarged to 28×28 and divided by the largest; all 0 where nothing
    speaks for the class. Maps of the last convolution, or of the last one with edges of `size`.
    They are taken after the sum with the shortcut and before a max-pool, as activations: where the
    layer has a ReLU, what that lets through. In a network that looks at the mirror image too, both
    ways count alike. Raises InsideError where it is not finite, and for a network without a
    convolution.
    """
    calls, logits = record_calls(model, normalise(torch.tensor(pixels[None])))
    found = [call for call in _cam_calls(calls) if size in (None, call.output.shape[-1])]
    if not found:
        raise InsideError(
            "Grad-CAM shows where a convolution looks, and this network has none. Occlusion on the"
            " page Inside works for any network."
        )
    maps, at = _activations(found[-1], calls)
    # At these maps alone: the model's own gradients stay as they are
    (gradients,) = torch.autograd.grad(logits[:, label].mean(), at)
    weights = gradients.mean(dim=(2, 3), keepdim=True)  # (ways, C, 1, 1)
    heat = F.relu((weights * maps).sum(dim=1, keepdim=True))  # (ways, 1, H, W)
    edges = (IMAGE_SIZE, IMAGE_SIZE)
    heat = F.interpolate(heat, edges, mode="bilinear", align_corners=False)[:, 0]
    heat[1:] = heat[1:].flip(-1)  # back from the mirror
    mean = heat.detach().mean(dim=0).float().cpu().numpy()
    if not np.isfinite(mean).all():
        raise InsideError(
            "The network's numbers are not finite for this picture, so where it looks cannot be"
            " said. Choose another model."
        )
    return mean / max(float(mean.max()), np.finfo(np.float32).tiny)


def _cam_calls(calls: Sequence[Call]) -> list[Call]:
    """For each convolution the last call of its layer whose maps have the convolution's size."""
    found: list[Call] = []
    for call in calls:
        if call.name == "conv2d":
            found.append(call)
        elif call.name in FIRST_KINDS:
            break
        elif found and call.output.shape == found[-1].output.shape:
            found[-1] = call
    return found


def _activations(chosen: Call, calls: Sequence[Call]) -> tuple[torch.Tensor, torch.Tensor]:
    """The maps (ways, C, H, W) of one of the calls as activations, and where to take the gradient.

    Our networks have the ReLU after their max-pools, which is the same and faster. What is negative
    before it never reaches the class: with a negative weight it would count as speaking for it. A
    pool hands each gradient on to one place, so the activations' gradients add up to those behind
    ReLU and pools; before the ReLU those of a window without activation would be missing.
    """
    later = calls[calls.index(chosen) + 1 :]
    # A mean-pool mixes what is negative in, so no ReLU can be thought before it
    after_pools = next((call for call in later if call.name != "max_pool2d"), None)
    if after_pools is not None and after_pools.name == "relu":
        return F.relu(chosen.output), after_pools.output
    return chosen.output, chosen.output


# Occlusion

OCCLUDED_EDGE = 7  # pixels of the covered square, a quarter of the picture's


def occluded_logits(
    model: nn.Module, pixels: np.ndarray, rows: Sequence[int], stride: int = 1
) -> np.ndarray:
    """Logits (rows, 28 / stride, 10) float32 of a picture with one square covered each.

    The picture is pixels (28, 28) uint8. The squares are centred on the pixels of these rows,
    OCCLUDED_EDGE wide, and have the background's colour, 0. With a `stride` they are centred on as
    many rows and columns from there on, and wider by what that is more than one.
    """
    reach, columns = OCCLUDED_EDGE // 2, range(0, IMAGE_SIZE, stride)
    covered = np.repeat(pixels[None], len(rows) * len(columns), axis=0)
    for square, (row, column) in zip(covered, itertools.product(rows, columns), strict=True):
        top, left = max(0, row - reach), max(0, column - reach)
        square[top : row + stride + reach, left : column + stride + reach] = 0
    return predict_logits(model, covered).reshape(len(rows), len(columns), NUM_CLASSES)


LEAST_EVIDENCE = 1e-3  # nats; less is the rounding of float32 in batches of different sizes


def evidence_lost(logits: np.ndarray, covered: np.ndarray, label: int) -> np.ndarray:
    """What covering each place takes from the evidence for a class: (N, N) float32, in nats.

    The evidence is the logarithm of the odds, log p/(1-p), from the logits (10,) of the picture and
    those (N, N, 10) of the covered ones. Above 0 a place speaks for the class, below against it.
    """
    lost = log_odds(logits, label) - log_odds(covered, label)
    return np.where(np.abs(lost) < LEAST_EVIDENCE, 0, lost).astype(np.float32)


def log_odds(logits: np.ndarray, label: int) -> np.ndarray:
    """The logarithm of the odds of a class from logits (..., 10): (...), in nats."""
    others = np.delete(logits, label, axis=-1).astype(np.float64)
    top = others.max(axis=-1)
    return logits[..., label] - top - np.log(np.exp(others - top[..., None]).sum(axis=-1))


# Showing and saying it

# Okabe and Ito's orange and sky blue, distinct under every colour vision deficiency
FOR_COLOR, AGAINST_COLOR = (230, 159, 0), (86, 180, 233)
STRENGTH = 0.8  # of the heat's colour over the picture, at its hottest


def overlay(pixels: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """The picture (28, 28) uint8 under its heat (28, 28): (28, 28, 3) uint8.

    Orange where the heat is above 0, blue below, the stronger the further from 0.
    """
    share = np.abs(heat) / max(float(np.abs(heat).max()), np.finfo(np.float32).tiny)
    color = np.where((heat > 0)[..., None], FOR_COLOR, AGAINST_COLOR)
    cover = STRENGTH * share[..., None]
    return np.rint((1 - cover) * pixels[..., None] + cover * color).astype(np.uint8)


PLACES = (
    ("the upper left", "the upper middle", "the upper right"),
    ("the left side", "the centre", "the right side"),
    ("the lower left", "the lower middle", "the lower right"),
)
SOLE = ("the left end of the sole", "the middle of the sole", "the right end of the sole")
SHOES = ("Sandal", "Sneaker", "Ankle boot")
NAMED_SHARE = 0.15  # of all heat; a place with less is not worth a word
SPREAD_SHARE = 0.2  # where no place has more, the heat is nearly even: a ninth would be
MOST_NAMED = 3


def describe_focus(heat: np.ndarray, pixels: np.ndarray, label: int) -> str:
    """Where the heat (28, 28) above 0 is, in words: "at the upper left (42%), the centre (30%)".

    In thirds of what is not background in the picture (28, 28) uint8; heat beside it counts for the
    nearest third. `label`: what the picture is taken for; shoes have a sole. Empty without heat.
    """
    warm = np.maximum(heat, 0)
    if not warm.any() or not pixels.any():
        return ""
    down, across = (_thirds(pixels.any(axis=axis)) for axis in (1, 0))
    shares = np.zeros((3, 3))
    np.add.at(shares, (down[:, None], across[None, :]), warm / warm.sum())
    names = [*PLACES[:2], SOLE if CLASS_NAMES[label] in SHOES else PLACES[2]]
    order = np.argsort(-shares, axis=None, kind="stable")[:MOST_NAMED]
    chosen = [i for i in order if shares.flat[i] >= NAMED_SHARE] or order[:1]
    words = ", ".join(f"{names[i // 3][i % 3]} ({shares.flat[i]:.1%})" for i in chosen)
    spread = "" if shares.max() >= SPREAD_SHARE else "everywhere, a little more "
    return f"{spread}at {words}"


def _thirds(occupied: np.ndarray) -> np.ndarray:
    """The third 0, 1 or 2 of each of 28 rows or columns, of the stretch that is occupied (28,)."""
    first, last = np.flatnonzero(occupied)[[0, -1]]
    places = (np.arange(IMAGE_SIZE) - first) * 3 // (last - first + 1)
    return places.clip(0, 2)
