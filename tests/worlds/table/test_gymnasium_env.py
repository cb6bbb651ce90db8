"""A table world as a Gymnasium environment: it must move as the world moves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from teloscope.errors import BadWorld, NotFound
from teloscope.worlds import Context, Outcome, TableWorld, world
from teloscope.worlds.gym.world import GymWorld
from teloscope.worlds.table.gymnasium_env import TableEnv, as_gymnasium


class Place(NamedTuple):
    at: int


class Slope(TableWorld):
    """Six cells; "right" slips one time in four; the last cell ends the episode and pays."""

    name = "slope"
    horizon = 9
    actions = ("stay", "right")
    contexts = (
        Context("train", kind="train", start="bottom"),
        Context("noisy", start="bottom", noise=1.0),
        Context("shoved", start="bottom", shove_at=2),
    )

    def starts(self, start: str) -> list[Place]:
        return [Place(0)]

    def step(self, state: Place, action: str) -> list[Outcome]:
        if action == "stay":
            return [Outcome(state)]
        to = Place(state.at + 1)
        return [Outcome(to, reward=float(to.at == 5), done=to.at == 5, prob=0.75), Outcome(state, prob=0.25)]

    def features(self, state: Place) -> dict[str, float]:
        return {"at": state.at}

    def shove(self, state: Place) -> list[Place]:
        return [Place(4)]


def run(env: TableEnv, action: int, seed: int, context: str | None = None) -> list[tuple]:
    """(at, reward, terminated, truncated) of each step."""
    env.reset(seed=seed, options={"context": context} if context else None)
    steps = []
    while not steps or not (steps[-1][2] or steps[-1][3]):
        _, reward, terminated, truncated, info = env.step(action)
        steps.append((info["at"], reward, terminated, truncated))
    return steps


@pytest.mark.filterwarnings("ignore:.*Box observation space (minimum|maximum) value is:UserWarning")  # by design
def test_gymnasium_finds_nothing_wrong_with_it() -> None:
    check_env(as_gymnasium(Slope()), skip_render_check=True)


def test_it_moves_as_the_world_says() -> None:
    env, paces = as_gymnasium(Slope()), []
    for seed in range(400):
        before = 0
        for at, reward, terminated, _ in run(env, 1, seed):
            paces.append(at - before)
            assert reward == float(at == 5) == float(terminated)
            before = at
    assert set(paces) == {0, 1}
    assert np.mean(paces) == pytest.approx(0.75, abs=0.03)


def test_an_episode_is_cut_at_the_horizon() -> None:
    steps = run(as_gymnasium(Slope()), 0, seed=0)
    assert [step[3] for step in steps] == [False] * 8 + [True]
    assert not any(step[2] for step in steps)


def test_the_same_seed_gives_the_same_episode() -> None:
    env = as_gymnasium(Slope())
    assert run(env, 1, seed=7) == run(env, 1, seed=7)
    assert len({tuple(run(env, 1, seed)) for seed in range(20)}) > 1


def test_noise_replaces_actions() -> None:
    env = as_gymnasium(Slope(), ["noisy"])
    final = [run(env, 0, seed)[-1][0] for seed in range(200)]
    assert np.mean(final) == pytest.approx(9 * 0.5 * 0.75, abs=0.4)


def test_a_shove_comes_just_before_acting() -> None:
    """Shoved at step 2: the state seen after two steps is already the new one."""
    steps = run(as_gymnasium(Slope()), 0, seed=0, context="shoved")
    assert [step[0] for step in steps[:3]] == [0, 4, 4]


def test_only_training_contexts_unless_others_are_named() -> None:
    assert {c.kind for c in as_gymnasium(world("coin")).contexts} == {"train"}  # pyright: ignore[reportArgumentType]
    assert [c.name for c in as_gymnasium(Slope(), ["shoved", "noisy"]).contexts] == ["shoved", "noisy"]


def test_an_episode_ends_where_it_is_told_to() -> None:
    steps = run(as_gymnasium(Slope(), ends=lambda state: state.at == 2), 1, seed=0)
    assert steps[-1][:3] == (2, 0.0, True)


def test_a_world_without_training_contexts_is_refused() -> None:
    bare = Slope()
    bare.contexts = bare.contexts[1:]
    with pytest.raises(BadWorld, match=r"'slope' has no context to train in.*\['noisy', 'shoved'\]"):
        as_gymnasium(bare)


def test_an_unknown_context_is_refused() -> None:
    with pytest.raises(NotFound, match="Did you mean 'noisy'"):
        as_gymnasium(Slope(), ["nosy"])


def test_a_gymnasium_world_reads_the_same_features() -> None:
    """Sub-environments that always go right: up one cell, or slipped."""
    again = GymWorld(lambda: as_gymnasium(Slope()), horizon=Slope.horizon)
    assert again.feature_kinds["at"] == "number"
    assert len(again.actions or ()) == 2
    seeds = np.random.default_rng(0).integers(2**63, size=32, dtype=np.uint64)
    sub_envs = again.sub_envs(32, again.contexts[0])
    sub_envs.reset(seeds)
    for t in range(3):
        sub_envs.step(np.ones(32, np.int32), np.ones(32, bool), t)
    seen = sub_envs.features(3)["at"]
    assert seen.shape == (4, 32)
    assert (seen[0] == 0).all()
    assert set(np.unique(np.diff(seen, axis=0))) == {0, 1}
    assert len({tuple(sub_env) for sub_env in seen.T}) > 1, "every sub-environment has its own draws"
    again.close()
