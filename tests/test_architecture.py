"""The shape of the project: imports go downwards only, the core knows no screen, every file is on
the map.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What each module may import of this project.
FACTS = {"metadata", "config"}
ALLOWED = {
    "metadata": set(),
    "config": {"metadata"},
    "notes": set(),
    "limits": set(),
    "variants": FACTS,
    "runs": FACTS | {"limits", "notes"},
    "run_queue": FACTS | {"limits", "runs"},
    "run_table": FACTS | {"runs"},
    "rate_finder": FACTS | {"runs"},
    "housekeeping": {"runs"},
    "data": FACTS,
    "transforms": FACTS,
    "segment": FACTS,
    "pictures": FACTS | {"segment"},
    "garments": FACTS,
    "clutter": FACTS | {"garments"},
    "synthetic": FACTS | {"garments", "clutter", "pictures"},
    "models": FACTS,
    "evaluation": FACTS,
    "plots": FACTS,
    "predict": FACTS | {"transforms"},
    "checkpoints": FACTS | {"models", "runs"},
    "export": FACTS | {"checkpoints", "runs", "transforms"},
    "comparison": FACTS | {"evaluation"},
    "optimizers": FACTS,
    "teacher": FACTS | {"checkpoints", "predict"},
    "training": FACTS
    | {
        "teacher",
        "data",
        "transforms",
        "models",
        "optimizers",
        "predict",
        "evaluation",
        "synthetic",
    },
    "worker": FACTS
    | {"teacher", "data", "training", "checkpoints", "runs", "run_queue", "rate_finder", "limits"},
    "__main__": FACTS
    | {
        "teacher",
        "data",
        "training",
        "checkpoints",
        "runs",
        "predict",
        "pictures",
        "evaluation",
        "export",
    },
    "__init__": set(),
}
CORE = sorted((ROOT / "fashion_core").glob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))


def imported_names(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, with the names taken from packages of this
    project.
    """
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            found.add(node.module)
            if node.module in ("fashion_core", "pages"):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own(names: set[str], package: str) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith(package + ".")}


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_core_imports_go_downwards_only(path):
    assert own(imported_names(path), "fashion_core") <= ALLOWED[path.stem]


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_the_core_does_not_know_the_screen(path):
    roots = {name.split(".")[0] for name in imported_names(path)}
    assert roots.isdisjoint({"streamlit", "streamlit_drawable_canvas", "pages"})


@pytest.mark.parametrize("module", ["metadata", "config", "limits", "variants"])
def test_facts_need_only_the_standard_library(module):
    roots = {name.split(".")[0] for name in imported_names(ROOT / "fashion_core" / f"{module}.py")}
    assert roots <= {"contextlib", "dataclasses", "json", "math", "os", "fashion_core"}


def test_notes_need_only_the_standard_library():
    names = imported_names(ROOT / "fashion_core" / "notes.py")
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    "module",
    ["runs", "run_queue", "run_table", "rate_finder", "housekeeping", "limits", "variants"],
)
def test_run_folders_need_no_torch(module):
    assert "torch" not in imported_names(ROOT / "fashion_core" / f"{module}.py")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_pages_know_neither_each_other_nor_training(path):
    names = imported_names(path)
    assert all(name.startswith("_") for name in own(names, "pages"))
    assert own(names, "fashion_core").isdisjoint({"training", "worker", "__main__"})


@pytest.mark.parametrize(
    "path", [*CORE, *PAGES, ROOT / "streamlit_app.py"], ids=lambda path: path.stem
)
def test_every_file_begins_by_saying_what_it_is(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_public_functions_have_docstrings(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node) or node.name in ("cli", "main"), (
                f"{path.name}: {node.name}"
            )


@pytest.mark.parametrize(
    "path", [path for path in PAGES if not path.name.startswith("_")], ids=lambda path: path.stem
)
def test_every_page_goes_through_the_router_first(path):
    """Its first statement that is neither a definition nor an assignment of a constant."""
    body = ast.parse(path.read_text(encoding="utf-8")).body[1:]
    definitions = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign)
    first = next(node for node in body if not isinstance(node, definitions))
    assert ast.unparse(first) == "_shared.run_through_router()"


def tracked_files() -> set[str]:
    """The files that git tracks, or, outside a checkout, nothing."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    return set(listing.stdout.split("\n")) - {""}


def test_the_readmes_map_names_every_module_and_nothing_else():
    lines = (
        (ROOT / "README.md")
        .read_text(encoding="utf-8")
        .split("```text\n")[1]
        .split("```")[0]
        .splitlines()
    )
    mapped, folder = set(), ""
    for line in filter(str.strip, lines):
        name = line.split()[0]
        if not line.startswith(" "):
            folder = name if name.endswith("/") else ""
        path = name if not line.startswith(" ") else folder + name
        assert (ROOT / path).exists(), f"{path} is on the map but not in the tree"
        mapped.add(path)
    there = {str(path.relative_to(ROOT)) for path in [*CORE, *PAGES, ROOT / "streamlit_app.py"]}
    assert there <= mapped


def test_nothing_large_or_private_is_tracked():
    for name in tracked_files():
        path = ROOT / name
        assert not name.startswith(("data/", "checkpoints/runs/", ".venv/"))
        # 1.96 million weights are 7.9 MB
        limit = 8_000_000 if name.startswith("checkpoints/pretrained/") else 3_000_000
        assert not path.exists() or path.stat().st_size < limit, name
