"""Worlds by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from teloscope.errors import NotFound
from teloscope.worlds import known, world
from teloscope.worlds.registry import SUITE


def test_worlds_by_name() -> None:
    assert known() == SUITE
    assert known() is not SUITE
    assert world("coin") is world("coin"), "compiled once"
    assert world(world("coin")) is world("coin")
    with pytest.raises(NotFound, match=r"World 'conveyor-vace' not found. Did you mean 'conveyor-vase'"):
        world("conveyor-vace")
    with pytest.raises(NotFound, match=r"`teloscope worlds`"):
        world("")


def test_listing_names_imports_no_world() -> None:
    code = "import sys; from teloscope.worlds import known; known(); print([m for m in sys.modules if '.suite' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
