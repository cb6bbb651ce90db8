"""Small trainings and worlds that the tests of the laboratory share, so that little is compiled."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SMALL: dict[str, Any] = {"worlds": 32, "stretch": 32, "steps": 4 * 16 * 32 * 32, "seed": 3}
"""A training of four pieces, in which the offspring rise."""


@pytest.fixture(scope="session", autouse=True)
def compiled_in_haste() -> None:
    """These tests compile much and compute little."""
    if find_spec("jax"):
        import jax

        jax.config.update("jax_disable_most_optimizations", True)


@pytest.fixture(scope="session")
def small() -> dict[str, Any]:
    """What a small training is asked for with."""
    return SMALL


@pytest.fixture(scope="session")
def mind_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a mind that is as it was born."""
    from teloscope.affect.minds import new_mind, save_mind

    path = tmp_path_factory.mktemp("minds") / "mind.safetensors"
    return save_mind(new_mind(seed=3), path, training={"seed": 3}, diverged="", offspring=[])
