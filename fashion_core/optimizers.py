"""The rules that turn gradients into weight changes: Adam, AdamW, SGD with momentum and Muon.

They call torch's fused kernels, which go through a list of tensors once. torch.optim's classes end
in the same kernels, but their first step loads torch's compiler, which this project never needs:
2.1 seconds and 180 MB. Muon is written out, since torch's multiplies in bfloat16 even where float32
is seventeen times as fast.
"""

import copy

import torch
from torch import Tensor, nn

from fashion_core.config import TrainConfig
from fashion_core.models import Convolution


class Optimizer:
    """One update rule and what it remembers of the gradients.

    `params` are the model's weights, float32. For each of them `exp_avg` holds an average of its
    gradients (SGD's momentum buffer) and `exp_avg_sq` one of their squares (not with SGD, nor in
    Muon's hidden layers), all of its shape; `steps` () float32 counts.

    `compute_model` is what forward and backward pass run through. With precision "bfloat16" it is a
    copy of the model whose weights are rounded once per step; its gradients change the exact ones.
    That is what autocast does, which rounds layer by layer and keeps a note of each rounding. Norms
    and what they have measured belong to both and stay float32, and so do, on a CPU, convolutions,
    see `models.Convolution`. Otherwise it is the model itself.
    """

    def __init__(self, config: TrainConfig, model: nn.Module, precision: str = "float32"):
        self.name = config.optimizer
        self.weight_decay = config.weight_decay
        self.params = list(model.parameters())
        self.exp_avg = [torch.zeros_like(param) for param in self.params]
        self.exp_avg_sq = [torch.zeros_like(param) for param in self.params]
        self.steps = torch.zeros((), device=self.params[0].device)
        self.compute_type = torch.bfloat16 if precision == "bfloat16" else torch.float32
        self.compute_model = rounded_copy(model) if precision == "bfloat16" else model
        self.compute_params = list(self.compute_model.parameters())
        pairs = zip(self.compute_params, self.params, strict=True)
        self.rounded = [(copied, exact) for copied, exact in pairs if copied is not exact]
        matrices = [place for place, param in enumerate(self.params) if param.ndim > 1]
        # Every layer's weights but the first and the last layer's, as Muon's author advises
        self.muon_places = matrices[1:-1] if self.name == "Muon" else []

    def clear_gradients(self) -> None:
        """Forget the gradients, so that the next backward pass begins from nothing."""
        for param in self.compute_params:
            param.grad = None

    @torch.no_grad()
    def round_weights(self) -> None:
        """Bring `compute_model` in line with the model, for those who have set its weights."""
        if self.rounded:
            torch._foreach_copy_(*zip(*self.rounded, strict=True))

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Change all weights by their gradients, in place."""
        grads = [param.grad.float() for param in self.compute_params]
        self.steps += 1
        for place in self.muon_places:
            muon_step(
                self.params[place],
                grads[place],
                self.exp_avg[place],
                self.steps,
                lr=learning_rate,
                weight_decay=self.weight_decay,
                compute_type=self.compute_type,
            )
        others = [place for place in range(len(grads)) if place not in self.muon_places]
        params, grads, exp_avg, exp_avg_sq = (
            [tensors[place] for place in others]
            for tensors in (self.params, grads, self.exp_avg, self.exp_avg_sq)
        )
        common = {"lr": learning_rate, "weight_decay": self.weight_decay}
        if self.name == "SGD":
            sgd_step(params, grads, exp_avg, **common)
        else:
            decoupled = self.name != "Adam"
            adam_step(params, grads, exp_avg, exp_avg_sq, self.steps, decoupled=decoupled, **common)
        self.round_weights()


def flush_tiny_numbers() -> None:
    """Let this thread, and those that it starts from now on, take numbers below 1.2e-38 for 0.

    The averages of gradients that have become 0 fade to such numbers: a quarter of the classic
    network's in its first epoch. Processors need many times as long for them: a step of Adam then
    takes 0.7 to 0.9 ms on two threads instead of 0.2. No weight is so small that it would matter.
    """
    torch.set_flush_denormal(True)


def rounded_copy(model: nn.Module) -> nn.Module:
    """A copy with bfloat16 weights, but with the model's own batch norms and convolutions.

    Convolutions only on a CPU: other devices train rounded ones, and round all at once.
    """
    on_cpu = next(model.parameters()).device.type == "cpu"
    exact = (nn.modules.batchnorm._BatchNorm, Convolution)[: 2 if on_cpu else 1]
    parts = [part for part in model.modules() if isinstance(part, exact)]
    shared = {id(param) for part in parts for param in part.parameters()}
    copied = copy.deepcopy(model, {id(part): part for part in parts})
    for param in copied.parameters():
        if id(param) not in shared:
            param.data = param.data.bfloat16()
    return copied


MOMENTUM = 0.9  # how much of the last change is carried on


def sgd_step(
    params: list[Tensor],  # each of its own shape, float32
    grads: list[Tensor],  # each like its weights
    momentum_buffer: list[Tensor],  # each like its weights
    *,
    lr: float,
    weight_decay: float,
) -> None:
    """Stochastic gradient descent with momentum: changes weights and buffers in place."""
    torch._fused_sgd_(
        params,
        grads,
        momentum_buffer,
        lr=lr,
        weight_decay=weight_decay,
        momentum=MOMENTUM,
        dampening=0.0,
        nesterov=False,
        maximize=False,
        is_first_step=False,
    )


BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # torch's defaults


def adam_step(
    params: list[Tensor],  # each of its own shape, float32
    grads: list[Tensor],  # each like its weights
    exp_avg: list[Tensor],  # each like its weights
    exp_avg_sq: list[Tensor],  # each like its weights
    steps: Tensor,  # (), this one counted
    *,
    lr: float,
    weight_decay: float,
    decoupled: bool,
) -> None:
    """Adam (Kingma and Ba, 2015): changes weights and averages in place.

    With decoupled weight decay it is AdamW (Loshchilov and Hutter, 2019).
    """
    fused = torch._fused_adamw_ if decoupled else torch._fused_adam_
    fused(
        params,
        grads,
        exp_avg,
        exp_avg_sq,
        [],
        [steps] * len(params),
        lr=lr,
        weight_decay=weight_decay,
        beta1=BETA1,
        beta2=BETA2,
        eps=EPSILON,
        amsgrad=False,
        maximize=False,
    )


MUON_MOMENTUM = 0.85, 0.95  # of the first step, and after the warm-up
MUON_WARM_UP = 1_000  # steps
MUON_SIZE = 0.2  # root mean square of a step's numbers at learning rate 1, AdamW's own


def muon_momentum(steps: Tensor) -> Tensor:
    """The momentum () of a step, float32, from the steps () counted with this one.

    It climbs evenly to its last value and stays there, as in the trainings of Muon's author: while
    the gradients still change fast, an average of fewer of them is the better one.
    """
    first, last = MUON_MOMENTUM
    return (first + (last - first) * (steps - 1) / MUON_WARM_UP).clamp(max=last)


def muon_step(
    param: Tensor,  # (M, …), K numbers in each of M rows, float32
    grad: Tensor,  # (M, …)
    exp_avg: Tensor,  # (M, …)
    steps: Tensor,  # (), this one counted
    *,
    lr: float,
    weight_decay: float,
    compute_type: torch.dtype,
) -> None:
    """Muon for one layer: changes its weights and their average in place.

    Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024, with Nesterov's
    momentum. The size of a step is AdamW's, so that one learning rate fits both: Liu et al., "Muon
    is Scalable for LLM Training", 2025.
    """
    momentum = muon_momentum(steps)
    exp_avg.lerp_(grad, 1 - momentum)
    matrix = grad.lerp(exp_avg, momentum).flatten(1)  # (M, K)
    direction = orthogonal(matrix.to(compute_type))  # (M, K)
    param.mul_(1 - lr * weight_decay)
    param.add_(direction.view_as(param), alpha=-lr * MUON_SIZE * max(matrix.shape) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    """About the orthogonal matrix nearest to this one, (M, K), of the same type.

    Its singular values are 0.7 to 1.2: the coefficients of the five Newton-Schulz steps of fifth
    order lift small ones fast instead of bringing all to exactly 1, which training does not need
    (Jordan et al., see `muon_step`).
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp(min=1e-7)
    for _ in range(5):
        square = wide @ wide.T
        polynomial = torch.addmm(square, square, square, beta=-4.7750, alpha=2.0315)
        wide = torch.addmm(wide, polynomial, wide, beta=3.4445)
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T
