"""The rules that turn gradients into weight changes: Adam, AdamW and SGD with momentum, all weights at once.

They call torch's own fused functions. torch.optim's classes do the same, but their first use loads torch's
compiler, which this project never needs: more than a second before the first step, and 80 MB.
"""

import copy

import torch
from torch import nn
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from fashion_core.config import TrainConfig

MOMENTUM = 0.9  # SGD: how much of the last change is carried on
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Adam: Kingma and Ba, "Adam", 2015, and torch's defaults


class Optimizer:
    """One update rule with its memory: `averages` of gradients, and for Adam `squares` of them and a count of `steps`.

    The model's weights become parts of one flat vector (P,) float32, so that a step is a handful of operations
    instead of a handful for each layer.
    With precision "bfloat16", `trained` is a copy of the model with these weights rounded once per step; its gradients
    change the exact ones. That is what autocast does, which rounds layer by layer and keeps a note of each rounding.
    Norms and what they have measured belong to both and stay float32. Otherwise `trained` is the model itself.
    """

    def __init__(self, config: TrainConfig, model: nn.Module, precision: str = "float32"):
        self.name = config.optimizer
        self.weight_decay = config.weight_decay
        with torch.no_grad():
            self.weights = torch.cat([parameter.flatten() for parameter in model.parameters()])  # (P,)
        self.averages, self.squares = torch.zeros_like(self.weights), torch.zeros_like(self.weights)  # (P,)
        self.steps = torch.zeros((), device=self.weights.device)
        _point_into(self.weights, list(model.parameters()))
        self.rounded, self.trained = None, model
        if precision == "bfloat16":
            self.rounded = self.weights.bfloat16()  # (P,)
            norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
            self.trained = copy.deepcopy(model, {id(norm): norm for norm in norms})
            own = {id(parameter) for norm in norms for parameter in norm.parameters()}
            _point_into(self.rounded, list(self.trained.parameters()), own)
        self.parameters = list(self.trained.parameters())

    def clear_gradients(self) -> None:
        """Forget the gradients, so that the next backward pass begins from nothing."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def round_weights(self) -> None:
        """Bring `trained` in line with the model, as `step` does; for those who have set the model's weights."""
        if self.rounded is not None:
            self.rounded.copy_(self.weights)

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Change all weights by their gradients, in place."""
        gradient = torch.cat([parameter.grad.flatten() for parameter in self.parameters]).float()  # (P,)
        common = {"lr": learning_rate, "weight_decay": self.weight_decay, "maximize": False, "fused": True}
        if self.name == "SGD":
            options = {"momentum": MOMENTUM, "dampening": 0.0, "nesterov": False}
            sgd([self.weights], [gradient], [self.averages], **options, **common)
        else:
            options = {"amsgrad": False, "beta1": BETA1, "beta2": BETA2, "eps": EPSILON}
            options["decoupled_weight_decay"] = self.name == "AdamW"  # Loshchilov and Hutter, 2019
            memory = ([self.averages], [self.squares], [], [self.steps])
            adam([self.weights], [gradient], *memory, **options, **common)
        self.round_weights()


def _point_into(vector: torch.Tensor, parameters: list[nn.Parameter], but: set[int] = frozenset()) -> None:
    """Let each parameter be its part of the vector (P,), in their order; those whose id is in `but` stay apart."""
    begin = 0
    for parameter in parameters:
        end = begin + parameter.numel()
        if id(parameter) not in but:
            parameter.data = vector[begin:end].view(parameter.shape)
        begin = end
