"""fashion_core.architecture and what `models` builds of it: any description is what it says.

All 500 networks through file and ONNX are in bench/described_networks.py; here is a part of them.
"""

import json

import numpy as np
import onnxruntime
import pytest
import torch
import torch.nn.functional as F
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from networks import broken_texts, networks
from torch import nn

from fashion_core import architecture, checkpoints, models, onnx_export, predict
from fashion_core.__main__ import cli
from fashion_core.architecture import NAMED, TEMPLATES
from fashion_core.config import TrainConfig
from fashion_core.errors import CheckpointError, ConfigError, InsideError, RunError
from fashion_core.inside import layers, saliency
from fashion_core.runs import queue as run_queue
from fashion_core.runs import sweep
from fashion_core.worker import _first_filters

CLASSIC = NAMED["FashionCNN"]
PIXELS = np.random.default_rng(0).integers(0, 256, (4, 28, 28), dtype=np.uint8)


def at_most(count: int) -> settings:
    """The same examples each time; whoever wants others runs bench/described_networks.py."""
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


# The language


@pytest.mark.parametrize("text", [*NAMED.values(), *(text for text, _ in TEMPLATES.values())])
def test_what_the_app_offers_is_written_in_the_usual_form_and_within_the_limits(text):
    network = architecture.read_network(text)
    assert network.text == text
    architecture.refuse_too_large(network)


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("CONV 32 3 valid ,\n pool max", "conv 32, pool"),
        ("conv 8 linear stride 2 bn same 5", "conv 8 5 same bn stride 2 linear"),
        ("global, dense 4, dropout .250", "global max, dense 4, dropout 0.25"),
        ("conv 8 stride 1", "conv 8"),
    ],
)
def test_other_spellings_become_the_usual_form(written, usual):
    assert TrainConfig(model=written).model == usual


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("konv 3", "Layer 1, “konv 3”: no such layer. Did you mean conv?"),
        ("conv 3, pool 4", "Layer 2, “pool 4”: pool takes max or avg, not “4”"),
        ("pool, pool, pool, pool, pool", "Layer 5, “pool”: pool would leave nothing of 1×1"),
        ("pool, pool, pool, conv 8 5", "kernel of 5×5 would leave nothing of 3×3. Add same"),
        ("conv 8, residual 4", "that has 8 maps. Write residual 8, or put conv 4 before it"),
        (
            "conv 8, dense 9, pool",
            "Layer 3, “pool”: pool needs maps, but here are 9 single numbers",
        ),
        ("conv 8 7", "kernel can be 1, 3 or 5 wide, not 7"),
        ("conv 0", "1 to 512 maps, not 0"),
        ("dropout 1", "from 0.01 to 0.9"),
        ("conv 8, dropout 0.002", "from 0.01 to 0.9"),
        (
            "pool, pool, pool, pool, conv 8 1 bn",
            "of a 1×1 map a batch of one image has",
        ),
        ("conv 8 bn bn", "says bn twice"),
        (",, ,", "is empty"),
        ("conv 1, " * 300, "at most 2,000 characters: 2,400"),
        ("conv 512 same bn, conv 512 1 same", "1,204,234 numbers of each image"),
    ],
)
def test_an_error_names_the_place_and_says_what_would_fit(text, words):
    with pytest.raises(ConfigError) as caught:
        TrainConfig(model=text)
    assert words in str(caught.value)


# Held against the networks written by hand


@pytest.mark.parametrize("name", [name for name in NAMED if name != "FashionCNNNorm"])
def test_a_network_written_by_hand_equals_its_description_weight_for_weight(name):
    torch.manual_seed(5)
    by_hand = models.build_model(name)
    torch.manual_seed(5)
    described = models.build_model(NAMED[name])
    pairs = zip(by_hand.state_dict().values(), described.state_dict().values(), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)
    assert architecture.count_parameters_of(name) == models.count_parameters(by_hand)
    images = torch.randn(4, 1, 28, 28)
    # One of them answers with the mean of a picture and its mirror image
    logits = getattr(by_hand.eval(), "_logits", by_hand)(images)
    torch.testing.assert_close(described.eval()(images), logits, rtol=0, atol=1e-5)


