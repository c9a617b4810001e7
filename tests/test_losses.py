"""fashion_core.losses: one matrix of targets says what all the losses of the field say."""

import math

import numpy as np
import pytest
import scipy.special
import torch
import torch.nn.functional as F

from fashion_core.losses import (
    NO_LABEL,
    TEACHER_TEMPERATURE,
    distillation_loss,
    label_loss,
    objective,
    soft_targets,
)
from fashion_core.metadata import OUTLIER


@pytest.fixture
def labels():
    return torch.arange(32) % 10


@pytest.fixture
def logits():
    return torch.randn(32, 10, generator=torch.Generator().manual_seed(0)).requires_grad_()


def check_same_loss(logits, found, expected):
    """Both losses and their gradients are equal."""
    (gradient,) = torch.autograd.grad(found, logits, retain_graph=True)
    (expected_gradient,) = torch.autograd.grad(expected, logits)
    torch.testing.assert_close(found, expected, rtol=0, atol=5e-7)
    torch.testing.assert_close(gradient, expected_gradient, rtol=0, atol=1e-7)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_loss_of_labels_is_torchs_cross_entropy_with_label_smoothing(logits, labels, smoothing):
    expected = F.cross_entropy(logits, labels, label_smoothing=smoothing)
    check_same_loss(logits, objective(logits, soft_targets(labels, smoothing)), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_an_outlier_has_every_class_alike(logits, labels, smoothing):
    labels[24:] = OUTLIER
    known = F.cross_entropy(logits[:24], labels[:24], label_smoothing=smoothing, reduction="sum")
    even = -F.log_softmax(logits[24:], dim=1).mean(dim=1).sum()
    expected = (known + even) / 32
    check_same_loss(logits, objective(logits, soft_targets(labels, smoothing)), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_of_a_mixed_copy_only_the_teacher_says_what_it_shows(logits, labels, smoothing):
    labels[1::2] = NO_LABEL
    teacher_logits = torch.randn(32, 10, generator=torch.Generator().manual_seed(1))
    hard_loss = F.cross_entropy(logits[::2], labels[::2], label_smoothing=smoothing)
    expected = 0.1 * hard_loss + 0.9 * distillation_loss(logits, teacher_logits)
    found = objective(logits, soft_targets(labels, smoothing), teacher_logits)
    check_same_loss(logits, found, expected)


def test_distillation_is_the_divergence_of_softened_answers():
    """Against the formula written out with scipy's relative entropy."""
    logits, teacher_logits = torch.randn(2, 6, 10, generator=torch.Generator().manual_seed(0))
    student, teacher = (
        scipy.special.softmax(part.numpy().astype(np.float64) / TEACHER_TEMPERATURE, axis=1)
        for part in (logits, teacher_logits)
    )
    divergence = scipy.special.rel_entr(teacher, student).sum(1).mean()
    assert distillation_loss(logits, teacher_logits).item() == pytest.approx(
        divergence * TEACHER_TEMPERATURE**2, rel=1e-5
    )
    assert distillation_loss(logits, logits).item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("without", [OUTLIER, NO_LABEL])
def test_the_reported_loss_is_that_of_the_images_with_a_label(logits, labels, without):
    expected = F.cross_entropy(logits[::2], labels[::2])
    labels[1::2] = without
    torch.testing.assert_close(label_loss(logits, labels), expected)
    assert math.isnan(label_loss(logits[1::2], labels[1::2]).item())
