"""A game against a model: six rounds of 20 seconds, what counts in them, and what they are worth.

In one kind the visitor draws what is asked for and the model says what it sees; in the other the
visitor says what the model calls a test image. Plain values in and out: a game is never changed, a
newer one takes its place; the time is an argument, in seconds of any clock that never goes back.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fashion_core.metadata import CLASS_NAMES, NUM_CLASSES

ROUNDS = 6
ROUND_SECONDS = 20.0
LATE_SECONDS = 1.0  # what was done in time may come that much later, over a slow line
SURE = 0.6  # from this probability on the model is sure of its top class
DRAW, GUESS = "draw", "guess"


@dataclass(frozen=True)
class Guess:
    """What was said in a round and when: by the model of a drawing, or by the visitor."""

    seconds: float  # since the round began, 0…ROUND_SECONDS
    label: int  # 0…9
    prob: float = 1.0  # that the model gives it
    recognised: bool = True


@dataclass(frozen=True)
class Round:
    """One thing to draw, or one test image; `began_at` and `seconds` are None until they are known.

    `label`: the class to draw, or what the model calls the image, whose own label is `truth`.
    `picture`: a PNG, empty before the first stroke. `model`: the name of the one that answered.
    """

    label: int
    index: int | None = None  # of the test image
    truth: int | None = None
    picture: bytes = b""
    began_at: float | None = None
    seconds: float | None = None  # that it took
    won: bool = False
    guesses: tuple[Guess, ...] = ()
    strokes: tuple[dict, ...] = ()  # of the drawing, while it goes on
    model: str = ""


@dataclass(frozen=True)
class Game:
    """All rounds, and the place of the one that is played: len(rounds) once it is over."""

    kind: str
    rounds: tuple[Round, ...]
    place: int = 0
    listed: float = 0.0  # when it was entered among the best, seconds since 1970; 0: not yet
    kept: tuple[str, ...] = ()  # ids of drawings that were kept in My pictures

    @property
    def round(self) -> Round:
        """The one that is played or comes next; the last one once the game is over."""
        return self.rounds[min(self.place, len(self.rounds) - 1)]

    @property
    def is_over(self) -> bool:
        return self.place >= len(self.rounds)

    @property
    def is_running(self) -> bool:
        """Whether the clock of a round runs."""
        return not self.is_over and self.round.began_at is not None


# A new game


def new_drawing_game(seed: int) -> Game:
    """Six of the ten classes in random order."""
    labels = random.Random(seed).sample(range(NUM_CLASSES), ROUNDS)
    return Game(DRAW, tuple(Round(label) for label in labels))


def new_guessing_game(
    seed: int, labels: Sequence[int], preds: Sequence[int], model: str = ""
) -> Game:
    """Six images that the model calls six different classes, every second one wrongly if it can.

    Of a model that names fewer classes some come again.

    `labels` and `preds`: those of all test images, by index. Most of them are right, so that who
    only names what he sees would nearly always win.
    """
    draw = random.Random(seed)
    indices = {place: [] for place in range(2 * NUM_CLASSES)}
    for index, (label, pred) in enumerate(zip(labels, preds, strict=True)):
        indices[2 * int(pred) + int(label != pred)].append(index)
    rounds, order = [], draw.sample(range(NUM_CLASSES), NUM_CLASSES)
    while len(rounds) < ROUNDS and any(indices.values()):
        for pred in order:
            wrong = len(rounds) % 2
            of_class = indices[2 * pred + wrong] or indices[2 * pred] or indices[2 * pred + 1]
            if not of_class or len(rounds) == ROUNDS:
                continue
            index = of_class.pop(draw.randrange(len(of_class)))
            rounds.append(Round(pred, index=index, truth=int(labels[index]), model=model))
    draw.shuffle(rounds)
    return Game(GUESS, tuple(rounds))


# A round


def begin_round(game: Game, now: float) -> Game:
    """Start the clock; one that runs goes on as it is."""
    if game.is_over or game.is_running:
        return game
    return _with_round(game, began_at=now)


def seconds_left(game: Game, now: float) -> float:
    """Until the time of the round is up, 0…ROUND_SECONDS."""
    began_at = now if game.round.began_at is None else game.round.began_at
    return max(0.0, ROUND_SECONDS - (now - began_at))


def tick(game: Game, now: float) -> Game:
    """End the round if its time is up."""
    if game.is_running and now - game.round.began_at > ROUND_SECONDS + LATE_SECONDS:
        return _ended(game, ROUND_SECONDS, won=False)
    return game


def hear_answer(
    game: Game,
    now: float,
    guess: tuple[int, float, bool] | None,
    picture: bytes,
    strokes: Sequence[dict],
    model: str,
) -> Game:
    """Take in what the model says of the drawing; where it is sure of the right class, that wins.

    `guess`: its top class, the probability of that, and whether it knows such pictures at all; None
    where the sheet is empty again. `now`: when the drawing came. The same drawing counts once; one
    that comes too late, never.
    """
    game = tick(game, now)
    if not game.is_running or game.kind != DRAW or picture == game.round.picture:
        return game
    game = _with_round(game, picture=picture, strokes=tuple(strokes), model=model)
    if guess is None:
        return game
    heard = Guess(_seconds(game, now), *guess)
    game = _with_round(game, guesses=(*game.round.guesses, heard))
    return _ended(game, heard.seconds, won=True) if is_sure(heard, game.round.label) else game


def is_sure(guess: Guess, label: int) -> bool:
    """The rule that ends a round: the top class is this one, such pictures are known to the model,
    and it gives it at least SURE.
    """
    return guess.label == label and guess.recognised and guess.prob >= SURE


def choose(game: Game, now: float, label: int) -> Game:
    """Take in what the visitor says that the model calls the image, which ends the round."""
    game = tick(game, now)
    if not game.is_running or game.kind != GUESS:
        return game
    said = Guess(_seconds(game, now), label)
    return _ended(_with_round(game, guesses=(said,)), said.seconds, won=label == game.round.label)


def give_up(game: Game, now: float) -> Game:
    """End the round without a win."""
    game = tick(game, now)
    return _ended(game, _seconds(game, now), won=False) if game.is_running else game


def repeat_round(game: Game) -> Game:
    """Put the round back to before its clock ran: the model could not answer."""
    if not game.is_running:
        return game
    rounds = list(game.rounds)
    rounds[game.place] = replace(
        game.round, began_at=None, guesses=(), strokes=(), picture=b"", model=""
    )
    return replace(game, rounds=tuple(rounds))


def _seconds(game: Game, now: float) -> float:
    return min(ROUND_SECONDS, now - game.round.began_at)


def _ended(game: Game, seconds: float, won: bool) -> Game:
    game = _with_round(game, seconds=seconds, won=won, strokes=())
    return replace(game, place=game.place + 1)


def _with_round(game: Game, **changes) -> Game:
    rounds = list(game.rounds)
    rounds[game.place] = replace(game.round, **changes)
    return replace(game, rounds=tuple(rounds))


# The score

WIN_POINTS = 50
TIME_POINTS = 50  # beside them, if no time at all was needed
NEAR_POINTS = 25  # the right class was its last word, but it was not sure
MOST_POINTS = ROUNDS * (WIN_POINTS + TIME_POINTS)
RULES = (
    f"A round that you win is worth {WIN_POINTS} points and up to {TIME_POINTS} more for the time"
    " that is left."
)


def points_of(played: Round) -> int:
    """What a round is worth, 0…100."""
    if played.won:
        return WIN_POINTS + round(TIME_POINTS * (1 - played.seconds / ROUND_SECONDS))
    last = played.guesses[-1] if played.picture and played.guesses else None
    is_near = last is not None and last.recognised and last.label == played.label
    return NEAR_POINTS if is_near else 0


def score(game: Game) -> int:
    """What all rounds together are worth, 0…MOST_POINTS."""
    return sum(map(points_of, game.rounds))


def fooled_most(game: Game) -> int | None:
    """The place of the drawing whose wrong class the model was surest of at the end of the round.

    None where none was taken for something else.
    """
    wrong = {
        place: played.guesses[-1].prob
        for place, played in enumerate(game.rounds)
        if game.kind == DRAW
        and not played.won
        and played.picture  # a sheet that was cleared at the end shows nothing
        and played.guesses
        and played.guesses[-1].recognised
        and played.guesses[-1].label != played.label
    }
    return max(wrong, key=wrong.get, default=None)


# In words


def thing(label: int) -> str:
    """A class with its article, as in "Draw a sandal"."""
    if CLASS_NAMES[label] == "Trouser":
        return "trousers"
    name = CLASS_NAMES[label]
    name = name if name.startswith("T-") else name.lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def changes_of_mind(guesses: Sequence[Guess]) -> list[Guess]:
    """The guesses without those that say again what the one before said."""
    kept: list[Guess] = []
    for guess in guesses:
        if not kept or (guess.label, guess.recognised) != (kept[-1].label, kept[-1].recognised):
            kept.append(guess)
    return kept


def describe_guesses(guesses: Sequence[Guess]) -> str:
    """What was said when: "a bag (3 s), a sandal (9 s)", with spaces that do not break."""
    said = [
        (thing(each.label) if each.recognised else "nothing it knows")
        + f" ({each.seconds:.0f}\u00a0s)"
        for each in changes_of_mind(guesses)
    ]
    return ", ".join(said) or "nothing"


def describe_outcome(game: Game, place: int) -> str:
    """How a round ended, in a sentence."""
    played = game.rounds[place]
    if game.kind == GUESS:
        return _describe_guessed(played)
    if played.won:
        return f"It saw {thing(played.label)} after {played.seconds:.0f} s."
    if not played.picture:
        return f"There was nothing to see of {thing(played.label)}."
    last = played.guesses[-1] if played.guesses else None
    if last is None or not last.recognised:
        return f"It knew nothing like that; it was {thing(played.label)}."
    if last.label == played.label:
        return f"It leaned to {thing(played.label)} but was not sure ({last.prob:.1%})."
    return f"It took {thing(played.label)} for {thing(last.label)} ({last.prob:.1%})."


def _describe_guessed(played: Round) -> str:
    calls = f"The model calls it {thing(played.label)}"
    if played.truth is not None:
        is_right = played.truth == played.label
        calls += ", and so it is" if is_right else f"; in truth it is {thing(played.truth)}"
    if not played.guesses:
        return f"{calls}. You said nothing."
    said = "so" if played.won else thing(played.guesses[-1].label)
    return f"{calls}. You said {said} after {played.seconds:.0f} s."
