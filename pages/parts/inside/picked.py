"""The map that is picked on Inside, in the session and in the URL: a refresh keeps it.

The URL names its layer, because the same address with another network may have no such layer.
"""

import re

import streamlit as st

from fashion_core.inside import layers
from fashion_core.inside.layers import Passage
from pages.parts import state
from pages.parts.history import has_returned
from pages.parts.inside.rows import checked_place

PARAMETERS = (state.LAYER, state.MAP)


def network_name(passage: Passage) -> str:
    """The names of all its layers: a pick holds for any model of the same network."""
    return "-".join(layer.name for layer in passage.layers)


def keep_pick(place: tuple[int, int], passage: Passage) -> None:
    """Keep a layer and a map of it, and how strong that is in its layer, which Lesson asks."""
    layer, channel = place
    st.session_state[state.PICKED_MAP] = network_name(passage), layer, channel
    rank = layers.rank_of_map(passage.layers[layer].output, channel)
    st.session_state[state.PICKED_RANK] = layer, rank


def judge_pick(passage: Passage) -> None:
    """How strong the picked map is in what is shown now: another picture, or model, may differ."""
    place = _kept_place(passage)
    if place:
        keep_pick(place, passage)
    else:
        st.session_state.pop(state.PICKED_RANK, None)


def picked_place(passage: Passage) -> tuple[int, int]:
    """The picked layer and map; at first, and in another network, the strongest of the first."""
    first = 0, int(layers.strongest_maps(passage.layers[0].output)[0])
    return _kept_place(passage) or first


def _kept_place(passage: Passage) -> tuple[int, int] | None:
    known, *place = st.session_state.get(state.PICKED_MAP, ("",))
    return checked_place(place, passage) if known == network_name(passage) else None


def read_address(passage: Passage) -> None:
    """Begin with the map that the URL names, unless this session has picked one already."""
    if state.PICKED_MAP in st.session_state and not has_returned():
        return
    st.session_state.pop(state.PICKED_MAP, None)
    place = _linked_place(passage)
    if place:
        keep_pick(place, passage)


def _linked_place(passage: Passage) -> tuple[int, int] | None:
    """The layer and map in the URL; None where this network has no such."""
    names = [layer.name for layer in passage.layers]
    name, channel = (st.query_params.get(key, "") for key in PARAMETERS)
    if name not in names or not re.fullmatch(r"[0-9]{1,9}", channel):
        return None
    return checked_place([names.index(name), int(channel)], passage)


def write_address(passage: Passage) -> None:
    """Have the URL name what was picked, and nothing else.

    Both parts at once: each message about the URL becomes an entry of the browser's history. None
    at the mere opening, where nothing is picked yet.
    """
    place = _kept_place(passage)
    if place is None:
        for key in PARAMETERS:
            st.query_params.pop(key, None)  # what this network does not have
        return
    wanted = {state.LAYER: passage.layers[place[0]].name, state.MAP: str(place[1])}
    if any(st.query_params.get_all(key) != [value] for key, value in wanted.items()):
        st.query_params.update(wanted)
