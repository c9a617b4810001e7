"""fashion_core.taught: what is said before, what is learned, what is told after."""

import copy
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from short_training import CPU, train_split, val_split

from fashion_core import checkpoints, files, predict, resume, taught, training
from fashion_core.config import TAUGHT, TrainConfig
from fashion_core.errors import ConfigError, PictureSetError
from fashion_core.losses import teaching_objective
from fashion_core.metadata import OUTLIER

CLASSIC = files.PRETRAINED_DIR / "fashion_cnn.pt"


def frames(count, left=6):
    """Line drawings: frames of different heights, (count, 28, 28) uint8."""
    pixels = np.zeros((count, 28, 28), np.uint8)
    for i in range(count):
        top = 2 + i % 6
        pixels[i, top:26, [left, 27 - left]] = 255
        pixels[i, [top, 25], left : 28 - left] = 255
    return pixels


def test_every_fourth_of_a_class_is_held_out():
    labels = np.array([1, 1, 2, 1, 1, 2, 1, 2, 2, 1, 1, 1])
    assert np.flatnonzero(taught.held_out_places(labels)).tolist() == [4, 8, 11]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([1, 2], "there are 2 so far"),
        ([1], "there is 1 so far"),
        ([OUTLIER] * 4, "none of the ten"),
        ([1, 2, OUTLIER], ""),
    ],
)
def test_what_cannot_be_taught_is_refused_with_a_sentence(labels, said):
    refused = taught.refusal(np.array(labels))
    assert said in refused if said else refused == ""


def test_pitfalls_are_said():
    same = frames(6)
    assert (
        "All your pictures of clothes are of one class, Dress"
        in taught.pitfalls(same, np.full(6, 3))[0]
    )
    one_outlier = np.array([3, 3, 3, 3, 3, OUTLIER])
    assert "of one class, Dress" in taught.pitfalls(frames(6), one_outlier)[0]
    same[1] = same[0]
    found = " ".join(taught.pitfalls(same, np.array([1, 2, 1, 2, 1, 2])))
    assert "Two pictures look the same" in found
    mostly = np.array([1, *[OUTLIER] * 5])
    assert "5 of 6, are none of the ten" in " ".join(taught.pitfalls(frames(6), mostly))
    assert taught.pitfalls(frames(4), np.array([1, 2, 1, 2])) == []


@pytest.mark.parametrize(
    ("network", "takes"),
    [("FashionCNN", "less than a minute"), ("WideResidualNet", "some minutes, a good part")],
)
def test_what_teaching_takes_counts_the_measuring(network, takes):
    first, *_ = taught.expectations(np.array([1, 2, 3, 4]), network)
    assert f"That takes {takes}" in first


def test_a_model_is_taught_its_network_and_replays_what_it_knew(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path))
    configs = [
        taught.teach_config("fashion_cnn", "FashionCNN", {}, count=count) for count in (3, 5, 6)
    ]
    assert [each.epochs * each.steps_per_epoch for each in configs] == [100, 100, 200]
    config = taught.teach_config("all_round_net", "WideResidualNet", {"synthetic": 0.2})
    assert (config.model, config.start_model) == ("WideResidualNet", "all_round_net")
    assert list(config.added_counts) == ["synthetic", TAUGHT]
    assert config.drawings == 0  # none are here
    assert TrainConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ConfigError, match="start_model must be a model's id"):
        replace(config, start_model="../../etc")
    with pytest.raises(ConfigError, match="and set Mixup"):
        replace(config, mixup=0.2, synthetic=0.0)


def test_replayed_images_count_by_the_former_answer_and_new_ones_by_their_labels():
    logits = torch.randn(4, 10, requires_grad=True)
    targets = torch.nn.functional.one_hot(torch.tensor([0, 1, 2, 3]), 10).float()
    alike = teaching_objective(logits, targets, logits[:3].detach())
    expected = torch.nn.functional.cross_entropy(logits[3:], targets[3:]) / 4
    assert alike.item() == pytest.approx(expected.item(), abs=1e-5)
    assert teaching_objective(logits, targets, -logits[:3].detach()) > alike
    nothing_new = teaching_objective(logits, targets, logits.detach())
    assert nothing_new.item() == pytest.approx(0, abs=1e-5)


