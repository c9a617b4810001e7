"""Synthetic drawings and photos: what makes a model trained on product shots understand other people's pictures.

Four kinds of training pictures, all (N, 28, 28) uint8 with background 0, all repeatable by their seed: "outlines" of
Fashion-MNIST's own images, "drawn" garments (`garments`: sleeves spread out, other cuts, other views) as line drawings,
icons and shaded pictures, and "photographed" images: other shades, patterns, shadows, leftovers of a background, the
person who wears it; and "nothing", pictures of anything but clothes (`clutter`). They end with the same last step as a
visitor's picture, `pictures.fit`, on the same footing: the distance from the background. Nothing here has ever seen a
drawing or a photo by anybody.
"""

import cv2
import numpy as np

from fashion_core import clutter
from fashion_core.garments import AREAS, Part, garment
from fashion_core.metadata import IMAGE_SIZE, NOTHING
from fashion_core.pictures import fit

EDGE = 4 * IMAGE_SIZE  # pictures are drawn at this size and shrunk like a visitor's
MARGIN = 10  # pixels around a drawing
SHIFT = 3  # OpenCV takes coordinates in 1/8 pixels
# What the synthetic half of a batch is made of. The drawn ones teach most about drawings.
SHARES = {"drawn": 0.42, "outlines": 0.22, "photographed": 0.28, "nothing": 0.08}

TOPS, TROUSER, DRESS, SHOES, BAG = (0, 2, 4, 6), 1, 3, (5, 7, 9), 8
TOLD_BY_DETAILS = (4, 6)  # a coat's or a shirt's bare outline is a pullover's; drawn so, they would teach a wrong name


def mixed(pixels: np.ndarray, labels: np.ndarray, seed) -> tuple[np.ndarray, np.ndarray]:
    """One synthetic picture per image, of its class, the kinds in the proportions of SHARES.

    pixels (N, 28, 28) uint8, labels (N,) int64 → the same of the pictures, the kinds in the order of SHARES; the
    label of "nothing" is NOTHING. `seed` is whatever numpy's default_rng takes: the same seed and images, the same
    pictures.
    """
    ends = np.rint(np.cumsum(list(SHARES.values())) * len(labels)).astype(int)
    starts = [0, *ends[:-1]]
    made = [
        pictures_like(kind, pixels[start:end], labels[start:end], seed)
        for kind, start, end in zip(SHARES, starts, ends, strict=True)
    ]
    names = labels.copy()
    names[starts[list(SHARES).index("nothing")] :] = NOTHING
    return np.concatenate(made), names


def pictures_like(kind: str, pixels: np.ndarray, labels: np.ndarray, seed) -> np.ndarray:
    """Pictures of one of SHARES' kinds for these images and classes, (N, 28, 28) uint8.

    "drawn" looks at the labels only, "nothing" not at them. Raises KeyError for another kind.
    """
    make = {"drawn": draw, "outlines": outline, "photographed": photograph, "nothing": nothing}[kind]
    rng = np.random.default_rng(seed)
    made = [make(image, int(label), rng) for image, label in zip(pixels, labels, strict=True)]
    return np.array(made, np.uint8).reshape(-1, IMAGE_SIZE, IMAGE_SIZE)


# One picture of each kind


def outline(image: np.ndarray, label: int, rng: np.random.Generator) -> np.ndarray:
    """A drawing of an image's contours, and of some edges inside: (28, 28) uint8 in and out."""
    big = cv2.GaussianBlur(_enlarged(image), (0, 0), rng.uniform(1.0, 2.6))
    mask = (big > rng.uniform(18, 70)).astype(np.uint8)
    move = _movement(rng)
    canvas = np.zeros((EDGE, EDGE), np.uint8)
    pen = _Pen(rng)
    edges = _contours(mask, 12)
    fill = rng.random()
    if fill < 0.22:  # coloured in, as a silhouette or with its inner edges
        areas = [_sub_pixels(move(edge)) for edge in edges]
        cv2.fillPoly(canvas, areas, int(rng.integers(60, 256)), cv2.LINE_AA, SHIFT)
        pen.ink = 255 if rng.random() < 0.5 else 0
    if label in TOLD_BY_DETAILS or rng.random() < 0.65:
        for edge in _inner_edges(big, mask, rng):
            pen.stroke(canvas, move(edge), closed=False, thin=True)
    for edge in edges:
        pen.stroke(canvas, move(edge), closed=True)
    if fill > 0.93:
        _scribble(canvas, mask, pen, rng)
    return _fitted(canvas, rng)


