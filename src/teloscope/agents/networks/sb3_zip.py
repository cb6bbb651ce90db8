"""What a stable-baselines3 zip says about itself, read without unpickling anything.

Source: stable-baselines3 and sb3-contrib (save format).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from teloscope.errors import BadAgent, NotFound


class Algorithm(NamedTuple):
    """What matters here of a training algorithm."""

    package: str
    settings: tuple[str, ...] = ()
    """Entries that only its zips have, beside those of every algorithm."""
    stochastic: bool = False
    """Whether its policy is stochastic."""


SB3, CONTRIB = "stable_baselines3", "sb3_contrib"
ALGORITHMS: dict[str, Algorithm] = {
    "PPO": Algorithm(SB3, stochastic=True),
    "A2C": Algorithm(SB3, stochastic=True),
    "DQN": Algorithm(SB3),
    "SAC": Algorithm(SB3, stochastic=True),
    "TD3": Algorithm(SB3),
    "DDPG": Algorithm(SB3),
    "RecurrentPPO": Algorithm(CONTRIB, stochastic=True),
    "MaskablePPO": Algorithm(CONTRIB, stochastic=True),
    "TRPO": Algorithm(CONTRIB, ("cg_max_steps",), stochastic=True),
    "QRDQN": Algorithm(CONTRIB, ("n_quantiles",)),
    "TQC": Algorithm(CONTRIB, ("top_quantiles_to_drop_per_net",), stochastic=True),
    "CrossQ": Algorithm(CONTRIB, stochastic=True),
    "ARS": Algorithm(CONTRIB, ("n_delta", "zero_policy")),
}
"""Name -> algorithm."""


class SavedModel(NamedTuple):
    """A zip that `model.save` wrote."""

    path: Path
    settings: Mapping[str, Any]
    """The JSON in it."""
    algorithm: str | None
    """Which algorithm saved it; None: that can't be told."""

    @property
    def normalized(self) -> bool | None:
        """Whether it was trained under `VecNormalize`; None: it was not trained, or the zip doesn't say.

        The library keeps the observations before normalisation only where there was one, but for algorithms with a
        replay buffer, which always keep them.
        """
        off_policy = "replay_buffer_class" in self.settings or "buffer_size" in self.settings
        if off_policy or self.settings.get("_last_obs") is None or "_last_original_obs" not in self.settings:
            return None
        return self.settings["_last_original_obs"] is not None

    def space_type(self, key: str) -> str:
        """The class of a space as it was saved, such as `gym.spaces.box.Box`."""
        entry = self.settings.get(key)
        text = entry.get(":type:", "") if isinstance(entry, Mapping) else ""
        return text.removeprefix("<class '").removesuffix("'>")


def find_zip(path: str | Path) -> Path:
    """The file at `path`, or at `path` with ".zip" added, as stable-baselines3 does.

    Raises:
        NotFound: neither exists.
    """
    for candidate in (Path(path), Path(f"{path}.zip")):
        if candidate.is_file():
            return candidate
    raise NotFound("model", str(path), (), "Give the path of a zip that stable-baselines3's `model.save` wrote.")


def read_zip(path: Path, name: str) -> SavedModel:
    """What a zip says about itself.

    Raises:
        BadAgent: not a zip of stable-baselines3.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            settings = json.loads(archive.read("data"))
            module = str(settings["policy_class"]["__module__"])
            weights = archive.read("policy.pth") if "policy.pth" in archive.namelist() else b""
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, OSError) as error:
        raise BadAgent(
            f"Agent {name!r} is not a zip that stable-baselines3 saved ({type(error).__name__}: {error}). "
            "Expected what `model.save` writes."
        ) from error
    return SavedModel(path, settings, _algorithm(settings, module, weights))


def algorithm_of(path: Path, name: str) -> str:
    """The algorithm that saved a zip.

    Raises:
        BadAgent: not a zip of stable-baselines3, or of an algorithm that we don't know.
    """
    saved = read_zip(path, name)
    if saved.algorithm is None:
        raise unknown_algorithm(saved, name)
    return saved.algorithm


def unknown_algorithm(saved: SavedModel, name: str) -> BadAgent:
    """The error that no algorithm fits a zip."""
    module = saved.settings["policy_class"].get("__module__")
    return BadAgent(
        f"Agent {name!r} was saved with a policy from {module!r}; the algorithm can't be told from it. "
        f"Name the one that saved it, of {', '.join(ALGORITHMS)}, as `sb3:{saved.path}?algo=…`."
    )


def _algorithm(settings: Mapping[str, Any], module: str, weights: bytes) -> str | None:
    """The algorithm, from the policy's module, the settings, and the names of the weights.

    A policy class of the user's own has another module; the settings and weights are the algorithm's all the same.
    """
    for name, algorithm in ALGORITHMS.items():
        if algorithm.settings and all(key in settings for key in algorithm.settings):
            return name
    if "clip_range" in settings:
        buffer = settings.get("rollout_buffer_class")
        masked = "maskable" in module or "maskable" in str(isinstance(buffer, Mapping) and buffer.get("__module__"))
        if masked:
            return "MaskablePPO"
        return "RecurrentPPO" if "recurrent" in module or _has_weights(weights, b"lstm_actor") else "PPO"
    if "gae_lambda" in settings:
        return "A2C"
    if "exploration_rate" in settings:
        return "DQN"
    if "target_policy_noise" in settings:
        return "TD3" if settings.get("policy_delay", 2) != 1 else "DDPG"
    if "target_entropy" in settings:
        return "CrossQ" if "policy_delay" in settings else "SAC"
    return None


def _has_weights(weights: bytes, name: bytes) -> bool:
    """Whether a weight's name begins so; the file is searched, not loaded."""
    try:
        with zipfile.ZipFile(io.BytesIO(weights)) as archive:
            return any(name in archive.read(entry) for entry in archive.namelist() if entry.endswith("data.pkl"))
    except zipfile.BadZipFile:  # the format of torch before 1.6: one pickle
        return name in weights
