"""`sb3:<path>`: a model that stable-baselines3 or sb3-contrib saved. Its zip holds pickles: loading it needs `--trust`.

The policy acts on what it saw in training: statistics of `VecNormalize` are read where they lie beside the zip, a
recurrent policy keeps its memory through each episode, a masked one is given the world's masks. What a zip does not
say (stacked frames, rescaled actions) is named in options:

    ?algo=PPO          the algorithm, where it can't be told
    ?normalize=…       the file of VecNormalize's statistics; no: do without
    ?stack=4           frames that are stacked, as VecFrameStack does
    ?rescale=yes       actions were rescaled to the model's bounds (RescaleAction); no: they were not
    ?masks=no          a masked policy acts without masks
    ?sample=1          draw from the policy's distribution rather than take its most likely action

Theory: A1. Source: stable-baselines3 and sb3-contrib.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from teloscope.agents.agent import Player, Policy
from teloscope.agents.networks.network import (
    WRAPPER_HINT,
    NetworkAgent,
    NetworkPlayer,
    check_finite,
    matching_part,
    one_hot,
)
from teloscope.agents.networks.observation_range import TrainedRange
from teloscope.agents.networks.old_gym import unpickle_space
from teloscope.agents.networks.sb3_evaluation import Evaluation, evaluation_of, return_remark
from teloscope.agents.networks.sb3_observations import Normalizer, find_statistics, stack_of
from teloscope.agents.networks.sb3_player import Sb3Player
from teloscope.agents.networks.sb3_zip import (
    ALGORITHMS,
    CONTRIB,
    SavedModel,
    algorithm_of,
    find_zip,
    read_zip,
    unknown_algorithm,
)
from teloscope.errors import BadAgent, NotFound, require
from teloscope.trust import demand_trust
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

__all__ = ["ALGORITHMS", "Sb3Agent", "algorithm_of", "find_zip"]

UNNEEDED = {
    "learning_rate": 0.0,
    "lr_schedule": lambda _: 0.0,
    "clip_range": lambda _: 0.0,
    "buffer_size": 1,
    "replay_buffer_class": None,
    "replay_buffer_kwargs": {},
    "exploration_schedule": lambda _: 0.0,
}
"""Replaced on loading where the zip has it: needed only for further training, large (the replay buffer), or bound to a
Python version or to an environment."""
MAGNITUDE = 4.0
"""The last observations of training tell their order of magnitude: this many times their largest value."""


class Sb3Agent(NetworkAgent):
    """A model of stable-baselines3 or sb3-contrib, acting deterministically unless told to sample."""

    def __init__(
        self,
        path: str | Path,
        algo: str | None = None,
        trust: bool = False,
        sample: bool = False,
        normalize: str | None = None,
        stack: int | None = None,
        rescale: bool | None = None,
        masks: bool = True,
    ) -> None:
        """Load the model.

        Args:
            path: the zip that `model.save` wrote, with or without its ending.
            algo: one of `ALGORITHMS`; None: read from the zip.
            trust: allow unpickling, which executes whatever code the zip and the statistics hold.
            sample: draw from the policy's distribution rather than take its most likely action.
            normalize: the file of VecNormalize's statistics, or `no`; None: where it lies by convention.
            stack: frames that are stacked.
            rescale: whether the model's actions are to be rescaled to the world's bounds; None: only if they agree.
            masks: whether a masked policy is to be given masks.

        Raises:
            NotFound: no such file or algorithm. NotTrusted: `trust` was not given. MissingExtra: the library is not
                installed. BadAgent: not a zip of stable-baselines3, or not of this algorithm; or statistics are
                missing.
        """
        self.path, self.sample, self.stack, self.rescale, self.masks = find_zip(path), sample, stack, rescale, masks
        self.name = _name(path, algo, sample, normalize, stack, rescale, masks)
        demand_trust(
            trust,
            f"Agent {self.name!r} is a stable-baselines3 zip; loading it unpickles, which executes any code it holds.",
            ", or export its actor to ONNX",
        )
        saved = read_zip(self.path, self.name)
        self.algorithm = _algorithm(saved, algo, self.name)
        if sample and not ALGORITHMS[self.algorithm].stochastic:
            stochastic = ", ".join(name for name, about in ALGORITHMS.items() if about.stochastic)
            raise BadAgent(
                f"Agent {self.name!r} was saved by {self.algorithm}, whose policy is deterministic; "
                f"only {stochastic} can sample. Leave `sample` out."
            )
        if stack is not None and stack < 2:
            raise BadAgent(f"Agent {self.name!r} got stack={stack}; expected 2 frames or more, or leave it out.")
        self.model = _load(saved, self.algorithm, self.name)
        self.model.policy.set_training_mode(False)
        statistics = find_statistics(saved, normalize, self.name)
        self.normalizer = Normalizer(statistics, self.name) if statistics is not None else None
        self.trained = self._trained_range()
        self.evaluation: Evaluation | None = evaluation_of(self.path, self.model)
        self._scaling: tuple[NDArray[Any], NDArray[Any]] | None = None
        """Lowest and highest actions of the world, where the model's are rescaled to them."""

    @property
    def digest(self) -> str:
        """SHA-256 of the zip, the statistics, and everything else that changes how it acts."""
        sha = hashlib.sha256(self.path.read_bytes())
        how = [self.sample, self.algorithm, self.stack, self.rescale, self.masks]
        sha.update(json.dumps(how).encode())
        if self.normalizer is not None:
            sha.update(self.normalizer.pickled)
        return sha.hexdigest()

    @property
    def recurrent(self) -> bool:
        """Whether the policy has a memory."""
        return self.algorithm == "RecurrentPPO"

    @property
    def masked(self) -> bool:
        """Whether the policy is to be told which actions are allowed."""
        return self.algorithm == "MaskablePPO" and self.masks

    def check(self, world: World) -> None:
        self._check_actions(world)
        if self.masked and not getattr(world, "masks_actions", False):
            raise BadAgent(
                f"Agent {self.name!r} was trained with action masks (MaskablePPO), but the world {world.name!r} gives "
                "none. Wrap the environment so that it has a method `action_masks` (sb3_contrib's ActionMasker) or an "
                "`action_mask` in its info, or say `?masks=no` to let it act without."
            )
        if isinstance(world, TableWorld):
            self._check_observation(np.asarray(world.observe(world.table.states[0])).shape, world.name)

    def _check_actions(self, world: World) -> None:
        """The model's action space against the world's, bounds included; sets how actions are rescaled.

        Raises:
            BadAgent: they differ.
        """
        mine, theirs = self.model.action_space, getattr(getattr(world, "action_set", None), "space", None)
        count = len(world.actions) if world.actions else None
        if (int(mine.n) if isinstance(mine, spaces.Discrete) else None) != count or not _alike(mine, theirs):
            raise BadAgent(
                f"Agent {self.name!r} acts in {mine}, but the world {world.name!r} has the actions "
                f"{world.actions if theirs is None or count is not None else theirs}. "
                "Load the model that was trained for this world."
            )
        self._scaling = None
        if not isinstance(mine, spaces.Box) or not isinstance(theirs, spaces.Box):
            return
        if np.allclose(mine.low, theirs.low) and np.allclose(mine.high, theirs.high):
            return
        if self.rescale is None:
            raise BadAgent(
                f"Agent {self.name!r} acts in {mine}, but the world {world.name!r} takes actions in {theirs}: the "
                "same numbers would mean other actions than in training. Say `?rescale=yes` if it was trained under "
                "RescaleAction (its bounds are stretched to the world's), or `?rescale=no` if they mean the same."
            )
        if self.rescale:
            self._scaling = theirs.low, theirs.high

    def _check_observation(self, got: tuple[int, ...], name: str) -> None:
        wanted = self.model.observation_space.shape
        if self.stack is None and wanted != got:
            raise BadAgent(
                f"Agent {self.name!r} expects observations of shape {wanted}, but the world {name!r} gives {got}. "
                f"{self._stack_hint(got)}Load the model that was trained for this world."
            )

    def _stack_hint(self, got: tuple[int, ...]) -> str:
        found = None if self.stack else stack_of(self.model.observation_space, got)
        return f"It looks like a stack of {found[0]} frames: say `?stack={found[0]}` if it is. " if found else ""

    def policy(self, world: TableWorld) -> Policy | None:
        if self.recurrent or self.stack or self.masked:
            self.check(world)
            return None  # it depends on more than the state that is seen
        return super().policy(world)

    def start(self, world: World, episodes: int, seed: int) -> Player:
        self.check(world)
        n_actions = None if world.actions is None else len(world.actions)
        if self.recurrent or self.stack or self.masked:
            return Sb3Player(self, n_actions, seed)
        return NetworkPlayer(self, n_actions, seed)

    def distribution(self, observations: Any, n_actions: int) -> NDArray[np.floating[Any]]:
        if not self.sample:
            return one_hot(self._predict(observations), n_actions, self.name)
        with self.acting():
            tensors, _ = self.model.policy.obs_to_tensor(self.prepared(observations))
            chances = self.model.policy.get_distribution(tensors).distribution.probs.detach().numpy()
        chances = chances.astype(np.float64)
        return check_finite(chances / chances.sum(axis=1, keepdims=True), self.name)

    def actions(self, observations: Any, rng: np.random.Generator) -> NDArray[Any]:
        if self.sample:
            self.seed_draws(rng, len(_first_part(observations)))
        return self.rescaled(check_finite(self._predict(observations), self.name))

    def seed_draws(self, rng: np.random.Generator, count: int) -> None:
        """Seed the library's own draws, for `count` rows; state-dependent exploration draws its matrices anew."""
        self.model.set_random_seed(int(rng.integers(2**31)))
        if getattr(self.model, "use_sde", False):
            self.model.policy.reset_noise(count)

    def rescaled(self, actions: NDArray[Any]) -> NDArray[Any]:
        """Actions `[N, ...]` in the world's bounds."""
        if self._scaling is None:
            return actions
        mine, (low, high) = self.model.action_space, self._scaling
        return (low + (actions - mine.low) * (high - low) / (mine.high - mine.low)).astype(np.float32)

    def _predict(self, observations: Any) -> NDArray[Any]:
        with self.acting():
            actions, _ = self.model.predict(self.prepared(observations), deterministic=not self.sample)
        return np.asarray(actions)

    def prepared(self, observations: Any) -> Any:
        """The part of the observations that the model reads, normalised; an image may have its channels last."""
        read = self.part(observations)
        return read if self.normalizer is None else self.normalizer.normalized(read)

    def part(self, observations: Any) -> Any:
        """The part of the observations that the model reads."""
        shape = self.model.observation_space.shape
        return observations if shape is None else matching_part(observations, (shape, (*shape[1:], *shape[:1])))

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Raises BadAgent where the model can't process the observations."""
        try:
            with one_thread():
                yield
        except (ValueError, TypeError, RuntimeError, AssertionError, KeyError) as error:
            hint = self._stack_hint(_shape_in(error)) or WRAPPER_HINT
            raise BadAgent(f"Agent {self.name!r} can't act on this world's observations: {error} {hint}") from error

    def remarks(self, returns: Sequence[float]) -> list[str]:
        remarks = super().remarks(returns)
        if self.normalizer is not None:
            what = "are normalised by" if self.normalizer.on else "are not normalised, says"
            remarks.insert(0, f"The agent's observations {what} {self.normalizer.path.name}.")
        return [*remarks, return_remark(self.evaluation, returns)]

    def _trained_range(self) -> TrainedRange | None:
        """What the network saw in training: of the statistics, the declared bounds, or the last observations."""
        if self.normalizer is not None and self.normalizer.statistics:
            return self.normalizer.trained
        space = self.model.observation_space
        if isinstance(space, spaces.Box) and np.isfinite(space.low).all() and np.isfinite(space.high).all():
            return TrainedRange({"": (space.low, space.high)}, "the bounds of the observation space in the zip")
        last = getattr(self.model, "_last_obs", None)
        if isinstance(last, np.ndarray) and last.dtype.kind == "f" and np.isfinite(last).all() and last.size:
            most = MAGNITUDE * max(float(np.abs(last).max()), 1.0)
            return TrainedRange({"": (np.array(-most), np.array(most))}, "the last observations of training in the zip")
        return None


