"""Where a network looks: held against hooks on its modules, closed forms, and plain loops."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from fashion_core import checkpoints, config, data, files, models, predict
from fashion_core.inside import saliency
from fashion_core.metadata import CLASS_NAMES
from fashion_core.transforms import normalise


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return data.load_split("test").pixels[:20]


def shipped(name: str) -> torch.nn.Module:
    """A shipped model, or an untrained network, also a described one."""
    if name in config.MODELS or " " in name:
        torch.manual_seed(0)
        return models.fold_norms(models.build_model(name))
    return checkpoints.load_model(files.PRETRAINED_DIR / f"{name}.pt")


def cam_by_hooks(model, module, pixels: np.ndarray, label: int, linear: bool) -> np.ndarray:
    """Grad-CAM as the paper has it, by a hook on a module that is known by name.

    The maps are activations, as the paper calls them, so the hook puts a ReLU on what a bare
    convolution gives, before its pool. The network's own ReLU behind the pool changes nothing any
    more, and must not: at 0 F.relu lets no gradient through, `where` does. `linear`: it has none.
    """
    kept = []

    def activate(module, inputs, output):
        kept.append(output if linear else F.relu(output))
        return kept[-1]

    hook = module.register_forward_hook(activate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(F, "relu", lambda maps, inplace=False: torch.where(maps < 0, 0, maps))
        logits = model(normalise(torch.tensor(pixels[None])))
    hook.remove()
    (gradient,) = torch.autograd.grad(logits[0, label], kept[0])
    maps = kept[0]
    heat = F.relu((gradient.mean((2, 3))[:, :, None, None] * maps).sum(1))[None]
    heat = F.interpolate(heat, (28, 28), mode="bilinear", align_corners=False)
    heat = heat[0].detach().numpy()
    heat = (heat[0] + heat[1, :, ::-1]) / 2 if len(heat) == 2 else heat[0]
    return heat / max(heat.max(), 1e-30)


@pytest.mark.parametrize(
    ("name", "module", "size"),
    [
        ("fashion_cnn", "conv2", None),
        ("fashion_cnn_norm", "conv1", 26),
        ("ResidualNet", "block2", None),
        ("DeepResidualNet", "block3", None),
        ("DeepResidualNet", "widen3", 7),
        ("wide_residual_net", "block4", None),
        ("conv 8, pool, dense 16", "conv1", None),
        ("conv 8 bn, pool, pool, dense 16", "conv1", None),
        ("conv 8 linear, pool, dense 16", "conv1", None),
        ("conv 8 linear, pool, conv 8, dense 16", "conv1", 26),
    ],
)
def test_grad_cam_is_the_papers_on_the_last_convolution_of_its_size(name, module, size, pixels):
    model = shipped(name)
    for index, label in ((0, 9), (1, 2), (3, 6)):
        part, linear = getattr(model, module), "linear" in name
        expected = cam_by_hooks(model, part, pixels[index], label, linear)
        heat = saliency.grad_cam(model, pixels[index], label, size)
        np.testing.assert_allclose(heat, expected, atol=1e-6)
        assert heat.shape == (28, 28)
        assert heat.max() in (0, 1)
    assert all(weight.grad is None for weight in model.parameters())


def test_grad_cam_finds_what_speaks_for_an_answer(pixels):
    model = shipped("fashion_cnn_norm")
    answers = predict.predict_probs(model, pixels).argmax(axis=1)
    for picture, label in zip(pixels, answers, strict=True):
        assert saliency.grad_cam(model, picture, int(label)).max() == 1


def test_grad_cam_offers_each_size_of_maps_once():
    assert saliency.cam_sizes(shipped("fashion_cnn")) == [26, 11]
    assert saliency.cam_sizes(shipped("DeepResidualNet")) == [28, 14, 7, 3]


def test_occlusion_is_the_evidence_that_a_covered_place_takes_away(pixels):
    model, picture, label = shipped("fashion_cnn"), pixels[0], 9
    logits = predict.predict_logits(model, picture[None])[0]
    heat = saliency.evidence_lost(
        logits, saliency.occluded_logits(model, picture, range(28)), label
    )
    for row, column in ((0, 0), (14, 14), (27, 3)):
        covered = picture.copy()
        for y in range(max(0, row - 3), min(28, row + 4)):
            for x in range(max(0, column - 3), min(28, column + 4)):
                covered[y, x] = 0
        shares = [predict.predict_probs(model, each[None])[0, label] for each in (picture, covered)]
        odds = [np.log(float(share)) - np.log1p(-float(share)) for share in shares]
        assert heat[row, column] == pytest.approx(odds[0] - odds[1], abs=1e-3)
    assert heat[0, 0] == 0


def test_with_a_stride_each_square_covers_its_pixels_and_as_many_around_them(pixels):
    model, picture = shipped("fashion_cnn"), pixels[0]
    found = saliency.occluded_logits(model, picture, range(0, 28, 2), stride=2)
    assert found.shape == (14, 14, 10)
    for i, j in ((0, 0), (6, 3), (13, 13)):
        covered = picture.copy()
        covered[max(0, 2 * i - 3) : 2 * i + 5, max(0, 2 * j - 3) : 2 * j + 5] = 0
        expected = predict.predict_logits(model, covered[None])[0]
        np.testing.assert_allclose(found[i, j], expected, atol=1e-3)


def test_log_odds_of_even_logits_are_those_of_one_in_ten():
    assert saliency.log_odds(np.full(10, 7.0), 3) == pytest.approx(np.log(1 / 9))
    assert saliency.log_odds(np.eye(10)[0] * 1000, 0) == pytest.approx(1000 - np.log(9))


def test_where_it_looks_is_said_in_words():
    pixels, heat = np.zeros((28, 28), np.uint8), np.zeros((28, 28))
    pixels[4:16, 2:26] = 200
    heat[4:8, 2:10], heat[12:16, 12], heat[20, 14] = 1, 2, -5  # 32 and 8
    shirt, boot = CLASS_NAMES.index("Shirt"), CLASS_NAMES.index("Ankle boot")
    words = saliency.describe_focus(heat, pixels, shirt)
    assert words == "at the upper left (80.0%), the lower middle (20.0%)"
    words = saliency.describe_focus(heat, pixels, boot)
    assert words == "at the upper left (80.0%), the middle of the sole (20.0%)"
    even = saliency.describe_focus(np.ones((28, 28)), np.full((28, 28), 9, np.uint8), shirt)
    assert even.startswith("everywhere")
    assert saliency.describe_focus(-heat.clip(0), pixels, shirt) == ""
    assert saliency.describe_focus(heat, pixels * 0, shirt) == ""


def test_the_overlay_keeps_the_picture_where_there_is_no_heat():
    pixels, heat = np.full((28, 28), 100, np.uint8), np.zeros((28, 28))
    assert (saliency.overlay(pixels, heat) == 100).all()
    heat[3, 3], heat[5, 5] = 2, -1
    shown = saliency.overlay(pixels, heat).astype(int)
    assert shown[3, 3, 0] > shown[3, 3, 2]  # orange
    assert shown[5, 5, 2] > shown[5, 5, 0]  # blue
    assert (shown[4, 4] == 100).all()
