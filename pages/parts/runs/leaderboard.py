"""The leaderboard: every model by accuracy, against its parameters or its seconds of training.

Stands on fashion_core.catalog (what is known of each model) and charts.leaderboard.
"""

import pandas as pd
import streamlit as st

from fashion_core import catalog, limits
from fashion_core.charts.leaderboard import X_TITLES, leaderboard_figure, pareto_front
from pages.parts import state
from pages.parts.glossary import link_terms
from pages.parts.html import theme_is_dark

COLUMNS = {
    "place": "Place",
    "name": "Name",
    "network": "Network",
    "accuracy": "Validation",
    "parameters": "Parameters",
    "seconds": "Seconds",
    "front": "Not beaten",
}
UNKNOWN = "–"


def show_leaderboard() -> None:
    """Folded, unless a link asks for it; nothing is read while it is closed."""
    panel = st.expander(
        "Leaderboard: accuracy against size and training time",
        expanded=state.AGAINST in st.query_params,
        icon=":material/leaderboard:",
        key=state.LEADERBOARD,
        on_change="rerun",
    )
    if not panel.open:
        return
    models = pd.DataFrame(catalog.leaderboard(catalog.list_models()))
    with panel:
        if models.empty:
            st.caption("Here every model stands by its accuracy, size and training time.")
            if not limits.read_only():
                icon = ":material/model_training:"
                st.page_link("pages/train.py", label="Train a model", icon=icon)
            return
        against = st.segmented_control(
            "Accuracy against",
            list(X_TITLES),
            default="parameters",
            required=True,
            format_func=X_TITLES.get,
            key=state.AGAINST,
            bind="query-params",
        )
        against = against or "parameters"  # None for a link that leaves it empty
        figure = leaderboard_figure(models, against, theme_is_dark())
        alt = f"Accuracy of each model over {X_TITLES[against].lower()}; the table has all numbers"
        st.plotly_chart(
            figure, key=f"leaderboard-{against}", config={"displayModeBar": False}, alt=alt
        )
        st.caption(
            link_terms(
                "The dotted line is the Pareto front: no model beats those on it, cheaper and at"
                " least as accurate. Seconds are those of the machine that trained a model. Where"
                f" {UNKNOWN} stands they are not known, or the model was fine-tuned from another"
                " and they would tell its last stage alone."
            )
        )
        show_places(models, against)


def show_places(models: pd.DataFrame, against: str) -> None:
    """All of them as a table, the most accurate first."""
    front = pareto_front(models[against].to_numpy(float), models["accuracy"].to_numpy(float))
    table = models.assign(
        place=range(1, len(models) + 1),
        accuracy=100 * models["accuracy"],
        seconds=models["seconds"].round(),
        front=["★" if each else "" for each in front],
    )
    st.dataframe(
        table[list(COLUMNS)].rename(columns=COLUMNS),
        hide_index=True,
        placeholder=UNKNOWN,
        column_config={
            "Place": st.column_config.NumberColumn(width="small"),
            "Validation": st.column_config.NumberColumn(format="%.1f%%", width="small"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Seconds": st.column_config.NumberColumn(format="localized", width="small"),
            "Not beaten": st.column_config.Column(width="small"),
        },
        alt="Every model by validation accuracy, with its parameters and seconds of training",
    )
