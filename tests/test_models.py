"""fashion_core.models: the networks are exactly what their description says."""

import copy
import platform

import pytest
import torch
from torch import nn

from fashion_core.architecture import NAMED, network_of
from fashion_core.config import MODELS
from fashion_core.models import (
    NETWORKS,
    SEEN_EDGE,
    Convolution,
    DeepResidualNet,
    FashionCNN,
    FashionCNNNorm,
    ResidualNet,
    WideResidualNet,
    blocked,
    build_model,
    count_parameters,
    dense,
    fold_norms,
    layer_table,
)
from fashion_core.optimizers import rounded_copy
from pages.parts.home.network import LAYER_NAMES, NETWORK_NOTES

# What a description may hold between convolutions, and beyond them
EVERY_STEP = "conv 8 same bn, pool avg, residual 8, conv 16 stride 2 linear, pool, global avg"
FAST = {"fast": True}
DROPS_BETWEEN = "conv 8, dropout 0.5, conv 8 5, pool, dropout 0.2, conv 8 1, global max, dense 16"


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (FashionCNN, 225_034),
        (FashionCNNNorm, 225_226),
        (ResidualNet, 463_562),
        (DeepResidualNet, 1_940_970),
        (WideResidualNet, 1_959_530),
    ],
)
def test_a_networks_sentence_counts_its_parameters_and_multiplications(network, parameters):
    assert count_parameters(network()) == parameters
    sentence = MODELS[network.__name__]
    assert f"{parameters:,} parameters" in sentence
    times = network_of(network.__name__).multiplications / network_of("FashionCNN").multiplications
    assert ("" if times == 1 else f"{times:.0f} times the multiplications") in sentence


def test_every_network_is_described_wherever_one_is():
    assert set(NETWORKS) == set(MODELS) == set(NAMED) == set(NETWORK_NOTES)


@pytest.mark.parametrize("name", [*MODELS, EVERY_STEP, DROPS_BETWEEN])
def test_every_layer_but_batch_norms_has_a_name_on_home(name):
    kinds = {layer["kind"] for layer in layer_table(build_model(name))}
    assert kinds - {"BatchNorm2d"} <= set(LAYER_NAMES)


def test_same_function_as_the_textbook_order():
    """ReLU after the pool is the textbook's ReLU before it."""
    torch.manual_seed(0)
    ours = FashionCNN().eval()
    textbook = nn.Sequential(
        ours.conv1,
        nn.ReLU(),
        nn.MaxPool2d(2),
        ours.conv2,
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        ours.linear1,
        nn.ReLU(),
        ours.linear2,
    )
    images = torch.randn(8, 1, 28, 28)
    assert torch.equal(ours(images), textbook(images))


def test_the_fast_way_leaves_out_only_pixels_that_no_answer_depends_on():
    torch.manual_seed(0)
    model, images = FashionCNN(), torch.randn(8, 1, 28, 28)
    other = images.clone()
    other[:, :, SEEN_EDGE:] = other[:, :, :, SEEN_EDGE:] = 9.0
    assert torch.equal(model(other), model(images))
    torch.testing.assert_close(model(other, fast=True), model(images), rtol=0, atol=1e-5)
    other[:, :, :, SEEN_EDGE - 1] = 9.0
    assert not torch.equal(model(other), model(images))


