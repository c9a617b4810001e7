"""The game: what a round and a game are worth, the clock, the sheet, the list of the best."""

import io
import json
from dataclasses import replace

import pytest
from PIL import Image

from fashion_core import best_games, game
from fashion_core.errors import GameError
from fashion_core.game import DRAW, GUESS, ROUND_SECONDS, Guess, Round
from fashion_core.game_sheet import sheet_png

START = 1_000.0
BAG, SANDAL = 8, 5


def png(level: int = 0) -> bytes:
    file = io.BytesIO()
    Image.new("L", (28, 28), level).save(file, "PNG")
    return file.getvalue()


def drawing_of(label: int) -> game.Game:
    """A game whose first round asks for this class and runs."""
    rounds = (Round(label), *(Round(other) for other in range(5)))
    return game.begin_round(game.Game(DRAW, rounds), START)


def hear(played, seconds, label, prob=0.9, recognised=True, level=None):
    level = int(10 * seconds) if level is None else level
    guess = (label, prob, recognised)
    return game.hear_answer(played, START + seconds, guess, png(level), [{}], "Net")


def test_a_game_has_six_different_classes_and_repeats_by_its_seed():
    played = game.new_drawing_game(7)
    assert played == game.new_drawing_game(7)
    assert played != game.new_drawing_game(8)
    labels = [each.label for each in played.rounds]
    assert len(labels) == len(set(labels)) == 6
    assert set(labels) <= set(range(10))


def test_a_guessing_game_has_images_of_six_answers_half_of_them_wrong():
    labels = [index % 10 for index in range(200)]
    preds = [label if index < 100 else (label + 1) % 10 for index, label in enumerate(labels)]
    played = game.new_guessing_game(3, labels, preds)
    assert [preds[each.index] for each in played.rounds] == [each.label for each in played.rounds]
    assert len({each.label for each in played.rounds}) == 6
    assert sum(preds[each.index] != labels[each.index] for each in played.rounds) == 3


def test_a_model_that_is_always_right_or_says_one_class_gives_a_game_all_the_same():
    labels = [index % 10 for index in range(100)]
    assert len(game.new_guessing_game(0, labels, labels).rounds) == 6
    rounds = game.new_guessing_game(0, labels, [4] * 100).rounds
    assert len({each.index for each in rounds}) == len(rounds) == 6
    assert sum(each.truth == 4 for each in rounds) == 3


@pytest.mark.parametrize(
    ("label", "prob", "recognised", "won"),
    [
        (SANDAL, 0.6, True, True),
        (SANDAL, 0.59, True, False),
        (SANDAL, 0.99, False, False),
        (BAG, 0.99, True, False),
    ],
)
def test_a_round_ends_when_the_model_is_sure_of_the_right_class(label, prob, recognised, won):
    played = hear(drawing_of(SANDAL), 4.0, label, prob, recognised)
    assert played.rounds[0].won == won
    assert (played.place, played.is_running) == ((1, False) if won else (0, True))


def test_the_clock_of_a_round_ends_it_and_cannot_be_started_anew():
    played = drawing_of(SANDAL)
    assert game.begin_round(played, START + 15) == played
    assert game.seconds_left(played, START + 15) == 5
    assert game.tick(played, START + ROUND_SECONDS) == played
    ended = game.tick(played, START + ROUND_SECONDS + 1.01)
    assert (ended.place, ended.rounds[0].won, ended.rounds[0].seconds) == (1, False, ROUND_SECONDS)
    assert game.seconds_left(ended, START + 99) == ROUND_SECONDS  # the next one has not begun


def test_a_drawing_may_come_a_moment_late_but_not_later():
    late = hear(drawing_of(SANDAL), 20.9, SANDAL)
    assert (late.rounds[0].won, late.rounds[0].seconds) == (True, ROUND_SECONDS)
    assert not hear(drawing_of(SANDAL), 21.1, SANDAL).rounds[0].won


def test_the_same_drawing_counts_once_and_an_empty_one_is_no_guess():
    played = hear(drawing_of(SANDAL), 2.0, BAG)
    assert hear(played, 9.0, SANDAL, level=20) == played
    emptied = game.hear_answer(played, START + 3, None, b"", [], "Net")
    assert (emptied.round.picture, emptied.round.strokes) == (b"", ())
    assert emptied.round.guesses == played.round.guesses


def test_points_are_for_winning_and_for_time_left():
    won = {seconds: hear(drawing_of(SANDAL), seconds, SANDAL) for seconds in (0.0, 10.0, 20.0)}
    assert [game.score(each) for each in won.values()] == [100, 75, 50]
    near = game.tick(hear(drawing_of(SANDAL), 5.0, SANDAL, 0.4), START + 30)
    wrong = game.tick(hear(drawing_of(SANDAL), 5.0, BAG, 0.4), START + 30)
    unknown = game.tick(hear(drawing_of(SANDAL), 5.0, SANDAL, 0.9, recognised=False), START + 30)
    nothing = game.give_up(drawing_of(SANDAL), START + 1)
    assert [game.score(each) for each in (near, wrong, unknown, nothing)] == [25, 0, 0, 0]


