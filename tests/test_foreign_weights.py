"""Weights from elsewhere: told by shapes, scaled as they need it, or refused in a sentence."""

import json
import re

import numpy as np
import pytest
import torch
from app_page import open_page, press, words

from fashion_core import catalog, checkpoints, files, foreign_weights
from fashion_core.data import Split, load_split
from fashion_core.errors import CheckpointError
from fashion_core.foreign_weights import SCALINGS
from fashion_core.models import build_model
from fashion_core.predict import predict_logits, recognised
from fashion_core.runs import folders


@pytest.fixture(scope="module")
def some():
    """The first thousand images of the validation split."""
    val = load_split("val")
    return Split("val", val.pixels[:1000], val.labels[:1000], val.indices[:1000])


def shipped(name="fashion_cnn"):
    return checkpoints.read_checkpoint(files.PRETRAINED_DIR / f"{name}.pt").weights


def trained_with(scaling, weights, first="conv1"):
    """Weights that answer for pixels scaled like this as these do for ours."""
    (mean, std), (our_mean, our_std) = SCALINGS[scaling], (0.2860, 0.3530)
    kernels = weights[f"{first}.weight"] * (std / our_std)
    bias = weights[f"{first}.bias"] - kernels.sum((1, 2, 3)) * (our_mean - mean) / std
    return weights | {f"{first}.weight": kernels, f"{first}.bias": bias}


def renamed(weights, *names):
    """The same under other names of layers, in the same order."""
    layers = dict.fromkeys(name.rpartition(".")[0] for name in weights)
    new = dict(zip(layers, names, strict=True))
    return {f"{new[n.rpartition('.')[0]]}.{n.rpartition('.')[2]}": w for n, w in weights.items()}


def read(path):
    """The network and the weights that a file is taken for."""
    return foreign_weights.fit_network(foreign_weights.read_state_dict(path), path.name)


def safetensors(weights) -> bytes:
    """A file as the format's own library writes it: by name, whatever the order of the layers."""
    header, content = {"__metadata__": {"format": "pt"}}, b""
    for name in sorted(weights):
        part = weights[name].numpy().tobytes()
        place = [len(content), len(content) + len(part)]
        header[name] = {"dtype": "F32", "shape": list(weights[name].shape), "data_offsets": place}
        content += part
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content


@pytest.mark.parametrize("scaling", SCALINGS)
def test_the_scaling_is_found_and_the_answers_are_those_of_the_network_elsewhere(
    scaling, some, tmp_path
):
    theirs = trained_with(scaling, shipped())
    torch.save(theirs, tmp_path / "weights.pth")
    told = []
    found = foreign_weights.read_foreign(
        tmp_path / "weights.pth", some, some, lambda *report: told.append(report)
    )
    total = (len(SCALINGS) + 2) * len(some.labels)
    assert told == sorted(told)
    assert (told[0], told[-1]) == ((len(some.labels), total), (total, total))
    assert (found.model, found.metrics["input_scaling"]) == ("FashionCNN", scaling)
    network = build_model("FashionCNN").eval()
    network.load_state_dict(theirs)
    mean, std = SCALINGS[scaling]
    images = (torch.tensor(some.pixels[:100]).unsqueeze(1) / 255 - mean) / std
    with torch.no_grad():
        logits = network(images).numpy() / found.metrics["temperature"]
    model = checkpoints.model_of(found)
    ours = predict_logits(model, some.pixels)
    np.testing.assert_allclose(ours[:100], logits, atol=2e-3)
    assert 0.01 < np.mean(~recognised(model, ours, some.pixels)) <= 0.03  # as of a run here
    assert found.metrics["test_accuracy"] == pytest.approx(0.93, abs=0.03)