def test_taught_drawings_are_learned_and_little_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_PICTURES_DIR", str(tmp_path))
    checkpoint = checkpoints.read_checkpoint(CLASSIC)
    mine = taught.taught_pictures(list("abcdef"), frames(6), np.array([8, 8, 8, 3, 3, 3]))
    mine.pixels[3:] = frames(3, left=10)
    config = taught.teach_config("fashion_cnn", "FashionCNN", {})
    config = replace(config, epochs=1, train_size=25 * config.real_batch_size)
    state = training.new_state(config, CPU, "float32")
    training.teach(state, checkpoint, mine)
    events = list(training.train(state, train_split(), val_split()))
    training.final_metrics(state, None)
    before = checkpoints.model_of(checkpoint)
    accuracies = [
        (predict.predict_logits(model, val_split().pixels).argmax(1) == val_split().labels).mean()
        for model in (before, state.model)
    ]
    assert accuracies[1] > accuracies[0] - 0.02
    vars(state.model).update({k: state.best_metrics[k] for k in THRESHOLDS})
    told = taught.report(before, state.model, mine, (0.9, None))
    assert told["learned"][1] == 1.0 > told["learned"][0]
    assert told["held_out"] is None
    assert len(events) > 4
    taught.save_report(tmp_path, told)
    assert taught.read_report(tmp_path) == told
    again = [mine.made_anew(5, (0, 1))[0] for _ in range(2)]
    np.testing.assert_array_equal(*again)


def test_a_teaching_that_was_killed_goes_on_as_if_it_had_not_been():
    config = TrainConfig(start_model="fashion_cnn", epochs=2, train_size=1_000, batch_size=256)
    checkpoint = checkpoints.read_checkpoint(CLASSIC)
    mine = taught.taught_pictures(list("abc"), frames(3), np.array([8, 8, 3]))
    state = training.new_state(config, CPU, "float32")
    training.teach(state, checkpoint, mine)
    weights, kept = [], {}
    for event in training.train(state, train_split(), val_split()):
        if event["kind"] == "epoch" and not kept:
            kept = copy.deepcopy(resume.state_to_dict(state))
    weights.append(state.best_weights)
    state = resume.restore_state(config, kept, CPU, "float32")
    training.teach(state, checkpoint, mine)
    list(training.train(state, train_split(), val_split()))
    weights.append(state.best_weights)
    for name, tensor in weights[0].items():
        assert torch.equal(tensor, weights[1][name]), name


THRESHOLDS = ("temperature", "ood_threshold", "line_ood_threshold")


def test_a_runs_pictures_are_read_back_and_damaged_ones_refused(tmp_path):
    mine = taught.taught_pictures(["a", "b"], frames(2), np.array([1, OUTLIER]))
    taught.save_taught(tmp_path, mine)
    again = taught.read_taught(tmp_path)
    assert again.ids == ("a", "b")
    np.testing.assert_array_equal(again.pixels, mine.pixels)
    (tmp_path / taught.PICTURES_FILE).write_bytes(b"nothing")
    with pytest.raises(PictureSetError, match="gone"):
        taught.read_taught(tmp_path)
    nothing = {"learned": None, "held_out": None, "test": None, "drawings": None, "pictures": []}
    taught.save_report(tmp_path, nothing)
    assert taught.read_report(tmp_path) == nothing
    for hand_edited in ({"pictures": [1]}, {"learned": 0.5}, {"learned": [0.5]}, {"test": "ab"}):
        taught.save_report(tmp_path, nothing | hand_edited)
        assert taught.read_report(tmp_path) is None, hand_edited
    endless = '{"id": "a", "held_out": true, "label": 1e999, "before": 1, "after": 1}'
    text = json.dumps(nothing).replace("[]", f"[{endless}]")
    (tmp_path / taught.REPORT_FILE).write_text(text)
    assert taught.read_report(tmp_path) is None
