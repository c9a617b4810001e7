"""The picker of a model or a run by its id, kept in the session and in the URL.

The sidebar asks for the model in use; on Compare and Classify a second one answers beside it.
Stands on fashion_core.catalog, which lists the models.
"""

import streamlit as st

from fashion_core import catalog, limits
from fashion_core.catalog import ModelEntry
from fashion_core.text import unique_labels
from pages.parts import state
from pages.parts.history import has_returned
from pages.parts.html import plain
from pages.parts.words import describe_model, model_label


def ask_id(
    label: str,
    names: dict[str, str],
    default: str | None,
    key: str,
    parameter: str,
    gone: str = "",
    **options,
) -> str | None:
    """Ask for one of the ids of `names`, which has their labels; without a choice it is `default`.

    The choice is kept in the session under `key`, also while other pages are shown, and in the URL
    under `parameter`, which counts where the visitor opens a link or goes Back. One that is not
    among the ids gives way to the default: with the sentence `gone` for good, without such a
    sentence until it is there again. `options` go to the selectbox.
    """
    labels = unique_labels(names)
    if has_returned():
        st.session_state.pop(key, None)
    wanted = st.session_state.get(key, st.query_params.get(parameter))
    chosen = wanted if wanted in labels else default
    if gone and wanted and wanted not in labels:
        # The sidebar is folded on a phone
        said = gone.format(plain(labels.get(chosen, "")))
        st.toast(said, icon=":material/history:", duration="long")
    _tell_browser(key, labels, chosen)
    st.selectbox(
        label,
        list(labels),
        # The browser is told once what to show and, drawn anew meanwhile, falls back to the index
        index=None if default is None else list(labels).index(chosen),
        format_func=lambda each: labels.get(each, each),
        key=state.picker_key(key),
        on_change=_remember,
        args=(key, labels),
        **options,
    )
    kept = chosen if gone else wanted
    st.session_state[key] = kept
    _write_to_url(parameter, kept, default if gone else None)
    return chosen


def _tell_browser(key: str, labels: dict[str, str], chosen: str | None) -> None:
    """Have the widget show `chosen`. Done only where something changed: else it undoes a click.

    The browser knows labels only, and those change with a score or when a run is renamed.
    """
    widget, drawn = state.picker_key(key), state.labels_key(key)
    if (st.session_state.get(drawn), st.session_state.get(widget)) != (labels, chosen):
        st.session_state[widget] = chosen
    st.session_state[drawn] = labels


def _remember(key: str, labels: dict[str, str]) -> None:
    chosen = st.session_state[state.picker_key(key)]
    if chosen is None or chosen in labels:
        st.session_state[key] = chosen


def _write_to_url(parameter: str, kept: str | None, default: str | None) -> None:
    # Not bind="query-params": that writes the label, and a link must last.
    if kept is None:
        st.query_params.pop(parameter, None)
    elif st.query_params.get(parameter, default) != kept:
        st.query_params[parameter] = kept


# Models


def ask_model() -> None:
    """The model in use: the picker in the sidebar, with a line about the chosen one."""
    entries = {entry.model_id: entry for entry in catalog.list_models()}
    if not entries:
        st.caption("No model yet. Train one and it appears here.")
        if not limits.read_only():
            st.page_link("pages/train.py", label="Train a model", icon=":material/model_training:")
        return
    chosen = ask_id(
        "Model in use",
        {model_id: model_label(entry) for model_id, entry in entries.items()},
        default=next(iter(entries)),
        key=state.MODEL,
        parameter=state.MODEL,
        gone="The model you asked for is not here, or not any more. {} is used instead.",
        help="The model that all pages use: one that comes with the app, or one of your own runs.",
    )
    st.caption(describe_model(entries[chosen].card))


def show_use_button(label: str, model_id: str, key: str, **options) -> None:
    """A button that makes a model the one in use and draws the whole page anew.

    `key` must not depend on the label, which changes with the click. `options`: those of
    `st.button`. Also for inside a fragment.
    """

    def take() -> None:
        st.session_state[state.MODEL] = model_id
        st.rerun()

    # A callback, which is also heard where the next click leaves the page at once
    st.button(label, key=key, on_click=take, **options)


def model_in_use() -> ModelEntry | None:
    """The sidebar's choice; None when there is no model at all."""
    entries = {entry.model_id: entry for entry in catalog.list_models()}
    return entries.get(st.session_state.get(state.MODEL)) or next(iter(entries.values()), None)


def ask_first_model(entry: ModelEntry, key: str, label: str, second: str) -> None:
    """The model in use `entry`, asked for on the page too; the sidebar follows.

    `second`: where the session keeps the second model, which takes the place of the first where
    that one is chosen as the first. `key`: of the widget.
    """
    labels = unique_labels({each.model_id: model_label(each) for each in catalog.list_models()})
    told = st.session_state.get(state.labels_key(key)), st.session_state.get(key)
    if told != (labels, entry.model_id):  # told only then: else it undoes a click
        st.session_state[key] = entry.model_id
    st.session_state[state.labels_key(key)] = labels

    def take() -> None:
        chosen = st.session_state[key]
        if chosen not in labels:  # a label of before, as the browser still had it
            return
        if chosen == st.session_state.get(second):
            st.session_state[second] = entry.model_id
        st.session_state[state.MODEL] = chosen

    st.selectbox(label, list(labels), format_func=labels.get, key=key, on_change=take)


def ask_second_model(
    entry: ModelEntry, key: str, label: str, optional: bool = False, **options
) -> ModelEntry | None:
    """A model other than `entry`; None where there is no other or, if `optional`, none is wanted.

    Without a choice it is a shipped model or, if `optional`, none. `key` keeps the choice in the
    session. `options` go to the selectbox.
    """
    others = {each.model_id: each for each in catalog.list_models()}
    others.pop(entry.model_id, None)
    if has_returned():
        st.session_state.pop(key, None)
    if st.session_state.get(key, st.query_params.get(state.WITH)) == entry.model_id:
        st.session_state[key] = None  # a model is not compared with itself
    instead = "No second model answers." if optional else "{} is taken instead."
    chosen = ask_id(
        label,
        {model_id: model_label(other) for model_id, other in others.items()},
        default=None if optional else next(iter(others), None),
        key=key,
        parameter=state.WITH,
        gone=f"The model to compare with is not here, or not any more. {instead}",
        disabled=not others,
        **options,
    )
    return others.get(chosen)
