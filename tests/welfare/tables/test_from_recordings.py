"""Beings from recordings, and what their behaviour cannot show: the library's planners act the same at every scale."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import teloscope
from teloscope import welfare
from teloscope.errors import BadRegime, BadUtilities, NotFound
from teloscope.recordings import Recording
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.planning import action_values, greedy, reward_task

HORIZON = 8


@lru_cache
def island() -> Table:
    return teloscope.world("island").table  # pyright: ignore[reportAttributeAccessIssue]


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100), st.floats(-10, 10), st.sampled_from([1.0, 0.9]))
def test_planners_choose_the_same_at_every_scale_and_zero(seed: int, a: float, c: float, discount: float) -> None:
    """argmax E[a u + c] = argmax E[u]: so no recording of choices tells how strongly an agent feels."""
    table = island()
    rewards = np.random.default_rng(seed).integers(-5, 6, size=table.next.shape).astype(float)
    chosen = [
        greedy(action_values(table, reward_task(table, told, HORIZON, discount), HORIZON))
        for told in (rewards, a * rewards + c)
    ]
    np.testing.assert_array_equal(chosen[0], chosen[1])


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 20))
def test_twice_the_strength_is_half_the_noise(seed: int, a: float) -> None:
    """A planner that chooses with noise shows only the quotient of strength and noise."""
    table = island()
    rewards = np.random.default_rng(seed).integers(-5, 6, size=table.next.shape).astype(float)
    values = action_values(table, reward_task(table, rewards, HORIZON, 1.0), HORIZON)
    scaled = action_values(table, reward_task(table, a * rewards, HORIZON, 1.0), HORIZON)
    np.testing.assert_allclose(greedy(values, temperature=1.0), greedy(scaled, temperature=a), rtol=1e-6, atol=1e-9)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    folder = tmp_path_factory.mktemp("beings")
    agents = {"seeker": "plan:end(at_goal)", "wanderer": "random"}
    return {name: teloscope.record(agent, "island", episodes=20, out=folder / name) for name, agent in agents.items()}


def test_returns_of_agents_in_shared_contexts_are_utilities(recordings) -> None:
    u = welfare.from_recordings(recordings)
    names = [context.name for context in recordings["seeker"].contexts]
    assert u.beings == ("seeker", "wanderer") and list(u.options) == names
    expected = recordings["seeker"].episodes(names[0], "agent")["return"].mean()
    assert u.value[0, 0] == pytest.approx(expected)
    assert u.draws is not None and len(u.draws) == 200
    spread = recordings["wanderer"].episodes(names[0], "agent")["return"].std(ddof=0) / np.sqrt(20)
    assert u.draws[:, 0, 1].std() == pytest.approx(spread, rel=0.25, abs=1e-9)


def test_the_assumption_is_declared(recordings) -> None:
    document = welfare.compare(welfare.from_recordings(recordings)).document()
    assert "same behaviour, unknown scale" in document.identified[0]
    assert any("bootstrap draws over seeds" in note for note in document.notes)


def test_a_recorded_number_may_stand_for_welfare(recordings) -> None:
    feature = next(name for name in recordings["seeker"].frame.features if name.endswith("_x"))
    u = welfare.from_recordings(recordings, of=f"0 - {feature}")
    assert u.origin == "feature"
    expected = -recordings["seeker"].numbers(feature, u.options[0], "agent").mean()
    assert u.value[0, 0] == pytest.approx(expected)


def test_recordings_that_can_not_be_compared_are_explained(recordings) -> None:
    first = recordings["seeker"].contexts[0].name
    with pytest.raises(BadUtilities, match="share 1 contexts"):
        welfare.from_recordings(recordings, contexts=[first])
    with pytest.raises(NotFound):
        welfare.from_recordings(recordings, contexts=[first, "nowhere"])
    with pytest.raises(BadUtilities, match="no recordings"):
        welfare.from_recordings({})
    with pytest.raises((BadRegime, NotFound)):
        welfare.from_recordings(recordings, of="happiness")
    with pytest.raises(BadUtilities, match="1 episodes"):
        welfare.from_recordings({name: recording.first(1) for name, recording in recordings.items()})


def test_beings_are_called_by_their_agents_or_folders(recordings) -> None:
    u = welfare.from_recordings(list(recordings.values()))
    assert set(u.beings) == {r.manifest.agent.name for r in recordings.values()}
    with pytest.raises(BadUtilities, match="folders of the same name"):
        welfare.from_recordings([recordings["seeker"], recordings["seeker"]])
