"""The leaderboard: which models none beats, and what is drawn and listed of each."""

import numpy as np
import pandas as pd
from run_folders import make_run

from fashion_core import catalog
from fashion_core.charts.leaderboard import leaderboard_figure, pareto_front
from fashion_core.config import TrainConfig


def test_the_front_has_what_no_other_beats():
    generator = np.random.default_rng(0)
    cost, value = generator.integers(0, 8, (2, 60)).astype(float)
    cost[3], value[4] = np.nan, np.nan
    pairs = list(zip(cost, value, strict=True))
    for place, (mine, worth) in enumerate(pairs):
        beaten = any(
            other <= mine and other_worth >= worth and (other, other_worth) != (mine, worth)
            for other, other_worth in pairs
        )
        expected = not beaten and np.isfinite(mine) and np.isfinite(worth)
        assert pareto_front(cost, value)[place] == expected


def test_own_runs_stand_beside_the_shipped_ones_by_validation_accuracy(runs_dir, checkpoint_path):
    text = "conv 8, pool, dense 20"
    config = TrainConfig(model=text)
    make_run("Mine", config=config, checkpoint_path=checkpoint_path, best_val_accuracy=0.935)
    make_run("Without a model", config=config)
    rows = catalog.leaderboard(catalog.list_models())
    assert [row["accuracy"] for row in rows] == sorted((r["accuracy"] for r in rows), reverse=True)
    mine = next(row for row in rows if row["name"] == "Mine")
    assert (mine["network"], mine["parameters"], mine["shipped"]) == (text, 27_350, False)
    assert sum(row["shipped"] for row in rows) == 5
    front, shipped, own = leaderboard_figure(pd.DataFrame(rows), "parameters").data
    assert list(own.x) == [27_350]
    assert len(shipped.x) == 5
    assert list(front.x) == [27_350, 225_034, 1_959_530]


def test_a_name_is_no_markup_and_nothing_known_is_no_point():
    row = {"name": "<b>x</b>", "network": "pool", "accuracy": 0.5, "parameters": 10.0}
    models = pd.DataFrame([row | {"seconds": np.nan, "shipped": False}])
    *_, own = leaderboard_figure(models, "parameters", dark=True).data
    assert own.customdata[0][0] == "&lt;b&gt;x&lt;/b&gt;"
    assert [len(trace.x) for trace in leaderboard_figure(models, "seconds").data] == [0, 0, 0]
