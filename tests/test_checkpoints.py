"""fashion_core.checkpoints and catalog: what is saved comes back, what does not fit is refused."""

import contextlib
import json
import os
import pickle
import tracemalloc
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from fashion_core import catalog, checkpoints, files, limits, models, resume, training
from fashion_core.catalog import list_models
from fashion_core.checkpoints import load_model, read_checkpoint
from fashion_core.config import TrainConfig
from fashion_core.data import load_split
from fashion_core.errors import CheckpointError
from fashion_core.evaluation import accuracy
from fashion_core.model_import import import_model
from fashion_core.models import build_model
from fashion_core.predict import predict_logits
from fashion_core.runs import folders


def test_weights_config_and_metrics_come_back(checkpoint_path):
    torch.manual_seed(0)
    expected = build_model("FashionCNN").state_dict()
    found = read_checkpoint(checkpoint_path)
    assert found.config == TrainConfig(epochs=3)
    assert found.metrics["test_accuracy"] == 0.89
    assert all(torch.equal(expected[name], tensor) for name, tensor in found.weights.items())


def test_a_loaded_model_is_in_eval_mode_and_knows_its_threshold(checkpoint_path):
    model = load_model(checkpoint_path)
    assert not model.training
    assert model.ood_threshold == 5.0
    assert model.temperature == 1.5


def test_saving_leaves_no_temporary_file(checkpoint_path):
    assert [path.name for path in checkpoint_path.parent.glob("model*")] == ["model.pt"]


def changed(path, **changes):
    """Rewrite a checkpoint with some of its entries replaced."""
    content = torch.load(path, weights_only=True) | changes
    torch.save(content, path)
    return path


def weights_with(path, layer, tensor):
    return torch.load(path, weights_only=True)["weights"] | {layer: tensor}


