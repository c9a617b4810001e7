"""Numbers, durations, sizes and lists as words, unique labels, printable text.

Standard library only.
"""

import math
import re
import unicodedata
from collections import Counter


def format_value(name: str, value) -> str:
    """The value of this hyper-parameter for a reader: "on", "55,000", "0.003".

    A seed is a name, not a quantity: it has no separators. A description of a network, which has
    commas of its own, stands in quotes.
    """
    if name == "model" and not value.isalpha():
        return f"“{value}”"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")  # as one types it: 0.00001, never 1e-05
    return f"{value:,}" if isinstance(value, int) and name != "seed" else str(value)


def format_share(share: float) -> str:
    """A share 0…1 as one types it: "18%", "12.6%"."""
    return f"{100 * share:.6g}%"


def format_signed(value: float, digits: int = 2) -> str:
    """A number with its sign and so many decimals, as printed: "+0.45", "−1.30"."""
    return f"{value:+.{digits}f}".replace("-", "−")


def format_count(value: float, unit: str) -> str:
    """ "1 epoch", "1,200 runs", "0.5 minutes"."""
    number = f"{value:,}" if isinstance(value, int) else f"{value:g}"
    return f"{number} {unit}" + ("" if value == 1 else "s")


def format_list(parts: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def one_line(text: str) -> str:
    """The printable characters of a text in one line, with single spaces."""
    return " ".join(_printable(text).split())


def printable_lines(text: str) -> str:
    """The printable characters of a text, its lines kept."""
    return "\n".join(_printable(line).rstrip() for line in text.splitlines()).strip()


# Without width: the one joins 👩 and 💻 to one picture, both shape words in many scripts
JOINERS = "\u200c\u200d"


def _printable(text: str) -> str:
    """The text with a space in place of each character that is not printable.

    Joiners stay between visible characters, where they belong to what is seen.
    """
    shown = [character if character.isprintable() else " " for character in text]
    for place in range(1, len(text) - 1):
        if text[place] in JOINERS and " " not in (shown[place - 1], shown[place + 1]):
            shown[place] = text[place]
    return "".join(shown)


LONGEST_STEM = 60  # characters; with an ending they fit into the 255 bytes of a file's name
# Windows has no files of these names, whatever they end with
_DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)\d")


def file_stem(name: str, fallback: str) -> str:
    """A name for a file without its ending: letters and digits, with hyphens between them.

    The fallback where nothing is left of the name, or where no file may be called so.
    """
    words = ""
    for each in unicodedata.normalize("NFKC", name).lower():
        kind = unicodedata.category(each)[0]
        # Marks on a letter are vowels in Devanagari, Thai and other scripts; one that chooses how
        # an emoji looks shows nothing itself
        on_letter = kind == "M" and words[-1:].strip() and not "\ufe00" <= each <= "\ufe0f"
        words += each if kind in "LN" or on_letter else " "
    stem = "-".join(words.split())[:LONGEST_STEM].strip("-")
    return fallback if not stem or _DEVICES.fullmatch(stem) else stem


def format_duration(seconds: float) -> str:
    """A stretch of time: "42 s", "15 min", "1.6 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5_400 else f"{seconds / 3_600:.1f} h"


def format_bytes(size: float) -> str:
    """A number of bytes for people: "1.8 MB", "2.31 GB"."""
    if size < 1e6:
        return f"{math.ceil(size / 1e3):,} kB"
    return f"{size / 1e6:,.1f} MB" if size < 1e9 else f"{size / 1e9:,.2f} GB"


# At the beginning of a CSV file it tells spreadsheets that it is UTF-8, which they do not guess
BYTE_ORDER_MARK = "\ufeff"


def unique_labels(names: dict[str, str]) -> dict[str, str]:
    """Names by id, made unique: of several alike each gets the end of its id.

    Where the ends are alike too, it gets all of its id.
    """
    alike = Counter(names.values())
    ends = Counter((name, key[-4:]) for key, name in names.items())

    def label(key: str, name: str) -> str:
        if alike[name] == 1:
            return name
        return f"{name} ({key[-4:] if ends[name, key[-4:]] == 1 else key})"

    return {key: label(key, name) for key, name in names.items()}
