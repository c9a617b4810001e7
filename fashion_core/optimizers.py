"""The rules that turn gradients into weight changes: Adam, AdamW, SGD with momentum and Muon, all
weights at once.

They call torch's own fused functions. torch.optim's classes do the same, but their first use loads
torch's compiler, which this project never needs: more than a second before the first step, and 80
MB. Muon is written out, since torch's multiplies in bfloat16 even where float32 is seventeen times
as fast.
"""

import copy

import torch
from torch import nn
from torch.optim.adam import adam
from torch.optim.sgd import sgd

from fashion_core.config import TrainConfig

MOMENTUM = 0.9  # SGD: how much of the last change is carried on
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Adam: Kingma and Ba, "Adam", 2015, and torch's defaults

MUON_MOMENTUM = 0.95
# Root mean square of a step's numbers at learning rate 1, AdamW's own: Liu et al., see `_muon_step`
MUON_SIZE = 0.2


class Optimizer:
    """One update rule with its memory: `averages` of gradients, and for Adam `squares` of them and
    a count of `steps`.

    The model's weights become parts of one flat vector (P,) float32, so that a step is a handful of
    operations instead of a handful for each layer. Muon works on each hidden layer's matrix by
    itself, so with it they come first. With precision "bfloat16", `trained` is a copy of the model
    with these weights rounded once per step; its gradients change the exact ones. That is what
    autocast does, which rounds layer by layer and keeps a note of each rounding. Norms and what
    they have measured belong to both and stay float32. Otherwise `trained` is the model itself.
    """

    def __init__(self, config: TrainConfig, model: nn.Module, precision: str = "float32"):
        self.name = config.optimizer
        self.weight_decay = config.weight_decay
        # Of Muon's matrices
        self.shapes = [(len(matrix), matrix[0].numel()) for matrix in self._matrices(model)]
        self.sizes = [rows * columns for rows, columns in self.shapes]
        with torch.no_grad():
            # (P,)
            self.weights = torch.cat([parameter.flatten() for parameter in self._ordered(model)])
        # (P,)
        self.averages, self.squares = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        self.steps = torch.zeros((), device=self.weights.device)
        _point_into(self.weights, self._ordered(model))
        self.rounded, self.trained = None, model
        self.trained_type = torch.bfloat16 if precision == "bfloat16" else torch.float32
        if precision == "bfloat16":
            self.rounded = self.weights.bfloat16()  # (P,)
            norms = [
                module
                for module in model.modules()
                if isinstance(module, nn.modules.batchnorm._BatchNorm)
            ]
            self.trained = copy.deepcopy(model, {id(norm): norm for norm in norms})
            own = {id(parameter) for norm in norms for parameter in norm.parameters()}
            _point_into(self.rounded, self._ordered(self.trained), own)
        self.parameters = self._ordered(self.trained)

    def clear_gradients(self) -> None:
        """Forget the gradients, so that the next backward pass begins from nothing."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def round_weights(self) -> None:
        """Bring `trained` in line with the model, as `step` does; for those who have set the
        model's weights.
        """
        if self.rounded is not None:
            self.rounded.copy_(self.weights)

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Change all weights by their gradients, in place."""
        # (P,)
        gradient = torch.cat([parameter.grad.flatten() for parameter in self.parameters]).float()
        common = {"lr": learning_rate, "weight_decay": self.weight_decay}
        fused = {"maximize": False, "fused": True}
        vectors = [self.weights, gradient, self.averages, self.squares]  # each (P,)
        if self.name == "SGD":
            options = {"momentum": MOMENTUM, "dampening": 0.0, "nesterov": False}
            sgd(*([vector] for vector in vectors[:3]), **options, **common, **fused)
        else:
            if self.name == "Muon":
                for matrix in zip(*map(self._split, vectors[:3]), strict=True):
                    self._muon_step(*matrix, **common)
                vectors = [vector[sum(self.sizes) :] for vector in vectors]
            options = {"amsgrad": False, "beta1": BETA1, "beta2": BETA2, "eps": EPSILON}
            options["decoupled_weight_decay"] = self.name != "Adam"  # Loshchilov and Hutter, 2019
            adam(*([vector] for vector in vectors), [], [self.steps], **options, **common, **fused)
        self.round_weights()

    def _muon_step(self, weights, gradient, average, lr, weight_decay) -> None:
        """Change one matrix of weights (M, K) and its average in place.

        Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024, with
        Nesterov's momentum; the size of a step is AdamW's, so that one learning rate fits both: Liu
        et al., "Muon is Scalable for LLM Training", 2025.
        """
        average.lerp_(gradient, 1 - MUON_MOMENTUM)
        direction = orthogonal(gradient.lerp(average, MUON_MOMENTUM).to(self.trained_type))
        weights.mul_(1 - lr * weight_decay)
        weights.add_(direction, alpha=-lr * MUON_SIZE * max(weights.shape) ** 0.5)

    def _matrices(self, model: nn.Module) -> list[nn.Parameter]:
        """What Muon changes: the weights of every layer but the first and the last, as its author
        advises.
        """
        matrices = [parameter for parameter in model.parameters() if parameter.ndim > 1]
        return matrices[1:-1] if self.name == "Muon" else []

    def _ordered(self, model: nn.Module) -> list[nn.Parameter]:
        """All weights in the order of the flat vector: Muon's first, so that the others lie side by
        side.
        """
        first = self._matrices(model)
        known = {id(parameter) for parameter in first}
        return first + [parameter for parameter in model.parameters() if id(parameter) not in known]

    def _split(self, vector: torch.Tensor) -> list[torch.Tensor]:
        """The beginning of a flat vector (P,) as Muon's matrices, a kernel's channels and places
        side by side.
        """
        parts = vector[: sum(self.sizes)].split(self.sizes)
        return [part.view(shape) for part, shape in zip(parts, self.shapes, strict=True)]


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """About the orthogonal matrix nearest to this one, (M, K), of the same type: singular values of
    0.7 to 1.2.

    Five steps of a Newton-Schulz iteration of fifth order, whose coefficients lift small singular
    values fast instead of bringing all of them to exactly 1, which training does not need (Jordan
    et al., see `_muon_step`).
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp(min=1e-7)
    for _ in range(5):
        square = wide @ wide.T
        polynomial = torch.addmm(square, square, square, beta=-4.7750, alpha=2.0315)
        wide = torch.addmm(wide, polynomial, wide, beta=3.4445)
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T


def _point_into(
    vector: torch.Tensor, parameters: list[nn.Parameter], but: set[int] = frozenset()
) -> None:
    """Let each parameter be its part of the vector (P,), in their order; those whose id is in `but`
    stay apart.
    """
    begin = 0
    for parameter in parameters:
        end = begin + parameter.numel()
        if id(parameter) not in but:
            parameter.data = vector[begin:end].view(parameter.shape)
        begin = end
