"""Recordings of subjects: pairing, pushes, files, and latents that are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from teloscope.affect.evidence import START, STOP, Evidence
from teloscope.affect.planted.minds import LEAK, PlantedMinds
from teloscope.affect.pooled import Pooled
from teloscope.affect.subject import Step, Subject
from teloscope.affect.traces import open_trace, record
from teloscope.errors import BadAgent, BadRecording, BadStudy


@pytest.fixture
def minds() -> PlantedMinds:
    return PlantedMinds("full", minds=2, seed=0)


def test_planted_minds_are_a_subject(minds) -> None:
    assert isinstance(minds, Subject)


def test_the_same_seed_gives_the_same_worlds_whatever_the_mind_does(minds) -> None:
    one, other = (record(m, "forage", episodes=3, steps=30, seed=4) for m in (minds, minds.without_channel()))
    assert (one.energy == other.energy).all() and (one.event == other.event).all()
    assert (one.effort != other.effort).any()


def test_a_push_is_held_and_then_left_to_the_mind(minds) -> None:
    evidence = Evidence(minds, episodes=6, steps=60)
    axis = evidence.axes.valence
    moved = axis.of(evidence.displaced(axis, 2.0)) - axis.of(evidence.alone())[..., :46]
    assert np.abs(moved[..., :START]).max() == 0
    held = moved[..., START:STOP].mean((1, 2))
    assert held == pytest.approx(2.0 * np.full(2, LEAK), abs=0.15)
    gone = moved[..., STOP : STOP + 12].mean(1)
    assert (np.diff(gone, axis=-1) < 0).all() and (gone[:, -1] < 0.6 * gone[:, 0]).all()


def test_a_clamp_brings_the_coordinate_to_its_level(minds) -> None:
    evidence = Evidence(minds, episodes=4, steps=60)
    free, held = (axis_of.std() for axis_of in (
        evidence.axes.valence.of(evidence.alone("judging")),
        evidence.axes.valence.of(evidence.clamped(evidence.axes.valence, "judging")),
    ))  # fmt: skip
    assert held < 0.5 * free


def test_the_oracles_halves_agree_but_for_the_clones(minds) -> None:
    trace = record(minds, "forage", episodes=4, steps=40, seed=0, clones=256)
    truth = trace.energy
    assert trace.prospects is not None
    for half in (0, 1):
        assert np.corrcoef(trace.prospects[..., half].ravel(), truth.ravel())[0, 1] > 0.95
    assert (trace.prospects[..., 0] != trace.prospects[..., 1]).any()


def test_a_file_gives_the_trace_back(minds, tmp_path: Path) -> None:
    trace = record(minds, "mirror", episodes=2, steps=12, seed=0, clones=4)
    again = open_trace(trace.save(tmp_path / "mirror.npz"))
    assert again.context == "mirror" and again.names == trace.names
    assert again.latents == pytest.approx(trace.latents, abs=2e-3)
    assert again.effort == pytest.approx(trace.effort) and again.innovation == pytest.approx(trace.innovation)
    (tmp_path / "no.npz").write_text("nothing")
    with pytest.raises(BadRecording, match="not a trace"):
        open_trace(tmp_path / "no.npz")


class Broken(PlantedMinds):
    """Planted minds with something wrong in each step."""

    def __init__(self, change) -> None:
        super().__init__("full", minds=1, seed=0)
        self.change = change

    def act(self) -> Step:
        return self.change(super().act())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: replace(s, latents=s.latents[:, :5]), r"shape \(3, 5\); expected \[3, 16\]"),
        (lambda s: replace(s, latents=s.latents[0]), r"shape \(16,\); expected \[3, 16\]"),
        (lambda s: replace(s, latents=s.latents * np.nan), "not finite, first in latent 0"),
        (lambda s: replace(s, effort=s.effort[:2]), r"effort at step 0 has the shape \(2,\); expected \[3\]"),
    ],
)
def test_arrays_of_a_wrong_form_are_refused(change, said: str) -> None:
    with pytest.raises(BadAgent, match=said):
        record(Broken(change), "forage", episodes=3, steps=5, seed=0)


def test_a_context_that_is_not_offered(minds) -> None:
    minds.description = replace(minds.description, contexts=frozenset({"forage"}))
    with pytest.raises(BadAgent, match=r"does not offer the context 'lever'\. It offers: forage"):
        record(minds, "lever", episodes=1, steps=1, seed=0)


def test_minds_that_were_trained_one_by_one_are_replicates() -> None:
    parts = [PlantedMinds("full", minds=1, seed=seed) for seed in range(3)]
    together = Pooled(parts)
    trace = record(together, "forage", episodes=2, steps=15, seed=1)
    alone = record(parts[1], "forage", episodes=2, steps=15, seed=1)
    assert together.description.minds == 3 and trace.shape == (3, 2, 15)
    assert (trace.of_minds(slice(1, 2)).effort == alone.effort).all()
    other = PlantedMinds("full", minds=1, seed=9)
    other.description = replace(other.description, slow=(0,))
    with pytest.raises(BadAgent, match="differ in their slow"):
        Pooled([parts[0], other])
    with pytest.raises(BadStudy, match="no subject"):
        Pooled([])
    with pytest.raises(BadStudy, match="int is not a subject"):
        Pooled([3])  # pyright: ignore[reportArgumentType]
