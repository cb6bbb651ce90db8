"""Models of stable-baselines3: told apart without unpickling, refused without trust, acting as the library does."""

from __future__ import annotations

import inspect
import json
import zipfile
from pathlib import Path
from typing import Any, cast

import gymnasium
import numpy as np
import pytest

from teloscope.agents import agent
from teloscope.agents.networks.sb3 import ALGORITHMS, Sb3Agent, algorithm_of
from teloscope.errors import BadAgent, NotFound, NotTrusted
from teloscope.recordings import record
from teloscope.worlds import World
from teloscope.worlds import world as world_named
from teloscope.worlds.table.gymnasium_env import as_gymnasium
from teloscope.worlds.table.world import TableWorld

sb3: Any = pytest.importorskip("stable_baselines3")

COIN = cast(TableWorld, world_named("coin"))
SMALL = {"net_arch": [8]}


class Pendulum(World):
    """What an agent asks of a world whose actions are continuous."""

    name = "pendulum"
    actions = None


def library_class(algorithm: str) -> Any:
    """The library's class; the test is skipped where sb3-contrib is not installed."""
    return getattr(pytest.importorskip(ALGORITHMS[algorithm].package), algorithm)


def make(algorithm: str, folder: Path, **policy: Any) -> Path:
    """An untrained model, saved; continuous where the algorithm needs it."""
    discrete = algorithm not in ("SAC", "TD3", "DDPG", "TQC", "CrossQ")
    env = as_gymnasium(COIN) if discrete else gymnasium.make("Pendulum-v1")
    on_policy = "gae_lambda" in inspect.signature(library_class(algorithm)).parameters
    settings: dict[str, Any] = {"n_steps": 8} if on_policy else {} if algorithm == "ARS" else {"buffer_size": 10}
    if algorithm.endswith("PPO") or algorithm == "TRPO":
        settings["batch_size"] = 8
    kind = {"RecurrentPPO": "MlpLstmPolicy"}.get(algorithm, "MlpPolicy")
    kwargs = SMALL | ({"lstm_hidden_size": 8} if kind == "MlpLstmPolicy" else {}) | policy
    model = library_class(algorithm)(kind, env, policy_kwargs=kwargs, seed=0, device="cpu", **settings)
    model.save(folder / "model.zip")
    return folder / "model.zip"


