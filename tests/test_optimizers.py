"""fashion_core.optimizers: each rule does what torch.optim's class of that name does."""

import subprocess
import sys

import pytest
import torch

from fashion_core.config import TrainConfig
from fashion_core.optimizers import MOMENTUM, Optimizer

CLASSES = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW, "SGD": torch.optim.SGD}


@pytest.mark.parametrize("weight_decay", [0.0, 0.05])
@pytest.mark.parametrize("name", CLASSES)
def test_the_weights_go_where_torchs_own_class_takes_them(name, weight_decay):
    torch.manual_seed(0)
    ours, theirs = [[torch.nn.Parameter(torch.ones(3, 2)), torch.nn.Parameter(torch.ones(4))] for _ in range(2)]
    optimizer = Optimizer(TrainConfig(optimizer=name, weight_decay=weight_decay), ours)
    extra = {"momentum": MOMENTUM} if name == "SGD" else {}
    oracle = CLASSES[name](theirs, lr=1.0, weight_decay=weight_decay, **extra)
    for step in range(10):
        oracle.param_groups[0]["lr"] = learning_rate = 0.1 / (step + 1)
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = torch.randn_like(mine)
            other.grad = mine.grad.clone()
        optimizer.step(learning_rate)
        oracle.step()
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other)
        assert not torch.equal(mine, torch.ones_like(mine))


def test_clearing_leaves_no_gradient():
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.grad = torch.ones(2)
    Optimizer(TrainConfig(), [parameter]).clear_gradients()
    assert parameter.grad is None


def test_training_never_loads_torchs_compiler():
    """It would take more than a second before the first step of every run."""
    code = """
import sys
import torch
from fashion_core import training
from fashion_core.config import TrainConfig
state = training.new_state(TrainConfig(), torch.device("cpu"))
training._update(state, torch.zeros(4, 28, 28, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64))
sys.exit("torch._dynamo" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
