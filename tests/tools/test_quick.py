"""`make quick`: which tests a changed file asks for, and that those left out for want of time are said to be."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

FILES = {
    "src/teloscope/__init__.py": "",
    "src/teloscope/errors.py": "",
    "src/teloscope/goals/__init__.py": "from teloscope.goals.find import found",
    "src/teloscope/goals/find.py": "from teloscope import errors\nfound = 1",
    "src/teloscope/goals/statistics.py": "def low():\n    from teloscope.goals.find import found\n    return found",
    "src/teloscope/verdict/__init__.py": "",
    "src/teloscope/verdict/rooms/deep.py": "import teloscope.goals.statistics",
    "tests/conftest.py": "",
    "tests/test_errors.py": "",
    "tests/test_docs.py": "",
    "tests/goals/conftest.py": "",
    "tests/goals/test_find.py": "from teloscope.goals.find import found",
    "tests/goals/test_low.py": "import teloscope.goals.statistics",
    "tests/verdict/test_deep.py": "from teloscope.verdict.rooms.deep import x",
    "tests/verdict/test_judge.py": "from teloscope.goals import found",
    "tests/verdict/test_race.py": "race('x')\nrace(\"slow\")",
    "tests/tools/test_lock.py": "",
}


@pytest.fixture(scope="module")
def quick(root: Path) -> ModuleType:
    """tools/quick.py."""
    spec = importlib.util.spec_from_file_location("tools_quick", root / "tools" / "quick.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small repository of the same shape."""
    root = tmp_path_factory.mktemp("house")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("src/teloscope/goals/find.py", ["tests/goals/test_find.py"]),
        ("src/teloscope/goals/statistics.py", ["tests/goals"]),
        ("src/teloscope/goals/__init__.py", ["tests/goals"]),
        ("src/teloscope/verdict/rooms/deep.py", ["tests/verdict"]),
        ("src/teloscope/goals/gone.py", ["tests/goals"]),
        ("src/teloscope/errors.py", ["tests/test_errors.py"]),
        ("src/teloscope/__init__.py", []),
        ("src/teloscope/report/page.py", []),
        ("tests/goals/test_find.py", ["tests/goals/test_find.py"]),
        ("tests/goals/test_gone.py", []),
        ("tests/goals/conftest.py", ["tests/goals"]),
        ("tests/conftest.py", []),
        ("tools/lock.py", ["tests/tools/test_lock.py"]),
        ("bench/slow.py", ["tests/verdict/test_race.py"]),
        ("bench/x.py", []),
        ("docs/theory.md", ["tests/test_docs.py"]),
        ("README.md", ["tests/test_docs.py"]),
    ],
)
def test_a_changed_file_asks_for_its_own_tests(path: str, tests: list[str], quick: ModuleType, house: Path) -> None:
    assert quick.own_tests(house, path) == tests


def test_a_source_asks_for_the_tests_whose_imports_reach_it(quick: ModuleType, house: Path) -> None:
    """Those that import it, its own room first; then those that import a module that does; no further."""
    assert quick.reached_tests(house, ["src/teloscope/goals/find.py"]) == [
        "tests/goals/test_find.py",
        "tests/goals/test_low.py",
        "tests/verdict/test_judge.py",
    ]
    assert quick.reached_tests(house, ["src/teloscope/goals/statistics.py"]) == [
        "tests/goals/test_low.py",
        "tests/verdict/test_deep.py",
    ]
    assert quick.reached_tests(house, ["tests/goals/test_find.py"]) == []


@pytest.mark.parametrize("text", ["def (:", "\0", "  x = 1"])
def test_a_file_that_cannot_be_parsed_is_left_to_the_linter(text: str, quick: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "torn.py").write_text(text)
    assert quick.imported(tmp_path / "torn.py", {"teloscope"}) == set()


def test_nothing_is_run_twice_and_what_is_beyond_the_cap_is_named(quick: ModuleType, house: Path) -> None:
    chosen = quick.choose(house, ["src/teloscope/goals/find.py", "LICENSE"], cap=1)
    assert chosen.own == ["tests/goals/test_find.py"]
    assert chosen.reached == ["tests/goals/test_low.py"]
    assert chosen.left == ["tests/verdict/test_judge.py"]
    assert chosen.untested == ["LICENSE"]
    folder = quick.choose(house, ["tests/goals/conftest.py", "src/teloscope/goals/find.py"])
    assert (folder.own, folder.reached) == (["tests/goals"], ["tests/verdict/test_judge.py"])


def test_every_source_of_this_house_asks_for_some_test(quick: ModuleType, root: Path) -> None:
    """Its own, or one that reaches it; the zoo, which no test imports, is what the races of bench/ are for."""
    sources = [str(path.relative_to(root)) for path in (root / "src").rglob("*.py")]
    imports = quick.Imports.read(root)
    assert len(sources) > 200
    lost = [s for s in sources if not (quick.own_tests(root, s) or imports.reaching({quick.module_of(s)}))]
    assert [s for s in lost if not s.startswith("src/teloscope/zoo/")] == ["src/teloscope/__main__.py"]


def test_what_differs_from_where_the_branch_left_main_has_changed(quick: ModuleType, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    for name in ("kept", "edited", "removed", "committed", ".gitignore"):
        (tmp_path / name).write_text("ignored" if name == ".gitignore" else "old")
    git("add", ".")
    git("commit", "-m", "one")
    git("checkout", "-b", "branch")
    (tmp_path / "committed").write_text("new")
    git("commit", "-am", "two")
    (tmp_path / "edited").write_text("new")
    (tmp_path / "removed").unlink()
    for name in ("a new one", "ignored"):
        (tmp_path / name).write_text("new")
    changed = ["a new one", "edited", "removed"]
    assert quick.changed_files(tmp_path, "HEAD") == changed
    assert quick.changed_files(tmp_path, quick.left_main_at(tmp_path)) == sorted(["committed", *changed])
    with pytest.raises(SystemExit, match="git can't compare with 'nowhere'"):
        quick.changed_files(tmp_path, "nowhere")


@pytest.fixture
def three_tests(tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Runs a file of three tests, the second as given, as `make quick` does: with so many seconds."""
    (tmp_path / "pytest.ini").write_text("[pytest]")

    def run(seconds: str, second: str = "pass") -> subprocess.CompletedProcess[str]:
        test = tmp_path / "test_three.py"
        test.write_text(f"def test_one(): pass\ndef test_two(): {second}\ndef test_three(): pass\n")
        code = (
            f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2] / 'tools')!r}); import quick\n"
            f"print(quick.tested(quick.Chosen([{str(test)!r}], [], [], []), {seconds}))"
        )
        bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=bare, check=True
        )

    return run


def test_no_test_is_begun_late_and_that_is_said(three_tests) -> None:
    assert "3 passed" in three_tests("1e9").stdout
    assert "(0, '')" in three_tests("1e9").stdout
    late = three_tests("-1.0").stdout
    assert "1 passed" in late
    assert "(0, '2 of 3 tests not begun after -1 s')" in late


def test_a_failure_is_a_failure(three_tests) -> None:
    assert "(1, '')" in three_tests("1e9", "assert 0").stdout
