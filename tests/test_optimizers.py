"""fashion_core.optimizers: each rule does what torch.optim's classes of that name do."""

import copy
import subprocess
import sys

import pytest
import torch
from waiting import SECONDS

from fashion_core import optimizers
from fashion_core.config import OPTIMIZERS, TrainConfig
from fashion_core.models import build_model
from fashion_core.optimizers import MOMENTUM, Optimizer, orthogonal

CLASSES = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW, "SGD": torch.optim.SGD}


def averages_of_a_fading_gradient(flush):
    """Adam's, 1,000 steps after the last gradient that was not 0."""
    torch.manual_seed(0)
    model = torch.nn.Linear(100, 100)
    optimizer = Optimizer(TrainConfig(), model)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # those that run already go on as they were
    if flush:
        optimizers.flush_tiny_numbers()
    try:
        for step in range(1_000):
            for param in model.parameters():
                param.grad = torch.full_like(param, float(step == 0))
            optimizer.step(0.001)
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)
    return torch.cat([average.flatten() for average in optimizer.exp_avg]), model.weight


def test_averages_fade_to_0_and_not_to_numbers_that_processors_are_slow_with():
    tiny = torch.finfo(torch.float32).tiny
    (kept, weights), (flushed, same) = map(averages_of_a_fading_gradient, (False, True))
    assert ((kept > 0) & (kept < tiny)).all()
    assert not flushed.any()
    assert torch.equal(weights, same)


@pytest.mark.parametrize("weight_decay", [0.0, 0.05])
@pytest.mark.parametrize("name", CLASSES)
def test_the_weights_go_where_torchs_own_class_takes_them(name, weight_decay):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Conv2d(2, 4, 3))
    ours, theirs = list(model.parameters()), list(copy.deepcopy(model).parameters())
    optimizer = Optimizer(TrainConfig(optimizer=name, weight_decay=weight_decay), model)
    begun = [parameter.detach().clone() for parameter in ours]
    extra = {"momentum": MOMENTUM} if name == "SGD" else {}
    oracle = CLASSES[name](theirs, lr=1.0, weight_decay=weight_decay, **extra)
    for step in range(10):
        oracle.param_groups[0]["lr"] = learning_rate = 0.1 / (step + 1)
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = torch.randn_like(mine)
            other.grad = mine.grad.clone()
        optimizer.step(learning_rate)
        oracle.step()
    for mine, other, first in zip(ours, theirs, begun, strict=True):
        torch.testing.assert_close(mine, other)
        assert not torch.equal(mine, first)


@pytest.mark.parametrize("warm_up", [1_000, 3])  # steps; the second ends within those below
def test_muon_changes_hidden_layers_as_torchs_own_class_and_the_others_as_adamw(
    monkeypatch, warm_up
):
    monkeypatch.setattr(optimizers, "MUON_WARM_UP", warm_up)
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.Conv2d(4, 6, 3), torch.nn.Linear(6, 8)
    )
    model.append(torch.nn.Linear(8, 3))
    theirs = copy.deepcopy(model)
    hidden = ("1.weight", "2.weight")
    flat = {
        name: torch.nn.Parameter(theirs.get_parameter(name).detach().flatten(1)) for name in hidden
    }
    rest = [parameter for name, parameter in theirs.named_parameters() if name not in hidden]
    options = {"lr": 0.1, "weight_decay": 0.05}
    oracles = (
        torch.optim.Muon(flat.values(), adjust_lr_fn="match_rms_adamw", **options),
        torch.optim.AdamW(rest, **options),
    )
    optimizer = Optimizer(TrainConfig(optimizer="Muon", weight_decay=0.05), model)
    optimizer.compute_type = torch.bfloat16  # as torch's class rounds
    begun = copy.deepcopy(model)
    for step in range(5):
        oracles[0].param_groups[0]["momentum"] = min(0.95, 0.85 + 0.1 * step / warm_up)
        for name, mine in model.named_parameters():
            mine.grad = torch.randn_like(mine)
            if name in hidden:
                flat[name].grad = mine.grad.flatten(1)
            else:
                theirs.get_parameter(name).grad = mine.grad.clone()
        optimizer.step(0.1)
        for oracle in oracles:
            oracle.step()
    for name, mine in model.named_parameters():
        other = flat[name].view_as(mine) if name in hidden else theirs.get_parameter(name)
        torch.testing.assert_close(mine, other)
        assert not torch.equal(mine, begun.get_parameter(name))