def test_the_described_classic_has_the_classics_names_and_learns_as_it_does():
    config = TrainConfig(dropout=0.25)
    both, losses = [], []
    for model in ("FashionCNN", CLASSIC):
        torch.manual_seed(1)
        both.append(models.build_model(model, config.dropout))
        torch.manual_seed(2)
        logits = both[-1].train()(torch.randn(8, 1, 28, 28))
        losses.append(F.cross_entropy(logits, torch.arange(8)))
        losses[-1].backward()
    assert both[0].state_dict().keys() == both[1].state_dict().keys()
    torch.testing.assert_close(*losses, rtol=0, atol=1e-6)
    for ours, theirs in zip(both[0].parameters(), both[1].parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-6)


def test_the_classic_with_norm_differs_by_its_superfluous_biases():
    by_hand = models.count_parameters(models.build_model("FashionCNNNorm"))
    assert architecture.count_parameters_of("FashionCNNNorm") == by_hand == 225_226
    assert architecture.read_network(NAMED["FashionCNNNorm"]).parameters == by_hand - 96


# What is computed is what is built


def seen_shapes(model: nn.Module, images: torch.Tensor) -> list[tuple[int, ...]]:
    """The shapes of what the parts with weights give, in order."""
    shapes = []
    for part in [getattr(model, name) for step, name in model.steps if step == "part"]:
        part.register_forward_hook(lambda _part, _in, out: shapes.append(tuple(out.shape[1:])))
    model(images)
    return shapes


def multiplications_of(model: nn.Module) -> int:
    """Of its convolutions and linear layers for one image, by their definition."""
    counts = []

    def count(part: nn.Module, _inputs: tuple, output: torch.Tensor) -> None:
        counts.append(part.weight[0].numel() * output[0].numel())

    for part in model.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            part.register_forward_hook(count)
    model.eval()(torch.zeros(1, 1, 28, 28))
    return sum(counts)


@at_most(500)
@given(networks())
def test_500_networks_have_the_computed_shapes_and_counts_and_learn(network):
    assert architecture.read_network(network.text) == network
    model = models.build_model(network.text)
    assert models.count_parameters(model) == network.parameters
    assert multiplications_of(model) == network.multiplications
    weighted = [
        facts.shape
        for layer, facts in zip(network.layers, network.facts, strict=False)
        if layer.kind in ("conv", "residual", "dense")
    ]
    images = torch.randn(2, 1, 28, 28)
    assert seen_shapes(model.train(), images) == [*weighted, (10,)]
    F.cross_entropy(model(images[:1]), torch.tensor([3])).backward()  # the last batch may be one
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())


@at_most(500)
@given(broken_texts())
def test_500_broken_ones_get_a_sentence(text):
    with pytest.raises(ConfigError) as caught:
        TrainConfig(model=text)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 600


def check_file_and_onnx(network: architecture.Network, path) -> None:
    """A model with random norms, through its file and through ONNX: the same answers."""
    model = models.build_model(network.text)
    model.train()(torch.randn(8, 1, 28, 28))  # moves the running means
    config = TrainConfig(model=network.text)
    checkpoints.save_checkpoint(path, config, model.state_dict(), {"temperature": 1.5})
    model.temperature = 1.5
    expected = predict.predict_probs(model, PIXELS)
    assert checkpoints.read_checkpoint(path).model == network.text
    loaded = predict.predict_probs(checkpoints.load_model(path), PIXELS)
    np.testing.assert_allclose(loaded, expected, atol=1e-4)
    session = onnxruntime.InferenceSession(onnx_export.onnx_bytes(path))
    (probs,) = session.run(["probs"], {"pixels": PIXELS})
    np.testing.assert_allclose(probs, expected, atol=1e-4)


def test_networks_go_through_file_and_onnx_with_equal_answers(tmp_path):
    @at_most(50)
    @given(networks())
    def check(network):
        check_file_and_onnx(network, tmp_path / "model.pt")

    check()


# Limits and files


