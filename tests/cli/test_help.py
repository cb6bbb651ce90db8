"""Help that teaches: every command has a paragraph and an example, every option a sentence."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from functools import reduce

import pytest
from cyclopts import App

from teloscope import __version__
from teloscope.cli import app

COMMANDS = (
    "audit",
    "record",
    "goals",
    "judge",
    "report",
    "build",
    "affect",
    "welfare",
    "worlds",
    "agents",
    "engines",
    "scaffolds",
    "profiles",
    "schema",
    "verify",
    "calibrate",
)


LEAVES = (*(name for name in COMMANDS if name != "affect"), "affect demo", "affect battery", "affect calibrate")
"""Commands that do something; `affect` alone only lists its own."""


def command(name: str) -> App:
    return reduce(lambda found, word: found[word], name.split(), app)


def examples() -> list[str]:
    """What the help pages show after `$ teloscope`."""
    pages = [app.help, *(inspect.getdoc(command(name).default_command) or "" for name in LEAVES)]
    shown = [line for page in pages for line in re.findall(r"\$ teloscope (.*)", page.replace("\\\n", ""))]
    return [re.sub(r"\s{3,}.*| > .*", "", line) for line in shown]


def test_the_overview_lists_every_command(typed) -> None:
    ran = typed("--help")
    assert ran.status == 0
    assert [name for name in COMMANDS if f"│ {name} " not in ran.out] == []
    assert set(COMMANDS) == {name for name in app if not name.startswith("-")}


def test_nothing_typed_shows_the_overview(typed) -> None:
    assert typed("").out == typed("--help").out


@pytest.mark.parametrize("name", LEAVES)
def test_a_command_has_a_paragraph_and_an_example(name: str, typed) -> None:
    page = typed(f"{name} --help").out
    assert f"$ teloscope {name}" in page
    prose = page.split("$ teloscope")[0]
    assert len(prose.split()) > 25
    assert [line for line in prose.splitlines() if len(line) > 100] == []


@pytest.mark.parametrize("name", LEAVES)
def test_every_option_has_a_sentence(name: str) -> None:
    arguments = command(name).assemble_argument_collection(parse_docstring=True)
    silent = [a.name for a in arguments if a.show and len((a.parameter.help or "").split()) < 4]
    assert silent == []


@pytest.mark.parametrize("name", LEAVES)
def test_only_the_terminal_breaks_the_lines_of_an_option(name: str) -> None:
    arguments = command(name).assemble_argument_collection(parse_docstring=True)
    assert [a.name for a in arguments if "\n" in (a.parameter.help or "")] == []


@pytest.mark.parametrize("line", examples())
def test_every_example_parses(line: str) -> None:
    called, _, ignored = app.parse_known_args(shlex.split(line))[:3]
    assert callable(called)
    assert ignored == []


def test_there_are_examples_to_check() -> None:
    assert len(examples()) >= 12


def test_the_installed_command_says_its_version() -> None:
    code = "import sys; from teloscope.cli import main; sys.exit(main())"
    ran = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.strip()) == (0, f"teloscope {__version__}")
