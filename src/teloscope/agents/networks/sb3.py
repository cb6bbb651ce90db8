"""`sb3:<path>`: a model that stable-baselines3 saved. Its zip holds pickles, so loading it needs `--trust`.

Which algorithm saved it is read from the zip's JSON, without unpickling anything.

Theory: A1. Source: stable-baselines3, https://stable-baselines3.readthedocs.io (save format).
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete
from numpy.typing import NDArray

from teloscope.agents.networks.network import WRAPPER_HINT, NetworkAgent, check_finite, matching_part, one_hot
from teloscope.errors import BadAgent, NotFound, NotTrusted, require
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

ALGORITHMS = ("PPO", "A2C", "DQN", "SAC", "TD3", "DDPG")
STOCHASTIC = ("PPO", "A2C", "SAC")
"""Algorithms whose policy is stochastic."""
UNNEEDED = {"learning_rate": 0.0, "lr_schedule": lambda _: 0.0, "clip_range": lambda _: 0.0, "buffer_size": 1}
"""Replaced on loading: needed only for further training, large (the replay buffer) or bound to a Python version."""


class Sb3Agent(NetworkAgent):
    """A stable-baselines3 model, acting deterministically unless told to sample."""

    def __init__(self, path: str | Path, algo: str | None = None, trust: bool = False, sample: bool = False) -> None:
        """Load the model.

        Args:
            path: the zip that `model.save` wrote, with or without its ending.
            algo: one of `ALGORITHMS`; None: read from the zip.
            trust: allow unpickling, which executes whatever code the zip holds.
            sample: draw from the policy's distribution rather than take its most likely action.

        Raises:
            NotFound: no such file or algorithm. NotTrusted: `trust` was not given.
            BadAgent: not a zip of stable-baselines3. MissingExtra: it is not installed.
        """
        self.path, self.sample = find_zip(path), sample
        self.name = f"sb3:{path}" + ("?sample=1" if sample else "")
        if not trust:
            raise NotTrusted(
                f"Agent {self.name!r} is a stable-baselines3 zip; loading it unpickles, which executes any "
                "code it holds. Add --trust (in Python: trust=True) if you trust it, or export its actor to ONNX."
            )
        self.algorithm = algo.upper() if algo else algorithm_of(self.path, self.name)
        if self.algorithm not in ALGORITHMS:
            raise NotFound("algorithm", self.algorithm, ALGORITHMS, f"It was asked for to load {self.name!r}.")
        if sample and self.algorithm not in STOCHASTIC:
            raise BadAgent(
                f"Agent {self.name!r} was saved by {self.algorithm}, whose policy is deterministic; "
                f"only {', '.join(STOCHASTIC)} can sample. Leave `sample` out."
            )
        library: Any = require("stable_baselines3", extra="sb3")
        try:
            self.model = getattr(library, self.algorithm).load(self.path, device="cpu", custom_objects=UNNEEDED)
        except Exception as error:
            raise BadAgent(
                f"Agent {self.name!r} can't be loaded as {self.algorithm} ({type(error).__name__}: {error}). "
                f"Name the algorithm that saved it, one of {', '.join(ALGORITHMS)}, as `sb3:{path}?algo=…`."
            ) from error
        self.model.policy.set_training_mode(False)

    @property
    def digest(self) -> str:
        """SHA-256 of the zip and of how it acts."""
        return hashlib.sha256(self.path.read_bytes() + (b"sample" if self.sample else b"")).hexdigest()

    def check(self, world: World) -> None:
        space = self.model.action_space
        if (int(space.n) if isinstance(space, Discrete) else None) != (len(world.actions) if world.actions else None):
            raise BadAgent(
                f"Agent {self.name!r} acts in {space}, but the world {world.name!r} has the actions {world.actions}. "
                "Load the model that was trained for this world."
            )
        if isinstance(world, TableWorld):
            self._check_observation(np.asarray(world.observe(world.table.states[0])).shape, world.name)

    def _check_observation(self, got: tuple[int, ...], name: str) -> None:
        wanted = self.model.observation_space.shape
        if wanted != got:
            raise BadAgent(
                f"Agent {self.name!r} expects observations of shape {wanted}, but the world {name!r} gives {got}. "
                "Load the model that was trained for this world."
            )

    def distribution(self, observations: Any, n_actions: int) -> NDArray[np.floating[Any]]:
        if not self.sample:
            return one_hot(self._predict(observations), n_actions, self.name)
        with self._acting():
            tensors, _ = self.model.policy.obs_to_tensor(self._fitted(observations))
            chances = self.model.policy.get_distribution(tensors).distribution.probs.detach().numpy()
        chances = chances.astype(np.float64)
        return check_finite(chances / chances.sum(axis=1, keepdims=True), self.name)

    def actions(self, observations: Any, rng: np.random.Generator) -> NDArray[Any]:
        if self.sample:
            self.model.set_random_seed(int(rng.integers(2**31)))
        return check_finite(self._predict(observations), self.name)

    def _predict(self, observations: Any) -> NDArray[Any]:
        with self._acting():
            actions, _ = self.model.predict(self._fitted(observations), deterministic=not self.sample)
        return np.asarray(actions)

    def _fitted(self, observations: Any) -> Any:
        """The part of the observations that the model reads; an image may have its channels last."""
        shape = self.model.observation_space.shape
        return observations if shape is None else matching_part(observations, (shape, (*shape[1:], *shape[:1])))

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """Raises BadAgent where the model can't process the observations."""
        try:
            with one_thread():
                yield
        except (ValueError, TypeError, RuntimeError, AssertionError) as error:
            raise BadAgent(
                f"Agent {self.name!r} can't act on this world's observations: {error} {WRAPPER_HINT}"
            ) from error


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread: the same numbers on every machine, and small batches don't wait for a second core."""
    torch: Any = require("torch", extra="sb3")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def find_zip(path: str | Path) -> Path:
    """The file at `path`, or at `path` with ".zip" added, as stable-baselines3 does.

    Raises:
        NotFound: neither exists.
    """
    for candidate in (Path(path), Path(f"{path}.zip")):
        if candidate.is_file():
            return candidate
    raise NotFound("model", str(path), (), "Give the path of a zip that stable-baselines3's `model.save` wrote.")


def algorithm_of(path: Path, name: str) -> str:
    """The algorithm that saved a zip, from its policy's module and its own settings; nothing is unpickled.

    Raises:
        BadAgent: not a zip of stable-baselines3, or of an algorithm that we don't know.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            settings = json.loads(archive.read("data"))
        module = settings["policy_class"]["__module__"]
    except (zipfile.BadZipFile, KeyError, TypeError, json.JSONDecodeError) as error:
        raise BadAgent(
            f"Agent {name!r} is not a zip that stable-baselines3 saved ({type(error).__name__}: {error}). "
            "Expected what `model.save` writes."
        ) from error
    if module == "stable_baselines3.common.policies":
        return "PPO" if "clip_range" in settings else "A2C"
    if module == "stable_baselines3.td3.policies":
        return "TD3" if settings.get("policy_delay", 2) != 1 else "DDPG"
    known = {f"stable_baselines3.{algorithm.lower()}.policies": algorithm for algorithm in ALGORITHMS}
    if module not in known:
        raise BadAgent(
            f"Agent {name!r} was saved with a policy from {module!r}; the algorithm can't be told from it. "
            f"Name one of {', '.join(ALGORITHMS)}, as `sb3:{path}?algo=…`."
        )
    return known[module]
