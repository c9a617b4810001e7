"""Router: page config, navigation over pages/, the sidebar's model picker; nothing else."""

from pathlib import Path

import streamlit as st

from pages.parts import state
from pages.parts.frame import show_sidebar, show_style

PAGES = {
    "": [st.Page("pages/home.py", title="Home", icon=":material/home:", default=True)],
    "Try it": [
        st.Page("pages/classify.py", title="Classify", icon=":material/draw:"),
        st.Page("pages/my_pictures.py", title="My pictures", icon=":material/photo_library:"),
        st.Page("pages/play.py", title="Play", icon=":material/timer:"),
    ],
    "Train it": [
        st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
        st.Page("pages/runs.py", title="Runs", icon=":material/stacked_line_chart:"),
    ],
    "Look closer": [
        st.Page("pages/predictions.py", title="Predictions", icon=":material/grid_view:"),
        st.Page("pages/confusion_matrix.py", title="Confusion matrix", icon=":material/grid_on:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/compare:"),
        st.Page("pages/inside.py", title="Inside", icon=":material/visibility:"),
        st.Page("pages/labels.py", title="Wrong labels", icon=":material/label_off:"),
    ],
    "Learn": [
        st.Page("pages/lesson.py", title="Lesson", icon=":material/school:"),
        st.Page("pages/lecture.py", title="Lecture", icon=":material/cast_for_education:"),
        st.Page("pages/glossary.py", title="Glossary", icon=":material/dictionary:"),
    ],
}

ICON = Path(__file__).parent / "docs" / "icon.png"
# Before the navigation, which else fetches an icon from afar
st.set_page_config(page_icon=str(ICON), layout="wide")
page = st.navigation(PAGES, expanded=True)
st.set_page_config(page_title=f"{page.title} · Fashion CNN Lab")
show_style()
show_sidebar(page.title)
st.session_state[state.ROUTED] = True
page.run()