class Evil:
    """A pickle that would run a command when it is loaded."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return (os.mkdir, (str(self.trace),))


def test_code_in_a_pickle_is_not_run(tmp_path):
    trace, path = tmp_path / "ran", tmp_path / "evil.pt"
    torch.save({"format": checkpoints.FORMAT, "weights": Evil(trace)}, path)
    with pytest.raises(CheckpointError, match="not loaded"):
        read_checkpoint(path)
    path.write_bytes(pickle.dumps(Evil(trace)))
    with pytest.raises(CheckpointError, match="not a model file"):
        read_checkpoint(path)
    assert not trace.exists()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(checkpoint_path, share):
    content = checkpoint_path.read_bytes()
    checkpoint_path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match="half of one"):
        read_checkpoint(checkpoint_path)


def test_flipped_bytes_end_in_no_other_error(checkpoint_path):
    """Damage in the pickle part must end in our error, never in another exception."""
    content = bytearray(checkpoint_path.read_bytes())
    rng = np.random.default_rng(0)
    for place in rng.integers(0, 3_000, 40):
        damaged = content.copy()
        damaged[place] ^= 0xFF
        checkpoint_path.write_bytes(bytes(damaged))
        with contextlib.suppress(CheckpointError):
            read_checkpoint(checkpoint_path)


def test_a_text_file_is_refused(tmp_path):
    path = tmp_path / "notes.pt"
    path.write_text("not a model")
    with pytest.raises(CheckpointError, match="not a model file"):
        read_checkpoint(path)


def test_a_bare_pickle_before_a_zip_is_refused_unread(tmp_path):
    """zipfile looks for the end of a file, torch at its beginning."""
    path = tmp_path / "both.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", b"")
    path.write_bytes(b"\x80\x02(" + b"\x8f" * 1_000 + b"l." + path.read_bytes())
    with pytest.raises(CheckpointError, match="not a model file"):
        read_checkpoint(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="There is no file"):
        read_checkpoint(tmp_path / "none.pt")


def test_a_file_beyond_the_size_limit_is_refused_unread(tmp_path):
    path = tmp_path / "large.pt"
    with path.open("wb") as file:
        file.truncate(limits.MAX_MODEL_BYTES + 1)
    with pytest.raises(CheckpointError, match="at most 64,000,000"):
        read_checkpoint(path)


def test_the_largest_network_that_may_be_built_goes_on_after_a_pause(tmp_path, monkeypatch):
    config = TrainConfig(model="conv 64 same, pool, dense 390")
    state = training.new_state(config, torch.device("cpu"))
    assert 4_800_000 < models.count_parameters(state.model) < 5_000_000
    state.best_weights = {name: each.clone() for name, each in state.model.state_dict().items()}
    path = tmp_path / "resume.pt"
    checkpoints.save_resume(path, config, resume.state_to_dict(state))
    assert path.stat().st_size > limits.MAX_MODEL_BYTES
    kept = checkpoints.read_resume(path, config)
    assert kept["best_weights"].keys() == state.best_weights.keys()
    monkeypatch.setenv("FASHION_MAX_PARAMETERS", "20000000")
    assert limits.most_model_bytes() == 240_000_000
    monkeypatch.setenv("FASHION_MAX_PARAMETERS", "many")
    assert limits.most_model_bytes() == limits.MAX_MODEL_BYTES


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(limits.MAX_MODEL_BYTES + 1))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(CheckpointError, match="unpack"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "else/1"}, "not saved by this app"),
        ({"model": "ResNet50"}, "ResNet50"),
        ({"model": ["FashionCNN"]}, "network"),
        ({"config": {"lr": 1}}, "does not fit"),
        ({"config": None}, "does not fit"),
        ({"config": {"optimizer": "x" * 100_000}}, "does not fit"),
        ({"weights": {}}, "layers of FashionCNN"),
        ({"weights": None}, "layers of FashionCNN"),
        ({"metrics": {"x": torch.zeros(1)}}, "plain numbers"),
        ({"metrics": {"x": float("nan")}}, "plain numbers"),
        ({"metrics": [1]}, "did not write"),
        ({"metrics": {"x": "y" * 200_000}}, "did not write"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(checkpoint_path, changes, words):
    with pytest.raises(CheckpointError, match=words) as refusal:
        read_checkpoint(changed(checkpoint_path, **changes))
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize("place", ["model", "config", "config key", "metrics"])
def test_what_is_small_in_the_file_and_huge_as_text_is_never_written_out(checkpoint_path, place):
    nest = ["a"]
    for _ in range(6):
        nest = [nest] * 10  # a million lists in the end, all of them the same seven
    changes = (
        {"model": nest},
        {"config": {"seed": nest}},
        {"config": {(1, "a" * 9): nest}},
        {"metrics": {"x": nest}},
    )
    changed(
        checkpoint_path,
        **dict(zip(("model", "config", "config key", "metrics"), changes, strict=True))[place],
    )
    assert checkpoint_path.stat().st_size < 2_000_000
    read = partial(torch.load, checkpoint_path, weights_only=True)
    alone = peak_bytes(read)
    with pytest.raises(CheckpointError) as refusal:
        read_checkpoint(checkpoint_path)
    assert len(str(refusal.value)) < 500
    assert peak_bytes(partial(read_checkpoint, checkpoint_path)) < alone + 3_000_000


def test_much_beside_the_weights_is_refused_unread(tmp_path):
    path = tmp_path / "words.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        # Torch does not mind the capital
        archive.writestr("archive/Data.pkl", b"\x80\x02}." + bytes(checkpoints.MAX_PICKLE_BYTES))
    with pytest.raises(CheckpointError, match="at most 1,000,000"):
        read_checkpoint(path)


def test_a_pickle_that_asks_for_memory_is_refused_unread(tmp_path):
    path = tmp_path / "zeros.pt"
    number = (8_000_000_000).to_bytes(5, "little")
    with zipfile.ZipFile(path, "w") as archive:
        zeros = b"\x80\x02cbuiltins\nbytearray\n\x8a\x05" + number + b"\x85R."
        archive.writestr("archive/data.pkl", zeros)
    with pytest.raises(CheckpointError, match="more than weights, so"):
        read_checkpoint(path)


def test_a_list_of_very_many_parts_is_not_read(tmp_path):
    path = tmp_path / "parts.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for place in range(checkpoints.MAX_PARTS + 1):
            archive.writestr(f"{place}", b"")
    with pytest.raises(CheckpointError, match="not a model file"):
        read_checkpoint(path)


def test_a_norm_with_a_variance_below_zero_is_refused(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes((files.PRETRAINED_DIR / "fashion_cnn_norm.pt").read_bytes())
    layer = next(
        name for name in torch.load(path, weights_only=True)["weights"] if "running_var" in name
    )
    tensor = torch.load(path, weights_only=True)["weights"][layer]
    tensor[0] = -1.0
    with pytest.raises(CheckpointError, match="variances below 0"):
        read_checkpoint(changed(path, weights=weights_with(path, layer, tensor)))


def peak_bytes(act) -> int:
    """The most memory that Python's own objects take while this is done or refused."""
    tracemalloc.start()
    with contextlib.suppress(CheckpointError):
        act()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch's about its sparse and nested tensors
@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.zeros(11),
        lambda: torch.zeros(10, dtype=torch.float64),
        lambda: torch.full((10,), torch.nan),
        lambda: [0.0] * 10,
        lambda: torch.zeros(10).to_sparse(),
        lambda: torch.zeros(10, device="meta"),
        lambda: torch.nested.nested_tensor([torch.zeros(10)]),
    ],
)
def test_a_layer_of_wrong_shape_type_or_value_is_refused(checkpoint_path, make):
    tensor = make()
    weights = weights_with(checkpoint_path, "linear2.bias", tensor)
    with pytest.raises(CheckpointError, match=r"linear2\.bias"):
        read_checkpoint(changed(checkpoint_path, weights=weights))


@pytest.mark.parametrize("number", [10**400, -(10**400), "1", True])
def test_metrics_that_are_none_change_nothing_about_a_model(checkpoint_path, number):
    changed(checkpoint_path, metrics={"ood_threshold": number, "temperature": number})
    model = load_model(checkpoint_path)
    assert (model.ood_threshold, model.temperature) == (np.inf, 1.0)


