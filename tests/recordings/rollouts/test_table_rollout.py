"""Rollouts against a plain loop that plays one episode at a time with its own arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from teloscope.agents.agent import TableAgent
from teloscope.recordings import record
from teloscope.recordings.rollouts import table_collector as collecting
from teloscope.recordings.seeds import INT_RANGE, episode_seeds, seed_word
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import Context

MASK = (1 << 64) - 1
START, WORLD, NOISE, SHOVE, ACT = range(5)


def mixed(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def word(seed: int, t: int, stream: int) -> int:
    return mixed((seed + 0x9E3779B97F4A7C15 * ((stream << 16) + t + 1)) & MASK)


def pick(word: int, things: list) -> object:
    return things[((word >> 33) * len(things)) >> 31]


def drawn(word: int, probabilities: list[float]) -> int:
    """Inverse distribution function."""
    total, lot = 0.0, word >> 33
    for i, p in enumerate(probabilities[:-1]):
        total += p
        if lot < round(total * INT_RANGE):
            return i
    return len(probabilities) - 1


class Loop:
    """Plays one episode from the world's own Python."""

    def __init__(self, world: TableWorld, policy: np.ndarray, context: Context, seed: int, actor: str) -> None:
        self.world, self.policy, self.seed = world, policy, seed
        self.own = mixed(seed ^ int(seed_word("actor", actor)))
        self.state, self.done, self.reward, self.hidden = (
            pick(word(seed, 0, START), list(world.starts(context.start))),
            False,
            0.0,
            0.0,
        )
        self.states, self.actions = [], []
        self.length = world.horizon
        for t in range(world.horizon):
            if t == context.shove_at and not self.done and (targets := list(world.shove(self.state))):
                self.state = pick(word(seed, t, SHOVE), targets)
            self.states.append(world.index(self.state, self.done))
            self.step(t, context.noise)
        self.states.append(world.index(self.state, self.done))

    def step(self, t: int, noise: float) -> None:
        actions = list(self.world.actions or ())
        rows = self.policy[t] if self.policy.ndim == 3 else self.policy
        chosen = drawn(word(self.own, t, ACT), rows[self.states[-1]].tolist())
        self.actions.append(chosen)
        if self.done:
            return
        slip = (word(self.seed, t, NOISE) >> 11) * 2.0**-53
        carried_out = int(slip / noise * len(actions)) if slip < noise else chosen
        outcomes = merged(self.world.step(self.state, actions[carried_out]))
        to = list(outcomes)[drawn(word(self.seed, t, WORLD), [p for p, _, _ in outcomes.values()])]
        prob, reward, hidden = outcomes[to]
        self.state, self.done = to
        self.reward, self.hidden = self.reward + reward / prob, self.hidden + hidden / prob
        if self.done:
            self.length = t + 1


def merged(outcomes) -> dict:
    """(state, done) -> probability, and reward and performance weighted with it; in the order of the world."""
    out: dict = {}
    for o in outcomes:
        p, r, h = out.get((o.state, o.done), (0.0, 0.0, 0.0))
        out[o.state, o.done] = (p + o.prob, r + o.prob * o.reward, h + o.prob * o.hidden)
    return out


def policies(world: TableWorld) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    s, a = world.table.n_states, world.table.n_actions
    return {
        "soft": rng.dirichlet(np.ones(a), s),
        "certain": np.eye(a)[rng.integers(0, a, s)],
        "habit": np.tile([0.125, 0.25, 0.625], (s, 1)),
        "by step": rng.dirichlet(np.ones(a), (world.horizon, s)),
        "certain by step": np.eye(a)[rng.integers(0, a, (world.horizon, s))],
    }


@pytest.mark.parametrize("kind", ["soft", "certain", "habit", "by step", "certain by step"])
def test_episodes_of_a_plain_loop(marsh, kind):
    policy = policies(marsh)[kind]
    recording = record(TableAgent(policy), marsh, episodes=60, contexts=[c.name for c in marsh.contexts], seed=11)
    for context in recording.contexts:
        seeds = [int(s) for s in episode_seeds(11, context.name, np.arange(60))]
        loops = [Loop(marsh, policy, context, seed, "agent") for seed in seeds]
        rows = recording.episodes(context.name, "agent")
        actions, lengths = recording.actions(context.name)
        assert recording.states(context.name, "agent").tolist() == [loop.states for loop in loops]
        assert lengths.tolist() == [loop.length for loop in loops]
        assert rows["seed"].to_list() == seeds
        assert rows["terminated"].to_list() == [loop.done for loop in loops]
        for taken, loop in zip(actions.tolist(), loops, strict=True):
            assert taken[: loop.length] == loop.actions[: loop.length]
        np.testing.assert_allclose(rows["return"], [loop.reward for loop in loops], rtol=1e-6)
        np.testing.assert_allclose(rows["hidden"], [loop.hidden for loop in loops], rtol=1e-6)


def test_references_are_loops_too(marsh):
    recording = record("random", marsh, episodes=40, seed=2)
    table = marsh.table
    uniform = np.full((table.n_states, 3), 1 / 3)
    idle = np.tile([1.0, 0.0, 0.0], (table.n_states, 1))
    for context in recording.contexts:
        seeds = [int(s) for s in episode_seeds(2, context.name, np.arange(40))]
        for actor, policy in (("uniform", uniform), ("idle", idle)):
            loops = [Loop(marsh, policy, context, seed, actor) for seed in seeds]
            assert recording.states(context.name, actor).tolist() == [loop.states for loop in loops]


def test_any_batch_size_gives_the_same_episodes(marsh, monkeypatch):
    agent = TableAgent(policies(marsh)["soft"])
    whole = record(agent, marsh, episodes=50)
    monkeypatch.setattr(collecting.TableCollector, "shard", 7)
    pieces = record(agent, marsh, episodes=50)
    assert pieces.manifest.shard == 7
    assert pieces.episodes().equals(whole.episodes())
    assert pieces.steps().collect().equals(whole.steps().collect())


def test_all_actors_meet_the_same_world(marsh):
    """Actors that choose alike fare alike: same starts, slips, noise and shoves."""
    recording = record("idle", marsh, episodes=100, contexts=["shoved", "noisy"])
    for context in ("shoved", "noisy"):
        own = recording.states(context, "agent")
        assert np.array_equal(own, recording.states(context, "idle"))
        assert np.array_equal(own[:, 0], recording.states(context, "uniform")[:, 0])
        assert not np.array_equal(own, recording.states(context, "uniform"))
        assert len(np.unique(own, axis=0)) > 10


def test_replay_is_the_agents_actions_from_elsewhere(marsh):
    recording = record("table?seed=3&soft=1", marsh, episodes=80)
    elsewhere = {
        tuple(actions[:length])
        for context in ("shoved", "noisy")
        for actions, length in zip(*(x.tolist() for x in recording.actions(context)), strict=True)
    }
    replayed, lengths = recording.actions("dry", "replay")
    for taken, length in zip(replayed.tolist(), lengths.tolist(), strict=True):
        assert any(tuple(taken[:length])[: len(donor)] == donor[:length] for donor in elsewhere)


def test_marginal_acts_as_often_as_the_agent(marsh):
    recording = record("drift?seed=4", marsh, episodes=3000)
    frequencies = []
    for actor in ("agent", "marginal"):
        taken = np.concatenate(
            [a[np.arange(9) < n[:, None]] for a, n in (recording.actions(c.name, actor) for c in recording.contexts)]
        )
        frequencies.append(np.bincount(taken, minlength=3) / len(taken))
    np.testing.assert_allclose(*frequencies, atol=0.01)
