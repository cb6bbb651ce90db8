"""Networks of other libraries as subjects: an ONNX file, a torch module, a recurrent policy, a player of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import teloscope
from teloscope.affect.minds.agent import MindAgent
from teloscope.affect.subject import Subject
from teloscope.affect.subjects import HookedModule, PlayerSubject
from teloscope.agents.agent import Agent
from teloscope.errors import BadAgent, NotFound
from teloscope.worlds.gym import GymWorld

EPISODES = 3


@pytest.fixture(scope="module")
def cartpole() -> GymWorld:
    return GymWorld("CartPole-v1")


def ones(actions: Any) -> Any:
    """Every action costs the same."""
    return np.ones(len(actions))


class Summing(Agent):
    """Keeps the sum of the pole's angles; acts against it."""

    name = "summing"

    def start(self, world: Any, episodes: int, seed: int) -> Summing:
        self.latents = np.zeros((episodes, 1))
        return self

    def act(self, observations: Any, t: int, alive: Any) -> Any:
        self.latents = self.latents + observations[:, 2:3]
        return (self.latents[:, 0] > 0).astype(np.int64)

    def set_latents(self, latents: Any) -> None:
        self.latents = latents


def test_a_player_of_ones_own_is_a_subject_whose_latents_can_be_set(cartpole: GymWorld) -> None:
    subject = PlayerSubject(Summing(), cartpole, effort=ones)
    assert isinstance(subject, Subject)
    assert subject.description.settable and not subject.description.clonable and subject.description.dimensions == 1
    subject.reset("forage", episodes=EPISODES, seed=1)
    first = subject.act()
    subject.reset("forage", episodes=EPISODES, seed=1)
    again = subject.act()
    np.testing.assert_array_equal(first.observation, again.observation)
    np.testing.assert_allclose(first.latents[:, 0], first.observation[:, 2], rtol=1e-6)
    subject.set_latents(np.full((EPISODES, 1), 5.0))
    pushed = subject.act()
    np.testing.assert_allclose(pushed.latents[:, 0], 5.0 + pushed.observation[:, 2], rtol=1e-5)
    with pytest.raises(BadAgent, match="can't be cloned"):
        subject.prospects(64)
    with pytest.raises(BadAgent, match="expected finite numbers"):
        subject.set_latents(np.zeros((EPISODES, 2)))
    with pytest.raises(NotFound, match="mirror"):
        subject.reset("mirror", episodes=1, seed=0)


def test_episodes_that_are_over_are_told(cartpole: GymWorld) -> None:
    subject = PlayerSubject(Summing(), cartpole, effort=ones)
    subject.reset("forage", episodes=EPISODES, seed=1)
    alive = np.ones(EPISODES)
    with pytest.raises(BadAgent, match="are over after"):
        for _ in range(500):
            step = subject.act()
            assert (step.alive <= alive).all()
            alive = step.alive
            subject.set_latents(np.full((EPISODES, 1), 9.0))


def test_who_gives_no_latents_can_not_be_a_subject(cartpole: GymWorld) -> None:
    with pytest.raises(BadAgent, match="gives none"):
        PlayerSubject(teloscope.agent(lambda observation: 0), cartpole, effort=ones)
    with pytest.raises(BadAgent, match="is a table"):
        PlayerSubject(Summing(), teloscope.world("coin"), effort=ones)
    with pytest.raises(BadAgent, match="which action is idle"):
        PlayerSubject(Summing(), cartpole)


def test_a_mind_is_such_a_subject_too_but_its_memory_is_not_set_there(mind_file: Path) -> None:
    subject = PlayerSubject(MindAgent(mind_file), teloscope.world("savanna"))
    assert subject.description.contexts == {"forage", "mirror", "symmetric", "no_shock"}
    subject.reset("mirror", episodes=1, seed=0)
    step = subject.act()
    assert step.latents.shape == (1, 68) and set(np.unique(step.effort)) <= {0, 0.25, 0.5, 1}
    np.testing.assert_allclose(step.observation[:, 6:12].min(1) <= 1, True)
    assert not subject.description.settable
    with pytest.raises(BadAgent, match="can't be set"):
        subject.set_latents(step.latents)


def test_a_hook_catches_a_layer_and_puts_another_in_its_place(cartpole: GymWorld) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 2))
    subject = PlayerSubject(HookedModule(module, "1"), cartpole, effort=ones)
    subject.reset("forage", episodes=EPISODES, seed=0)
    step = subject.act()
    with torch.no_grad():
        expected = module[1](module[0](torch.tensor(step.observation))).numpy()
    np.testing.assert_allclose(step.latents, expected, atol=1e-6)
    subject.set_latents(np.full((EPISODES, 6), 0.5))
    assert (subject.act().latents == 0.5).all()
    assert not (subject.act().latents == 0.5).any(), "a layer without memory keeps nothing"
    with pytest.raises(NotFound, match="Layer 'head' not found"):
        HookedModule(module, "head")
    with pytest.raises(BadAgent, match=r"gives \(3, 6\); expected logits of shape \(3, 2\)"):
        HookedModule(module[:2], "1").start(cartpole, 3, 0).act(np.zeros((3, 4)), 0, np.ones(3, bool))


def test_a_recurrent_policy_gives_its_memory_and_takes_another(cartpole: GymWorld, tmp_path: Path) -> None:
    contrib = pytest.importorskip("sb3_contrib")
    import gymnasium

    model = contrib.RecurrentPPO(
        "MlpLstmPolicy", gymnasium.make("CartPole-v1"), n_steps=8, policy_kwargs={"lstm_hidden_size": 5}, seed=0
    )
    model.save(tmp_path / "model.zip")
    subject = PlayerSubject(teloscope.agent(f"sb3:{tmp_path / 'model.zip'}", trust=True), cartpole, effort=ones)
    assert subject.description.dimensions == 10 and subject.description.settable
    subject.reset("forage", episodes=EPISODES, seed=0)
    first = subject.act()
    assert (np.abs(first.latents) < 1).all() and first.latents.std() > 0
    subject.set_latents(first.latents)
    np.testing.assert_array_equal(subject.latents(), first.latents)
    plain = subject.act()
    subject.reset("forage", episodes=EPISODES, seed=0)
    subject.act()
    subject.set_latents(first.latents + np.float32(1))
    pushed = subject.act()
    assert np.abs(pushed.latents - plain.latents).max() > 0.1
