"""The world as recorded: where actions lead, and what everybody chose where."""

from __future__ import annotations

import numpy as np

from teloscope.goals.state_abstraction import abstract_states
from teloscope.goals.world_model import WorldModel, world_model
from teloscope.recordings.seeds import in_proposal_half
from teloscope.worlds.world import Context

PLAIN = (Context("plain"),)


def modelled(recording, proposing=None) -> tuple[WorldModel, np.ndarray]:
    """The model and `[S]` the x of its states; `proposing`: `[N]` which episodes propose, None: all."""
    abstract = abstract_states(recording)
    rows = {c.name: np.ones(recording.frame.episodes, np.bool_) if proposing is None else proposing
            for c in recording.contexts}  # fmt: skip
    model = world_model(recording, abstract, rows)
    return model, abstract.frame["x"].to_numpy()[model.abstract]


def chances(model: WorldModel, x: np.ndarray) -> dict[tuple[int, int, int], float]:
    """(x before, action, x after) -> chance."""
    out = {}
    for row in range(len(model.state)):
        line = model.successors[[row]].tocoo()
        for to, chance in zip(line.col, line.data, strict=True):
            out[int(x[model.state[row]]), int(model.action[row]), int(x[to])] = round(float(chance), 6)
    return out


def made(model: WorldModel, x: np.ndarray) -> dict[tuple[int, int], float]:
    """(x, action) -> how often the agent chose so in the proposing half."""
    choices = model.choices
    rows = zip(choices.near[:, 0], choices.action, choices.count, strict=True)
    return {(int(x[at]), int(action)): float(n) for at, action, n in rows if n}


LIVES = {
    ("plain", "agent"): {"x": [[0, 1], [0, 1], [0, 1], [0, 0]] * 4, "action": [[1, 0], [1, 0], [1, 0], [0, 0]] * 4},
    ("plain", "uniform"): {"x": [[0, 1], [0, 0]] * 8, "action": [[1, 0], [0, 0]] * 8},
}
"""Action 1 leads from 0 to 1 and ends there, action 0 stays; the agent took 1 in three of four moves."""


def test_chances_and_choices_are_counted(told):
    model, x = modelled(told(LIVES))
    assert chances(model, x) == {(0, 0, 0): 1.0, (0, 1, 1): 1.0}
    assert made(model, x) == {(0, 0): 4.0, (0, 1): 12.0}
    np.testing.assert_allclose(model.prior, [4.5 / 17, 12.5 / 17])


def test_chances_are_everybodys_and_choices_the_agents(told):
    lives = {
        ("plain", "agent"): {"x": [[0, 1]] * 8, "action": [[1, 0]] * 8},
        ("plain", "uniform"): {"x": [[0, 0], [0, 2]] * 4, "action": [[1, 0]] * 8},
    }
    model, x = modelled(told(lives))
    assert chances(model, x) == {(0, 1, 0): 0.25, (0, 1, 1): 0.5, (0, 1, 2): 0.25}
    assert made(model, x) == {(0, 1): 8.0}


def test_only_proposing_episodes_are_counted_but_all_choices_are_kept(told):
    recording = told(LIVES)
    proposing = np.arange(16) < 4
    model, x = modelled(recording, proposing)
    assert made(model, x) == {(0, 0): 1.0, (0, 1): 3.0}
    assert len(model.choices.of_step) == 16
    assert model.choices.proposing.sum() == 4


def test_waiting_after_an_early_end_is_no_choice(told):
    lives = {
        ("plain", a): {"x": [[0, 1], [0, 0, 0, 0]] * 4, "action": [[1, 0], [0, 0, 0, 0]] * 4}
        for a in ("agent", "uniform")
    }
    model, x = modelled(told(lives, horizon=3))
    assert made(model, x) == {(0, 1): 4.0, (0, 0): 12.0}


def test_fixing_contexts_are_not_counted(told):
    contexts = (Context("plain"), Context("granted", kind="fixing"))
    lives = {(c.name, a): {"x": [[0, 1, 2, 2]] * 8, "action": [[1, 1, 0, 0]] * 8}
             for c in contexts for a in ("agent", "uniform")}  # fmt: skip
    model, x = modelled(told(lives, contexts=contexts))
    assert made(model, x) == {(0, 1): 8.0, (1, 1): 8.0, (2, 0): 8.0}
    assert model.episodes == {"plain": 8}


def test_the_shove_is_nobodys_choice(told):
    contexts = (Context("shoved", shove_at=2),)
    lives = {("shoved", a): {"x": [[0, 1, 2, 2]] * 8, "action": [[1, 1, 0, 0]] * 8} for a in ("agent", "uniform")}
    model, x = modelled(told(lives, contexts=contexts))
    assert made(model, x) == {(0, 1): 8.0, (2, 0): 8.0}, "1 to 2 was the shove"


def test_continuous_moves_are_fitted_and_follow_inertia(told):
    """x moves by .1 times the action, -1 or 1: from everywhere action 1 leads up and action 0 down."""
    rng = np.random.default_rng(0)
    lives = {}
    for actor in ("agent", "uniform"):
        action = rng.integers(0, 2, (80, 41))
        x = np.cumsum(np.concatenate([rng.normal(size=(80, 1)), 0.1 * (2 * action[:, :-1] - 1)], axis=1), axis=1)
        lives["plain", actor] = {"x": x, "action": action}
    recording = told(lives)
    abstract = abstract_states(recording)
    assert abstract.cut
    model = world_model(recording, abstract, {"plain": in_proposal_half(recording.seeds("plain"))})
    x = abstract.frame["x"].to_numpy()[model.abstract]
    went = np.asarray(model.successors @ x) - x[model.state]
    inner = np.abs(x[model.state]) < 1
    for action, sign in ((0, -1), (1, 1)):  # what stands for a state is its cell's edge: short moves may show as none
        moved = sign * went[inner & (model.action == action)]
        assert (moved >= -1e-9).mean() > 0.95
        assert (moved > 1e-9).mean() > 0.6
    np.testing.assert_allclose(np.asarray(model.successors.sum(axis=1)).ravel(), 1, rtol=1e-9)
