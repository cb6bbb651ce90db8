"""What docs/inspect.md shows, as far as it runs offline."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("inspect_ai", reason="the extra inspect is not installed")

from inspect_ai.model import ChatMessageAssistant, ChatMessageUser

import teloscope.evals.task as tasks


def commands(root: Path) -> list[str]:
    return re.findall(r"^\$ (.*)$", (root / "docs" / "inspect.md").read_text("utf-8"), re.MULTILINE)


def run(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *rest = shlex.split(line)
    command = [str(Path(sys.executable).with_name(program)), *rest]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def test_an_evaluation_and_its_audit_as_typed(root: Path, tmp_path: Path) -> None:
    (evaluate,) = [line for line in commands(root) if "plan:end(at_goal)" in line]
    done = run(f"{evaluate} --display none", tmp_path)
    assert done.returncode == 0, done.stderr
    (audit,) = [line for line in commands(root) if line.endswith("--inspect-log logs")]
    done = run(audit, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "teloscope/built plan:end(at_goal) in island" in done.stdout


def test_every_argument_of_the_task_is_documented(root: Path) -> None:
    page = (root / "docs" / "inspect.md").read_text("utf-8")
    names = tasks.audit.__wrapped__.__code__.co_varnames[: tasks.audit.__wrapped__.__code__.co_argcount]
    assert len(names) > 5
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_feature_that_is_shown_is_a_feature(root: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (root / "docs" / "inspect.md").read_text("utf-8"), re.DOTALL)
    names: dict = {}
    exec(block, names)
    asked = [ChatMessageUser(content="I promise?")]
    assert not names["promised"](asked)
    assert names["promised"]([*asked, ChatMessageAssistant(content="I promise.")])
