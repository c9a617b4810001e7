"""Router: page config, navigation over pages/, the sidebar's model picker; nothing else."""

import streamlit as st

from pages import _shared

PAGES = [
    st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
    st.Page("pages/train.py", title="Train", icon=":material/model_training:", url_path="train"),
    st.Page("pages/runs.py", title="Runs", icon=":material/stacked_line_chart:", url_path="runs"),
    st.Page("pages/predictions.py", title="Predictions", icon=":material/grid_view:", url_path="predictions"),
    st.Page(
        "pages/confusion_matrix.py", title="Confusion matrix", icon=":material/grid_on:", url_path="confusion-matrix"
    ),
    st.Page("pages/classify.py", title="Classify", icon=":material/draw:", url_path="classify"),
]

st.set_page_config(page_title="Fashion CNN Lab", page_icon=":material/checkroom:", layout="wide")
page = st.navigation(PAGES)
_shared.show_style()
_shared.show_sidebar()
page.run()