def _name(path: Any, *options: Any) -> str:
    """The agent's name with the options that were given."""
    algo, sample, normalize, stack, rescale, masks = options
    given = {
        "algo": algo,
        "sample": "1" if sample else None,
        "normalize": normalize,
        "stack": stack,
        "rescale": None if rescale is None else "yes" if rescale else "no",
        "masks": None if masks else "no",
    }
    query = urlencode({key: value for key, value in given.items() if value is not None}, safe="/:")
    return f"sb3:{path}" + (f"?{query}" if query else "")


def _algorithm(saved: SavedModel, asked: str | None, name: str) -> str:
    """The algorithm to load a zip with.

    Raises:
        NotFound: an algorithm that there isn't. BadAgent: it can't be told, or is told to be another than asked for.
    """
    if asked is None:
        if saved.algorithm is None:
            raise unknown_algorithm(saved, name)
        return saved.algorithm
    known = {algorithm.lower(): algorithm for algorithm in ALGORITHMS}
    if asked.lower() not in known:
        raise NotFound("algorithm", asked.upper(), ALGORITHMS, f"It was asked for to load {name!r}.")
    algorithm = known[asked.lower()]
    if saved.algorithm not in (None, algorithm):
        raise BadAgent(
            f"Agent {name!r} was saved by {saved.algorithm}, and `?algo={asked}` asks for {algorithm}: loaded so, "
            "another policy would run than was trained. Leave `algo` out."
        )
    return algorithm


