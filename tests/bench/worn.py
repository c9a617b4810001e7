"""What the upper part of somebody dressed is worth: accuracy with and without it, class by class.

The photos of people's clothes show hardly anybody who wears them. So each garment of a part of the
set (python -m fashion_core fetch-pictures clothing) is cut out of its photo and put on a painted
figure: a head with hair, hands or bare arms, and somebody's trousers from the same part; of any
tone, on white or another wall, from head to foot or cut off by the frame. The cloth is real, the
figure is not: the numbers say whether the way is right, not how many photos of people come out.

    FASHION_PICTURES_DIR=... PYTHONPATH=.:tests python tests/bench/worn.py [val|test|train]
"""

import sys
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from fashion_core import catalog, checkpoints, picture_sets, predict
from fashion_core.picture_sets import load_picture_set
from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.parts_of import FOUND_STEP
from fashion_core.pictures.prepare import Prepared, prepare
from fashion_core.pictures.worn import COLOUR_STEP, UPPER, worn_parts

SET = "clothing"
TOPS = ("Pullover", "Shirt", "T-shirt_top", "T-shirt_top|Shirt", "Coat", "Dress")
SHORT_SLEEVES = ("T-shirt_top", "T-shirt_top|Shirt", "Dress")  # arms are bare
TONES = ((255, 219, 196), (236, 188, 155), (208, 153, 110), (165, 115, 75), (80, 52, 36))
HAIR = ((40, 28, 22), (20, 18, 18), (110, 72, 40), (190, 150, 95), (90, 88, 86), (130, 50, 25))
EDGE = 480  # of a picture
SEED = 0

Piece = tuple[np.ndarray, np.ndarray]  # colour (H, W, 3) uint8, mask (H, W) bool


class Figure:
    """A picture on which somebody is painted."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        walls = [[248] * 3, [rng.integers(150, 235)] * 3, rng.integers(90, 230, 3)]
        wall = np.array(walls[rng.choice(3, p=(0.6, 0.2, 0.2))], float)
        light = np.linspace(6, -10, EDGE)[:, None, None] + rng.normal(0, 1.5, (EDGE, EDGE, 1))
        self.colour = np.clip(wall + light, 0, 255).astype(np.uint8)

    def put(self, piece: Piece, top: int, left: int) -> None:
        """Lay a piece on what is there, its top left corner here, perhaps outside."""
        colour, mask = piece
        height, width = mask.shape
        y, x = max(0, top), max(0, left)
        rows, columns = slice(y, min(EDGE, top + height)), slice(x, min(EDGE, left + width))
        inner = slice(y - top, rows.stop - top), slice(x - left, columns.stop - left)
        if rows.stop > y and columns.stop > x:
            share = cv2.GaussianBlur(mask[inner].astype(np.float32), (0, 0), 0.7)[..., None]
            below = self.colour[rows, columns]
            self.colour[rows, columns] = share * colour[inner] + (1 - share) * below

    def paint(self, draw, colour: tuple[int, int, int], *shape) -> None:
        """Draw a shape of OpenCV's in a colour with light and shadow."""
        mask = np.zeros((EDGE, EDGE), np.uint8)
        draw(mask, *shape)
        noise = self.rng.normal(0, 60, (EDGE, EDGE)).astype(np.float32)
        shade = cv2.GaussianBlur(noise, (0, 0), 14)
        shade *= 9 / shade.std()
        shade += np.linspace(8, -14, EDGE)[None]
        filled = np.clip(np.array(colour) + shade[..., None], 0, 255)
        self.put((filled, mask > 0), 0, 0)

    def photo(self) -> Image.Image:
        """As a camera would give it back."""
        soft = cv2.GaussianBlur(self.colour, (0, 0), 0.8)
        _, content = cv2.imencode(".jpg", soft[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])
        return open_picture(content.tobytes())