def draw(_image: np.ndarray, label: int, rng: np.random.Generator) -> np.ndarray:
    """A drawn garment of that class as a line drawing, in flat colours or shaded: (28, 28) uint8."""
    return _drawing_of(garment(label, rng), label, rng)


def nothing(image: np.ndarray, _label: int, rng: np.random.Generator) -> np.ndarray:
    """Anything but clothes, in the same manners: (28, 28) uint8. Of `image` it uses the texture at most."""
    if rng.random() < 0.5:
        return _drawing_of(clutter.thing(rng), NOTHING, rng)
    return _fitted(clutter.scene(EDGE, image, rng), rng)


def _drawing_of(parts, label, rng):
    parts = _placed(parts, rng)
    manner = rng.random()
    if manner < 0.58:
        return _fitted(_line_drawing(parts, label, rng), rng)
    if manner < 0.8:
        return _fitted(_flat_colours(parts, rng), rng)
    canvas, mask = _shaded(parts, rng)
    return _photo_of(canvas, mask, label, rng)


def photograph(image: np.ndarray, label: int, rng: np.random.Generator) -> np.ndarray:
    """An image as if cut out of a photo: (28, 28) uint8 in and out."""
    big = _enlarged(image)
    mask = _closed(big > rng.uniform(8, 30))
    if rng.random() < 0.7:
        big, mask = _turned(big, mask, rng)
    return _photo_of(big.astype(np.float32), mask, label, rng)


# Lines


class _Pen:
    """How somebody draws: how thick, how shaky, how carefully closed; the same for all strokes of a picture."""

    def __init__(self, rng):
        self.rng = rng
        self.ink = 255
        self.width = max(1, round(EDGE * np.exp(rng.uniform(np.log(0.006), np.log(0.085)))))
        self.thin_width = max(1, round(self.width * rng.uniform(0.4, 1.0)))
        self.shake = rng.uniform(0, 1.6) * (rng.random() < 0.7)
        self.gaps = rng.random() < 0.25
        self.twice = rng.random() < 0.08

    def stroke(self, canvas, points, closed, thin=False, ink=None):
        """Draw (n, 2) points; `closed` joins the end to the start, if the pen is careful."""
        if len(points) < 2:
            return
        points = np.vstack([points, points[:1]]) if closed else points
        width, ink = self.thin_width if thin else self.width, self.ink if ink is None else ink
        for _ in range(1 + self.twice):
            shaky = self._shaken(points)
            pieces = self._pieces(shaky) if self.gaps and len(shaky) > 12 else [shaky]
            cv2.polylines(canvas, [_sub_pixels(piece) for piece in pieces], False, ink, width, cv2.LINE_AA, SHIFT)

    def _shaken(self, points):
        if not (self.shake or self.gaps):
            return points
        length = np.abs(np.diff(points, axis=0)).sum()
        if length < 14:  # a button, a lace
            return points
        points = _even_points(points, 5.0)
        if not self.shake:
            return points
        along = np.linspace(0, len(points) * 5.0 / EDGE * 2 * np.pi, len(points))[:, None]
        waves, phases = self.rng.uniform(0.5, 4, (3, 1, 2)), self.rng.uniform(0, 2 * np.pi, (3, 1, 2))
        return points + self.shake * np.sin(waves * along + phases).mean(axis=0) * 1.7

    def _pieces(self, points):
        """The stroke without one to three short stretches."""
        keep = np.ones(len(points), bool)
        for start in self.rng.integers(0, len(points), self.rng.integers(1, 4)):
            keep[start : start + max(1, round(len(points) * self.rng.uniform(0.02, 0.1)))] = False
        runs = np.split(np.arange(len(points)), np.flatnonzero(np.diff(keep)) + 1)
        return [points[run] for run in runs if keep[run[0]] and len(run) > 1]