@pytest.fixture(scope="module")
def ppo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("PPO", tmp_path_factory.mktemp("ppo"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_algorithm_is_read_from_the_zip(algorithm: str, tmp_path: Path) -> None:
    path = make(algorithm, tmp_path)
    assert algorithm_of(path, "model") == algorithm
    assert type(Sb3Agent(path, trust=True).model) is library_class(algorithm)


def test_without_trust_nothing_is_unpickled(ppo: Path, tmp_path: Path) -> None:
    """The zip's pickles are replaced by garbage: whoever reads them fails otherwise than by NotTrusted."""
    with zipfile.ZipFile(ppo) as archive:
        settings = json.loads(archive.read("data"))
    settings["policy_kwargs"] = {":type:": "dict", ":serialized:": "bm8gcGlja2xl"}
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as archive:
        archive.writestr("data", json.dumps(settings))
    assert algorithm_of(tmp_path / "model.zip", "model") == "PPO"
    with pytest.raises(NotTrusted, match=r"executes any code it holds\. Add --trust"):
        agent(f"sb3:{tmp_path / 'model.zip'}")
    with pytest.raises(BadAgent, match="can't be loaded as PPO"):
        agent(f"sb3:{tmp_path / 'model.zip'}", trust=True)


@pytest.mark.parametrize("algorithm", ["PPO", "A2C", "DQN"])
def test_tabulated_as_the_library_predicts(algorithm: str, tmp_path: Path) -> None:
    path = make(algorithm, tmp_path)
    policy = Sb3Agent(path, trust=True).policy(COIN)
    assert policy is not None
    seen = np.stack([COIN.observe(state) for state in COIN.table.states])
    expected, _ = getattr(sb3, algorithm).load(path, device="cpu").predict(seen, deterministic=True)
    assert (policy == np.eye(5)[expected]).all()
    assert len(np.unique(expected)) > 1, "the oracle would not notice a constant answer"


def test_sampling_is_tabulated_as_the_policys_distribution(ppo: Path) -> None:
    import torch

    policy = agent(f"sb3:{ppo}?sample=1", trust=True).policy(COIN)
    assert policy is not None
    seen = torch.from_numpy(np.stack([COIN.observe(state) for state in COIN.table.states[:50]]))
    model = sb3.PPO.load(ppo, device="cpu")
    with torch.no_grad():
        logits = model.policy.get_distribution(seen).distribution.logits
    np.testing.assert_allclose(policy[:50], torch.softmax(logits, 1).numpy(), atol=1e-5)
    assert ((policy > 0) & (policy < 1)).all()


def test_stepping_and_tabulating_agree(ppo: Path) -> None:
    loaded = Sb3Agent(ppo, trust=True)
    policy = loaded.policy(COIN)
    assert policy is not None
    seen = np.stack([COIN.observe(state) for state in COIN.table.states[:100]])
    acted = loaded.start(COIN, 100, seed=0).act(seen, 0, np.ones(100, bool))
    assert (acted == policy[:100].argmax(1)).all()


@pytest.mark.parametrize("algorithm", ["SAC", "TD3"])
def test_continuous_actions(algorithm: str, tmp_path: Path) -> None:
    path = make(algorithm, tmp_path)
    seen = np.random.default_rng(0).uniform(-1, 1, (6, 3)).astype(np.float32)
    acted = Sb3Agent(path, trust=True).start(Pendulum(), 6, seed=0).act(seen, 0, np.ones(6, bool))
    expected, _ = getattr(sb3, algorithm).load(path, device="cpu").predict(seen, deterministic=True)
    np.testing.assert_array_equal(acted, expected)
    assert acted.shape == (6, 1)


def test_sampling_repeats_with_its_seed(tmp_path: Path) -> None:
    loaded = Sb3Agent(make("SAC", tmp_path), trust=True, sample=True)
    seen = np.zeros((6, 3), np.float32)
    one, two, other = (loaded.start(Pendulum(), 6, seed).act(seen, 0, np.ones(6, bool)) for seed in (1, 1, 2))
    assert (one == two).all()
    assert (one != other).all()
    assert len(np.unique(one)) == 6


def test_a_deterministic_algorithm_does_not_sample(tmp_path: Path) -> None:
    with pytest.raises(BadAgent, match="saved by DQN, whose policy is deterministic"):
        Sb3Agent(make("DQN", tmp_path), trust=True, sample=True)


def test_another_world_is_refused(ppo: Path, tmp_path: Path) -> None:
    with pytest.raises(BadAgent, match=r"acts in Discrete\(5\), but the world 'pendulum' has the actions None"):
        Sb3Agent(ppo, trust=True).start(Pendulum(), 1, seed=0)
    with pytest.raises(BadAgent, match=r"acts in Box.*but the world 'coin' has the actions \('stay'"):
        Sb3Agent(make("TD3", tmp_path), trust=True).policy(COIN)


def test_observations_of_another_shape_are_refused(tmp_path: Path) -> None:
    env = gymnasium.wrappers.FlattenObservation(as_gymnasium(COIN))
    sb3.A2C("MlpPolicy", env, policy_kwargs=SMALL, device="cpu").save(tmp_path / "flat")
    loaded = Sb3Agent(tmp_path / "flat", trust=True)
    with pytest.raises(BadAgent, match=r"shape \(336,\), but the world 'coin' gives \(3, 8, 14\)"):
        loaded.policy(COIN)


def test_a_model_trained_under_a_wrapper_reads_its_part_of_the_bare_observation(tmp_path: Path) -> None:
    pytest.importorskip("minigrid")
    from minigrid.wrappers import FlatObsWrapper, ImgObsWrapper

    env = gymnasium.make("MiniGrid-Empty-5x5-v0")
    model = sb3.PPO("MlpPolicy", ImgObsWrapper(env), n_steps=8, batch_size=8, policy_kwargs=SMALL, device="cpu", seed=0)
    model.save(tmp_path / "image")
    world = world_named("MiniGrid-Empty-5x5-v0")
    recording = record(f"sb3:{tmp_path / 'image'}", world, episodes=2, contexts=["default"], trust=True)
    taken, _ = recording.actions("default")
    seen, _ = env.reset(seed=int(recording.seeds("default")[0] % 2**31))
    action, _ = model.predict(seen["image"], deterministic=True)
    assert taken[0, 0] == action, "Empty looks alike from every seed"
    sb3.PPO("MlpPolicy", FlatObsWrapper(env), n_steps=8, batch_size=8, device="cpu").save(tmp_path / "flat")
    with pytest.raises(BadAgent, match="wrappers that the network was trained with"):
        record(f"sb3:{tmp_path / 'flat'}", world, episodes=2, contexts=["default"], trust=True)


def test_a_foreign_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "no model")
    for name in ("text", "other"):
        with pytest.raises(BadAgent, match="is not a zip that stable-baselines3 saved"):
            Sb3Agent(tmp_path / f"{name}.zip", trust=True)


def test_a_missing_zip_and_an_unknown_algorithm_are_refused(ppo: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"Model '.*none\.zip' not found"):
        Sb3Agent(tmp_path / "none.zip", trust=True)
    with pytest.raises(NotFound, match="Did you mean 'PPO'"):
        Sb3Agent(ppo, algo="ppoo", trust=True)


def test_the_digest_is_of_the_zip_and_how_it_acts(ppo: Path, tmp_path: Path) -> None:
    same, other = Sb3Agent(ppo, trust=True), Sb3Agent(make("A2C", tmp_path), trust=True)
    assert same.digest == Sb3Agent(ppo, trust=True).digest
    assert len({same.digest, other.digest, Sb3Agent(ppo, trust=True, sample=True).digest}) == 3


def test_torch_keeps_its_threads(ppo: Path) -> None:
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        Sb3Agent(ppo, trust=True).distribution(np.zeros((1, 3, 8, 14), np.float32), 5)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