def dress(top: Piece, trousers: Piece, kind: str, rng: np.random.Generator) -> Image.Image:
    """Somebody who wears a top of this kind and, below all but a dress, the trousers."""
    figure = Figure(rng)
    skin, hair = TONES[rng.integers(len(TONES))], HAIR[rng.integers(len(HAIR))]
    zoom = rng.choice([0.34, 0.46, 0.6])  # shoulders of the picture
    is_wide = top[1].shape[1] > top[1].shape[0]
    top = scaled(top, EDGE * zoom * (1.25 if is_wide else 1))
    height, width = top[1].shape
    body, middle = EDGE * zoom * 0.85, EDGE // 2 + int(rng.integers(-15, 16))
    head = body * 0.5
    cut_off = rng.choice([0, 0.6, 1], p=(0.55, 0.25, 0.2)) * head if zoom > 0.4 else 0
    neck = int(EDGE * 0.03 + head * 1.05 - cut_off)
    if kind == "Dress":
        for side in (-1, 1):
            leg = middle + int(side * body * 0.14)
            ends = (leg, neck + height - 10), (leg, EDGE)
            figure.paint(cv2.line, skin, *ends, 1, int(body * 0.16))
    else:
        legs = scaled(trousers, body * rng.uniform(0.7, 0.9))
        figure.put(legs, neck + int(0.88 * height), middle - legs[1].shape[1] // 2)
    for x, y in sleeve_ends(top[1]):
        hand = x + middle - width // 2, y + neck
        if kind in SHORT_SLEEVES:
            elbow = int(middle + 0.95 * (hand[0] - middle)), int(hand[1] + body * 0.55)
            figure.paint(cv2.line, skin, hand, elbow, 1, int(body * 0.13))
        else:
            size = int(body * 0.07), int(body * 0.1)
            figure.paint(cv2.ellipse, skin, hand, size, 0, 0, 360, 1, -1)
    paint_head(figure, (middle, neck), head, (skin, hair), top)
    return figure.photo()


def paint_head(
    figure: Figure, neck: tuple[int, int], head: float, colours: tuple, top: Piece
) -> None:
    """A head of this height over the neck, with short or long hair, and the top below it."""
    (middle, y), (skin, hair) = neck, colours
    width, centre = 0.72 * head, int(y - 0.45 * head)
    if figure.rng.random() < 0.4:  # long hair, behind everything
        size = int(0.68 * width), int(0.75 * head)
        place = middle, centre + int(0.15 * head)
        figure.paint(cv2.ellipse, hair, place, size, 0, 0, 360, 1, -1)
    ends = (middle, centre), (middle, y + int(0.1 * top[1].shape[0]))
    figure.paint(cv2.line, skin, *ends, 1, int(0.54 * width))
    figure.put(top, y, middle - top[1].shape[1] // 2)
    for colour, place, size, angle in (
        (skin, (middle, y), (0.3 * width, 0.12 * head), 0),  # the neckline
        (hair, (middle, centre - int(0.1 * head)), (0.56 * width, 0.52 * head), 180),
        (skin, (middle, centre), (0.5 * width, 0.5 * head), 0),
        (hair, (middle, centre - int(0.22 * head)), (0.52 * width, 0.33 * head), 180),
    ):
        axes = tuple(map(int, size))
        figure.paint(cv2.ellipse, colour, place, axes, 0, angle, 360, 1, -1)


def sleeve_ends(mask: np.ndarray) -> list[tuple[int, int]]:
    """The lowest points, x and y, of the outermost cloth at both sides of a top."""
    y, x = np.nonzero(mask)
    left, right = np.quantile(x, (0.04, 0.96))
    sides = x <= left, x >= right
    return [(int(np.median(x[side])), int(np.quantile(y[side], 0.95))) for side in sides]


def scaled(piece: Piece, width: float) -> Piece:
    colour, mask = piece
    size = int(width), max(1, round(mask.shape[0] * width / mask.shape[1]))
    small = cv2.resize(mask.astype(np.uint8) * 255, size) > 127
    return cv2.resize(colour, size, interpolation=cv2.INTER_AREA), small


def cut_out(prepared: Prepared) -> Piece:
    steps = {step.name: step.picture for step in prepared.steps}
    mask = steps[FOUND_STEP] > 0
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return steps[COLOUR_STEP][box], mask[box]


FULL = 0.4  # of its box: what fills less was not cut out well


def figures(split: str):
    """Each top of a part of the set, worn: its folder's name and the photo."""
    folder: Path = picture_sets.pictures_dir() / SET
    pieces = defaultdict(list)
    for source in load_picture_set(folder).part(split).sources:
        kind = source.split("/")[0]
        prepared = prepare(open_picture(folder / source)) if kind in (*TOPS, "Trouser") else None
        piece = cut_out(prepared) if prepared and not prepared.blank else None
        if piece and piece[1].mean() > FULL:
            pieces[kind].append(piece)
    legs = [each for each in pieces["Trouser"] if each[1].shape[0] > 1.3 * each[1].shape[1]]
    rng = np.random.default_rng(SEED)
    for kind in TOPS:
        for piece in pieces[kind]:
            yield kind, dress(piece, legs[rng.integers(len(legs))], kind, rng)


def main(split: str = "val") -> None:
    model = checkpoints.load_model(catalog.recommended_path())
    counts = defaultdict(lambda: np.zeros(4, int))
    for kind, photo in figures(split):
        whole = prepare(photo)
        upper = worn_parts(whole).get(UPPER)
        is_surer = upper and predict.part_is_surer(model, whole.pixels[None], upper.pixels[None])[0]
        right = picture_sets.classes_of(kind)
        labels = [
            predict.classify_pixels(model, each.pixels).label
            for each in (whole, upper if is_surer else whole)
        ]
        counts[kind] += [1, upper is not None, *(label in right for label in labels)]
    print(f"{'worn':18} figures   found   whole picture   the surer of whole and upper part")
    for kind, (total, found, before, after) in [*counts.items(), ("all", sum(counts.values()))]:
        print(
            f"{kind:18} {total:7} {found / total:7.0%} {before / total:15.1%} {after / total:12.1%}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
