"""A model as an ONNX file, from raw pixels to calibrated probabilities."""

import io
import json
import threading
import warnings
from pathlib import Path

import torch
from torch import nn

from fashion_core import checkpoints
from fashion_core.errors import ExportError
from fashion_core.export import as_json
from fashion_core.metadata import CLASS_NAMES, IMAGE_SIZE
from fashion_core.transforms import normalise

INPUT = (
    "pixels: (N, 28, 28) uint8, 0 background, 255 cloth, as in Fashion-MNIST;"
    " normalised inside the graph."
)
OUTPUT = "probs: (N, 10) float32, the calibrated probabilities of the classes; each row sums to 1."


def onnx_bytes(path: Path) -> bytes:
    """A model as one ONNX graph from raw pixels to calibrated probabilities.

    Input "pixels" (N, 28, 28) uint8 as in the data set, output "probs" (N, 10) float32, both for
    any N; normalising, the checkpoint's temperature and the softmax are part of the graph.
    Metadata: class_names and card (JSON), input, output, ood_threshold (above it, in nats,
    mean(log(probs)) means that the model does not know the picture) and line_ood_threshold (the
    same for line drawings). Raises CheckpointError, and ExportError where the package onnx is
    missing.
    """
    try:
        import onnx
    except ImportError as error:
        raise ExportError(
            "ONNX files need the package onnx, which is not installed. Run: pip install onnx"
        ) from error

    checkpoint = checkpoints.read_checkpoint(path)  # once: a run that trains replaces its file
    model = checkpoints.model_of(checkpoint)
    thresholds = ("ood_threshold", "line_ood_threshold")
    proto = onnx.load_model_from_string(_traced_onnx(_PixelsToProbs(model).eval()))
    facts = {"class_names": json.dumps(CLASS_NAMES), "input": INPUT, "output": OUTPUT}
    facts |= {"card": as_json(checkpoint.card).decode()}
    # inf in a model without them: str has it, JSON has not
    facts |= {name: str(getattr(model, name)) for name in thresholds}
    onnx.helper.set_model_props(proto, facts)
    proto.doc_string = f"{INPUT} {OUTPUT}"
    onnx.checker.check_model(proto)
    return proto.SerializeToString()


class _PixelsToProbs(nn.Module):
    """What `predict.predict_probs` does: pixels (N, 28, 28) uint8 → probs (N, 10) float32."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model, self.temperature = model, model.temperature

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.softmax(self.model(normalise(pixels)) / self.temperature, dim=1)


_ONE_AT_A_TIME = threading.Lock()  # PyTorch keeps the export under way in global variables


def _traced_onnx(model: nn.Module) -> bytes:
    # The older of PyTorch's two exporters: a tenth of a second and the package onnx. The newer one
    # takes 4 s, 200 MB and two packages more for the same graph. Its warnings, that it is the older
    # and that a check of shapes becomes fixed, are none of a visitor's business.
    buffer = io.BytesIO()
    blank = torch.zeros(2, IMAGE_SIZE, IMAGE_SIZE, dtype=torch.uint8)
    names = {"input_names": ["pixels"], "output_names": ["probs"]}
    dynamic = {"pixels": {0: "N"}, "probs": {0: "N"}}
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (blank,), buffer, dynamo=False, dynamic_axes=dynamic, **names)
    return buffer.getvalue()
