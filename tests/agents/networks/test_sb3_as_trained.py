"""The policy that runs is the policy that was trained: normalised, stacked, masked, rescaled and with its memory.

The oracle is stable-baselines3's own loop: `predict` with the statistics, states and masks of training.
"""

from __future__ import annotations

import pickle
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from teloscope.agents import agent
from teloscope.agents.callables import callable_agent
from teloscope.agents.networks.sb3 import Sb3Agent
from teloscope.errors import BadAgent, NotFound
from teloscope.recordings import Recording, record
from teloscope.worlds.gym import GymWorld
from teloscope.worlds.gym.sub_envs import env_seeds

sb3: Any = pytest.importorskip("stable_baselines3")
STEPS = 12


class Thermostat(gym.Env[Any, Any]):
    """Kelvins around 300, which wander with the actions; far from what an unnormalised network expects."""

    metadata = {"render_modes": []}  # noqa: RUF012  (Gymnasium's own form)
    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space: spaces.Space[Any] = spaces.Discrete(3)

    def see(self) -> Any:
        return np.array([300 + self.x, self.t], np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.x, self.t = float(self.np_random.uniform(-5, 5)), 0
        return self.see(), self.said()

    def said(self) -> dict[str, Any]:
        return {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.x += float(np.sum(action)) - 1 + float(self.np_random.normal())
        self.t += 1
        return self.see(), -abs(self.x), False, self.t >= STEPS, self.said()


class Masked(Thermostat):
    """The action that was just taken is forbidden next; breaking the rule raises."""

    def reset(self, **given: Any) -> tuple[Any, dict[str, Any]]:
        self.last = 0
        return super().reset(**given)

    def action_masks(self) -> Any:
        return np.arange(3) != self.last

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        if int(action) == self.last:
            raise ValueError(f"{action} is forbidden")
        self.last = int(action)
        return super().step(action)


class Steered(Thermostat):
    action_space = spaces.Box(-2, 2, (1,), np.float32)


def trained(
    algorithm: str, env: Any, folder: Path, policy: str = "MlpPolicy", package: Any = sb3, **settings: Any
) -> Any:
    """A model after one round of training whose policy depends strongly on what it sees, saved as `model.zip`."""
    settings = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "seed": 3, "device": "cpu"} | settings
    model = getattr(package, algorithm)(policy, env, **settings)
    model.learn(32)
    import torch

    with torch.no_grad():
        for name, weights in model.policy.named_parameters():
            if name.startswith("action_net"):
                weights.mul_(200)
            if name.startswith("lstm_actor"):
                weights.mul_(5)
            if name == "lstm_actor.weight_ih_l0":
                weights[:, 0] = 0  # kelvins would drown what is remembered
    model.save(folder / "model.zip")
    return model


def recorded(spec: str, world: Any, episodes: int = 8) -> Recording:
    return record(agent(spec, trust=True), world, episodes=episodes, contexts=["default"])


def oracle(env: Any, recording: Recording, act: Any) -> np.ndarray[Any, Any]:
    """`[N, T]` the actions of a plain loop, one fresh memory an episode."""
    taken = []
    for seed in env_seeds(recording.seeds("default")):
        decide, mine, ended = act(), [], False
        seen, _ = env.reset(seed=seed)
        while not ended:
            action = decide(env, seen)
            seen, _, terminated, truncated, _ = env.step(action)
            ended = terminated or truncated
            mine.append(action)
        taken.append(mine)
    return np.array(taken)


def acts_of(recording: Recording) -> np.ndarray[Any, Any]:
    """`[N, T, ...]` what the agent did."""
    return recording.actions("default")[0][:, :STEPS]


def vec_normalize(make: Any = Thermostat, frames: int = 0) -> Any:
    from stable_baselines3.common.monitor import Monitor
    from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack, VecNormalize

    made = VecNormalize(DummyVecEnv([lambda: Monitor(make())]))
    return VecFrameStack(made, frames) if frames else made


def test_the_statistics_of_vecnormalize_are_read_where_they_lie(tmp_path: Path) -> None:
    env = vec_normalize()
    model = trained("PPO", env, tmp_path)
    env.save(str(tmp_path / "vecnormalize.pkl"))

    def act() -> Any:
        return lambda _, seen: int(model.predict(env.normalize_obs(seen), deterministic=True)[0])

    made = recorded(f"sb3:{tmp_path / 'model.zip'}", GymWorld(Thermostat))
    taken = acts_of(made)
    assert (taken == oracle(Thermostat(), made, act)).all()
    assert len(np.unique(taken)) > 1, "the oracle would not notice a constant answer"
    assert any("normalised by vecnormalize.pkl" in note for note in made.manifest.notes)
    assert not any("far from training" in note for note in made.manifest.notes)
    bare = recorded(f"sb3:{tmp_path / 'model.zip'}?normalize=no", GymWorld(Thermostat))
    assert (acts_of(bare) != taken).any()
    assert any("far from training" in note for note in bare.manifest.notes)
    assert bare.manifest.agent.digest != made.manifest.agent.digest


def test_missing_and_doubtful_statistics_are_refused(tmp_path: Path) -> None:
    env = vec_normalize()
    trained("PPO", env, tmp_path)
    spec = f"sb3:{tmp_path / 'model'}"
    with pytest.raises(
        BadAgent, match=r"trained under VecNormalize, and its statistics do not lie beside.*normalize=…"
    ):
        agent(spec, trust=True)
    with pytest.raises(NotFound, match=r"VecNormalize file 'other\.pkl' not found"):
        agent(f"{spec}?normalize=other.pkl", trust=True)
    for name in ("vecnormalize.pkl", "vec_normalize.pkl"):
        env.save(str(tmp_path / name))
    with pytest.raises(BadAgent, match="several files that may hold VecNormalize's statistics"):
        agent(spec, trust=True)
    named = agent(f"{spec}?normalize=vec_normalize.pkl", trust=True)
    assert isinstance(named, Sb3Agent) and named.normalizer is not None
    assert "normalize=vec_normalize.pkl" in named.name
    (tmp_path / "vecnormalize.pkl").write_bytes(b"no pickle")
    with pytest.raises(BadAgent, match="can't be read as the statistics"):
        agent(f"{spec}?normalize=vecnormalize.pkl", trust=True)
    (tmp_path / "plain").mkdir()
    trained("PPO", Thermostat(), tmp_path / "plain")
    env.save(str(tmp_path / "plain" / "vecnormalize.pkl"))
    with pytest.raises(BadAgent, match="the zip says that it was trained without"):
        agent(f"sb3:{tmp_path / 'plain' / 'model'}", trust=True)


@pytest.mark.parametrize(
    ("zip_name", "statistics"),
    [
        ("ppo_4000_steps.zip", "ppo_vecnormalize_4000_steps.pkl"),
        ("model.zip", "model_vecnormalize.pkl"),
        ("model.zip", "vec_normalize.pkl"),
        ("Thermostat-v0.zip", "Thermostat-v0/vecnormalize.pkl"),
        ("best_model.zip", "Thermostat-v0/vecnormalize.pkl"),
    ],
)
def test_where_statistics_lie_by_convention(zip_name: str, statistics: str, tmp_path: Path) -> None:
    env = vec_normalize()
    trained("PPO", env, tmp_path)
    (tmp_path / "model.zip").rename(tmp_path / zip_name)
    (tmp_path / statistics).parent.mkdir(exist_ok=True)
    env.save(str(tmp_path / statistics))
    loaded = Sb3Agent(tmp_path / zip_name, trust=True)
    assert loaded.normalizer is not None and loaded.normalizer.path == tmp_path / statistics


class Deterministic:
    """A model as a user hands it over, with the library's signature of `predict`."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, observation: Any, state: Any = None, episode_start: Any = None) -> Any:
        return self.model.predict(observation, state, episode_start, deterministic=True)


def test_a_recurrent_policy_keeps_its_memory_through_each_episode(tmp_path: Path) -> None:
    contrib = pytest.importorskip("sb3_contrib")
    model = trained("RecurrentPPO", Thermostat(), tmp_path, "MlpLstmPolicy", contrib)

    def act() -> Any:
        memory: Any = None

        def decide(_: Any, seen: Any) -> int:
            nonlocal memory
            action, memory = model.predict(seen, memory, np.array([memory is None]), deterministic=True)
            return int(action)

        return decide

    made = recorded(f"sb3:{tmp_path / 'model.zip'}", GymWorld(Thermostat))
    taken = acts_of(made)
    forgetful = oracle(Thermostat(), made, lambda: lambda _, seen: int(model.predict(seen, deterministic=True)[0]))
    assert (taken == oracle(Thermostat(), made, act)).all()
    assert (taken != forgetful).any(), "the oracle would not notice a lost memory"
    with pytest.raises(BadAgent, match=r"saved by RecurrentPPO, and `\?algo=PPO` asks for PPO"):
        agent(f"sb3:{tmp_path / 'model.zip'}?algo=PPO", trust=True)
    in_hand = record(callable_agent(Deterministic(model)), GymWorld(Thermostat), episodes=8, contexts=["default"])
    assert (acts_of(in_hand) == taken).all(), "a model that is handed over keeps its memory too"
    drawn = acts_of(recorded(f"sb3:{tmp_path / 'model.zip'}?sample=1", GymWorld(Thermostat)))
    assert (drawn != taken).any()


def test_a_recurrent_distribution_is_the_librarys(tmp_path: Path) -> None:
    """Drawn many times, a remembering policy acts as the library's own draws do."""
    contrib = pytest.importorskip("sb3_contrib")
    trained("RecurrentPPO", Thermostat(), tmp_path, "MlpLstmPolicy", contrib)
    loaded = Sb3Agent(tmp_path / "model.zip", trust=True, sample=True)
    many = 4000
    player: Any = loaded.start(GymWorld(Thermostat), many, seed=0)
    memory: Any = None
    loaded.model.set_random_seed(1)
    for t in range(3):
        seen = np.tile(np.array([[300.0 + t, t]], np.float32), (many, 1))
        mine = player.act(seen, t, np.ones(many, bool))
        theirs, memory = loaded.model.predict(seen, memory, np.full(many, t == 0), deterministic=False)
        for a in range(3):
            assert abs((mine == a).mean() - (theirs == a).mean()) < 0.05


def test_a_masked_policy_is_given_the_worlds_masks(tmp_path: Path) -> None:
    contrib = pytest.importorskip("sb3_contrib")
    model = trained("MaskablePPO", Masked(), tmp_path, package=contrib)

    def act() -> Any:
        return lambda env, seen: int(model.predict(seen, deterministic=True, action_masks=env.action_masks())[0])

    world = GymWorld(Masked)
    assert world.masks_actions
    made = record(agent(f"sb3:{tmp_path / 'model.zip'}", trust=True), world, episodes=8)  # noise and shoves too
    assert (acts_of(made) == oracle(Masked(), made, act)).all()
    with pytest.raises(BadAgent, match=r"trained with action masks.*gives none.*\?masks=no"):
        recorded(f"sb3:{tmp_path / 'model.zip'}", GymWorld(Thermostat))
    assert recorded(f"sb3:{tmp_path / 'model.zip'}?masks=no", GymWorld(Thermostat)).frame.episodes == 8


@pytest.mark.parametrize("normalised", [False, True])
def test_stacked_frames(normalised: bool, tmp_path: Path) -> None:
    from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack

    env: Any = vec_normalize(frames=3) if normalised else VecFrameStack(DummyVecEnv([Thermostat]), 3)
    model = trained("PPO", env, tmp_path)
    if normalised:
        env.venv.save(str(tmp_path / "vecnormalize.pkl"))
    with pytest.raises(BadAgent, match=r"stack of 3 frames: say `\?stack=3`"):
        recorded(f"sb3:{tmp_path / 'model.zip'}", GymWorld(Thermostat))

    def act() -> Any:
        frames = np.zeros(6, np.float32)

        def decide(_: Any, seen: Any) -> int:
            nonlocal frames
            frames = np.concatenate([frames[2:], env.venv.normalize_obs(seen) if normalised else seen])
            return int(model.predict(frames, deterministic=True)[0])

        return decide

    made = recorded(f"sb3:{tmp_path / 'model.zip'}?stack=3", GymWorld(Thermostat))
    assert (acts_of(made) == oracle(Thermostat(), made, act)).all()
    with pytest.raises(BadAgent, match="got stack=1"):
        Sb3Agent(tmp_path / "model.zip", trust=True, stack=1)


class Pictures(Thermostat):
    """A bright column moves over a small picture, channels last."""

    observation_space = spaces.Box(0, 255, (36, 40, 3), np.uint8)

    def see(self) -> Any:
        image = np.zeros((36, 40, 3), np.uint8)
        image[:, int(np.clip(self.x * 2 + 20, 0, 39)), self.t % 3] = 255
        return image


@pytest.mark.parametrize("frames", [1, 2])
def test_pictures_are_transposed_and_stacked_as_in_training(frames: int, tmp_path: Path) -> None:
    from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack

    env = VecFrameStack(DummyVecEnv([Pictures]), frames) if frames > 1 else Pictures()
    model = trained("PPO", env, tmp_path, "CnnPolicy")
    assert model.observation_space.shape == (3 * frames, 36, 40), "the library transposes"

    def act() -> Any:
        stack = np.zeros((36, 40, 3 * frames), np.uint8)

        def decide(_: Any, seen: Any) -> int:
            nonlocal stack
            stack = np.concatenate([stack[..., 3:], seen], axis=-1)
            return int(model.predict(stack, deterministic=True)[0])

        return decide

    option = f"?stack={frames}" if frames > 1 else ""
    made = recorded(f"sb3:{tmp_path / 'model.zip'}{option}", GymWorld(Pictures), episodes=4)
    assert (acts_of(made) == oracle(Pictures(), made, act)).all()


def test_rescaled_actions_are_named(tmp_path: Path) -> None:
    model = trained("PPO", gym.wrappers.RescaleAction(Steered(), np.float32(-1), np.float32(1)), tmp_path)
    with pytest.raises(BadAgent, match=r"same numbers would mean other actions.*rescale=yes.*RescaleAction"):
        recorded(f"sb3:{tmp_path / 'model.zip'}", GymWorld(Steered))

    def act() -> Any:
        return lambda _, seen: 2 * model.predict(seen, deterministic=True)[0]

    made = recorded(f"sb3:{tmp_path / 'model.zip'}?rescale=yes", GymWorld(Steered))
    np.testing.assert_allclose(acts_of(made), oracle(Steered(), made, act), rtol=1e-5)
    as_is = recorded(f"sb3:{tmp_path / 'model.zip'}?rescale=no", GymWorld(Steered))
    assert np.abs(acts_of(as_is)).max() <= 1


def test_returns_are_set_beside_those_of_training(tmp_path: Path) -> None:
    trained("PPO", Thermostat(), tmp_path)
    notes = recorded(f"sb3:{tmp_path / 'model.zip'}", GymWorld(Thermostat)).manifest.notes
    assert any("the last training episodes, kept in the zip (2)" in note for note in notes)
    np.savez(tmp_path / "evaluations.npz", results=np.array([[5000.0, 5001.0], [9000.0, 9001.0]]))
    notes = recorded(f"sb3:{tmp_path / 'model.zip'}", GymWorld(Thermostat)).manifest.notes
    assert any("the last evaluation in evaluations.npz (2) returned 9000" in n and "far apart" in n for n in notes)


def test_hindsight_replay_needs_no_environment_to_act(tmp_path: Path) -> None:
    from stable_baselines3.common.envs import BitFlippingEnv

    model = sb3.DQN(
        "MultiInputPolicy",
        BitFlippingEnv(n_bits=3),
        replay_buffer_class=sb3.HerReplayBuffer,
        buffer_size=100,
        learning_starts=50,
        device="cpu",
    )
    model.learn(10)
    model.save(tmp_path / "model.zip")
    assert Sb3Agent(tmp_path / "model.zip", trust=True).algorithm == "DQN"


class Own(sb3.common.policies.ActorCriticPolicy):
    """A policy class of the user's."""


def test_a_policy_class_of_ones_own_hides_no_algorithm(tmp_path: Path) -> None:
    """Its module says nothing; TRPO's settings look like A2C's but for its own."""
    contrib = pytest.importorskip("sb3_contrib")
    model = contrib.TRPO(Own, Thermostat(), n_steps=16, batch_size=16, device="cpu")
    model.save(tmp_path / "model.zip")
    assert Sb3Agent(tmp_path / "model.zip", trust=True).algorithm == "TRPO"


def test_a_zip_of_the_old_gym_loads_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces pickled as classes of `gym`, which is not installed when the zip is loaded."""
    old = {name: types.ModuleType(name) for name in ("gym", "gym.spaces", "gym.spaces.box", "gym.spaces.discrete")}
    box = type("Box", (spaces.Box,), {"__module__": "gym.spaces.box"})
    discrete = type("Discrete", (spaces.Discrete,), {"__module__": "gym.spaces.discrete"})
    old["gym.spaces.box"].Box, old["gym.spaces.discrete"].Discrete = box, discrete  # type: ignore[attr-defined]
    old["gym"].__version__ = "0.21.0"  # type: ignore[attr-defined]
    for name, module in old.items():
        monkeypatch.setitem(sys.modules, name, module)
    model = trained("PPO", Thermostat(), tmp_path)
    model.observation_space, model.action_space = box(-np.inf, np.inf, (2,), np.float32), discrete(3)
    assert b"gym.spaces.box" in pickle.dumps(model.observation_space)
    model.save(tmp_path / "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        assert b"gym.spaces.box.Box" in archive.read("data")
    monkeypatch.undo()
    assert "gym" not in sys.modules
    loaded = Sb3Agent(tmp_path / "model.zip", trust=True)
    assert type(loaded.model.observation_space) is spaces.Box
    made = recorded(f"sb3:{tmp_path / 'model.zip'}", GymWorld(Thermostat))
    model = sb3.PPO.load(tmp_path / "model.zip", custom_objects={k: getattr(Thermostat, k) for k in SPACES})
    expected = oracle(Thermostat(), made, lambda: lambda _, seen: int(model.predict(seen, deterministic=True)[0]))
    assert (acts_of(made) == expected).all()


SPACES = ("observation_space", "action_space")