def _even_points(points, distance):
    """The same polyline with points about `distance` apart."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    count = max(3, round(along[-1] / distance) + 1)
    places = np.linspace(0, along[-1], count)
    return np.stack([np.interp(places, along, points[:, axis]) for axis in (0, 1)], axis=1)


def _sub_pixels(points):
    return np.rint(points * (1 << SHIFT)).astype(np.int32)


def _line_drawing(parts, label, rng):
    """Ink on nothing: (EDGE, EDGE) uint8."""
    canvas, pen = np.zeros((EDGE, EDGE), np.uint8), _Pen(rng)
    see_through, merged = rng.random() < 0.15, rng.random() < 0.4
    if label not in TOLD_BY_DETAILS and rng.random() < 0.25:  # the bare outline
        parts = [part for part in parts if part.kind == "cloth" or (part.kind == "trim" and _is_large(part))]
    if merged:
        _merged_outline(canvas, [part for part in parts if part.kind == "cloth"], pen)
        parts = [part for part in parts if part.kind != "cloth"]
    solid_trim = rng.random() < 0.12
    for part in parts:
        if part.kind in AREAS:
            inked = solid_trim and part.kind != "cloth"
            if inked or not see_through:
                cv2.fillPoly(canvas, [_sub_pixels(part.points)], pen.ink if inked else 0, cv2.LINE_AA, SHIFT)
            pen.stroke(canvas, part.points, closed=True, thin=part.kind != "cloth" and not _is_large(part))
        else:
            pen.stroke(canvas, part.points, closed=False, thin=True)
    if rng.random() < 0.08:
        _scribble(canvas, _mask_of(parts), pen, rng)
    return canvas


def _merged_outline(canvas, parts, pen):
    """The outline around several overlapping areas, without the seams between them."""
    edges = _contours(_mask_of(parts), 8)
    for edge in edges:
        pen.stroke(canvas, cv2.approxPolyDP(edge.astype(np.float32), 0.7, True)[:, 0], closed=True)


def _is_large(part):
    return np.ptp(part.points, axis=0).max() > EDGE * 0.3


def _mask_of(parts):
    """Where the areas are: (EDGE, EDGE) uint8 of 0 and 1."""
    mask = np.zeros((EDGE, EDGE), np.uint8)
    for part in parts:
        if part.kind in AREAS:
            cv2.fillPoly(mask, [_sub_pixels(part.points)], 1, cv2.LINE_8, SHIFT)
    return mask


def _scribble(canvas, mask, pen, rng):
    """Hatching over the garment."""
    gap, lean = rng.uniform(4, 12), rng.uniform(-1.2, 1.2)
    layer = np.zeros_like(canvas)
    for start in np.arange(-EDGE * abs(lean), EDGE * (1 + abs(lean)), gap):
        pen.stroke(layer, np.array([(start, 0.0), (start + lean * EDGE, EDGE)]), closed=False, thin=True, ink=255)
    np.maximum(canvas, layer * mask, out=canvas)


def _contours(mask, shortest):
    """Outlines of a 0/1 mask, holes too: (n, 2) float64 each, of at least `shortest` points."""
    found, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [edge[:, 0].astype(np.float64) for edge in found if len(edge) >= shortest]


def _inner_edges(big, mask, rng):
    """Where the brightness changes inside the garment."""
    inside = cv2.erode(mask, np.ones((5, 5), np.uint8))
    if rng.random() < 0.5:
        high = rng.uniform(60, 220)
        edges = cv2.Canny(cv2.convertScaleAbs(big), high * 0.5, high) & (inside * 255)
    else:
        values = big[inside > 0]
        level = np.quantile(values, rng.uniform(0.15, 0.85)) if len(values) else 128
        step = (big > level).astype(np.uint8)
        edges = (cv2.morphologyEx(step, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8)) & inside) * 255
    return _contours((edges > 0).astype(np.uint8), int(rng.integers(10, 30)))


# Areas


def _flat_colours(parts, rng):
    """An icon: areas of one brightness each, with or without an outline; (EDGE, EDGE) uint8."""
    canvas, pen = np.zeros((EDGE, EDGE), np.uint8), _Pen(rng)
    silhouette = rng.random() < 0.35
    cloth = int(rng.integers(40, 256))
    shades = {
        "cloth": cloth,
        "trim": cloth if silhouette else int(rng.integers(0, 256)),
        "inside": int(rng.integers(0, 256)),
    }
    outlined = not silhouette and rng.random() < 0.6
    drop_lines = silhouette and rng.random() < 0.6
    pen.ink = int(rng.choice([255, 255, 0, rng.integers(0, 256)])) if not silhouette else 0
    if outlined and pen.ink < 40:
        pen.ink = 255
    for part in parts:
        if part.kind in AREAS:
            cv2.fillPoly(canvas, [_sub_pixels(part.points)], shades[part.kind], cv2.LINE_AA, SHIFT)
            if outlined or (silhouette and not drop_lines and part.kind != "cloth"):
                pen.stroke(canvas, part.points, closed=True, thin=silhouette)
        elif not drop_lines:
            pen.stroke(canvas, part.points, closed=False, thin=True)
    return canvas


def _shaded(parts, rng):
    """A garment as a photo shows it: (EDGE, EDGE) float32, and where it is, 0/1 uint8."""
    canvas = np.zeros((EDGE, EDGE), np.uint8)
    cloth = int(rng.integers(30, 250))
    contrast = rng.uniform(0, 90)
    shades = {kind: int(np.clip(cloth + rng.normal(0, contrast), 12, 255)) for kind in AREAS}
    shades["cloth"] = cloth
    seam = int(np.clip(cloth + rng.choice([-1, 1]) * rng.uniform(10, 70), 5, 255))
    for part in parts:
        if part.kind in AREAS:
            cv2.fillPoly(canvas, [_sub_pixels(part.points)], shades[part.kind], cv2.LINE_AA, SHIFT)
            if rng.random() < 0.7:
                cv2.polylines(canvas, [_sub_pixels(part.points)], True, seam, 1, cv2.LINE_AA, SHIFT)
        else:
            cv2.polylines(canvas, [_sub_pixels(part.points)], False, seam, 1, cv2.LINE_AA, SHIFT)
    soft = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.6, 1.8))
    return soft.astype(np.float32), _mask_of(parts)


# Places and movements


def _placed(parts, rng):
    """The parts moved, turned and scaled into the canvas."""
    points = np.vstack([part.points for part in parts])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    size = np.ptp(points, axis=0).max()
    move = _movement(rng)
    start = (points - middle) * ((EDGE - 2 * MARGIN) / size) + EDGE / 2
    moved = move(start)
    low, span = moved.min(axis=0), np.ptp(moved, axis=0).max()
    moved = (moved - low - (np.ptp(moved, axis=0)) / 2) * ((EDGE - 2 * MARGIN) / span) + EDGE / 2
    ends = np.cumsum([len(part.points) for part in parts])[:-1]
    return [Part(piece, part.kind) for piece, part in zip(np.split(moved, ends), parts, strict=True)]


def _movement(rng):
    """A random map of points (n, 2) in the canvas: mirrored, turned, stretched, sheared and bent a little."""
    turn = rng.normal(0, 0.1) if rng.random() < 0.85 else rng.uniform(-0.7, 0.7)
    stretch = np.diag(np.exp(rng.normal(0, 0.1, 2)) * (rng.choice([-1, 1]), 1))
    shear = np.array([[1, rng.normal(0, 0.06)], [rng.normal(0, 0.04), 1]])
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ shear @ stretch
    waves, phases = rng.uniform(1, 5, (2, 2)), rng.uniform(0, 2 * np.pi, (2, 2))
    bend = rng.uniform(0, 2.4)

    def move(points):
        centred = (points - EDGE / 2) @ matrix.T
        angle = centred / EDGE * waves[0] * 2 + phases[0]
        return centred + bend * np.sin(angle[:, ::-1]) + EDGE / 2

    return move


def _turned(big, mask, rng):
    """An image and its mask turned, stretched and seen a little askew; the same shapes."""
    source = np.array([(0, 0), (EDGE, 0), (EDGE, EDGE), (0, EDGE)], np.float32)
    turn = rng.normal(0, 0.12) if rng.random() < 0.85 else rng.uniform(-0.6, 0.6)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    scale = np.exp(rng.normal(0, 0.09, 2))
    target = ((source - EDGE / 2) * scale) @ rotation.T + EDGE / 2 + rng.normal(0, 3.5, (4, 2))
    if rng.random() < 0.5:
        target = target[[1, 0, 3, 2]]
    matrix = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    return cv2.warpPerspective(big, matrix, (EDGE, EDGE)), cv2.warpPerspective(mask, matrix, (EDGE, EDGE))


def _enlarged(image):
    """(28, 28) → (EDGE, EDGE) uint8, smoothly, with a margin all around."""
    edge = EDGE - 2 * MARGIN
    big = cv2.resize(image, (edge, edge), interpolation=cv2.INTER_CUBIC)
    return cv2.copyMakeBorder(big, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT, value=0)


def _closed(mask):
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))


# What photos do


def _photo_of(canvas, mask, label, rng):
    """Shades, patterns, surroundings and a bad cut: (EDGE, EDGE) float32 and 0/1 uint8 → (28, 28) uint8."""
    cloth = _reshaded(canvas, mask, rng)
    if rng.random() < 0.35:
        cloth = cloth + _pattern(rng)
    if rng.random() < 0.6:
        cloth = cloth * (1 + rng.uniform(0.1, 0.5) * _clouds(rng, 2))
    if rng.random() < 0.4:
        cloth = cloth + rng.uniform(5, 40) * _clouds(rng, int(rng.integers(4, 10)))
    cloth = np.clip(cloth, 8, 255)
    if rng.random() < 0.28:
        mask = _badly_cut(mask, rng)
    scene = np.zeros((EDGE, EDGE), np.float32)
    if label != NOTHING and rng.random() < 0.4:
        scene, cloth, mask = _with_person(cloth, mask, label, rng)
    if rng.random() < 0.2:
        scene = np.maximum(scene, _shadow(mask, rng))
    if rng.random() < 0.2:
        scene = np.maximum(scene, _leftovers(mask, rng))
    scene = np.where(mask > 0, cloth, scene)
    if rng.random() < 0.3:
        scene = scene + rng.normal(0, rng.uniform(2, 14), scene.shape) * (scene > 0)
    return _fitted(np.clip(scene, 0, 255).astype(np.uint8), rng)


def _reshaded(canvas, mask, rng):
    """Other shades for the same cloth: turned over, brighter, darker, flatter."""
    cloth = canvas.astype(np.float32)
    if rng.random() < 0.35:
        cloth = 255 - cloth
    inside = cloth[mask > 0]
    mean = inside.mean() if len(inside) else 128.0
    contrast, target = rng.uniform(0.25, 1.3), rng.uniform(40, 235)
    return (cloth - mean) * contrast + (target if rng.random() < 0.6 else mean)


def _clouds(rng, cells):
    """Smooth noise of about that many cells across: (EDGE, EDGE) float32, about -1…1."""
    coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (EDGE, EDGE), interpolation=cv2.INTER_CUBIC)


def _pattern(rng):
    """Stripes, checks or speckles: (EDGE, EDGE) float32."""
    y, x = np.mgrid[:EDGE, :EDGE].astype(np.float32)
    turn, pitch = rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]), rng.uniform(5, 26)
    waves = np.sin((x * np.cos(turn) + y * np.sin(turn)) * 2 * np.pi / pitch)
    kind = rng.integers(3)
    if kind == 1:
        waves = waves + np.sin((y * np.cos(turn) - x * np.sin(turn)) * 2 * np.pi / pitch)
    if kind == 2:
        waves = _clouds(rng, int(rng.integers(8, 26)))
    hard = rng.random() < 0.5
    return rng.uniform(10, 80) * (np.sign(waves - rng.uniform(-0.6, 0.6)) if hard else waves).astype(np.float32)


def _badly_cut(mask, rng):
    """A corner or a bite missing, as when cloth and background look alike."""
    cut = mask.copy()
    for _ in range(int(rng.integers(1, 4))):
        x, y = rng.uniform(0, EDGE, 2)
        size = tuple(int(edge) for edge in rng.uniform(4, 20, 2))
        cv2.ellipse(cut, (int(x), int(y)), size, rng.uniform(0, 180), 0, 360, 0, -1)
    return cut if cut.sum() > 0.6 * mask.sum() else mask


def _shadow(mask, rng):
    shift = np.float32([[1, 0, rng.uniform(-9, 9)], [0, 1, rng.uniform(-2, 10)]])
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), rng.uniform(1, 6))
    dark = cv2.warpAffine(soft, shift, (EDGE, EDGE)) * rng.uniform(20, 130)
    return np.where(dark > 15, dark, 0)


def _leftovers(mask, rng):
    """Pieces of a background that were taken for cloth."""
    scene = np.zeros((EDGE, EDGE), np.float32)
    value, texture = rng.uniform(30, 230), rng.uniform(0, 40) * _clouds(rng, int(rng.integers(3, 14)))
    kind = rng.integers(3)
    if kind == 0:  # a rim along the garment
        wide = np.ones((int(rng.integers(4, 14)),) * 2, np.uint8)
        scene = cv2.dilate(mask, wide).astype(np.float32) * (_clouds(rng, 4) > rng.uniform(-0.6, 0.4))
    elif kind == 1:  # spots around it
        for _ in range(int(rng.integers(1, 6))):
            x, y = (int(place) for place in rng.uniform(0, EDGE, 2))
            size = tuple(int(edge) for edge in rng.uniform(2, 16, 2))
            cv2.ellipse(scene, (x, y), size, rng.uniform(0, 180), 0, 360, 1, -1)
    else:  # a strip at an edge: the floor, a wall, a table
        deep = int(rng.uniform(4, 30))
        scene[:deep] = 1
        scene = np.ascontiguousarray(np.rot90(scene, int(rng.integers(4))))
    return np.clip(scene * (value + texture), 0, 255).astype(np.float32)


def _with_person(cloth, mask, label, rng):
    """The person who wears or holds it, behind the garment, which becomes smaller: scene, cloth, mask."""
    scale = rng.uniform(0.5, 0.85)
    top = {TROUSER: 0.55, BAG: 0.6}.get(label, 0.5) if label not in SHOES else 0.85
    x, y = rng.uniform(0.4, 0.6) * (1 - scale) * EDGE, rng.uniform(top - 0.15, top + 0.15) * (1 - scale) * EDGE
    matrix = np.float32([[scale, 0, x], [0, scale, y]])
    cloth = cv2.warpAffine(cloth.astype(np.float32), matrix, (EDGE, EDGE))
    mask = cv2.warpAffine(mask, matrix, (EDGE, EDGE), flags=cv2.INTER_NEAREST)
    scene = np.zeros((EDGE, EDGE), np.float32)
    left, above, width, height = cv2.boundingRect(mask)
    if not width:
        return scene, cloth, mask
    box = left, above, left + width, above + height
    skin, hair, other = rng.uniform(25, 210), rng.uniform(20, 255), rng.uniform(10, 250)
    if label in TOPS or label == DRESS:
        _paint_person(scene, box, label, (skin, hair, other), rng)
    elif label == TROUSER:
        _paint_torso(scene, box, (skin, other), rng)
    elif label in SHOES:
        _paint_leg(scene, box, rng.choice([skin, other]), rng)
    else:
        _paint_arm(scene, box, (skin, other), rng)
    return cv2.GaussianBlur(scene, (0, 0), 0.8), cloth, mask


def _paint_band(scene, start, end, wide_start, wide_end, value):
    start, end = np.asarray(start, float), np.asarray(end, float)
    way = (end - start) / max(np.hypot(*(end - start)), 1e-6)
    side = np.array((-way[1], way[0])) / 2
    corners = [start + side * wide_start, end + side * wide_end, end - side * wide_end, start - side * wide_start]
    cv2.fillConvexPoly(scene, _sub_pixels(np.array(corners)), float(value), cv2.LINE_AA, SHIFT)


def _paint_person(scene, box, label, values, rng):
    """Head, arms and legs of somebody who wears a top or a dress."""
    left, top, right, bottom = box
    skin, hair, other = values
    middle, width, height = (left + right) / 2, right - left, bottom - top
    unit = min(width, height * (0.75 if label != DRESS else 0.4))
    if rng.random() < 0.85:  # legs first, the rest lies over them
        trousers = other if label != DRESS and rng.random() < 0.8 else skin
        gap, leg = unit * rng.uniform(0.12, 0.2), unit * rng.uniform(0.2, 0.34)
        length = height * rng.uniform(0.2, 1.3)
        for side in (-1, 1):
            place = np.array((middle + side * gap, bottom - 0.15 * height))
            _paint_band(scene, place, place + (side * unit * rng.uniform(-0.02, 0.1), length), leg, leg * 0.7, trousers)
    if rng.random() < 0.85:
        arm = unit * rng.uniform(0.12, 0.2)
        for side, edge in ((-1, left), (1, right)):
            shoulder = np.array((edge - side * arm * 0.7, top + height * 0.12))
            hand = shoulder + (side * unit * rng.uniform(-0.1, 0.2), min(height, 1.3 * unit) * rng.uniform(0.5, 1.0))
            _paint_band(scene, shoulder, hand, arm, arm * 0.7, skin)
    if rng.random() < 0.85:
        head = unit * rng.uniform(0.15, 0.22)
        centre = (int(middle + rng.normal(0, 2)), int(top - head * rng.uniform(0.8, 1.3)))
        _paint_band(scene, (middle, top - head), (middle, top + height * 0.15), head, head * 1.3, skin)
        if rng.random() < 0.8:
            size = (max(1, int(head * rng.uniform(1.0, 1.4))), max(1, int(head * rng.uniform(1.2, 2.2))))
            cv2.ellipse(scene, centre, size, 0, 0, 360, float(hair), -1, cv2.LINE_AA)
        cv2.ellipse(
            scene, centre, (max(1, int(head * 0.8)), max(1, int(head * 1.1))), 0, 0, 360, float(skin), -1, cv2.LINE_AA
        )


def _paint_torso(scene, box, values, rng):
    """Somebody's top above the trousers, and the shoes or feet below."""
    left, top, right, bottom = box
    skin, other = values
    middle, width = (left + right) / 2, right - left
    if rng.random() < 0.8:
        torso = width * rng.uniform(0.85, 1.2)
        above = rng.uniform(0.1, 1.2) * width
        _paint_band(scene, (middle, top - above), (middle, top + 0.12 * width), torso, torso * 0.95, other)
        if rng.random() < 0.6:
            for side in (-1, 1):
                edge = middle + side * torso * 0.55
                _paint_band(
                    scene, (edge, top - above), (edge + side * 3, top + width * 0.4), width * 0.16, width * 0.12, skin
                )
    if rng.random() < 0.7:
        shoe = rng.choice([skin, rng.uniform(20, 250)])
        for side in (-1, 1):
            centre = (int(middle + side * width * rng.uniform(0.15, 0.35)), int(bottom))
            cv2.ellipse(
                scene, centre, (max(1, int(width * 0.14)), max(1, int(width * 0.1))), 0, 0, 360, float(shoe), -1
            )


