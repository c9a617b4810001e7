"""The sheet of a finished game as a PNG: all six pictures, what was said of them, the score."""

import io
import textwrap

from PIL import Image, ImageDraw, ImageFont

from fashion_core.game import (
    DRAW,
    MOST_POINTS,
    Game,
    describe_guesses,
    describe_outcome,
    fooled_most,
    points_of,
    score,
    thing,
)

EDGE = 280  # pixels of a picture, as many as the canvas has
GAP, ACROSS = 28, 3
HEAD, WORDS = 100, 150  # heights of the headline and of the words below a picture
CARD_WIDTH, CARD_HEIGHT = EDGE + GAP, EDGE + WORDS + GAP
PAPER, INK, QUIET, FRAME, ACCENT = "#FFFFFF", "#1B1E2B", "#5A6078", "#E1E4EE", "#3D5AFE"
LINE_CHARACTERS, MOST_LINES = 42, 5  # below a picture, in the small font


def sheet_png(game: Game) -> bytes:
    """The sheet of a game, 952×1,016 pixels."""
    down = -(-len(game.rounds) // ACROSS)
    sheet = Image.new("RGB", (ACROSS * CARD_WIDTH + GAP, HEAD + down * CARD_HEIGHT), PAPER)
    pen = ImageDraw.Draw(sheet)
    _write_head(pen, game)
    for place in range(len(game.rounds)):
        left, top = GAP + place % ACROSS * CARD_WIDTH, HEAD + place // ACROSS * CARD_HEIGHT
        _paste_picture(sheet, game, place, (left, top))
        _write_below(pen, game, place, (left, top + EDGE + 8))
    file = io.BytesIO()
    sheet.save(file, "PNG", optimize=True)
    return file.getvalue()


def _write_head(pen: ImageDraw.ImageDraw, game: Game) -> None:
    models = ", ".join(dict.fromkeys(each.model for each in game.rounds if each.model))
    what = "drawing against" if game.kind == DRAW else "guessing"
    pen.text((GAP, 22), f"{score(game)} of {MOST_POINTS} points", INK, _font(34))
    words = f"Fashion CNN Lab · six rounds of {what} {models or 'nobody'}"
    pen.text((GAP, 66), words[:100], QUIET, _font(16))


def _paste_picture(sheet: Image.Image, game: Game, place: int, corner: tuple[int, int]) -> None:
    """A drawing or, with hard edges, an image; an empty frame where nothing was drawn."""
    left, top = corner
    if game.rounds[place].picture:
        picture = Image.open(io.BytesIO(game.rounds[place].picture)).convert("RGB")
        sheet.paste(picture.resize((EDGE, EDGE), Image.Resampling.NEAREST), corner)
    color = ACCENT if place == fooled_most(game) else FRAME
    box = (left - 1, top - 1, left + EDGE, top + EDGE)
    ImageDraw.Draw(sheet).rectangle(box, outline=color, width=2)


def _write_below(pen: ImageDraw.ImageDraw, game: Game, place: int, corner: tuple[int, int]) -> None:
    played, (left, top) = game.rounds[place], corner
    name = thing(played.label)
    pen.text((left, top), f"{name[0].upper()}{name[1:]}: {points_of(played)}", INK, _font(20))
    words = describe_outcome(game, place)
    if game.kind == DRAW and played.guesses:
        words += f" It said {describe_guesses(played.guesses)}."
    if place == fooled_most(game):
        words = f"This fooled it most. {words}"
    lines = textwrap.wrap(words, LINE_CHARACTERS, max_lines=MOST_LINES, placeholder=" …")
    below = "\n".join(lines).replace("\u00a0", " ")  # which the font has not
    pen.multiline_text((left, top + 30), below, QUIET, _font(14), spacing=5)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font, which is there on every machine."""
    return ImageFont.load_default(size)
