"""Words: what is printable of a visitor's text."""

import pytest

from fashion_core.text import format_signed, one_line, printable_lines


@pytest.mark.parametrize("name", ["👩‍💻 family 👨‍👩‍👧", "می‌خواهم", "❤️‍🔥"])
def test_joiners_stay_between_visible_characters(name):
    assert one_line(name) == name
    assert printable_lines(f"{name}\n{name}") == f"{name}\n{name}"


@pytest.mark.parametrize("hidden", ["\u200d", "\u200c", "\u202e", "\u2060", "\x07", "\u200d\u200d"])
def test_what_is_unseen_at_an_edge_or_joins_nothing_goes(hidden):
    assert one_line(f"{hidden}a {hidden} b{hidden}") == "a b"


def test_two_joiners_in_a_row_and_marks_that_turn_the_text_join_nothing():
    assert one_line("a\u200d\u200db\u202ec") == "a b c"


def test_a_difference_has_its_sign_and_a_minus_that_is_no_hyphen():
    assert (format_signed(-1.3), format_signed(0.449, digits=1)) == ("−1.30", "+0.4")
