"""The shape of the project: imports go downwards only, no screen in the core, the field's words."""

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.runtime.state import QueryParamsProxy
from waiting import SECONDS

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted((ROOT / "fashion_core").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
PARTS = sorted((ROOT / "pages" / "parts").rglob("*.py"))
CODE = [*CORE, *PAGES, *PARTS, ROOT / "streamlit_app.py"]
SCRIPTS = sorted((ROOT / "pages").rglob("*.js"))
SCREEN = [*CODE, *SCRIPTS, *(ROOT / "pages").rglob("*.css")]
TEXTS = [*SCREEN, ROOT / "README.md", *(ROOT / "docs").glob("*.md")]

# The steps of the house, lowest first: a room imports from lower steps only, and from its own step
# what WITHIN names. "runs" is the package with everything in it.
STEPS = [
    {"errors", "metadata"},
    {"text", "files", "limits", "architecture", "config"},
    {"data", "fetch", "transforms", "models", "optimizers", "losses", "evaluation", "comparison"}
    | {"paging", "label_errors", "duplicates", "game"}
    | {"pictures", "picture_sets", "fetch_pictures", "my_pictures", "picture_zip"},
    {"predict", "checkpoints", "synthetic", "charts", "runs"},
    {
        "hypotheses",
        "distillation",
        "picture_report",
        "training",
        "resume",
        "export",
        "catalog",
        "inside",
    }
    | {"model_import", "onnx_export", "speed", "taught"}
    | {"foreign_weights", "kept_answers", "cross_validation", "tally", "best_games"}
    | {"game_sheet"},
    {"worker", "__main__"},
]
WITHIN = {
    "limits": {"text"},
    "architecture": {"text", "limits"},
    "config": {"text", "files", "architecture"},
    "fetch": {"data"},
    "optimizers": {"models"},
    "comparison": {"evaluation"},
    "label_errors": {"evaluation"},
    "picture_sets": {"pictures", "data"},
    "fetch_pictures": {"fetch", "picture_sets", "pictures"},
    "my_pictures": {"picture_sets", "pictures"},
    "picture_zip": {"my_pictures", "picture_sets", "pictures"},
    "taught": {"picture_report"},
    "training": {"distillation", "picture_report", "taught"},
    "foreign_weights": {"training"},
    "speed": {"training"},
    "onnx_export": {"export"},
    "model_import": {"foreign_weights"},
    "resume": {"training"},
    "inside": {"kept_answers"},
}
# Of each package what its modules may import of one another; none is imported by those it imports.
SIBLINGS = {
    "pictures": {
        "garment": {"background"},
        "segment": {"garment"},
        "opening": {"decoding"},
        "parts_of": {"prepare"},
        "worn": {"garment", "parts_of", "prepare"},
        "prepare": {"opening", "background", "garment", "pairs", "segment"},
    },
    "synthetic": {
        "tops": {"parts"},
        "shoes": {"parts"},
        "bags": {"parts"},
        "outliers": {"parts"},
        "garments": {"parts", "tops", "shoes", "bags"},
        "photos": {"canvas", "parts"},
        "drawing": {"canvas", "garments", "parts", "photos"},
        "people": {"canvas", "drawing", "photos"},
        "batches": {"canvas", "drawing", "outliers", "photos"},
    },
    "inside": {
        "arithmetic": {"layers"},
        "saliency": {"layers"},
        "job": {"features", "jobs", "projection"},
        "projection": {"features"},
    },
    "charts": {
        "figures": {"colors", "frames"},
        "points": {"colors"},
        "leaderboard": {"colors"},
        "live": {"colors", "frames"},
    },
    "runs": {
        "folders": {"annotations"},
        "events": {"folders"},
        "control": {"folders"},
        "pruning": {"folders"},
        "table": {"folders"},
        "queue": {"control", "film", "folders"},
        "rate_finder": {"control", "folders"},
        "status": {"folders"},
        "sweep": {"annotations"},
    },
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_in(path: Path) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef)]


