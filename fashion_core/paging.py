"""Pages of a grid: how many there are, which one holds an image, and what stands beside it."""

import numpy as np


def page_count(count: int, per_page: int) -> int:
    """How many pages of `per_page` images `count` images fill, at least 1."""
    return max(1, -(-count // per_page))


def page_of(found: np.ndarray, index: int | None, per_page: int) -> int | None:
    """The page 1… of `found` (M,) int64 that holds `index`, or None where it is not in `found`."""
    places = np.flatnonzero(np.asarray(found) == index)
    return int(places[0]) // per_page + 1 if len(places) else None


def neighbour(found: np.ndarray, index: int, by: int) -> int | None:
    """The image `by` places after `index` in `found` (M,) int64, or before it where negative.

    None beyond either end, or where `index` is not in `found`.
    """
    places = np.flatnonzero(np.asarray(found) == index)
    place = int(places[0]) + by if len(places) else -1
    return int(found[place]) if 0 <= place < len(found) else None
