"""What a picture may be taken for: as it came, a part of somebody dressed, or turned upright.

A photo of a garment that lies on its side looks like another class to a network that has only seen
upright ones. So a model is asked about all but the lower part, and answers the one it is sure of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fashion_core import predict
from fashion_core.pictures.prepare import Prepared, Step
from fashion_core.pictures.worn import UPPER, worn_parts

if TYPE_CHECKING:
    from torch import nn

WHOLE, LEFT, RIGHT = "Whole picture", "Turned left", "Turned right"
QUARTER_TURNS = {LEFT: 1, RIGHT: 3}  # to the left, as np.rot90 counts them


def hypotheses(prepared: Prepared, turned: bool = True) -> dict[str, Prepared]:
    """WHOLE, which is the picture as it came, and what else it may be taken for, by name.

    UPPER and LOWER where somebody is dressed (`worn_parts`); LEFT and RIGHT where nobody is and the
    picture is no line drawing, which hardly anybody draws on its side; not where `turned` is False.
    A blank one is only WHOLE.
    """
    found = {WHOLE: prepared, **worn_parts(prepared)}
    if turned and len(found) == 1 and not prepared.blank and not _is_line_drawing(prepared):
        found |= {name: _turned(prepared, name) for name in QUARTER_TURNS}
    return found


def surest(model: nn.Module, found: dict[str, Prepared]) -> str:
    """The name of the hypothesis that a model answers.

    UPPER where `predict.part_is_surer`, LEFT or RIGHT where `predict.surest_turns` says so. Never
    LOWER: trousers would nearly always be the surest.
    """
    whole = found[WHOLE].pixels[None]  # (1, 28, 28)
    if UPPER in found and predict.part_is_surer(model, whole, found[UPPER].pixels[None])[0]:
        return UPPER
    if LEFT in found:
        turns = predict.surest_turns(model, whole)[0]
        return {turns: name for name, turns in QUARTER_TURNS.items()}.get(int(turns), WHOLE)
    return WHOLE


def _is_line_drawing(prepared: Prepared) -> bool:
    return bool(predict.is_line_drawing(prepared.pixels[None])[0])


def _turned(prepared: Prepared, name: str) -> Prepared:
    pixels = np.ascontiguousarray(np.rot90(prepared.pixels, QUARTER_TURNS[name]))
    step = Step(name, "By a quarter, in case it lay on its side.", pixels)
    return Prepared(pixels, (*prepared.steps, step), blank=False)