def imported_names(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it, with the names taken from packages."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def imported_core(path: Path) -> set[tuple[str, ...]]:
    """What a file imports of the core: ("data",), ("runs", "folders")."""
    parts = {tuple(name.split(".")[1:]) for name in imported_names(path) if "fashion_core." in name}
    modules = {file.relative_to(ROOT / "fashion_core").with_suffix("").parts for file in CORE}
    return {part[:length] for part in parts for length in (1, 2) if part[:length] in modules}


def place(path: Path) -> tuple[str, ...]:
    return path.relative_to(ROOT / "fashion_core").with_suffix("").parts


def step_of(room: str) -> int:
    return next(step for step, rooms in enumerate(STEPS) if room in rooms)


def may_import(path: Path, other: str, part: list[str]) -> bool:
    room, *module = place(path)
    if other == room:
        return set(part) <= SIBLINGS.get(room, {}).get(module[0], set())
    return step_of(other) < step_of(room) or other in WITHIN.get(room, set())


def test_core_imports_go_downwards_only():
    upwards = [
        (name_of(path), other, *part)
        for path in CORE
        for other, *part in imported_core(path)
        if not may_import(path, other, part)
    ]
    assert upwards == []


def test_the_tables_have_no_circle_and_name_what_is_there():
    for table in (WITHIN, *SIBLINGS.values()):
        seen = set()
        while len(seen) < len(table):
            free = {name for name in table.keys() - seen if not table[name] & (table.keys() - seen)}
            assert free, f"a circle among {table.keys() - seen}"
            seen |= free
    rooms = {place(path)[0] for path in CORE} - {"__init__"}
    assert set().union(*STEPS) == rooms


def test_the_core_does_not_know_the_screen():
    screen = {"streamlit", "streamlit_drawable_canvas", "pages"}
    known = {path: {name.split(".")[0] for name in imported_names(path)} & screen for path in CORE}
    assert [name_of(path) for path in CORE if known[path]] == []


@pytest.mark.parametrize(
    "name",
    [
        "errors",
        "metadata",
        "text",
        "files",
        "limits",
        "architecture",
        "config",
        "runs/annotations",
        "runs/sweep",
    ],
)
def test_facts_and_choices_need_only_the_standard_library(name):
    names = imported_names(ROOT / "fashion_core" / f"{name}.py")
    roots = {name.split(".")[0] for name in names} - {"fashion_core"}
    assert roots <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("modules", "absent"),
    [
        ("training, resume, checkpoints", {"psutil", "filelock", "streamlit", "plotly"}),
        ("runs.queue, runs.rate_finder, runs.table, runs.pruning, runs.sweep", {"torch"}),
    ],
)
def test_importing_loads_no_more_than_is_needed(modules, absent):
    imports = "; ".join(f"import fashion_core.{name}" for name in modules.split(", "))
    code = f"import sys; {imports}; print(*({absent!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert done.stdout.split() == []


def test_pages_know_neither_each_other_nor_training():
    for path in [*PAGES, *PARTS]:
        pages = {name for name in imported_names(path) if name.startswith("pages.")}
        assert all(name.startswith("pages.parts") for name in pages), name_of(path)
        rooms = {room for room, *_ in imported_core(path)}
        assert rooms.isdisjoint({"training", "worker", "__main__"}), name_of(path)


def test_only_pages_stand_beside_the_parts():
    listed = re.findall(r'"(pages/\w+\.py)"', (ROOT / "streamlit_app.py").read_text("utf-8"))
    assert {name_of(path) for path in PAGES} == set(listed)
    assert not [path for path in PARTS if path.name.startswith("_") and path.stem != "__init__"]


def test_every_file_begins_by_saying_what_it_is():
    assert [name_of(path) for path in CODE if not ast.get_docstring(tree_of(path))] == []


def test_public_things_of_the_core_have_docstrings():
    silent = [
        (name_of(path), node.name)
        for path in CORE
        for node in tree_of(path).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert [pair for pair in silent if pair[1] not in ("cli", "main")] == []


def bare_arguments(function: ast.FunctionDef) -> list[str]:
    """Arguments without a type, and "return" where that has none."""
    arguments = [
        *function.args.posonlyargs,
        *function.args.args,
        *function.args.kwonlyargs,
    ]
    bare = [argument.arg for argument in arguments if not argument.annotation]
    return [name for name in bare if name not in ("self", "cls")] + (
        [] if function.returns else ["return"]
    )


def test_functions_on_arrays_say_what_they_take_and_return():
    rooms = {"evaluation", "comparison", "charts", "synthetic"}
    bare = [
        (name_of(path), function.name, *bare_arguments(function))
        for path in CORE
        if place(path)[0] in rooms
        for function in functions_in(path)
        if bare_arguments(function)
    ]
    assert bare == []


def test_every_page_goes_through_the_router_first():
    """Its first statement that is neither a definition nor an assignment of a constant."""
    definitions = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign)
    for path in PAGES:
        body = tree_of(path).body[1:]
        first = next(node for node in body if not isinstance(node, definitions))
        assert ast.unparse(first) == "run_through_router()", name_of(path)


METHODS = {*dir(dict), *dir(QueryParamsProxy)}


def is_state(node: ast.expr) -> bool:
    return ast.unparse(node) in ("st.session_state", "st.query_params")


def state_key(node: ast.AST) -> ast.expr | None:
    """The key with which a node of code reaches into session state or URL."""
    if isinstance(node, ast.Subscript) and is_state(node.value):
        return node.slice
    if isinstance(node, ast.Compare) and any(map(is_state, node.comparators)):
        return node.left
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        return node.args[0] if is_state(node.func.value) else None
    is_name = isinstance(node, ast.Attribute) and is_state(node.value)
    return ast.Constant(node.attr) if is_name and node.attr not in METHODS else None


def test_names_of_session_and_url_stand_in_one_file():
    bare = [
        (name_of(path), node.lineno, ast.unparse(state_key(node)))
        for path in [*PAGES, *PARTS, ROOT / "streamlit_app.py"]
        for node in ast.walk(tree_of(path))
        if path.name != "state.py" and isinstance(state_key(node), (ast.Constant, ast.JoinedStr))
    ]
    assert bare == []


