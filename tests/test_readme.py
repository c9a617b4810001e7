"""README and docs tell of the tree, the commands and the settings as they are."""

import json
import re
import shlex
from pathlib import Path

import pytest

from fashion_core.__main__ import cli

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
TEXTS = {"README.md": README} | {
    f"docs/{path.name}": path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")
}


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def mapped_names() -> list[str]:
    """The files and folders on the README's map."""
    return [line.split()[0] for line in blocks(README, "text")[0].splitlines()]


def python_files() -> list[Path]:
    """All Python files of the project, relative to it, without those of a virtual environment."""
    found = [path.relative_to(ROOT) for path in ROOT.rglob("*.py")]
    environments = {path.parent.relative_to(ROOT) for path in ROOT.glob("*/pyvenv.cfg")}
    return [path for path in found if not environments & set(path.parents)]


def test_every_folder_with_python_files_is_on_the_map():
    folders = {f"{path.parent}/" for path in python_files() if path.parent != Path()}
    assert folders - set(mapped_names()) == set()


def test_every_name_on_the_map_exists_and_stands_there_once():
    names = mapped_names()
    assert [name for name in names if not (ROOT / name).exists()] == []
    assert [name for name in names if name.endswith("/") != (ROOT / name).is_dir()] == []
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_to_files(name):
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", TEXTS[name])
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (ROOT / name).parent.joinpath(target).exists()] == []


def commands() -> list[str]:
    """The commands of the project that the texts show."""
    written = re.findall(r"python -m fashion_core ([^\n`#|]+)", "\n".join(TEXTS.values()))
    return sorted({command.strip() for command in written})


@pytest.mark.parametrize("command", commands())
def test_commands_are_understood(command):
    """Parsed, not run."""
    name, *words = shlex.split(command)
    assert name in cli.commands
    cli.commands[name].make_context(name, [word for word in words if word != "--help"])


def test_the_python_lines_print_what_the_recommended_model_says(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exec(compile(blocks(README, "python")[0], "README.md", "exec"), {})
    assert capsys.readouterr().out.startswith("Bag")


def test_the_results_say_what_the_cards_say():
    rows = [line.replace("*", "").split("|")[1:] for line in README.splitlines() if "%" in line]
    told = {
        title.split(" (")[0].strip(): [float(cell.split("%")[0]) for cell in cells[:4]]
        for title, *cells in rows[:7]
    }
    cards = (ROOT / "checkpoints" / "pretrained").glob("*.json")
    for card in (json.loads(path.read_text(encoding="utf-8")) for path in cards):
        accuracy, *shares = told[card["title"]]
        assert accuracy == pytest.approx(100 * card["test_accuracy"], abs=0.005)
        held_out = card["held_out"]
        measured = [held_out["drawings"]["accuracy"], held_out["photos"]["accuracy"]]
        measured = [100 * share for share in (*measured, card["recognition"]["icon"])]
        assert shares == pytest.approx(measured, abs=0.501)


def test_every_setting_is_told_and_read():
    told = set(re.findall(r"^\| (`FASHION_.*?) \|", README, re.MULTILINE))
    told = set(re.findall(r"FASHION_[A-Z_]+", " ".join(told)))
    sources = [ROOT / "Makefile", *(ROOT / path for path in python_files())]
    own = Path(__file__).resolve()
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if path != own)
    assert told == set(re.findall(r"\bFASHION_[A-Z_]+\b", text))


def test_the_layers_name_every_room_of_the_core_once():
    named = re.findall(r"\w+", " ".join(blocks(ARCHITECTURE, "text")))
    core = [path for path in (ROOT / "fashion_core").iterdir() if path.suffix == ".py"]
    core += [path.parent for path in (ROOT / "fashion_core").glob("*/__init__.py")]
    rooms = {path.stem for path in core} - {"__init__"}
    assert {room for room in rooms if named.count(room) != 1} == set()


def test_the_readme_is_read_in_five_minutes():
    assert len(README.split()) <= 1_000
