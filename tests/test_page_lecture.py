"""Lecture and Glossary: the address as a code, the class tally, every term with its page."""

import zlib

import pytest
from app_page import labels, open_page, press, words
from listed_pages import page_titles

from fashion_core import tally
from fashion_core.config import field_spec, offered_fields
from fashion_core.errors import RunError
from fashion_core.metadata import OUTLIER
from fashion_core.runs import table as run_table
from pages.parts import address as address_part
from pages.parts import class_tally, state
from pages.parts.address import app_address, describe_hindrance, network_address, qr_source
from pages.parts.glossary import (
    TERMS,
    describe_address,
    link_help,
    link_html,
    link_plain,
    link_terms,
    meaning_of,
    term_of,
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_RUNS_DIR", str(tmp_path / "runs"))


# The address


@pytest.mark.parametrize(
    ("url", "page", "address"),
    [
        ("http://10.0.0.7:8501/", "home", "http://10.0.0.7:8501/"),
        ("https://lab.example/lecture", "lecture", "https://lab.example/"),
        ("https://lab.example/cnn/lecture?view=projector", "lecture", "https://lab.example/cnn/"),
        ("http://localhost:8501/", "home", None),
        ("http://127.0.0.1:8501/lecture", "lecture", None),
        ("http://[::1]:8501/", "home", None),
        ("http://0.0.0.0:8501/", "home", None),  # as a server in a container prints it
        (None, "home", None),
        ("javascript:alert(1)", "home", None),
    ],
)
def test_only_an_address_that_others_can_open_becomes_a_code(url, page, address):
    assert app_address(url, page) == address


def test_whoever_opens_it_on_the_serving_machine_learns_its_address_in_the_network(monkeypatch):
    options = {"server.port": 8501, "server.address": None}
    facts = {"number": "192.168.1.5", "container": False}
    monkeypatch.setattr(address_part.st, "get_option", options.get)
    monkeypatch.setattr(address_part, "network_number", lambda: facts["number"])
    monkeypatch.setattr(address_part, "in_container", lambda: facts["container"])
    local = "http://localhost:8501/lecture"
    assert network_address(local, "lecture") == "http://192.168.1.5:8501/"
    assert network_address("http://localhost:9000/lecture", "lecture") is None  # forwarded
    assert network_address("http://localhost:port/lecture", "lecture") is None
    assert network_address(None, "lecture") is None
    assert describe_hindrance(local, "lecture") == ""
    for where, name, value, told in (
        (facts, "number", None, "is in no network"),
        (facts, "container", True, "Open `http://NAME:8501/lecture`"),
        (options, "server.port", 9000, "comes here through another port"),
        (options, "server.address", "127.0.0.1", "listens to this machine only"),
    ):
        with monkeypatch.context() as change:
            change.setitem(where, name, value)
            assert network_address(local, "lecture") is None
            assert told in describe_hindrance(local, "lecture")
    for junk in (None, "", "https://localhost:8501/", "http://localhost:port/"):
        assert describe_hindrance(junk) == "Open it under its address in the network"


def test_the_address_is_a_link_below_its_code(monkeypatch):
    near = "http://192.168.1.5:8501/"
    monkeypatch.setattr(address_part, "address_for_others", lambda url, page: (near, "Near."))
    shown = "".join(html.proto.body for html in open_page("lecture").get("html"))
    assert f'<a href="{near}" target="_blank">{near}</a>' in shown


def test_the_code_is_an_inline_image():
    source = qr_source("https://lab.example/")
    assert source.startswith("data:image/svg+xml")
    assert source != qr_source("https://lab.example/cnn/")


# The tally


def test_a_duplicated_tab_and_its_first_take_a_count_back_once(monkeypatch):
    open_page("classify")  # without a page there is no canvas to import
    from pages.parts.classify import canvas

    first = {key: {} for key in canvas.SAID_OF_DRAWINGS}
    packed = zlib.compress(bytes(canvas.EDGE * canvas.EDGE * 4))
    drawn = {"name": canvas.ForARefresh([{"type": "path"}], packed, dict(first))}
    monkeypatch.setattr(canvas, "_drawings_for_a_refresh", lambda: drawn)
    duplicated = {
        state.CANVAS_KEYS: {"kept": "name"},
        state.KNOWN_DRAWINGS: [],
        state.REPLACED: [],
        state.CANVAS_START: {},
    }
    tally.add(0, 0)  # by somebody else
    monkeypatch.setattr(canvas.st, "session_state", first)
    class_tally.count_picture(1, 0, 0)
    monkeypatch.setattr(canvas.st, "session_state", duplicated)
    canvas._take_back()
    for session in (first, duplicated):
        monkeypatch.setattr(canvas.st, "session_state", session)
        class_tally.count_picture(1, None, OUTLIER)
        assert tally.read_tally().sum() == 1


def test_the_tally_is_told_and_begins_anew():
    app = open_page("lecture")
    assert "The tally holds counts, no pictures" in words(app)
    assert "only this machine knows" in words(app)
    tally.add(0, 0)
    tally.add(0, 6)
    app.run()
    assert app.metric[0].value == "1 of 2"
    assert "in doubt" not in words(app)
    tally.add(0, OUTLIER)
    tally.add(OUTLIER, OUTLIER)  # of what is none of the ten, doubt is right
    app.run()
    assert app.metric[0].value == "2 of 4"
    assert "An answer in doubt does not count as correct: 1 so far." in words(app)
    assert any("<b>1 of 3</b>" in html.proto.body for html in app.get("html"))
    press(app, "Set all to zero")
    assert not app.metric
    assert tally.read_tally().sum() == 0


def test_a_picture_counts_once_however_often_its_visitor_changes_their_mind(monkeypatch):
    monkeypatch.setattr(class_tally.st, "session_state", {})
    for digest, label, answer in ((1, 0, 0), (2, 6, 0), (2, 0, 0), (3, 5, 8), (3, None, 8)):
        class_tally.count_picture(digest, label, answer)
    (tops,) = tally.class_counts(tally.read_tally())
    assert (tops.name, tops.drawn, tops.right) == ("T-shirt/top", 2, 2)


# The glossary


def test_each_term_is_one_sentence_and_seen_on_a_page_that_is_there():
    for name, term in TERMS.items():
        assert term.meaning.endswith("."), name
        assert ". " not in term.meaning, name
        assert term.page in page_titles(), name
    for name in ("AdamW", "seed", "nats", "Muon", "bfloat16", "one-cycle"):
        assert term_of(name), name


def test_every_field_of_the_form_leads_to_its_terms():
    assert link_terms("Adam, then adamw, then Adam.") == (
        "[Adam](glossary?term=Adam), then [adamw](glossary?term=AdamW), then Adam."
    )
    assert link_terms("weight decay") == f"[weight decay]({describe_address('Weight decay')})"
    bare = [
        name
        for name in offered_fields()
        if "](glossary?" not in link_help(field_spec(name)["help"], field_spec(name)["label"])
    ]
    assert bare == []


def test_plain_text_and_html_stay_what_they_are_around_their_links():
    assert (
        link_plain("*x*, learning rate 0.1, learning rate")
        == r"\*x\*, [learning rate](glossary?term=Learning%20rate) 0\.1, learning rate"
    )
    assert (
        link_html("max-pool <2>")
        == '<a href="glossary?term=Max-pooling" target="_blank">max-pool</a> &lt;2&gt;'
    )


def test_every_column_of_hyper_parameters_has_its_meaning_as_a_tooltip():
    assert [label for label in run_table.FIELDS.values() if not meaning_of(label)] == []


def test_a_link_opens_its_term_and_a_search_finds_others():
    app = open_page("glossary", term="one-cycle")
    assert words(app).index("One-cycle") < words(app).index("Accuracy")
    app.text_input[0].set_value("decay").run()
    assert "Weight decay" in words(app)
    assert "Momentum" not in words(app)
    app.text_input[0].set_value("zebra").run()
    assert "No term has that in it" in words(app)
    assert labels(app) == ["Show all terms"]
    app.button[0].click().run()
    assert "Momentum" in words(app)
    assert not labels(app)
    assert "no term “zebra”" in words(open_page("glossary", term="zebra"))


def test_a_picture_that_could_not_be_taken_back_is_still_counted_as_it_was(monkeypatch):
    monkeypatch.setattr(class_tally.st, "session_state", {})
    class_tally.count_picture(1, 0, 0)

    def full(*_):
        raise RunError("The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(class_tally.tally, "take_back", full)
        class_tally.count_picture(1, 6, 0)
    class_tally.count_picture(1, 6, 0)
    assert tally.read_tally().sum() == 1


def test_a_term_in_a_link_is_text_and_nothing_else():
    app = open_page("glossary", term="[free](http://x.example)")
    assert "[free](" not in app.info[0].value
