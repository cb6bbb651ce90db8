"""Checks what has changed, in less than a minute: lint, types of the changed files, import contract, their tests.

Usage: make quick, or python tools/quick.py [--since REV] [--seconds N] [--list]

What has changed is every file that differs from where this branch left `main` (on `main` itself: from the last
commit), committed or not, with new files that git does not ignore. Each changed file asks for tests:

    src/teloscope/a/b.py     tests/a/test_b.py; without one, tests/a/ (or the nearest folder above that there is)
    src/teloscope/a/         of a package's `__init__.py`: tests/a/
    tests/a/test_b.py        itself; a `conftest.py`: its folder
    tools/x.py, docs/x.md    tests/tools/test_x.py, tests/test_docs.py; examples/ and README.md likewise
    bench/x.py               the tests that load this race

and every source file asks also for the tests whose imports reach it: those that import it, then those that import a
module that imports it. No more than a dozen files of these; the rest are named, since `make test` runs them.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
REACHED = 12
"""Test files that are run only because their imports reach what has changed."""
SECONDS = 40.0
"""After so long no new test is begun: lint comes before, and what is then under way goes on to its end."""


class Chosen(NamedTuple):
    """Which tests are run for the changed files, and which are not."""

    own: list[str]
    """Files and folders of tests that belong to a changed file, relative to the root."""
    reached: list[str]
    """Test files whose imports reach a changed file, the nearest first."""
    left: list[str]
    """Test files that are reached too, but beyond the cap."""
    untested: list[str]
    """Changed files that ask for no test."""


# ---- what has changed ------------------------------------------------------------------------------------------------


def git(root: Path, *arguments: str) -> str | None:
    """What git prints; None where it fails."""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, cwd=root)
    return done.stdout if done.returncode == 0 else None


def left_main_at(root: Path) -> str:
    """The commit where this branch left `main`; the last commit where there is no `main`."""
    for main in ("main", "origin/main"):
        if base := git(root, "merge-base", "HEAD", main):
            return base.strip()
    return "HEAD"


def changed_files(root: Path, since: str) -> list[str]:
    """Paths that differ from the commit `since`, deleted and new ones among them, sorted.

    Raises:
        SystemExit: git does not know the commit, or this is no checkout.
    """
    differing = git(root, "diff", "--name-only", "--no-renames", "-z", since, "--")
    if differing is None:
        sys.exit(f"git can't compare with {since!r} here. Give a commit that it knows: make quick SINCE=main")
    new = git(root, "ls-files", "--others", "--exclude-standard", "-z") or ""
    return sorted({path for path in (differing + new).split("\0") if path})


# ---- which tests it asks for -----------------------------------------------------------------------------------------


def module_of(path: str) -> str | None:
    """`src/teloscope/a/b.py` -> `teloscope.a.b`; None for what is no module of teloscope."""
    parts = Path(path).with_suffix("").parts
    if not path.endswith(".py") or parts[:2] != ("src", "teloscope"):
        return None
    return ".".join(parts[1:]).removesuffix(".__init__")


def imported(path: Path, modules: set[str]) -> set[str]:
    """The modules that a file imports, anywhere in it: `from a import b` is `a.b` where that is a module, else `a`.

    None where the file can't be parsed: ruff says so, and where.
    """
    try:
        tree = ast.parse(path.read_text("utf-8"))
    except (SyntaxError, ValueError):
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            deeper = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= deeper & modules or {node.module}
    return found & modules


def mirrored(root: Path, path: str) -> str | None:
    """The tests of a source file: the file that mirrors it, else the nearest folder; None where only tests/ is left."""
    below = Path(path).relative_to("src/teloscope")
    if below.name == "__init__.py":
        return next((str(f) for f in folders_above(below) if (root / f).is_dir()), None)
    twin = Path("tests") / below.parent / f"test_{below.name}"
    places = [twin, *folders_above(below)]
    return next((str(place) for place in places if (root / place).exists()), None)


def folders_above(below: Path) -> list[Path]:
    """`a/b/c.py` -> `tests/a/b`, `tests/a`."""
    return [Path("tests") / folder for folder in below.parents if folder != Path(".")]


def own_tests(root: Path, path: str) -> list[str]:
    """The tests that belong to one changed file, whatever it is."""
    name = Path(path).name
    if path.startswith("src/teloscope/"):
        return [place] if (place := mirrored(root, path)) else []
    if path.startswith("tests/"):
        own = {"conftest.py": str(Path(path).parent)}.get(name, path if name.startswith("test_") else "")
        own = "" if own == "tests" else own  # the conftest of all: that would be every test
    elif path.startswith("tools/"):
        own = f"tests/tools/test_{name}"
    elif path.startswith("bench/"):
        asks = re.compile(rf'\brace\("{re.escape(Path(path).stem)}"\)')
        return [t for t in test_files(root) if asks.search((root / t).read_text("utf-8"))]
    else:
        own = f"tests/test_{path.split('/')[0]}.py" if "/" in path else ""
        own = "tests/test_docs.py" if path.endswith(".md") else own or "tests/test_house.py"
    return [own] if own and (root / own).exists() else []


def test_files(root: Path) -> list[str]:
    """Every file of tests, relative to the root."""
    return sorted(str(path.relative_to(root)) for path in (root / "tests").rglob("test_*.py"))


class Imports(NamedTuple):
    """Who imports which modules of teloscope, in sources and in tests."""

    modules: dict[str, set[str]]
    """Module -> the modules that it imports."""
    tests: dict[str, set[str]]
    """Test file -> the modules that it imports."""

    @classmethod
    def read(cls, root: Path, gone: Iterable[str] = ()) -> Imports:
        """Parses every file of src/ and tests/; `gone` are modules whose files are no more."""
        sources = {m: path for path in (root / "src").rglob("*.py") if (m := module_of(str(path.relative_to(root))))}
        known = {*sources, *gone}
        return cls(
            {module: imported(path, known) for module, path in sources.items()},
            {path: imported(root / path, known) for path in test_files(root)},
        )

    def reaching(self, targets: set[str]) -> list[str]:
        """Test files that import a target, then those that import a module that does; the target's own room first."""
        between = {module for module, named in self.modules.items() if module not in targets and named & targets}
        rooms = {module.split(".")[1] for module in targets if "." in module}
        ranked = [
            (not named & targets, Path(path).parts[1] not in rooms, path)
            for path, named in self.tests.items()
            if named & (targets | between)
        ]
        return [path for *_, path in sorted(ranked)]