@pytest.mark.parametrize("shape", [(8, 40), (40, 8), (30, 30)])
def test_an_orthogonal_matrix_has_the_same_directions_and_no_other_lengths(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    lengths = torch.linalg.svdvals(orthogonal(matrix))
    assert 0.6 < lengths.min() <= lengths.max() < 1.3
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    found = left.T @ orthogonal(matrix) @ right.T  # diagonal, if the directions are the same
    torch.testing.assert_close(found, found.diag().diag(), atol=1e-3, rtol=0)


def test_clearing_leaves_no_gradient():
    model = torch.nn.Linear(2, 1)
    model.weight.grad = torch.ones(1, 2)
    Optimizer(TrainConfig(), model).clear_gradients()
    assert model.weight.grad is None


@pytest.mark.parametrize("name", ["FashionCNN", "ResidualNet"])
def test_rounded_training_gives_the_gradients_of_autocast(name):
    """The same function, rounded at the same places; norms stay exact and are the model's own."""
    torch.manual_seed(0)
    model = build_model(name).train()
    images, labels = (
        torch.randn(32, 1, 28, 28).to(memory_format=torch.channels_last),
        torch.arange(32) % 10,
    )
    oracle = copy.deepcopy(model)
    with torch.autocast("cpu", torch.bfloat16):
        expected = oracle(images)
    torch.nn.functional.cross_entropy(expected.float(), labels).backward()
    optimizer = Optimizer(TrainConfig(), model, "bfloat16")
    logits = optimizer.compute_model(images.bfloat16())
    torch.nn.functional.cross_entropy(logits.float(), labels).backward()
    torch.testing.assert_close(logits, expected)
    for rounded, exact in zip(optimizer.compute_params, oracle.parameters(), strict=True):
        torch.testing.assert_close(rounded.grad.float(), exact.grad, rtol=0.05, atol=2e-3)
    for buffer, other in zip(model.buffers(), oracle.buffers(), strict=True):
        torch.testing.assert_close(buffer, other)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_changes_the_exact_weights_and_rounds_them(name):
    model = build_model("FashionCNN")
    optimizer = Optimizer(TrainConfig(optimizer=name), model, "bfloat16")
    before = model.conv2.weight.clone()
    optimizer.compute_model(torch.randn(4, 1, 28, 28).bfloat16()).float().sum().backward()
    optimizer.step(1e-5)  # less than bfloat16 can tell from nothing
    assert not torch.equal(model.conv2.weight, before)
    assert optimizer.compute_model.conv2.weight is model.conv2.weight  # rounded as it is used
    assert torch.equal(optimizer.compute_model.linear1.weight, model.linear1.weight.bfloat16())


def test_training_never_loads_torchs_compiler():
    """It would take more than a second before the first step of every run."""
    code = f"""
import sys
import torch
from fashion_core import training
from fashion_core.config import TrainConfig
pixels, labels = torch.zeros(4, 28, 28, dtype=torch.uint8), torch.zeros(4, dtype=torch.int64)
for name in {list(OPTIMIZERS)!r}:
    state = training.new_state(TrainConfig(optimizer=name), torch.device("cpu"))
    training.update(state, pixels, labels)
    if "torch._dynamo" in sys.modules:
        sys.exit(name)
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert (done.returncode, done.stderr) == (0, "")
