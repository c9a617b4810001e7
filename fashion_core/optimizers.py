"""The rules that turn gradients into weight changes: Adam, AdamW and SGD with momentum, all weights at once.

They call torch's own fused functions. torch.optim's classes do the same, but their first use loads torch's
compiler, which this project never needs: more than a second before the first step, and 80 MB.
"""

from collections.abc import Iterable

import torch
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from fashion_core.config import TrainConfig

MOMENTUM = 0.9  # SGD: how much of the last change is carried on
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Adam: Kingma and Ba, "Adam", 2015, and torch's defaults


class Optimizer:
    """One update rule with its memory: `averages` of gradients, and for Adam `squares` of them and step counts."""

    def __init__(self, config: TrainConfig, parameters: Iterable[torch.nn.Parameter]):
        self.name = config.optimizer
        self.weight_decay = config.weight_decay
        self.parameters = list(parameters)
        self.averages = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.steps = [torch.zeros((), device=parameter.device) for parameter in self.parameters]

    def clear_gradients(self) -> None:
        """Forget the gradients, so that the next backward pass begins from nothing."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Change all weights by their gradients, in place."""
        gradients = [parameter.grad for parameter in self.parameters]
        common = {"lr": learning_rate, "weight_decay": self.weight_decay, "maximize": False, "fused": True}
        if self.name == "SGD":
            options = {"momentum": MOMENTUM, "dampening": 0.0, "nesterov": False}
            sgd(self.parameters, gradients, self.averages, **options, **common)
            return
        options = {"amsgrad": False, "beta1": BETA1, "beta2": BETA2, "eps": EPSILON}
        options["decoupled_weight_decay"] = self.name == "AdamW"  # Loshchilov and Hutter, 2019
        adam(self.parameters, gradients, self.averages, self.squares, [], self.steps, **options, **common)