def nested_conditionals(script: str) -> list[str]:
    """The conditional expressions of JavaScript that hold another one, from their first `?` on.

    An expression ends with its bracket, at a comma, or with a line that the next does not go on.
    """
    bare = re.sub(r'"[^"\n]*"', '""', script)
    bare = re.sub(r"\n\s*(?=[?:] )", " ", bare)
    found = []
    for mark in re.finditer(r" \? ", bare):
        depth = 0
        for part in re.finditer(r" \? |[^\w ]", bare[mark.end() :]):
            depth += (part[0] in "([{") - (part[0] in ")]}")
            if depth < 0 or (depth == 0 and part[0] in ",;\n"):
                break
            if part[0] == " ? ":
                found.append(bare[mark.start() : mark.end() + part.end()])
                break
    return found


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ("a ? b : c ? d : e", 1),
        ("a ? (b ? c : d) : e", 1),
        ('a ? f("b", c ? d : e) : ""', 1),
        ("a\n  ? b\n  : `${c ? d : e}`", 1),
        ("f(a ? b : c, d ? e : g)", 0),
        ("(a ? b : c) + (d ? e : f)", 0),
        ('a ? b?.c : d ?? "e ? f : g"\nh ? i : j', 0),
    ],
)
def test_a_nested_conditional_of_a_script_is_found(script, count):
    assert len(nested_conditionals(script)) == count


def test_code_is_read_without_a_puzzle():
    tests = sorted((ROOT / "tests").rglob("*.py"))
    nested = [
        (name_of(path), node.lineno)
        for path in [*CODE, *tests]
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.IfExp)
        and sum(isinstance(part, ast.IfExp) for part in ast.walk(node)) > 1
    ]
    assert nested == []
    scripts = {name_of(path): nested_conditionals(path.read_text("utf-8")) for path in SCRIPTS}
    assert {name: found for name, found in scripts.items() if found} == {}
    unformatted = [
        path for path in [*CODE, *tests] if re.search(r"# fmt[:]", path.read_text("utf-8"))
    ]
    assert unformatted == []


WIDTH = 100


def test_files_that_no_formatter_sees_are_no_wider_than_the_code():
    paths = [ROOT / name for name in ("Makefile", "Dockerfile", ".streamlit/config.toml")]
    paths += [path for path in SCREEN if path.suffix in (".js", ".css")]
    paths += [*ROOT.glob("*.toml"), *ROOT.glob("*.txt"), *(ROOT / "tests").glob("*.txt")]
    paths += [path for path in CORE if path.stem.startswith("fetch")]  # ruff lets addresses pass
    wide = [
        (name_of(path), number)
        for path in paths
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if len(line.expandtabs(4)) > WIDTH
    ]
    assert wide == []


def test_scripts_and_styles_are_files_of_their_own():
    script = r"export default function|@media|<style"
    assert [name_of(path) for path in CODE if re.search(script, path.read_text("utf-8"))] == []


# Words of the past. Today: metrics, format_ and describe_, segment, outliers, synthetic, sweep,
# training pictures, unique_labels, ood_score, calibrate, prediction_changes, paused_by, will_start.
FORMER_NAMES = (
    r"\w+_words|told_apart|NOTHING|clutter|cutouts?|cut_out\w*|\w*sketches|lessons?|_several"
    r"|ask_several|certainty|known_certainty|measured_doubt|changed_sides|parted|held_by|goes_on"
    r"|drawn_ahead|_look|doomed|bring_in|housekeeping|final_figures|best_figures|FIGURES|Notes"
    r"|read_notes|write_notes"
)
FORMER_TEXTS = (
    r"named rightly|\blearnt\b|Take it with you|[Bb]r(ing|ought) (it |a model )?in\b|\bmended\b"
    r"|ran away|looked at once|how sure, how right|what that one had otherwise|things to doubt"
)


def identifiers(path: Path) -> set[str]:
    """All names of a file's code, without its strings and comments."""
    found = set()
    for node in ast.walk(tree_of(path)):
        for field in ("id", "attr", "name", "arg"):
            if isinstance(getattr(node, field, None), str):
                found.add(getattr(node, field))
    return found


def test_the_code_has_the_fields_names():
    former = [
        (name_of(path), name)
        for path in CODE
        for name in sorted(identifiers(path))
        if re.fullmatch(FORMER_NAMES, name)
    ]
    assert former == []


def test_texts_have_the_fields_words():
    former = [
        (name_of(path), found[0])
        for path in TEXTS
        for found in re.finditer(FORMER_TEXTS, path.read_text("utf-8"))
    ]
    assert former == []


def tracked_files() -> set[str]:
    """The files that git tracks, or, outside a checkout, nothing."""
    listing = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS
    )
    return set(listing.stdout.split("\n")) - {""}


def test_nothing_large_or_private_is_tracked():
    for name in tracked_files():
        path = ROOT / name
        assert not name.startswith(("data/", "checkpoints/runs/", ".venv/"))
        # 1.96 million weights are 7.9 MB
        limit = 8_000_000 if name.startswith("checkpoints/pretrained/") else 3_000_000
        assert not path.exists() or path.stat().st_size < limit, name
