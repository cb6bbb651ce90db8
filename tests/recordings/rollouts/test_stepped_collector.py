"""Stepped worlds: the episodes of a plain loop, whatever the sub-environments; and what is said when things break."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import polars as pl
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given
from hypothesis import strategies as st

from teloscope.agents.callables import callable_agent
from teloscope.agents.references import ActionHistory
from teloscope.errors import BadAgent, BadWorld
from teloscope.recordings import record
from teloscope.recordings import seeds as rng
from teloscope.recordings.rollouts.batch import Batch
from teloscope.recordings.rollouts.stepped_collector import Episodes, SteppedCollector, play
from teloscope.worlds.gym.sub_envs import env_seeds
from teloscope.worlds.gym.world import GymWorld
from teloscope.worlds.world import Context

LIMIT = 12


class Walk(gym.Env[Any, Any]):
    """A random walk between two walls that pays where it stands; the last place pays nothing."""

    metadata = {"render_modes": []}  # noqa: RUF012  (Gymnasium's own form)
    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = spaces.Discrete(3)

    def __init__(self, width: int = 6, broken: Callable[[Any], float] = lambda env: 0.0) -> None:
        self.width, self.broken = width, broken
        self.x = self.t = 0
        self.taken: list[int] = []

    def see(self) -> tuple[Any, dict[str, Any]]:
        return np.array([self.x, self.t + self.broken(self)]), {"parity": self.x % 2 == 0, "place": f"at {self.x}"}

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.x, self.t, self.taken = int(self.np_random.integers(1, self.width)), 0, []
        return self.see()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.taken.append(int(action))
        self.x += int(action) - 1 + int(self.np_random.integers(-1, 2))
        self.t += 1
        observation, info = self.see()
        return observation, self.x / 4, not 0 < self.x < self.width, self.t >= LIMIT, info


def batch(count: int, context: Context | None = None, first: int = 0) -> Batch:
    numbers = np.arange(first, first + count)
    context = context or Context("default", kind="train")
    return Batch(context, 0, numbers, rng.episode_seeds(0, context.name, numbers))


def by_place(observations: Any, t: int, alive: Any) -> Any:
    """Acts on what it sees, so that one wrong observation shows in everything after it."""
    return (observations[:, 0].astype(int) + t) % 3


def one_at_a_time(world: GymWorld, job: Batch) -> pl.DataFrame:
    """The oracle: a plain loop over a fresh environment an episode."""
    rows = []
    for number, seed in zip(job.episodes.tolist(), env_seeds(job.seeds), strict=True):
        env = world.env.make_one({})
        observation, info = env.reset(seed=seed)
        ended = False
        for t in range(world.horizon + 1):
            row = {"episode": number, "t": t, "obs_0": observation[0], "obs_1": observation[1], **info}
            action = int((int(observation[0]) + t) % 3)
            if t == world.horizon or ended:
                rows.append(row | {"action": None, "reward": 0.0})
                break
            observation, reward, terminated, truncated, info = env.step(action)
            ended = terminated or truncated
            rows.append(row | {"action": action, "reward": reward})
    return pl.DataFrame(rows)


def same(steps: pl.DataFrame, oracle: pl.DataFrame) -> None:
    columns = ["episode", "t", "action", "reward", "obs_0", "obs_1", "parity", "place"]
    assert set(steps.columns) == set(columns)
    assert steps.select(columns).rows() == oracle.select(columns).rows()


@given(st.integers(1, 40), st.integers(1, LIMIT + 3), st.integers(0, 1000))
def test_episodes_are_those_of_a_plain_loop(count: int, horizon: int, first: int) -> None:
    world = GymWorld(Walk, horizon=horizon)
    job = batch(count, first=first)
    episodes = play(world, by_place, job)
    oracle = one_at_a_time(world, job)
    same(episodes.steps, oracle)
    lengths = oracle.group_by("episode", maintain_order=True).agg(pl.len() - 1, pl.col("reward").sum())
    assert episodes.episodes["length"].to_list() == lengths["len"].to_list()
    assert episodes.episodes["return"].to_list() == lengths["reward"].to_list()
    last = oracle.group_by("episode", maintain_order=True).last()
    ended = [not 0 < x < 6 for x in last["obs_0"]]
    assert episodes.terminated.tolist() == ended


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP, AutoresetMode.DISABLED])
@pytest.mark.parametrize("sub_envs", [1, 5, 8])
def test_vector_environments_give_the_same_episodes_in_every_autoreset_mode(mode: AutoresetMode, sub_envs: int) -> None:
    features = {"double": lambda observation, info: 2.0 * observation[0]}
    vector = GymWorld(lambda: SyncVectorEnv([Walk] * 8, autoreset_mode=mode), features=features, horizon=LIMIT + 3)
    single = GymWorld(Walk, features=features, horizon=LIMIT + 3)
    assert vector.block == 8
    job = batch(sub_envs)
    steps = play(vector, by_place, job).steps
    assert steps.rows() == play(single, by_place, job).steps.rows()
    same(steps.drop("double"), one_at_a_time(single, job))
    assert (steps["double"] == 2 * steps["obs_0"]).all()


def test_a_native_vector_environment_records_no_frame_of_a_reset() -> None:
    world = GymWorld("CartPole-v1")
    episodes = play(world, lambda o, t, alive: (o[:, 2] > 0).astype(np.int64), batch(64))
    steps = episodes.steps
    out = (pl.col("cart_position").abs() > 2.4) | (pl.col("pole_angle").abs() > np.radians(12))
    last = pl.col("t") == pl.col("t").max().over("episode")
    assert steps.filter(out & ~last).is_empty()
    assert steps.filter(last).select(out).to_series().to_list() == episodes.terminated.tolist()
    assert episodes.terminated.all()
    assert len(set(episodes.lengths.tolist())) > 1
    assert episodes.episodes["return"].to_list() == episodes.lengths.tolist()


def test_a_batched_function_sees_what_single_ones_see() -> None:
    def energy(observations: Any, infos: Any) -> Any:
        return observations[:, 1] ** 2

    energy.batched = True  # type: ignore[attr-defined]
    vector = GymWorld("CartPole-v1", features={"energy": energy})
    single = GymWorld("CartPole-v1", features={"energy": lambda observation: observation[1] ** 2})
    assert (vector.seeding, single.seeding) == ("block", "episode")
    for world in (vector, single):
        steps = play(world, lambda o, t, alive: np.ones(len(alive), np.int64), batch(4)).steps
        assert steps["energy"].to_list() == pytest.approx((steps["cart_velocity"] ** 2).to_list())


def test_the_block_does_not_decide_what_an_episode_is() -> None:
    world = GymWorld(Walk)
    whole = play(world, by_place, batch(10)).steps
    parts = [play(world, by_place, batch(5, first=first)).steps for first in (0, 5)]
    assert whole.equals(pl.concat(parts))


def executed(world: GymWorld, chosen: int, context: Context, count: int = 40) -> list[list[int]]:
    """What the environments were given when the actor always chose the same."""
    play(world, lambda o, t, alive: np.full(len(alive), chosen), batch(count, context))
    return [list(env.unwrapped.taken) for env in world._pool[1][:count]]


def test_noise_replaces_actions_at_its_rate_and_alike_for_every_actor() -> None:
    world = GymWorld(lambda: Walk(width=1000), contexts=[noisy := Context("noise", start="default", noise=0.3)])
    zero, two = executed(world, 0, noisy), executed(world, 2, noisy)
    changed = [(a, b) for left, right in zip(zero, two, strict=True) for a, b in zip(left, right, strict=True)]
    assert all(a == b or (a, b) == (0, 2) for a, b in changed)
    slipped = [a for a, b in changed if a == b]
    assert len(slipped) / len(changed) == pytest.approx(0.3, abs=0.07)
    assert set(slipped) == {0, 1, 2}
    assert play(world, lambda o, t, alive: np.full(len(alive), 2), batch(9, noisy)).steps[
        "action"
    ].drop_nulls().unique().to_list() == [2]


def test_a_shove_forces_the_same_actions_on_every_actor() -> None:
    world = GymWorld(lambda: Walk(width=1000), shove_steps=3, contexts=[Context("shove", start="default", shove_at=2)])
    zero, two = (executed(world, chosen, world.contexts[0]) for chosen in (0, 2))
    assert all(row[:2] == [0, 0] and set(row[5:]) == {0} for row in zero)
    assert all(row[:2] == [2, 2] and set(row[5:]) == {2} for row in two)
    assert [row[2:5] for row in zero] == [row[2:5] for row in two]
    assert len({tuple(row[2:5]) for row in zero}) > 5


def test_what_is_not_finite_is_named_with_its_place() -> None:
    world = GymWorld(lambda: Walk(broken=lambda env: np.nan if env.t == 3 else 0.0), info=[])
    with pytest.raises(
        BadWorld, match=r"Feature 'obs_1' of world 'Walk' in context 'default' is nan in episode \d+, t=3"
    ):
        _ = play(world, by_place, batch(6)).steps


def test_nan_that_makes_the_agent_stumble_is_blamed_on_the_world() -> None:
    world = GymWorld(lambda: Walk(width=99, broken=lambda env: np.inf if env.t == 3 else 0.0), info=[])

    def act(observations: Any, t: int, alive: Any) -> Any:
        assert np.isfinite(observations).all()
        return np.ones(len(alive), np.int64)

    with pytest.raises(BadWorld, match=r"'obs_1'.* is inf .*t=3"):
        play(world, act, batch(6))


def test_the_reward_must_be_finite_too() -> None:
    class Pays(Walk):
        def step(self, action: Any) -> Any:
            observation, _, *rest = super().step(action)
            return observation, np.nan, *rest

    with pytest.raises(BadWorld, match=r"The reward of world 'Pays' in context 'default' is nan .* t=0"):
        _ = play(GymWorld(Pays), by_place, batch(2)).steps


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (
            lambda o, t, alive: np.full(len(alive), 3),
            r"chose 3; legal is a whole number from 0 to 2. \[context 'default', episode 0, t=0\]",
        ),
        (lambda o, t, alive: np.where(np.arange(len(alive)) == 4, -1, 1), r"chose -1;.* episode 4, t=0"),
        (lambda o, t, alive: np.zeros(2, int), r"an array of shape \(2,\).*whole number"),
        (lambda o, t, alive: np.full(len(alive), 0.5), r"chose 0\.5"),
        (lambda o, t, alive: np.full(len(alive), None), r"chose None"),
        (
            lambda o, t, alive: np.full(len(alive), 1 // (1 - t)),
            r"ZeroDivisionError.*test_stepped_collector.py.*\[context 'default', episodes 0 to 5, t=1\]",
        ),
    ],
)
def test_actors_that_act_wrongly_are_told_what_came_and_where(act: Any, message: str) -> None:
    with pytest.raises(BadAgent, match=message):
        play(GymWorld(lambda: Walk(width=99)), act, batch(6))


def test_whole_numbers_in_other_clothes_are_actions() -> None:
    world = GymWorld(Walk)
    plain = play(world, by_place, batch(5)).steps
    for dress in (np.float32, np.uint8, np.int16):
        assert play(
            world, lambda o, t, alive, d=dress: by_place(o, t, alive).astype(d)[:, None], batch(5)
        ).steps.equals(plain)


def test_a_world_that_raises_is_named() -> None:
    def fall(env: Any) -> float:
        if env.t == 10:
            raise OSError("cable pulled")
        return 0.0

    with pytest.raises(
        BadWorld, match=r"World 'Walk' raised OSError: cable pulled \[context 'default', episodes 0 to 1, t=9\]"
    ):
        play(GymWorld(lambda: Walk(width=999, broken=fall)), by_place, batch(2))


def test_info_that_goes_missing_is_named() -> None:
    class Forgets(Walk):
        def see(self) -> Any:
            observation, info = super().see()
            return observation, info if self.t < 10 else {}

    with pytest.raises(BadWorld, match=r"no 'parity' at t=10.*info=\[\.\.\.\]"):
        play(GymWorld(lambda: Forgets(width=999)), by_place, batch(2))


def test_what_was_recorded_before_a_fault_stays(tmp_path: Path) -> None:
    world = GymWorld(
        lambda: Walk(broken=lambda env: np.nan if env.width == 7 and env.t == 2 else 0.0), contexts={"wide": {}}
    )
    world = GymWorld(
        lambda width=6: Walk(width, broken=lambda env: np.nan if env.width == 50 and env.t == 2 else 0.0),
        contexts={"wide": {"width": 50}, "noise": None, "shove": None},
    )
    with pytest.raises(BadWorld, match=r"context 'wide' is nan in episode 0, t=2.*stays"):
        record(lambda o: 1, world, episodes=5, out=tmp_path)
    assert len(pl.read_parquet(tmp_path / "episodes/default/agent-00000.parquet")) == 5
    assert not list(tmp_path.glob("steps/wide/*.parquet"))


@pytest.mark.parametrize("act", [lambda o: 1, lambda o: "up"])
def test_faults_of_a_recorded_agent_are_plain(act: Any, tmp_path: Path) -> None:
    if act(None) == 1:
        assert record(act, GymWorld(Walk), episodes=1, out=tmp_path).frame.episodes == 1
    else:
        with pytest.raises(BadAgent, match=r"chose 'up'; legal actions: action_0.*context 'default', episode 0, t=0"):
            record(act, GymWorld(Walk), episodes=3, out=tmp_path)


def test_references_are_played_on_the_agents_seeds(tmp_path: Path) -> None:
    recording = record(lambda o: 2 if o[0] > 3 else 0, GymWorld(Walk, idle="action_1"), episodes=30, out=tmp_path)
    assert recording.actors == ["agent", "uniform", "marginal", "replay", "idle"]
    assert recording.manifest.paired
    starts = recording.steps("default").filter(pl.col("t") == 0).collect()
    by_episode = starts.group_by("episode").agg(pl.col("obs_0").n_unique())
    assert by_episode["obs_0"].to_list() == [1] * 30
    chosen = {
        actor: set(recording.steps(actor=actor).select("action").drop_nulls().unique().collect().to_series())
        for actor in recording.actors
    }
    assert chosen == {"agent": {0, 2}, "uniform": {0, 1, 2}, "marginal": {0, 2}, "replay": {0, 2}, "idle": {1}}


def test_continuous_actions_are_recorded_and_matched(tmp_path: Path) -> None:
    recording = record(
        lambda o: np.array([0.25 * o[0]], np.float32), GymWorld("Pendulum-v1", horizon=9), episodes=6, out=tmp_path
    )
    steps = recording.steps("default", "agent").collect()
    assert steps["action"].dtype == pl.Array(pl.Float32, 1)
    done = steps.filter(pl.col("t") < 9)
    assert done["action"].arr.first().to_list() == pytest.approx((0.25 * done["angle_cos"]).to_list(), abs=1e-6)
    own = {round(a[0], 6) for a in recording.steps(actor="agent").select("action").drop_nulls().collect().to_series()}
    for actor in ("marginal", "replay"):
        taken = recording.steps(actor=actor).select("action").drop_nulls().collect().to_series()
        assert {round(a[0], 6) for a in taken} <= own


def test_the_marginal_reference_has_the_agents_frequencies() -> None:
    world = GymWorld(lambda: Walk(width=1000))
    actions = np.tile(np.array([0, 0, 0, 2], np.uint8), (50, 3))
    habits = ActionHistory(actions, np.full(50, 12, np.int32), np.zeros(50, np.int32))
    played = SteppedCollector(world).play("marginal", callable_agent(lambda o: 0), habits, batch(50))
    assert (played.steps["action"].drop_nulls() == 0).mean() == pytest.approx(0.75, abs=0.06)


def test_seedless_worlds_claim_no_pairs(tmp_path: Path) -> None:
    class Unseeded(Walk):
        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            return super().reset(options=options)

    recording = record(lambda o: 1, GymWorld(Unseeded, seedless=True), episodes=3, out=tmp_path)
    assert not recording.manifest.paired


def test_a_horizon_of_one_has_two_states() -> None:
    steps = play(GymWorld(Walk, horizon=1), by_place, batch(3)).steps
    assert steps["t"].to_list() == [0, 1] * 3
    assert steps["action"].is_null().to_list() == [False, True] * 3


def test_a_vector_environment_of_one_seed_gives_the_same_block_again() -> None:
    def steps() -> Episodes:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return play(GymWorld("CartPole-v1"), lambda o, t, alive: np.full(len(alive), t % 2), batch(16))

    assert steps().steps.equals(steps().steps)
