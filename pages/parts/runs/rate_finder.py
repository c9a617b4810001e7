"""The learning-rate finder: its button in the form, and its card with the curve and the rate."""

from collections.abc import Callable

import streamlit as st

from fashion_core import limits
from fashion_core.charts.frames import rate_frame
from fashion_core.charts.live import rate_spec
from fashion_core.config import TrainConfig, field_spec
from fashion_core.errors import ConfigError, LabError
from fashion_core.runs import folders, rate_finder
from fashion_core.runs.rate_finder import Search
from fashion_core.text import format_value
from pages.parts import state
from pages.parts.begun import remember_begun
from pages.parts.glossary import link_terms
from pages.parts.html import plain, theme_is_dark
from pages.parts.once import button_once
from pages.parts.runs.own_network import config_of, field_value
from pages.parts.words import STATE_BADGES

HELP = (
    "Trains a fresh network with ever larger learning rates and shows where the loss turns. Seconds"
    " for the classic network, a minute or more for large ones."
)


def ask_find(values: dict) -> None:
    """The button, and where the curve is to be seen; `values` are those of the form."""
    finding, run = folders.finder_active(), folders.active_run()
    button_once(
        "Finding a learning rate…" if finding else "Find a learning rate",
        icon=":material/troubleshoot:",
        key="find_rate",
        width="stretch",
        disabled=finding or run is not None or limits.read_only(),
        help=HELP,
        on_click=try_to,
        args=(start, list(values)),
    )
    if finding:
        st.caption("Its curve grows in a card of its own.")
    elif run:
        st.caption(f"Not while “{plain(run.name)}” trains: both would want the whole machine.")
    elif rate_finder.read_search() is None:
        st.caption("Tries many rates, one step each, and suggests one.")


def start(names: list[str]) -> None:
    """Start a search for the form as it is at the click.

    What was typed just before the click is not yet in what was drawn last.
    """
    values = {name: field_value(name) for name in names}
    rate_finder.start(config_of(values))
    remember_begun(search_key(rate_finder.read_search()))


def search_key(search: Search | None) -> str:
    """What `begun` knows the search by."""
    return f"search {search.created_at}" if search else ""


def try_to(act: Callable, *args) -> None:
    """Do it, or keep the sentence that says why not for the next drawing of the page."""
    try:
        act(*args)
    except LabError as error:
        st.session_state[state.TRAIN_ERROR] = str(error)


# The card

REFRESH_SECONDS, IDLE_SECONDS = 0.5, 4.0  # while idle: another tab may start a search
CHART_HEIGHT = 240  # pixels


def show_finder(values: dict) -> None:
    """The card, once something was searched for; it draws itself anew every few seconds."""
    search = rate_finder.read_search()
    every = REFRESH_SECONDS if search and search.is_active else IDLE_SECONDS
    st.fragment(_show_finder, run_every=every)(values, _kind_of_state(search))


def _kind_of_state(search: Search | None) -> str:
    """What the whole page depends on: one that starts or searches looks alike."""
    if search is None:
        return "none"
    return "active" if search.is_active else search.state


def _show_finder(values: dict, drawn_for: str) -> None:
    search = rate_finder.read_search()
    if _kind_of_state(search) != drawn_for or state.TRAIN_ERROR in st.session_state:
        st.rerun()
    if search is None:
        return
    with st.container(border=True, key="finder_card"):
        show_title(search)
        if search.is_active:
            share, words = rate_finder.progress(search)
            st.progress(share, text=words)
        show_end(search)
        if search.losses:
            show_curve(search)
        elif search.is_active:
            with st.container(height=CHART_HEIGHT, border=False):
                st.caption("The curve starts here in a few seconds.")
        if search.state == "finished":
            show_suggestion(search, values)


def show_title(search: Search) -> None:
    """Title, state and the button that ends the search or puts its card away."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Learning rate finder", anchor=False, width="content")
        st.badge(search.state.capitalize(), **STATE_BADGES[search.state])
        st.space("stretch")
        if search.is_active:
            ask_stop()
        else:
            ask_forget()
    if search.config:
        st.caption(f"For {plain(rate_finder.describe_config(search.config))}.")


def ask_stop() -> None:
    """The button that ends the search."""
    stopping = rate_finder.is_stopping()
    st.button(
        "Stopping…" if stopping else "Stop",
        icon=":material/stop_circle:",
        key="stop_finder",
        disabled=stopping or limits.read_only(),
        on_click=try_to,
        args=(rate_finder.request_stop,),
    )


def ask_forget() -> None:
    """The button that puts the card away."""
    st.button(
        "Put the finder away",
        icon=":material/close:",
        key="close_finder",
        type="tertiary",
        help="Put it away",
        disabled=limits.read_only(),
        on_click=try_to,
        args=(rate_finder.forget,),
    )


def show_end(search: Search) -> None:
    """How a search ended that found nothing."""
    if search.state in ("failed", "lost"):
        words = search.message or "The search ended without saying why. Search again."
        st.error(plain(words), icon=":material/error:")
    elif search.state == "stopped":
        how_far = f"Stopped after step {len(search.losses)} of {search.steps}"
        words = search.message or f"{how_far}, so nothing is suggested."
        st.info(plain(words), icon=":material/info:")


def show_curve(search: Search) -> None:
    """The losses over the learning rate, the suggested rate marked."""
    frame = rate_frame(search.rates, search.losses, rate_finder.smoothed_losses(search.losses))
    lowest, *_, highest = rate_finder.planned_rates(search.config)
    suggested = suggestion(search)
    alt = "Loss over learning rate, raw and smoothed"
    alt += f"; {format_value('learning_rate', suggested)} is marked" if suggested else ""
    first_loss = frame["smoothed"][0]
    spec = rate_spec(CHART_HEIGHT, (lowest, highest), first_loss, suggested, theme_is_dark())
    st.vega_lite_chart(frame, spec, key=f"rates-{search.state}", alt=alt)


def suggestion(search: Search) -> float | None:
    """The learning rate that a finished search suggests, if any."""
    if search.state != "finished":
        return None
    return rate_finder.suggested_rate(search.rates, search.losses)


# Using the rate


def show_suggestion(search: Search, values: dict) -> None:
    """The rate in a sentence, and the button that puts it into the form."""
    rate = suggestion(search)
    if rate is None:
        st.info(
            link_terms(
                "The loss did not fall at any of these rates, so none is suggested. Try another"
                " optimizer or network."
            ),
            icon=":material/info:",
        )
        return
    if not fits_form(search, values):
        st.warning(
            "The form has changed since: this curve belongs to another configuration.",
            icon=":material/info:",
        )
    words = format_value("learning_rate", rate)
    turn = rate_finder.describe_turn(search.losses)
    st.write(f"{words} is a tenth of {turn}: large steps, yet safe ones.")
    used = values.get("learning_rate") == rate
    pressed = st.button(
        f"{words} is in the form" if used else f"Use {words}",
        icon=":material/check:",
        key="use_rate",
        disabled=used,
        type="primary",
        on_click=use_rate,
        args=(rate,),
    )
    if pressed:
        st.rerun()  # the form stands outside this fragment


def fits_form(search: Search, values: dict) -> bool:
    """Whether the search was for what the form says now."""
    try:
        return rate_finder.fits(search, TrainConfig.from_dict(values))
    except ConfigError:
        return False


def use_rate(rate: float) -> None:
    """Put the rate into the form, as far as its range goes."""
    spec = field_spec("learning_rate")
    st.session_state[state.train_key("learning_rate")] = min(max(rate, spec["low"]), spec["high"])