def reached_tests(root: Path, changed: Iterable[str]) -> list[str]:
    """Test files whose imports reach a changed module, the nearest first."""
    targets = {module for path in changed if (module := module_of(path))}
    return Imports.read(root, targets).reaching(targets) if targets else []


def choose(root: Path, changed: Iterable[str], cap: int = REACHED) -> Chosen:
    """The tests for the changed files (paths relative to the root)."""
    changed = list(changed)
    by_file: Mapping[str, list[str]] = {path: own_tests(root, path) for path in changed}
    wanted = sorted({test for tests in by_file.values() for test in tests})
    own = [test for test in wanted if not any(str(above) in wanted for above in Path(test).parents)]
    reached = [t for t in reached_tests(root, changed) if not covered(t, own)]
    if any(path.startswith("src/") for path in changed) and not covered("tests/test_house.py", [*own, *reached[:cap]]):
        own += [house for house in ["tests/test_house.py"] if (root / house).exists()]
    untested = [path for path, tests in by_file.items() if not tests and module_of(path) is None]
    return Chosen(own, reached[:cap], reached[cap:], untested)


def covered(test: str, places: Iterable[str]) -> bool:
    """Whether a test file is one of the places or lies in one."""
    return any(test == place or Path(place) in Path(test).parents for place in places)


# ---- running it ------------------------------------------------------------------------------------------------------