def test_a_bare_state_dict_is_refused(tmp_path):
    path = tmp_path / "weights.pt"
    torch.save(build_model("FashionCNN").state_dict(), path)
    with pytest.raises(CheckpointError, match="not saved by this app"):
        read_checkpoint(path)


def test_the_recommended_shipped_model_comes_first():
    entries = [entry for entry in list_models() if entry.shipped]
    assert entries[0].model_id == catalog.RECOMMENDED
    assert entries[0].path == catalog.recommended_path()


def card_of(name: str) -> dict:
    return json.loads((files.PRETRAINED_DIR / f"{name}.json").read_text())


def test_the_classic_shipped_model_is_as_good_as_its_card_says():
    split = load_split("test")
    model = load_model(files.PRETRAINED_DIR / "fashion_cnn.pt")
    found = accuracy(split.labels, predict_logits(model, split.pixels).argmax(1))
    # A bfloat16 rounding may move two images
    assert card_of("fashion_cnn")["test_accuracy"] == pytest.approx(found, abs=0.0003)


def test_a_model_of_the_version_before_classifies_every_fifth_image_as_it_did_then():
    split = load_split("test")
    model = load_model(Path(__file__).parent / "former" / "residual_net.pt")
    found = predict_logits(model, split.pixels[::5]).argmax(1)
    assert np.count_nonzero(found == split.labels[::5]) == pytest.approx(1884, abs=2)


@pytest.mark.parametrize(
    ("name", "bar", "parameters"),
    [
        ("fashion_cnn", 0.925, 225_034),
        ("all_round_net", 0.945, 1_959_530),
        ("wide_residual_net_mixup", 0.957, 1_959_530),
    ],
)
def test_the_card_of_a_shipped_model_is_complete_and_reaches_the_bar(name, bar, parameters):
    card = card_of(name)
    assert card["test_accuracy"] >= bar
    assert card["parameters"] == parameters
    for key in ("per_class", "config", "command", "trained_on", "torch_version", "val_accuracy"):
        assert card[key]


def test_the_fingerprint_changes_with_the_file(checkpoint_path):
    before = catalog.fingerprint_of(checkpoint_path)
    os.utime(checkpoint_path, ns=(1, 1))
    assert catalog.fingerprint_of(checkpoint_path) != before


def test_a_model_file_can_be_imported(runs_dir, checkpoint_path):
    run_id = import_model(checkpoint_path, "My model")
    run = folders.read_run(run_id)
    assert (run.state, run.name, run.status["test_accuracy"]) == ("finished", "My model", 0.89)
    entry = next(entry for entry in list_models() if entry.model_id == run_id)
    assert entry.card["config"]["epochs"] == 3
    assert not load_model(entry.path).training
    changed(checkpoint_path, metrics={"val_accuracy": 0.9, "epochs_done": 3})
    run = folders.read_run(import_model(checkpoint_path, "Another"))
    assert run.status == {"state": "finished", "message": "Imported from a file."} | {
        "val_accuracy": 0.9,
        "best_val_accuracy": 0.9,
        "epoch": 3,
    }


def test_nothing_unchecked_is_imported_beside_the_weights_or_in_the_place_of_a_checked_value(
    runs_dir, checkpoint_path
):
    content = torch.load(checkpoint_path, weights_only=True)
    large = torch.zeros(1_000_000)
    large[:10] = content["weights"]["linear2.bias"]
    content["weights"]["linear2.bias"] = large[:10]  # a view: torch writes all of `large`
    content["metrics"] |= {"model": "WideResidualNet", "config": {"epochs": 99}}
    plain_size = checkpoint_path.stat().st_size
    torch.save(content, checkpoint_path)
    assert checkpoint_path.stat().st_size > plain_size + 3_000_000
    run = folders.read_run(import_model(checkpoint_path, "Smuggler"))
    assert run.model_path.stat().st_size < plain_size + 2_000
    card = read_checkpoint(run.model_path).card
    assert (card["model"], card["config"]["epochs"], list(card)[:2]) == (
        "FashionCNN",
        3,
        ["model", "config"],
    )


def test_a_model_that_is_deleted_while_the_list_is_made_is_left_out(
    runs_dir, checkpoint_path, monkeypatch
):
    import_model(checkpoint_path, "Going")
    stays = list_models()[:-1]
    real = catalog.fingerprint_of

    def gone(path):
        if path.is_relative_to(runs_dir):
            raise FileNotFoundError(path)
        return real(path)

    monkeypatch.setattr(catalog, "fingerprint_of", gone)
    assert list_models() == stays


def test_a_bad_imported_file_leaves_nothing_behind(runs_dir, tmp_path):
    path = tmp_path / "bad.pt"
    path.write_text("no")
    with pytest.raises(CheckpointError):
        import_model(path, "x")
    assert list(runs_dir.iterdir()) == []
