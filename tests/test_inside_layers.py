"""What is recorded of a forward pass: held against the network's own answer and against numpy."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fashion_core import checkpoints, files, models, predict
from fashion_core.errors import InsideError
from fashion_core.inside import arithmetic, layers
from fashion_core.transforms import normalise
from pages.parts.inside.pixel import pool_html

PIXELS = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
# What the networks written by hand have none of: other kernels and strides, means, no ReLU
DESCRIBED = (
    "conv 6 5 same bn stride 2, residual 6, pool avg, conv 8 1 linear, dropout 0.3, global avg,"
    " dense 12 linear"
)


def made_model(name: str, folded: bool) -> nn.Module:
    """A network with random weights and running averages."""
    torch.manual_seed(0)
    model = models.build_model(name).eval()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.running_mean, layer.bias.data):
                values.normal_(0, 0.3)
            for values in (layer.running_var, layer.weight.data):
                values.uniform_(0.5, 1.5)
    return models.fold_norms(model) if folded else model


def convolved(map_: dict, row: int, column: int) -> float:
    """A pixel of a convolution by its definition."""
    padded = np.pad(map_["inputs"], [(0, 0)] + [(map_["padding"],) * 2] * 2).astype(np.float64)
    edge = map_["kernel"].shape[-1]
    row, column = map_["stride"] * row, map_["stride"] * column
    window = padded[:, row : row + edge, column : column + edge]
    return (window * map_["kernel"]).sum() + map_["bias"]


def next_value(stage: dict, before: np.ndarray, row: int, column: int) -> float:
    """A pixel of a step after the convolution by its definition, from the whole map before it."""
    if stage["kind"] in layers.POOLS.values():
        window = before[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        return window.max() if stage["kind"] == "max-pool" else window.mean()
    value = before[row, column]
    if stage["kind"] == "ReLU":
        return max(0, value)
    if stage["kind"] == "sum":
        return value + stage["other"][row, column]
    assert stage["kind"] == "batch norm"
    return (value - stage["mean"]) / stage["deviation"] * stage["scale"] + stage["shift"]


def check_map(layer: layers.Layer, channel: int) -> None:
    """Corners and middle of each step of a map."""
    map_ = arithmetic.map_arithmetic(layer, channel)
    before = None
    for stage in map_["stages"]:
        values = stage["values"]
        high, wide = values.shape
        for row, column in ((0, 0), (high // 2, wide // 2), (high - 1, wide - 1)):
            if before is None:
                expected = convolved(map_, row, column)
            else:
                expected = next_value(stage, before, row, column)
            assert values[row, column] == pytest.approx(expected, abs=5e-5)
        before = values


def check_number(layer: layers.Layer, output: int) -> None:
    if layer.kind == "maximum":
        values = layer.inputs[output]
        assert layer.output[output] == values[arithmetic.place_of_maximum(values)] == values.max()
        return
    if layer.kind == "mean":
        assert layer.output[output].item() == pytest.approx(layer.inputs[output].mean(), abs=5e-5)
        return
    total = arithmetic.linear_sum(layer, output)
    products = sum(each.product for each in total.strongest) + total.others
    (_, value), *after = total.steps
    assert value == pytest.approx(products + total.bias, abs=5e-5)
    assert [result for _, result in after] == [max(0, value)] * len(after)
    inputs = layer.inputs.reshape(layer.source_shape)
    assert all(inputs[each.place] == each.value for each in total.strongest)


@pytest.mark.parametrize("folded", [False, True], ids=["norms", "folded"])
@pytest.mark.parametrize("name", [*models.NETWORKS, DESCRIBED])
def test_every_step_of_every_network_is_what_its_definition_says(name, folded):
    model = made_model(name, folded)
    with torch.inference_mode():
        logits = model(normalise(torch.tensor(PIXELS[None])))[0].numpy()
    passage = layers.record(model, PIXELS)
    np.testing.assert_allclose(passage.logits.mean(axis=0), logits, atol=1e-6)
    np.testing.assert_array_equal(passage.layers[-1].output, passage.logits[0])
    for before, layer in zip(passage.layers, passage.layers[1:], strict=False):
        assert layer.source == before.name
        np.testing.assert_array_equal(layer.inputs.ravel(), before.output.ravel())
        check = check_map if layer.kind == "convolution" else check_number
        check(layer, len(layer.output) - 1)
    check_map(passage.layers[0], 0)


def test_the_layers_bear_the_networks_names_and_shapes():
    passage = layers.record(made_model("DeepResidualNet", folded=True), PIXELS)
    names = [layer.name for layer in passage.layers]
    assert names[:4] == ["stem", "widen1", "block1.conv1", "block1.conv2"]
    assert names[-2:] == ["maximum", "linear"]
    block = passage.layers[3]
    assert [step.kind for step in block.steps] == ["convolution", "sum", "ReLU"]
    assert block.steps[1].settings["source"] == "widen1"
    assert passage.layers[0].source == layers.PICTURE
    assert passage.layers[0].inputs.shape == (1, 28, 28)


def test_the_mirror_image_has_its_own_way():
    model = made_model("WideResidualNet", folded=True)
    mirrored = layers.record(model, PIXELS, way=1)
    turned = layers.record(model, np.ascontiguousarray(PIXELS[:, ::-1]))
    np.testing.assert_allclose(mirrored.layers[-1].output, turned.layers[-1].output, atol=1e-5)
    with pytest.raises(InsideError, match="mirror image"):
        layers.record(made_model("FashionCNN", folded=True), PIXELS, way=1)


def test_numbers_that_are_not_finite_are_one_sentence():
    model = made_model("ResidualNet", folded=True)
    with torch.no_grad():
        model.widen2[0].weight[0, 0, 0, 0] = float("nan")
    with pytest.raises(InsideError, match=r"layer widen2 the convolution .* not finite"):
        layers.record(model, PIXELS)


def test_a_function_that_is_not_known_is_not_passed_over():
    class Strange(models.FashionCNN):
        def forward(self, images):
            return torch.tanh(super().forward(images))

    with pytest.raises(InsideError, match="tanh"):
        layers.record(Strange().eval(), PIXELS)


def test_dead_and_saturated_maps_are_told_apart():
    dead, edge = np.zeros((5, 5)), np.full((5, 5), 0.5)
    edge[2, 2] = 1.0
    assert layers.map_state(dead) == layers.DEAD
    assert layers.map_state(edge) == layers.SATURATED
    assert layers.map_state(edge - 0.1) == ""
    assert layers.map_state(-edge) == ""
    assert layers.map_state(np.array(3.0)) == ""
    maps = np.stack([dead, -2 * edge, edge])
    assert layers.strongest_maps(maps).tolist() == [1, 2, 0]


def test_the_softmax_ends_in_the_probabilities_of_the_answer():
    path = files.PRETRAINED_DIR / "fashion_cnn.pt"
    model = checkpoints.load_model(path)
    table = arithmetic.softmax_table(layers.record(model, PIXELS).logits, model.temperature)
    probs = predict.predict_probs(model, PIXELS[None])[0]
    np.testing.assert_allclose([row["prob"] for row in table], probs, rtol=1e-5)
    powers = np.array([row["power"] for row in table])
    np.testing.assert_allclose(powers / powers.sum(), probs, rtol=1e-5)
    scaled = F.softmax(torch.tensor([row["mean"] / model.temperature for row in table]), dim=0)
    np.testing.assert_allclose(scaled.numpy(), probs, rtol=1e-4)


def test_pools_of_the_picture_itself_are_told_in_their_order():
    passage = layers.record(models.build_model("pool, pool avg, conv 8, dense 9").eval(), PIXELS)
    first = passage.layers[0]
    assert [step.kind for step in first.steps] == ["max-pool", "mean-pool"]
    html = pool_html(first, 0)
    assert "the mean of 2×2 of the largest of 2×2 of" in html
