"""Without JAX the laboratory says which extra brings it."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import sys
sys.modules["jax"] = None
import teloscope
from teloscope.errors import MissingExtra
try:
    {ask}
except MissingExtra as error:
    print(error)
"""


@pytest.mark.parametrize(
    "ask",
    [
        "import teloscope.affect.savanna",
        "teloscope.world('savanna')",
        "teloscope.agent('mind:mind.safetensors')",
        "teloscope.affect.train",
    ],
)
def test_the_extra_is_named(ask: str) -> None:
    done = subprocess.run([sys.executable, "-c", CODE.format(ask=ask)], capture_output=True, text=True)
    assert "pip install 'teloscope[affect]'" in done.stdout, done.stderr