def _paint_leg(scene, box, value, rng):
    """The leg above a shoe."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    for heel in (0.3, 0.7)[:: rng.choice([-1, 1])][: 1 + (rng.random() < 0.2)]:
        place = np.array((left + width * (heel + rng.uniform(-0.08, 0.08)), top + height * 0.5))
        thick = width * rng.uniform(0.2, 0.38)
        _paint_band(scene, place, place + (rng.uniform(-0.15, 0.15) * width, -EDGE), thick, thick * 1.3, value)


def _paint_arm(scene, box, values, rng):
    """An arm that holds the bag, or the side of the person who carries it."""
    left, top, right, bottom = box
    skin, other = values
    middle, width, height = (left + right) / 2, right - left, bottom - top
    if rng.random() < 0.5:
        side = rng.choice([-1, 1])
        body = middle + side * width * rng.uniform(0.3, 0.7)
        _paint_band(scene, (body, top - height), (body, bottom + height), width * 0.7, width * 0.8, other)
    start = (middle + rng.uniform(-0.6, 0.6) * width, top - rng.uniform(0.3, 1.0) * height)
    _paint_band(scene, start, (middle, top + 0.05 * height), width * 0.18, width * 0.13, rng.choice([skin, other]))


def _fitted(canvas, rng):
    """Cropped to what can be seen, now and then not quite, and fitted as every picture is: (28, 28) uint8."""
    seen = (canvas > 0.08 * canvas.max()).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(seen)
    if not width:
        return np.zeros((IMAGE_SIZE, IMAGE_SIZE), np.uint8)
    if rng.random() < 0.3:
        off = np.rint(rng.normal(0, 0.035, 4) * max(width, height)).astype(int)
        left, top = (min(max(0, edge), EDGE - 1) for edge in (left + off[0], top + off[1]))
        width, height = max(8, width + off[2]), max(8, height + off[3])
    return fit(np.ascontiguousarray(canvas[top : top + height, left : left + width]))
