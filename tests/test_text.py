"""Words: what is printable of a visitor's text."""

import pytest

from fashion_core.text import LONGEST_STEM, file_stem, format_signed, one_line, printable_lines


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


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Quick look, test 3", "quick-look-test-3"),
        ("../../etc/passwd", "etc-passwd"),
        ('C:\\a<b>|"c"?*.exe', "c-a-b-c-exe"),
        ("a\u202etp.x\x00\r\ny{0}", "a-tp-x-y-0"),
        ("Été à Köln", "été-à-köln"),
        ("проба_2", "проба-2"),
        ("नमस्ते दुनिया", "नमस्ते-दुनिया"),  # vowels that are marks
    ],
)
def test_a_file_is_called_by_what_is_safe_of_a_name(name, stem):
    assert file_stem(name, "id") == stem


@pytest.mark.parametrize("name", ["", "...", "👩‍💻", "❤️", "-_-", "CON", "nul", "Com¹", " lpt9. "])
def test_a_name_that_no_file_may_have_leaves_the_fallback(name):
    assert file_stem(name, "20260101-aaaa") == "20260101-aaaa"


def test_the_name_of_a_file_is_not_too_long_for_a_disk():
    assert len(file_stem("ﷺ" * 60, "id")) <= LONGEST_STEM  # one character that becomes eighteen
    assert file_stem("a" * (LONGEST_STEM - 1) + " b", "id") == "a" * (LONGEST_STEM - 1)
