"""Whether a page is drawn because the visitor went Back or Forward."""

from streamlit.runtime.scriptrunner import get_script_run_ctx


def has_returned() -> bool:
    """Whether the page is drawn because the visitor went Back or Forward.

    Then the address says what was there, and the session what was there last. Streamlit knows it
    for the widgets that it binds to the address, and has no public name for it.
    """
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