@pytest.mark.parametrize(
    ("kept", "names"),
    [
        ("plain", ("conv1", "conv2", "fc1", "fc2")),
        ("state_dict", ("features.0", "features.3", "classifier.1", "classifier.4")),
        ("model_state_dict", ("module.conv1", "module.conv2", "module.fc1", "module.fc2")),
        ("half", ("model.0", "model.3", "model.7", "model.10")),
        ("safetensors", ("features.0", "features.3", "classifier.1", "classifier.4")),
    ],
)
def test_names_and_files_of_all_usual_kinds_give_the_same_weights(names, kept, tmp_path):
    path, weights = tmp_path / "file", renamed(shipped(), *names)
    if kept == "safetensors":
        path.write_bytes(safetensors(weights))
    elif kept == "half":
        torch.save({name: tensor.half() for name, tensor in weights.items()}, path)
    else:
        torch.save(weights if kept == "plain" else {kept: weights, "epoch": 3}, path)
    model, found = read(path)
    assert model == "FashionCNN"
    for name, tensor in shipped().items():
        torch.testing.assert_close(found[name], tensor, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", ["fashion_cnn_norm", "wide_residual_net"])
def test_networks_with_norms_fit_also_without_counts_and_sorted_by_name(name, tmp_path):
    weights = {n: w for n, w in shipped(name).items() if not n.endswith("num_batches_tracked")}
    (tmp_path / "file").write_bytes(safetensors(weights))
    _, found = read(tmp_path / "file")
    assert found.keys() == shipped(name).keys()
    assert all(torch.equal(found[n], weights[n]) for n in weights)


def other(**changes):
    return {n: changes.get(n, w) for n, w in renamed(shipped(), "a", "b", "c", "d").items()}


REFUSED = {
    "another network": (
        {"conv.weight": torch.zeros(6, 1, 5, 5), "fc.weight": torch.zeros(10, 864)},
        r"holds 2 layers: convolution 1 → 6, 5×5; linear 864 → 10\. .*classic one has 4 layers",
    ),
    "one layer too many": (other() | {"e.weight": torch.zeros(10, 10)}, "5 layers"),
    "no numbers": (other(**{"b.bias": torch.full((64,), float("nan"))}), "not numbers"),
    "integers": (
        other(**{"b.bias": torch.zeros(64, dtype=torch.int64)}),
        "is made of int64. Save the weights as float32",
    ),
    "sparse": (other(**{"b.bias": torch.zeros(64).to_sparse()}), "no state_dict"),
    "no tensors": ({"epoch": 3}, "no state_dict"),
    "nothing": ({}, "no state_dict"),
    "only counts": ({"a.num_batches_tracked": torch.tensor(3)}, "no state_dict"),
    "a list": ([torch.zeros(3)], "no state_dict"),
    "a scalar": ({"x": torch.tensor(1.0)}, "1 layer: of an unknown kind. None of the networks"),
}


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_anything_else_is_told_what_was_found_and_what_would_fit(content, sentence, tmp_path):
    torch.save(content, tmp_path / "file")
    with pytest.raises(CheckpointError, match=sentence) as caught:
        read(tmp_path / "file")
    assert str(caught.value).endswith(".")


@pytest.mark.filterwarnings("ignore:invalid value")
def test_weights_that_answer_with_no_numbers_are_refused(tmp_path, some):
    """A run whose thresholds are no numbers could never be loaded again."""
    torch.save(other(**{"d.weight": torch.full((10, 128), 3e38)}), tmp_path / "file")
    with pytest.raises(CheckpointError, match="too large"):
        foreign_weights.read_foreign(tmp_path / "file", some, some)


def test_a_damaged_safetensors_file_ends_in_a_sentence(tmp_path):
    whole = safetensors(shipped())
    rng = np.random.default_rng(0)
    length = 8 + int.from_bytes(whole[:8], "little")
    for _ in range(200):
        broken = bytearray(whole[: rng.integers(9, len(whole))])
        for place in rng.integers(9, min(length, len(broken)), 3):
            broken[place] = rng.integers(256)
        (tmp_path / "file").write_bytes(broken)
        with pytest.raises(CheckpointError):
            read(tmp_path / "file")


def header_only(entries: dict, size: int) -> bytes:
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text + bytes(size)


@pytest.mark.parametrize(
    "entries",
    [
        # Would be copied a hundred times
        {f"{i}": {"dtype": "F32", "shape": [250], "data_offsets": [0, 1_000]} for i in range(100)}
        | {"z": {"dtype": "F32", "shape": [1], "data_offsets": [1_000_000, 0]}},
        {"a": {"dtype": "F32", "shape": [0, 2**62, 2**62], "data_offsets": [0, 0]}},
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": 3}},
    ],
)
def test_a_safetensors_file_that_lies_about_its_bytes_is_refused(entries, tmp_path):
    (tmp_path / "file").write_bytes(header_only(entries, 1_000))
    with pytest.raises(CheckpointError, match="damaged"):
        read(tmp_path / "file")


def test_a_safetensors_file_without_tensors_is_said_to_hold_no_weights(tmp_path):
    (tmp_path / "empty.safetensors").write_bytes(header_only({"__metadata__": {}}, 0))
    with pytest.raises(CheckpointError, match=r"^empty\.safetensors holds no state_dict: no names"):
        read(tmp_path / "empty.safetensors")


def test_the_page_imports_them_and_says_their_test_accuracy(runs_dir):
    app = open_page("runs")
    theirs = renamed(trained_with("0 to 1", shipped()), "features.0", "features.3", "fc.1", "fc.3")
    app.file_uploader[0].upload("mine.safetensors", safetensors(theirs), "").run()
    press(app, "Import")
    accuracy = re.search(r"scaled to 0 to 1.* Test accuracy (\d+\.\d)%", words(app))
    card = checkpoints.read_checkpoint(catalog.recommended_path().with_name("fashion_cnn.pt")).card
    assert float(accuracy[1]) == pytest.approx(100 * card["test_accuracy"], abs=0.11)
    (run,) = folders.list_runs()
    assert (run.name, run.has_model) == ("mine", True)
    listed = [row["name"] for row in catalog.leaderboard(catalog.list_models())]
    assert "mine" not in listed  # nobody knows which images they learned from
    home = open_page("home", model=run.run_id)
    assert "Trained elsewhere, on pixels scaled to 0 to 1." in words(home)
