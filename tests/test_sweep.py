"""fashion_core.runs.sweep: values worth comparing, as people type them, and names of the runs."""

import pytest

from fashion_core.config import TrainConfig, offered_fields
from fashion_core.errors import ConfigError
from fashion_core.runs import folders, sweep


def test_every_hyper_parameter_can_be_varied_with_the_values_proposed():
    assert set(sweep.NAMES) == set(offered_fields())
    for name in sweep.NAMES:
        proposed = sweep.proposed_values(TrainConfig(), name)
        assert len(proposed) >= 2
        assert sweep.parse_values(name, sweep.format_values(proposed)) == proposed
        named = sweep.named_configs(TrainConfig(), name, proposed)
        assert [getattr(config, name) for _, config in named] == proposed
        assert len({title for title, _ in named}) == len(proposed)


@pytest.mark.parametrize(
    ("learning_rate", "values"),
    [
        (0.001, [0.0001, 0.0003, 0.001, 0.003, 0.01]),
        (1.0, [0.1, 0.3, 1.0]),
        (0.00001, [0.00001, 0.00003, 0.0001]),
    ],
)
def test_learning_rates_lie_around_the_forms(learning_rate, values):
    assert (
        sweep.proposed_values(TrainConfig(learning_rate=learning_rate), "learning_rate") == values
    )


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("learning_rate", " 1e-3,.01 , 0.5,", [0.001, 0.01, 0.5]),
        ("seed", "0, 1, 2, 1", [0, 1, 2]),
        ("batch_size", "32.0", [32]),
        ("flips", "On, FALSE", [True, False]),
        ("optimizer", "sgd, AdamW", ["SGD", "AdamW"]),
    ],
)
def test_values_as_typed(name, text, values):
    assert sweep.parse_values(name, text) == values


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("seed", "", "There is no seed to try"),
        ("seed", " ,, ", "There is no seed to try"),
        ("seed", "1.5", "whole number, not 1.5"),
        ("seed", "1 2", "whole number, not '1 2'"),
        ("seed", "nan", "whole number"),
        ("learning_rate", "inf", "between"),
        ("learning_rate", "0.1, 2", "between 0.00001 and 1, not 2.0"),
        ("flips", "ja", "true or false, not 'ja'"),
        ("model", "ResNet", "one of FashionCNN"),
        ("seed", ",".join(map(str, range(21))), "21 values are too many"),
        ("seed", "1" * 900, "whole number|between"),
    ],
)
def test_what_is_no_value_is_a_sentence(name, text, words):
    with pytest.raises(ConfigError, match=words):
        sweep.parse_values(name, text)


def test_networks_that_are_the_same_are_tried_once():
    text = "conv 16, pool; Conv 16,pool; conv 16 valid, pool; conv 8, pool"
    assert sweep.parse_values("model", text) == ["conv 16, pool", "conv 8, pool"]


def test_only_widths_that_this_copy_allows_are_proposed(monkeypatch):
    config = TrainConfig(model="conv 16, pool, dense 128")
    small = ["conv 8, pool, dense 64", "conv 16, pool, dense 128", "conv 32, pool, dense 256"]
    assert sweep.proposed_values(config, "model") == small
    assert list(sweep.networks_by_width(config.model)) == [8, 16, 32]
    monkeypatch.setenv("FASHION_MAX_PARAMETERS", "10000")
    assert sweep.proposed_values(config, "model") == [config.model]


def test_names_keep_what_tells_them_apart():
    ((title, _),) = sweep.named_configs(TrainConfig(), "learning_rate", [0.01], "n" * 99)
    assert title.endswith(" · learning rate 0.01")
    assert folders.clean_name(title, "") == title
    assert sweep.named_configs(TrainConfig(), "seed", [7])[0][0] == "Seed 7"
