"""What training minimises: cross-entropy with soft targets and, with a teacher, its answers."""

import torch
import torch.nn.functional as F

from fashion_core.metadata import NUM_CLASSES, OUTLIER

NO_LABEL = -2  # the label of mixed copies: only the teacher says what they show
TEACHER_SHARE = 0.9  # of the objective, when there is a teacher; the rest is the labels'
# Softens both sides, so that the unlikely classes say something too
TEACHER_TEMPERATURE = 4.0


def soft_targets(labels: torch.Tensor, label_smoothing: float = 0.0) -> torch.Tensor:
    """What share of each image every class should get.

    labels (n,) int64 → targets (n, 10) float32. Label smoothing spreads that share of a row evenly.
    The row of an OUTLIER is even (outlier exposure: Hendrycks, Mazeika and Dietterich, "Deep
    Anomaly Detection with Outlier Exposure", 2019), that of NO_LABEL is zero.
    """
    targets = F.one_hot(labels.clamp(min=0), NUM_CLASSES).float()  # (n, 10)
    targets = (1 - label_smoothing) * targets + label_smoothing / NUM_CLASSES
    targets[labels == OUTLIER] = 1 / NUM_CLASSES
    targets[labels == NO_LABEL] = 0
    return targets


def objective(
    logits: torch.Tensor, targets: torch.Tensor, teacher_logits: torch.Tensor | None = None
) -> torch.Tensor:
    """The number that a weight update makes smaller, in nats.

    logits, targets and teacher_logits: (n, 10) float32. Without a teacher it is the mean
    cross-entropy, and labels (n,) int64 may stand for targets. With one, it is mostly what the
    teacher says of all images, and for the rest the cross-entropy of those that have a label.
    """
    if teacher_logits is None:
        return F.cross_entropy(logits, targets)
    labelled = targets.any(dim=1)  # (n,) bool
    hard_loss = F.cross_entropy(logits[labelled], targets[labelled])
    soft_loss = distillation_loss(logits, teacher_logits)
    return (1 - TEACHER_SHARE) * hard_loss + TEACHER_SHARE * soft_loss


def distillation_loss(logits: torch.Tensor, teacher_logits: torch.Tensor) -> torch.Tensor:
    """The mean divergence, in nats, of the student's softened answers from the teacher's.

    Both logits (n, 10) are divided by TEACHER_TEMPERATURE before the softmax, and the result is
    multiplied by its square, so that the gradients stay as large as those of the labels (Hinton,
    Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015, section 2).
    """
    teacher_log_probs = F.log_softmax(teacher_logits / TEACHER_TEMPERATURE, dim=1)
    student_log_probs = F.log_softmax(logits / TEACHER_TEMPERATURE, dim=1)
    divergence = F.kl_div(
        student_log_probs, teacher_log_probs, reduction="batchmean", log_target=True
    )
    return divergence * TEACHER_TEMPERATURE**2


# Taught 80 drawings, the classic network forgot 0.5 points of the validation images at 1, 0.3 at 4
FORMER_WEIGHT = 4.0


def teaching_objective(
    logits: torch.Tensor, targets: torch.Tensor, former_logits: torch.Tensor
) -> torch.Tensor:
    """What teaching makes smaller, in nats: cross-entropy of what is new, distance from before.

    logits, targets (n, 10); former_logits (r, 10), what the model said of the first r images before
    it was taught. Those are replayed: their labels do not count, that answer does ("Learning
    without Forgetting", Li and Hoiem, 2016), FORMER_WEIGHT times as much as a new image.
    """
    replayed, count = len(former_logits), len(logits)
    # Of no image it would not be a number
    new_loss = F.cross_entropy(logits[replayed:], targets[replayed:]) if replayed < count else 0.0
    former_loss = distillation_loss(logits[:replayed], former_logits)
    return ((count - replayed) * new_loss + FORMER_WEIGHT * replayed * former_loss) / count


def label_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean cross-entropy, in nats, of the images that have a label of one of the ten classes.

    logits (n, 10), labels (n,) int64. No number when none has one.
    """
    labelled = labels >= 0  # (n,) bool
    return F.cross_entropy(logits[labelled], labels[labelled])
