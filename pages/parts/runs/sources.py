"""What of people's pictures is here to learn from, and how to get the rest.

Stands on fashion_core.picture_sets.
"""

from pathlib import Path

import streamlit as st

from fashion_core import picture_sets

HOW_TO_GET = {
    "drawings": "`python -m fashion_core fetch-pictures quickdraw`",
    "photos": "`python -m fashion_core fetch-pictures clothing`",
    "others": "either of the two",
}
NAMES = {"drawings": "drawings", "photos": "photos", "others": "other things"}


def describe_sources() -> str:
    """How many pictures by people are here, and how to get those that are not."""
    counts = cached_counts(picture_sets.pictures_dir())
    here = [f"{count:,} {NAMES[kind]}" for kind, count in counts.items() if count]
    absent = [f"{NAMES[kind]}: {HOW_TO_GET[kind]}" for kind in counts if not counts[kind]]
    sentences = []
    if here:
        sentences.append(
            f"By people, here: {', '.join(here)}; about six in ten are learned, the others held"
            " out."
        )
    if absent:
        sentences.append(f"Not here yet, and how to get them: {'; '.join(absent)}.")
    return " ".join(sentences)


@st.cache_data(ttl=60, show_spinner=False)
def cached_counts(folder: Path) -> dict[str, int]:
    """Of all picture sets in their folder: drawings, photos and others."""
    names = picture_sets.list_picture_sets(mine=False)
    counts = [picture_sets.count_pictures(folder / name) for name in names]
    return {kind: sum(each[kind] for each in counts) for kind in HOW_TO_GET}