def test_a_network_beyond_the_limits_is_refused_with_its_size(monkeypatch, runs_dir):
    too_large = TrainConfig(model="conv 64, dense 4000")  # fits together, has 173 M parameters
    for refuse in (
        lambda: models.build_model(too_large.model),
        lambda: run_queue.start_or_add(too_large, ""),
        lambda: run_queue.add_all([("", too_large)]),
    ):
        with pytest.raises((ConfigError, RunError), match=r"173,\d{3},\d{3} parameters.*5,000,000"):
            refuse()
    monkeypatch.setenv("FASHION_MAX_LAYERS", "2")
    with pytest.raises(ConfigError, match="has 5 layers; this copy allows at most 2"):
        models.build_model(CLASSIC)
    models.build_model("FashionCNN")  # one of the app's own
    monkeypatch.setenv("FASHION_MAX_LAYERS", "many")
    with pytest.raises(ConfigError, match="FASHION_MAX_LAYERS is 'many'"):
        models.build_model(CLASSIC)
    monkeypatch.delenv("FASHION_MAX_LAYERS")
    monkeypatch.setenv("FASHION_MAX_MULTIPLICATIONS", "1000000")
    with pytest.raises(ConfigError, match="2,631,040 multiplications per image"):
        models.build_model(CLASSIC)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("conv 64, dense 4000", "173,"),
        ("conv 8, pool, pool, pool, pool, pool", "Layer 6"),
        ("conv 999999999", "1 to 512 maps"),
        ("conv 8, " * 9_999, "at most 2,000 characters"),
    ],
)
def test_a_file_with_such_a_description_is_refused_before_anything_is_built(
    tmp_path, monkeypatch, model, words
):
    path = tmp_path / "model.pt"
    content = {"format": checkpoints.FORMAT, "model": model, "config": {"model": model}}
    torch.save(content | {"weights": {}, "metrics": {}}, path)
    monkeypatch.setattr(checkpoints, "build_model", lambda _name: pytest.fail("it was built"))
    with pytest.raises(CheckpointError, match=words) as caught:
        checkpoints.read_checkpoint(path)
    assert len(str(caught.value)) < 800


# Everything else


def test_the_command_line_trains_a_described_network_and_its_card_says_which(tmp_path):
    path = tmp_path / "mine.pt"
    train = ["train", "--model", "POOL, dense 4", "--epochs", "1", "--train-size", "1000"]
    done = CliRunner().invoke(cli, [*train, "--out", str(path)])
    assert done.exit_code == 0, done.output
    assert json.loads(path.with_suffix(".json").read_text())["model"] == "pool, dense 4"
    assert checkpoints.read_checkpoint(path).config.model == "pool, dense 4"
    train[2] = "conv 64, dense 4000"
    refused = CliRunner().invoke(cli, [*train, "--out", str(tmp_path / "other.pt")])
    assert "at most 5,000,000" in str(refused.exception)
    assert not (tmp_path / "other.pt").exists()


@pytest.mark.parametrize("text", [text for text, _ in TEMPLATES.values()] + ["pool avg, dense 3"])
def test_inside_shows_any_network_down_to_its_own_logits(text):
    torch.manual_seed(0)
    model = models.build_model(text).eval()
    passage = layers.record(models.fold_norms(model), PIXELS[0])
    np.testing.assert_allclose(
        passage.layers[-1].output, predict.predict_logits(model, PIXELS[:1])[0], atol=1e-5
    )
    assert _first_filters(model).shape[1] == _first_filters(model).shape[2]
    if "conv" in text:
        assert saliency.grad_cam(model, PIXELS[0], 3).shape == (28, 28)
    else:
        assert saliency.cam_sizes(model) == []
        with pytest.raises(InsideError, match="has none"):
            saliency.grad_cam(model, PIXELS[0], 3)


def test_a_sweep_over_widths_and_over_named_networks():
    config = TrainConfig(model="conv 32 bn, residual 32, pool, dense 128")
    proposed = sweep.format_values(sweep.proposed_values(config, "model"))
    values = sweep.parse_values("model", proposed)
    assert values[0] == "conv 8 bn, residual 8, pool, dense 32"
    assert [value.split(" bn")[0] for value in values] == [
        "conv 8",
        "conv 16",
        "conv 32",
        "conv 64",
    ]
    names = [name for name, _ in sweep.named_configs(config, "model", values, "Mine")]
    assert names[0] == "Mine · conv 8 bn, residual 8, pool, dense 32"
    assert sweep.parse_values("model", "FashionCNN, residualnet") == ["FashionCNN", "ResidualNet"]
    with pytest.raises(ConfigError, match="no layer with a width"):
        architecture.with_width("flatten", 8)


def test_a_long_description_is_cut_where_a_name_stands_and_quoted_where_settings_do():
    deep = TEMPLATES["Too deep"][0]
    assert architecture.short_name(deep) == "conv 16 same, conv 16 same … (21 layers)"
    assert architecture.short_name("FashionCNN") == "FashionCNN"
    first = "conv 64 5 same bn stride 2 linear, pool, dense 10"
    assert architecture.short_name(first) == "conv 64 5 same bn stride 2 line … (3 layers)"
    told = TrainConfig(model="conv 8, pool", epochs=2).describe()
    assert told == "network “conv 8, pool”, epochs 2"
