"""Latents in recordings: what a player held when it acted, in half precision, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from teloscope.agents.agent import Agent
from teloscope.errors import BadAgent, BadRecording, BadStudy
from teloscope.recordings import open_recording, record
from teloscope.worlds import World

WORLD = "CartPole-v1"
LATENTS = 3


class Remembering(Agent):
    """Its latents are (step, a running sum of what it saw, 1)."""

    name = "remembering"
    spoil: ClassVar[Any] = None

    def start(self, world: World, episodes: int, seed: int) -> Remembering:
        self.sums = np.zeros(episodes)
        return self

    def act(self, observations: NDArray[Any], t: int, alive: NDArray[np.bool_]) -> NDArray[np.int64]:
        self.sums = self.sums + observations[:, 2]
        self.latents = np.stack([np.full_like(self.sums, t), self.sums, np.ones_like(self.sums)], axis=1)
        if self.spoil is not None:
            self.latents = type(self).spoil(self.latents, t)
        return (self.sums > 0).astype(np.int64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run"
    record(Remembering(), WORLD, episodes=5, references=["uniform"], out=path, latents=True)
    return path


def test_latents_stand_beside_the_steps_in_half_precision(folder: Path) -> None:
    recording = open_recording(folder)
    assert recording.manifest.latents
    for context in recording.contexts:
        latents, lengths = recording.latents(context.name)
        assert latents.dtype == np.float16 and latents.shape == (5, recording.horizon, LATENTS)
        np.testing.assert_array_equal(lengths, recording.episodes(context.name, "agent")["length"].to_numpy())
        seen = recording.column("pole_angle", context.name, "agent")
        for row, length in enumerate(lengths):
            assert np.isnan(latents[row, length:]).all()
            np.testing.assert_array_equal(latents[row, :length, 0], np.arange(length))
            np.testing.assert_allclose(latents[row, :length, 1], np.cumsum(seen[row, :length]), rtol=2e-3, atol=2e-3)
    assert not list(folder.glob("latents/*/uniform*")), "references have none"


def test_a_torn_shard_of_latents_is_recorded_again_with_the_same_bytes(folder: Path) -> None:
    file = sorted(folder.glob("latents/*/agent-00000.parquet"))[0]
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], None):
        file.unlink()
        if damaged is not None:
            file.write_bytes(damaged)
        record(Remembering(), WORLD, episodes=5, references=["uniform"], out=folder, latents=True)
        assert file.read_bytes() == whole


def test_a_shard_of_another_length_is_told(folder: Path) -> None:
    file = sorted(folder.glob("latents/*/agent-00000.parquet"))[0]
    whole = file.read_bytes()
    pl.read_parquet(file).head(7).write_parquet(file)
    with pytest.raises(BadRecording, match="has 7 rows; its episodes say"):
        recording = open_recording(folder)
        for context in recording.contexts:
            recording.latents(context.name)
    file.write_bytes(whole)


def test_who_did_not_ask_gets_none_and_can_not_ask_later(tmp_path: Path) -> None:
    recording = record(Remembering(), WORLD, episodes=2, references=[], out=tmp_path)
    assert not (tmp_path / "latents").exists()
    with pytest.raises(BadRecording, match=r"holds no latents\. Record with `latents=True`"):
        recording.latents(recording.contexts[0].name)
    with pytest.raises(BadRecording, match="holds a run with the latents none; this one has latents"):
        record(Remembering(), WORLD, episodes=2, references=[], out=tmp_path, latents=True)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x, t: x[0], r"latents of shape \(3,\); expected \(2, D\)"),
        (lambda x, t: np.where(t == 3, np.nan, x), "latent 0 of row 0 as nan; expected finite numbers"),
        (lambda x, t: x * 1e6, "up to 65504"),
        (lambda x, t: x[:, : 3 - (t == 2)], r"\[2, 3\] latents in different steps"),
    ],
)
def test_latents_that_are_no_latents_are_refused(spoil: Any, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Remembering, "spoil", staticmethod(spoil))
    with pytest.raises(BadAgent, match=message):
        record(Remembering(), WORLD, episodes=2, references=[], latents=True)


def test_agents_without_latents_and_table_worlds_are_refused() -> None:
    with pytest.raises(BadAgent, match="no attribute `latents`"):
        record(lambda observation: 0, WORLD, episodes=1, references=[], latents=True)
    with pytest.raises(BadStudy, match="a table world"):
        record("random", "coin", episodes=1, latents=True)