def _load(saved: SavedModel, algorithm: str, name: str) -> Any:
    """The model.

    Raises:
        BadAgent: the library can't load it. MissingExtra: the library is not installed.
    """
    package = ALGORITHMS[algorithm].package
    library: Any = require(package, extra="sb3-contrib" if package == CONTRIB else "sb3")
    replaced: dict[str, Any] = {key: value for key, value in UNNEEDED.items() if key in saved.settings}
    try:
        for key in ("observation_space", "action_space"):
            if saved.space_type(key).startswith("gym."):
                replaced[key] = unpickle_space(base64.b64decode(saved.settings[key][":serialized:"]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of entries that only further training needs
            return getattr(library, algorithm).load(saved.path, device="cpu", custom_objects=replaced)
    except Exception as error:
        raise BadAgent(
            f"Agent {name!r} can't be loaded as {algorithm} ({type(error).__name__}: {error}). {_remedy(saved, error)}"
        ) from error


def _remedy(saved: SavedModel, error: Exception) -> str:
    """What to do about a model that can't be loaded."""
    if isinstance(error, ModuleNotFoundError):
        return f"It was saved with classes of the module {error.name!r}: install it, or run where it lies."
    if saved.algorithm is None:
        return f"Name the algorithm that saved it, one of {', '.join(ALGORITHMS)}, as `sb3:{saved.path}?algo=…`."
    return (
        "Load it with the versions that saved it (system_info.txt in the zip lists them) and save it again, or export "
        "its actor to ONNX."
    )


def _alike(mine: spaces.Space[Any], theirs: spaces.Space[Any] | None) -> bool:
    """Whether two action spaces are of one kind and shape; their bounds are compared elsewhere."""
    if theirs is None or isinstance(theirs, spaces.Discrete):
        return True  # counted by the names of the actions
    if type(mine).__name__ != type(theirs).__name__ or mine.shape != theirs.shape:
        return False
    return not isinstance(theirs, spaces.MultiDiscrete) or bool(np.array_equal(mine.nvec, theirs.nvec))  # type: ignore[attr-defined]


def _first_part(observations: Any) -> Any:
    return next(iter(observations.values())) if isinstance(observations, dict) else observations


def _shape_in(error: Exception) -> tuple[int, ...]:
    """The shape of one observation that the library's message names, if it does."""
    found = re.search(r"observation shape \((\d+(?:, ?\d+)*),?\)", str(error))
    return tuple(int(size) for size in found[1].split(","))[1:] if found else ()


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