def test_the_drawing_that_fooled_it_most_is_the_surest_mistake_at_the_end():
    def played(*guesses: Guess, won=False) -> Round:
        return Round(SANDAL, picture=png(), began_at=0.0, seconds=20.0, won=won, guesses=guesses)

    surest_before = played(Guess(1, BAG, 0.99), Guess(2, SANDAL, 0.3))
    rounds = (
        played(Guess(1, SANDAL, 0.9), won=True),
        surest_before,
        played(Guess(1, BAG, 0.5)),
        played(Guess(1, BAG, 0.7)),
        played(Guess(1, BAG, 0.9, recognised=False)),
        replace(played(Guess(1, BAG, 0.9)), picture=b""),  # its sheet was cleared
    )
    assert game.fooled_most(game.Game(DRAW, rounds, 6)) == 3
    assert game.fooled_most(game.Game(DRAW, rounds[:2], 2)) is None


def test_a_guess_ends_its_round_and_wins_if_the_model_says_the_same():
    rounds = (Round(BAG, index=1, picture=png()), Round(SANDAL, index=2, picture=png()))
    played = game.begin_round(game.Game(GUESS, rounds), START)
    played = game.choose(played, START + 10, BAG)
    assert (game.score(played), played.place) == (75, 1)
    assert game.choose(played, START + 11, SANDAL) == played  # its clock does not run yet
    played = game.choose(game.begin_round(played, START + 12), START + 14, BAG)
    assert (played.is_over, game.score(played)) == (True, 75)


def test_a_round_that_the_model_could_not_answer_is_put_back():
    played = hear(drawing_of(SANDAL), 2.0, BAG)
    assert game.repeat_round(played).rounds[0] == Round(SANDAL)
    assert not game.repeat_round(played).is_running


def test_things_are_english_and_what_was_said_again_is_left_out():
    assert [game.thing(label) for label in (0, 1, 9)] == [
        "a T-shirt/top",
        "trousers",
        "an ankle boot",
    ]
    guesses = [Guess(1, BAG), Guess(2, BAG), Guess(3.4, SANDAL), Guess(5, BAG, recognised=False)]
    said = game.describe_guesses(guesses)
    assert said == "a bag (1\u00a0s), a sandal (3\u00a0s), nothing it knows (5\u00a0s)"


def test_the_sheet_is_a_picture_of_all_six():
    played = hear(drawing_of(SANDAL), 4.0, SANDAL)
    empty, with_one = (
        Image.open(io.BytesIO(sheet_png(each))) for each in (drawing_of(BAG), played)
    )
    assert with_one.size == empty.size == (952, 1016)
    assert (
        with_one.crop((28, 100, 308, 380)).getextrema()
        != empty.crop((28, 100, 308, 380)).getextrema()
    )


# The list of the best


def test_the_best_ten_of_each_kind_stay_with_cleaned_names(runs_dir):
    for points in range(1, 13):
        best_games.add_best(f" Zoë\n<b>{'x' * 40}", 10 * points, DRAW, "Net")
    best_games.add_best("\u202e", 5, GUESS, "Net")
    kept = best_games.read_best(DRAW)
    assert [each.score for each in kept] == list(range(120, 20, -10))
    assert kept[0].name == "Zoë <b>xxxxxxxxxxxxx"
    assert [each.name for each in best_games.read_best(GUESS)] == ["Anonymous"]
    assert best_games.belongs(31, DRAW)
    assert not best_games.belongs(30, DRAW)
    assert not best_games.belongs(0, GUESS)


def test_a_public_copy_lists_nobody(runs_dir, monkeypatch):
    best_games.add_best("Ada", 300, DRAW, "Net")
    monkeypatch.setenv("FASHION_READ_ONLY", "1")
    assert best_games.read_best(DRAW) == []
    assert not best_games.belongs(500, DRAW)
    with pytest.raises(GameError, match="public copy"):
        best_games.add_best("Ada", 300, DRAW, "Net")


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"best": 3}', json.dumps({"best": [3, {"kind": "draw", "score": 1e9}]})],
)
def test_a_list_edited_by_hand_breaks_nothing(runs_dir, content):
    (runs_dir / best_games.BEST_FILE).write_text(content)
    assert best_games.read_best(DRAW) == []
    best_games.add_best("Ada", 300, DRAW, "Net")
    assert [each.name for each in best_games.read_best(DRAW)] == ["Ada"]


def test_a_full_disk_is_a_sentence(runs_dir, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(best_games.files, "write_json", fail)
    with pytest.raises(GameError, match="No space left on device"):
        best_games.add_best("Ada", 300, DRAW, "Net")
