"""Somebody dressed, painted as plainly as can be, for the tests of worn clothes."""

from PIL import Image, ImageDraw, ImageFilter

SIZE = (300, 400)
HAND = (66, 250)  # the left one; the other is opposite
TONES = ((255, 219, 196), (208, 153, 110), (120, 80, 52), (80, 52, 36))  # of skin, light to dark
NAVY, RED, GREY = (32, 40, 92), (150, 30, 40), (128, 132, 138)


def _pullover(draw: ImageDraw.ImageDraw, fill: tuple[int, int, int]) -> None:
    draw.rounded_rectangle((95, 110, 205, 250), 12, fill=fill)
    for shoulder, hand in (((102, 122), (70, 235)), ((198, 122), (230, 235))):
        draw.line((shoulder, hand), fill=fill, width=34)


def _trousers(draw: ImageDraw.ImageDraw, fill: tuple[int, int, int]) -> None:
    draw.polygon(
        [(98, 245), (202, 245), (198, 390), (156, 390), (150, 290), (144, 390), (102, 390)],
        fill=fill,
    )


def _soft(picture: Image.Image) -> Image.Image:
    """As a photo is, whose edges are never hard."""
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def pullover(fill=NAVY, background=(238, 240, 243)) -> Image.Image:
    """A pullover alone."""
    picture = Image.new("RGB", SIZE, background)
    _pullover(ImageDraw.Draw(picture), fill)
    return _soft(picture)


def trousers(fill=GREY, background=(238, 240, 243)) -> Image.Image:
    """Trousers alone."""
    picture = Image.new("RGB", SIZE, background)
    _trousers(ImageDraw.Draw(picture), fill)
    return _soft(picture)


def somebody(
    skin=TONES[1], upper=NAVY, lower=GREY, background=(238, 240, 243), hair=(50, 35, 28)
) -> Image.Image:
    """Somebody from head to foot in a pullover and trousers, hands beside them."""
    picture = Image.new("RGB", SIZE, background)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((116, 12, 184, 84), fill=hair)
    draw.rectangle((136, 80, 164, 120), fill=skin)
    draw.ellipse((121, 30, 179, 102), fill=skin)
    for x in (HAND[0], SIZE[0] - HAND[0]):
        draw.ellipse((x - 13, HAND[1] - 18, x + 13, HAND[1] + 18), fill=skin)
    _trousers(draw, lower)
    _pullover(draw, upper)
    return _soft(picture)