@pytest.mark.parametrize("name", [*MODELS, EVERY_STEP, DROPS_BETWEEN])
def test_the_fast_way_gives_the_same_answers_gradients_and_measured_norms(name):
    torch.manual_seed(0)
    plain, images, labels = build_model(name), torch.randn(32, 1, 28, 28), torch.arange(32) % 10
    fast = copy.deepcopy(plain)
    for model, way in ((plain, {}), (fast, FAST)):
        torch.manual_seed(1)  # the same dropout
        nn.functional.cross_entropy(model(images, **way), labels).backward()
    for ours, theirs in zip(plain.parameters(), fast.parameters(), strict=True):
        # Rounding may choose another pixel of a pool; before a batch norm a bias has nothing else
        assert (ours.grad - theirs.grad).norm() <= 0.01 * ours.grad.norm() + 1e-4
    for ours, theirs in zip(plain.buffers(), fast.buffers(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    with torch.inference_mode():
        answers = plain.eval()(images), plain(images, fast=True)
    torch.testing.assert_close(*answers, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", [*MODELS, EVERY_STEP, DROPS_BETWEEN])
def test_the_fast_way_trains_in_bfloat16_too(name):
    """It is as near to the gradients of float32 as the plain way is."""
    torch.manual_seed(0)
    exact, images, labels = build_model(name), torch.randn(32, 1, 28, 28), torch.arange(32) % 10
    plain, fast = rounded_copy(copy.deepcopy(exact)), rounded_copy(copy.deepcopy(exact))
    rounded = images.bfloat16()
    has_instructions = torch.cpu.get_capabilities().get("avx512_bf16", False)
    assert blocked(rounded).is_mkldnn == has_instructions
    for model, inputs, way in ((exact, images, {}), (plain, rounded, {}), (fast, rounded, FAST)):
        torch.manual_seed(1)  # the same dropout
        nn.functional.cross_entropy(model(inputs, **way).float(), labels).backward()
    parameters = (model.parameters() for model in (exact, plain, fast))
    for true, one, other in zip(*parameters, strict=True):
        plain_error, fast_error = ((grads.grad - true.grad).norm() for grads in (one, other))
        # Before a batch norm a bias has nothing but rounding
        assert fast_error <= 1.3 * plain_error + 0.02 * true.grad.norm() + 1e-3


def test_a_convolution_rounds_its_weights_to_the_type_of_its_images():
    torch.manual_seed(0)
    exact, images = Convolution(2, 16, 3), torch.randn(4, 2, 8, 8).bfloat16()
    expected = copy.deepcopy(exact).bfloat16()(images)
    for found in (exact(images), exact(blocked(images))):
        torch.testing.assert_close(dense(found), expected, rtol=0.02, atol=0.02)
    exact(images).float().sum().backward()
    assert exact.weight.grad.dtype == torch.float32


def test_the_fast_way_may_be_rounded_by_autocast():
    torch.manual_seed(0)
    model, images = FashionCNN(), torch.randn(8, 1, 28, 28)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = model(images, fast=True)
    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), model(images), rtol=0, atol=0.05)


def test_on_x86_the_fast_way_is_onednns_layout(monkeypatch):
    is_x86 = platform.machine().lower() in ("x86_64", "amd64")
    assert blocked(torch.zeros(1, 1, 28, 28)).is_mkldnn == is_x86  # all of the last ten years
    monkeypatch.setattr("fashion_core.models._has_fast_blocks", lambda dtype: False)
    torch.manual_seed(0)
    model, images = FashionCNN(), torch.randn(8, 1, 28, 28)
    assert not blocked(images).is_mkldnn
    torch.testing.assert_close(model(images, fast=True), model(images), rtol=0, atol=1e-6)


def test_gradients_are_those_of_the_textbook_order():
    torch.manual_seed(0)
    ours = FashionCNN()
    images, labels = torch.randn(8, 1, 28, 28), torch.arange(8)
    nn.functional.cross_entropy(ours(images), labels).backward()
    found = ours.conv1.weight.grad.clone()
    ours.zero_grad()
    x = nn.functional.max_pool2d(torch.relu(ours.conv1(images)), 2)
    x = nn.functional.max_pool2d(torch.relu(ours.conv2(x)), 2).flatten(1)
    nn.functional.cross_entropy(ours.linear2(torch.relu(ours.linear1(x))), labels).backward()
    torch.testing.assert_close(found, ours.conv1.weight.grad)


def test_dropout_acts_only_in_training():
    torch.manual_seed(0)
    model, images = FashionCNN(dropout=0.5), torch.randn(2, 1, 28, 28)
    assert not torch.equal(model.train()(images), model(images))
    assert torch.equal(model.eval()(images), model(images))


@pytest.mark.parametrize(
    "network", [FashionCNN, FashionCNNNorm, ResidualNet, DeepResidualNet, WideResidualNet]
)
@pytest.mark.parametrize("shape", [(1, 28, 28), (2, 3, 28, 28), (2, 1, 32, 32)])
def test_other_shapes_are_refused(network, shape):
    with pytest.raises(ValueError, match="images must be"):
        network()(torch.zeros(shape))


def test_a_residual_block_that_adds_nothing_hands_on_its_input():
    block = ResidualNet().block1.eval()
    torch.nn.init.zeros_(block.conv2[1].weight)
    x = torch.rand(2, 64, 14, 14)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize("name", MODELS)
def test_every_network_learns_from_a_single_image(name):
    """The last batch of an epoch may be no larger."""
    torch.manual_seed(0)
    model = build_model(name)
    model(torch.randn(1, 1, 28, 28)).sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())


def test_the_wide_network_answers_a_mirror_image_alike_but_not_while_it_trains():
    torch.manual_seed(0)
    model, images = WideResidualNet(), torch.randn(4, 1, 28, 28)
    answers = model.eval()(images)
    torch.testing.assert_close(model(images.flip(-1)), answers, rtol=0, atol=1e-5)
    looks = (model._logits(images) + model._logits(images.flip(-1))) / 2
    torch.testing.assert_close(answers, looks, rtol=0, atol=1e-5)
    assert not torch.allclose(model.train()(images), model(images.flip(-1)), atol=1e-3)


@pytest.mark.parametrize("network", [FashionCNNNorm, ResidualNet, DeepResidualNet, WideResidualNet])
def test_folded_norms_are_the_same_function(network):
    torch.manual_seed(0)
    model, images = network(), torch.randn(64, 1, 28, 28)
    model(images)  # moves the running means away from where they begin
    expected = model.eval()(images)
    folded = fold_norms(model)
    torch.testing.assert_close(folded(images), expected, rtol=0, atol=1e-4)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in folded.modules())


def test_layer_table_tells_the_measured_shapes():
    rows = layer_table(build_model("FashionCNN"))
    assert [row["shape"] for row in rows] == [
        (32, 26, 26),
        (32, 13, 13),
        (64, 11, 11),
        (64, 5, 5),
        (128,),
        (10,),
    ]
    assert sum(row["parameters"] for row in rows) == 225_034