class Until:
    """A plugin of pytest: begins no further test once the time is spent, and counts those that were not begun."""

    def __init__(self, end: float) -> None:
        self.end, self.begun, self.all, self.late = end, 0, 0, False

    def pytest_collection_finish(self, session: Any) -> None:
        self.all = len(session.items)

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        self.begun += 1

    def pytest_runtest_logfinish(self, nodeid: str, location: Any) -> None:
        self.late = time.monotonic() > self.end

    def pytest_runtest_protocol(self, item: Any, nextitem: Any) -> bool | None:
        return True if self.late else None  # True: it is dealt with, namely left out


def tested(chosen: Chosen, seconds: float) -> tuple[int, str]:
    """pytest's status, and a sentence on what was left out for want of time."""
    import pytest

    until = Until(time.monotonic() + seconds)
    status = int(pytest.main(["-q", "--no-header", "-p", "no:xdist", *chosen.own, *chosen.reached], plugins=[until]))
    missing = until.all - until.begun
    late = f"{missing} of {until.all} tests not begun after {seconds:.0f} s" if missing else ""
    return (0 if status == pytest.ExitCode.NO_TESTS_COLLECTED else status), late


def commands(changed: Iterable[str], root: Path) -> Iterator[list[str]]:
    """What runs beside the tests; pyright reads the changed files alone."""
    yield ["ruff", "check"]
    yield ["ruff", "format", "--check"]
    if any(path.startswith("src/") or path == "pyproject.toml" for path in changed):
        yield ["lint-imports", "--no-cache"]
    typed = [p for p in changed if p.endswith(".py") and p.startswith(("src/", "tests/")) and (root / p).exists()]
    if typed:
        yield ["pyright", "--level", "error", *typed]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--since", help="the commit to compare with (default: where this branch left main)")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="begin no test after so long (default: %(default)s)"
    )
    parser.add_argument("--list", action="store_true", help="say what would be run, and run nothing")
    asked = parser.parse_args(arguments)
    since = asked.since or left_main_at(ROOT)
    changed = changed_files(ROOT, since)
    chosen = choose(ROOT, changed)
    print(f"{len(changed)} files differ from {(git(ROOT, 'log', '-1', '--format=%h %s', since) or since).strip()}")
    if asked.list:
        print("\n".join([*chosen.own, *chosen.reached]))
        return 0
    os.chdir(ROOT)
    beside = [
        (line, subprocess.Popen([str(Path(sys.executable).with_name(line[0])), *line[1:]], **quietly()))
        for line in commands(changed, ROOT)
    ]
    status, late = tested(chosen, asked.seconds) if chosen.own or chosen.reached else (0, "")
    failed = [line for line, running in beside if not passed(line, running)]
    print(summary(chosen, [line for line, _ in beside], late))
    return 1 if status or failed else 0


def quietly() -> dict[str, Any]:
    """Output is kept until it is known whether it matters."""
    return {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}


def passed(line: list[str], running: subprocess.Popen[str]) -> bool:
    """Waits for a command; shows what it said where it failed."""
    said, _ = running.communicate()
    if running.returncode:
        print(f"-- {' '.join(line[:3])} failed:\n{said}")
    return running.returncode == 0


def summary(chosen: Chosen, lines: Iterable[list[str]], late: str) -> str:
    """What was run and what was not."""
    ran = [" ".join(line) if len(line) < 5 else f"{line[0]} on {len(line) - 3} files" for line in lines]
    said = [f"ran: {', '.join(ran)}; tests: {' '.join([*chosen.own, *chosen.reached]) or 'none'}"]
    if late:
        said.append(f"NOT run, out of time: {late}")
    if chosen.left:
        said.append(f"NOT run, though their imports reach a change ({len(chosen.left)}): {' '.join(chosen.left)}")
    if chosen.untested:
        said.append(f"no test belongs to: {' '.join(chosen.untested)}")
    return "\n".join([*said, "Everything else is NOT run: before you commit, `make test`."])


if __name__ == "__main__":
    sys.exit(main())
