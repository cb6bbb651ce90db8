"""The house rules that a machine can hold: the public face, the layers, the sizes, the words, the quick answer."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

import teloscope

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MODULES = sorted(
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__") for path in SOURCES
)
HEAVY = ("numpy", "polars", "scipy", "gymnasium", "torch", "onnxruntime")
HELP = """
import sys
from teloscope.cli import main
sys.argv = ["teloscope", "--help"]
try:
    status = main()
except SystemExit as done:
    status = done.code
assert not status, status
"""


def python(*arguments: str) -> str:
    """What a fresh interpreter prints: imports of this test session must not help it."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.strip()


def test_no_folder_of_tests_is_passed_over(pytestconfig: pytest.Config) -> None:
    passed_over = pytestconfig.getini("norecursedirs")
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(f) for f in sorted(folders) if any(fnmatch(part, p) for part in f.parts for p in passed_over)] == []


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("name", teloscope.__all__)
def test_a_public_name_leads_somewhere(name: str) -> None:
    assert getattr(teloscope, name).__module__.startswith("teloscope.")


def test_the_public_names_are_sorted_and_listed() -> None:
    assert teloscope.__all__ == sorted(set(teloscope.__all__))
    assert set(teloscope.__all__) == set(teloscope._HOME_OF)
    assert set(dir(teloscope)) >= set(teloscope.__all__)


def test_an_unknown_public_name_says_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'jugde'.*judge"):
        _ = teloscope.jugde  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("module", MODULES)
def test_what_a_module_exports_exists(module: str) -> None:
    found = importlib.import_module(module)
    missing = [name for name in getattr(found, "__all__", ()) if not hasattr(found, name)]
    assert missing == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src" / "teloscope")))
def test_a_module_says_what_it_is_for(path: Path) -> None:
    sentence = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    assert len(sentence) > 20, "every module opens with a sentence"


def test_no_module_is_named_for_nothing() -> None:
    nameless = {"utils", "util", "helpers", "helper", "manager", "base", "misc", "common"}
    assert [str(path) for path in SOURCES if nameless & {path.stem, path.parent.name}] == []


def test_sizes_stay_such_that_the_whole_can_be_read() -> None:
    files = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    lengths = {
        f"{path.relative_to(ROOT)}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in SOURCES
        for node in functions(path)
    }
    assert {name: lines for name, lines in files.items() if lines > 500} == {}
    assert {name: lines for name, lines in lengths.items() if lines > 80} == {}
    assert statistics.median(files.values()) <= 200
    assert statistics.median(lengths.values()) <= 15


def test_importing_teloscope_imports_nothing_else() -> None:
    beyond = (*HEAVY, "pydantic", "rich", "cyclopts", "jinja2")
    assert python("-c", f"import teloscope, sys; print([m for m in {beyond!r} if m in sys.modules])") == "[]"


def test_help_answers_before_one_looks_away() -> None:
    """Loose here, since tests share their cores; `bench/` holds the budget of half a second."""
    command = [sys.executable, "-c", HELP]
    spent, nothing = [], []
    for _ in range(3):
        begun = time.perf_counter()
        python("-c", "pass")
        nothing.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        shown = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        spent.append(time.perf_counter() - begun)
        assert shown.returncode == 0, shown.stderr
        assert "audit" in shown.stdout
    assert min(spent) < max(2.0, 50 * min(nothing)), "a busy machine takes longer for nothing too"


def test_help_leaves_the_heavy_packages_alone() -> None:
    loaded = python("-c", f"{HELP}\nprint('loaded', [m for m in {HEAVY!r} if m in sys.modules])")
    assert loaded.endswith("loaded []")


def test_a_python_is_found_whatever_its_name(tmp_path: Path) -> None:
    for tool in ("sh", "ls", "grep", "sort"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    command, only_here = ["sh", str(ROOT / "tools" / "find-python")], {"PATH": str(tmp_path)}

    missing = subprocess.run(command, capture_output=True, text=True, env=only_here)
    assert missing.returncode == 1
    assert "no Python of 3.11 or later" in missing.stderr
    assert "make setup PYTHON=" in missing.stderr

    new = tmp_path / "python3.27"
    new.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    new.chmod(0o755)
    found = subprocess.run(command, capture_output=True, text=True, env=only_here)
    assert found.stdout.strip() == str(new)


def test_the_lock_holds_versions_and_no_places() -> None:
    pins = [line for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert len(pins) > 40
    assert [line for line in pins if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)] == []


def test_the_lock_covers_what_the_project_asks_for() -> None:
    asked = re.findall(r'"([a-zA-Z0-9-]+)(?:\[[a-z,0-9]+\])?[>=]=', (ROOT / "pyproject.toml").read_text("utf-8"))
    pinned = {line.partition("==")[0] for line in (ROOT / "requirements.lock").read_text("utf-8").splitlines()}
    assert len(asked) > 15
    assert {name.lower() for name in asked} - pinned == set()


def test_no_address_of_a_registry_and_no_path_of_a_machine_is_written_down() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=ROOT)
    if tracked.returncode:
        pytest.skip("not a git checkout: no list of what belongs to the project")
    places = re.compile(
        "|".join(["py" + "pi\\.org", "python" + "hosted", "registry\\.np" + "m", "/ro" + "ot/", "/wo" + "rk/"])
    )
    found = {}
    for name in filter(None, tracked.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".onnx", ".png", ".parquet", ".zip"} or not path.is_file():
            continue
        if hits := places.findall(path.read_text("utf-8", errors="replace")):
            found[name] = hits
    assert found == {}
