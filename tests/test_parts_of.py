"""Several pieces in one picture: found where they lie apart, never within one garment."""

import numpy as np
import pytest
from made_pictures import shirt
from PIL import Image, ImageDraw, ImageFilter
from recognition_set import FOLDER

from fashion_core.pictures.opening import open_picture
from fashion_core.pictures.parts_of import pieces_in
from fashion_core.pictures.prepare import Correction, prepare


def beside_each_other(*pictures, size=(640, 280)):
    sheet = Image.new("RGB", size, "white")
    for place, picture in enumerate(pictures):
        sheet.paste(picture, (place * 320, 0))
    return sheet


@pytest.mark.parametrize("fill", [None, "navy"])
def test_two_garments_are_found_from_left_to_right_and_each_crop_shows_one(fill):
    picture = beside_each_other(shirt(fill=fill), shirt(fill=fill).rotate(180))
    alone = [prepare(part).pixels for part in (shirt(fill=fill), shirt(fill=fill).rotate(180))]
    pieces = pieces_in(prepare(picture))
    assert len(pieces) == 2
    for piece, pixels in zip(pieces, alone, strict=True):
        cropped = prepare(picture, Correction(crop=piece))
        assert np.abs(cropped.pixels.astype(int) - pixels).mean() < 12
        assert pieces_in(cropped) == ()


def test_one_garment_with_a_detail_or_a_gap_is_one_and_nothing_is_none():
    detail = shirt(fill="navy")
    ImageDraw.Draw(detail).ellipse((130, 140, 150, 160), fill="white")
    ImageDraw.Draw(detail).rectangle((0, 200, 280, 208), fill="white")  # a belt of the background
    small = beside_each_other(shirt(fill="navy"), shirt(fill="navy").resize((60, 60)))
    for picture in (detail, small, shirt(), Image.new("RGB", (64, 64), "white")):
        assert pieces_in(prepare(picture)) == ()


def test_of_a_pair_of_shoes_one_is_taken_and_no_piece_is_offered():
    pair = Image.new("RGB", (480, 480), (235, 230, 225))
    for left in (90, 270):
        ImageDraw.Draw(pair).ellipse((left, 90, left + 120, 390), fill="saddlebrown")
    prepared = prepare(pair.filter(ImageFilter.GaussianBlur(2)))
    assert "One of a pair" in [step.name for step in prepared.steps]
    assert pieces_in(prepared) == ()


def test_of_the_recognition_pictures_only_the_two_pairs_of_sandals_are_two():
    found = {
        f"{path.parent.name}/{path.stem}"
        for kind in ("sketch", "icon")
        for path in sorted((FOLDER / kind).iterdir())
        if pieces_in(prepare(open_picture(path)))
    }
    assert found == {"icon/sandal-3", "sketch/sandal-2"}
