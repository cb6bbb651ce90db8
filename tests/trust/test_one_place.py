"""Code runs for a name in one place only: no other module imports what a name says, or opens a pickle."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from teloscope.errors import NotTrusted
from teloscope.trust import import_named, is_imported

SOURCES = Path(__file__).parents[2] / "src" / "teloscope"
RUNS = {
    "import_module",
    "__import__",
    "exec",
    "eval",
    "compile",
    "Unpickler",
    "loads",
    "load",
    "load_module",
    "run_path",
}
"""Functions that may run what they are given."""
LIBRARIES_OF_DATA = {"json", "tomllib", "pydantic_core", "onnx", "np", "numpy", "log"}
"""`loads` and `load` of these only read."""
ALLOWED = {
    "trust.py": {"import_module"},
    "errors.py": {"import_module"},  # optional packages, by names that stand in teloscope's code
    "__init__.py": {"import_module"},  # the public names
    "renderers.py": {"import_module"},  # the table of pages
    "worlds/registry.py": {"import_module"},  # the suite
    "agents/registry.py": {"import_module"},  # minds, which need JAX
    "cli/lists/schema.py": {"import_module"},  # the documents
    "agents/networks/sb3.py": {"load"},  # after `demand_trust`
    "agents/networks/old_gym.py": {"import_module", "Unpickler", "load"},  # of trusted zips: see `sb3`
}
"""Where such a call stands, and why it is not given a name from outside."""


def calls(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef):
            found |= {ast.unparse(base).split(".")[-1] for base in node.bases} & {"Unpickler"}
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).split(".")
        if name[-1] not in RUNS or (name[0] == "re" and name[-1] == "compile"):
            continue
        if name[-1] in ("loads", "load") and (
            name[0] in LIBRARIES_OF_DATA or name[0][:1].isupper() or name[0] == "cls"
        ):
            continue
        found.add(name[-1])
    return found


@pytest.mark.parametrize("path", sorted(SOURCES.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCES)))
def test_no_other_module_runs_what_it_is_given(path: Path) -> None:
    assert calls(path) <= ALLOWED.get(str(path.relative_to(SOURCES)), set())


def test_nothing_is_imported_without_the_users_word() -> None:
    with pytest.raises(NotTrusted, match=r"A thing is Python code in the module 'antigravity'.*--trust"):
        import_named("antigravity", False, "A thing")
    assert not is_imported("antigravity")
    assert import_named("json", True, "A thing").__name__ == "json"
