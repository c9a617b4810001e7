"""The second model: the one that answers beside the model in use; the choice is kept in the session
and in the URL.
"""

import streamlit as st

from fashion_core import catalog
from fashion_core.catalog import ModelEntry
from pages.parts.words import model_labels

PARAMETER = "with"  # of the URL


def ask_second_model(
    entry: ModelEntry, key: str, label: str, optional: bool = False, **options
) -> ModelEntry | None:
    """The picker of a model other than `entry`; None where there is no other or, if `optional`,
    none is wanted.

    `key` keeps the choice in the session while other pages are shown. Without a choice a shipped
    model is taken, or, if `optional`, none. `options` go to the picker.
    """
    others = {
        other.model_id: other for other in catalog.list_models() if other.model_id != entry.model_id
    }
    default = None if optional else next(iter(others), None)
    wanted = _wanted(key)
    if wanted and wanted != entry.model_id and wanted not in others:
        instead = "It is not compared with." if optional else "Another one is taken instead."
        st.warning(f"The model to compare with is not here, or not any more. {instead}")
    st.session_state[f"{key}_picker"] = wanted if wanted in others else default
    labels = model_labels(list(others.values()))
    chosen = st.selectbox(
        label,
        list(labels),
        format_func=lambda model_id: labels.get(model_id, model_id),
        index=None if optional else 0,
        key=f"{key}_picker",
        disabled=not others,
        **options,
    )
    st.session_state[key] = chosen
    _write_to_url(chosen, default)
    return others.get(chosen)


def _wanted(key: str) -> str | None:
    """The visitor's choice: of this moment, of an earlier visit to the page, or of the link that
    led here.
    """
    for name in (f"{key}_picker", key):
        if name in st.session_state:
            return st.session_state[name]
    return st.query_params.get(PARAMETER)


def _write_to_url(chosen: str | None, default: str | None) -> None:
    # Not bind="query-params", which would write the label; see the picker in _shared.
    if st.query_params.get(PARAMETER, default) == chosen:
        return
    if chosen is None:
        del st.query_params[PARAMETER]
    else:
        st.query_params[PARAMETER] = chosen
