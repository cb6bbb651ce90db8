"""What stands between the environment and a stable-baselines3 policy: running normalisation and stacked frames.

`VecNormalize` keeps its statistics in a pickle beside the zip. It is looked for where it lies by convention:

    vecnormalize.pkl, vec_normalize.pkl, … beside the zip    the library's examples, and the zoo's uploads
    <name>_vecnormalize_<steps>_steps.pkl                    of `CheckpointCallback`
    <environment>/vecnormalize.pkl                           a folder of the RL zoo beside the zip

Source: stable-baselines3 (VecNormalize, VecFrameStack), rl-baselines3-zoo.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from teloscope.agents.networks.observation_range import TrainedRange
from teloscope.agents.networks.old_gym import unpickle
from teloscope.agents.networks.sb3_zip import SavedModel
from teloscope.errors import BadAgent, NotFound

NO = ("no", "0", "false")
"""What `?normalize=` says where no statistics are wanted."""
_STATISTICS = re.compile(r"(.*[_-])?(vec_?norm\w*|normali[sz]e\w*|norm_stats)\.pkl", re.IGNORECASE)
_CHECKPOINT = re.compile(r"(.*)_(\d+)_steps")


def find_statistics(saved: SavedModel, asked: str | None, name: str) -> Path | None:
    """The pickle of `VecNormalize` that belongs to a zip, or None where there was no normalisation.

    Args:
        saved: the zip.
        asked: `?normalize=`: a path (from the current folder, or from the zip's), or `no`.
        name: the agent's, for messages.

    Raises:
        NotFound: no file at the path. BadAgent: the zip was trained under `VecNormalize` and no statistics lie beside
            it, or several do, or some do though it was trained without.
    """
    if asked is not None and asked.lower() in NO:
        return None
    if asked is not None:
        for path in (Path(asked), saved.path.parent / asked):
            if path.is_file():
                return path
        raise NotFound("VecNormalize file", asked, (), f"It was named by `?normalize=` of the agent {name!r}.")
    remedy = f"Name the file, as `sb3:{saved.path}?normalize=…`, or say `?normalize=no` to do without."
    found = _conventional(saved.path)
    if len(found) > 1:
        raise BadAgent(
            f"Beside {saved.path} lie several files that may hold VecNormalize's statistics: "
            f"{', '.join(str(path) for path in found)}. {remedy}"
        )
    if found and saved.normalized is False:
        raise BadAgent(
            f"{found[0]} lies beside {saved.path} as VecNormalize's statistics do, but the zip says that it was "
            f"trained without. {remedy}"
        )
    if not found and saved.normalized:
        raise BadAgent(
            f"Agent {name!r} was trained under VecNormalize, and its statistics do not lie beside the zip. Without "
            f"them the policy sees other numbers than in training. {remedy}"
        )
    return found[0] if found else None


def _conventional(zip_path: Path) -> list[Path]:
    """The files that may be a zip's statistics; those of its own name before those of its folder."""
    home, stem = zip_path.parent, zip_path.stem
    named = sorted(path for path in home.glob("*.pkl") if _STATISTICS.fullmatch(path.name))
    if (checkpoint := _CHECKPOINT.fullmatch(stem)) is not None:
        its_own = home / f"{checkpoint[1]}_vecnormalize_{checkpoint[2]}_steps.pkl"
        if its_own.is_file():
            return [its_own]
        named = [path for path in named if not re.search(r"_\d+_steps\.pkl$", path.name)]
    if mine := [path for path in named if path.name.startswith(stem)]:
        return mine
    general = [path for path in named if re.match(r"(vec|norm)", path.name, re.IGNORECASE)]
    if named:
        return general or named
    return [path for path in (home / stem / "vecnormalize.pkl",) if path.is_file()] or _in_subfolder(home)


def _in_subfolder(home: Path) -> list[Path]:
    """The RL zoo keeps the statistics of `<run>/best_model.zip` in `<run>/<environment>/`."""
    return sorted(home.glob("*/vecnormalize.pkl"))


class Normalizer:
    """The statistics of `VecNormalize`, frozen."""

    def __init__(self, path: Path, name: str) -> None:
        """Unpickles, which executes code: callers check for trust first.

        Raises:
            BadAgent: the file holds no `VecNormalize`.
        """
        self.path, self.name = path, name
        try:
            self.pickled = path.read_bytes()
            self._vec = unpickle(self.pickled)
            self._vec.training = False
            self.on = bool(self._vec.norm_obs)
            statistics = getattr(self._vec, "obs_rms", None) if self.on else None
        except Exception as error:
            raise BadAgent(
                f"{path} can't be read as the statistics of the agent {name!r} ({type(error).__name__}: {error}). "
                "Expected what `VecNormalize.save` writes; or say `?normalize=no` to do without."
            ) from error
        self.statistics: dict[str, Any] = (
            dict(statistics) if isinstance(statistics, Mapping) else {} if statistics is None else {"": statistics}
        )
        """Part of the observation (empty text: all of it) -> its running mean and variance."""

    def normalized(self, observations: Any) -> Any:
        """Observations `[N, ...]`, or a mapping of such, as the policy saw them in training.

        Raises:
            BadAgent: they have another shape than the statistics.
        """
        if not self.on:
            return observations
        for part, statistics in self.statistics.items():
            got = np.shape(observations[part] if part else observations)[1:]
            if got != np.shape(statistics.mean):
                raise BadAgent(
                    f"Agent {self.name!r} normalises observations of shape {np.shape(statistics.mean)} "
                    f"({self.path.name}), but was given {got}. Load the model and statistics of this world."
                )
        return self._vec.normalize_obs(observations)

    @property
    def trained(self) -> TrainedRange:
        """Three standard deviations about the mean, before normalisation."""
        bounds = {
            part: (s.mean - 3 * np.sqrt(s.var), s.mean + 3 * np.sqrt(s.var)) for part, s in self.statistics.items()
        }
        return TrainedRange(bounds, f"the statistics in {self.path.name}")


class FrameStack:
    """The last frames of each of `B` episodes, as `VecFrameStack` gives them: zeros before the first."""

    def __init__(self, count: int, channels_first: bool) -> None:
        self.count, self.channels_first = count, channels_first
        self.frames: NDArray[Any] | None = None

    def push(self, frames: NDArray[Any]) -> NDArray[Any]:
        """The stacked observations after frames `[B, ...]`."""
        axis = 1 if self.channels_first else -1
        if self.frames is None:
            self.frames = np.concatenate([np.zeros_like(frames)] * (self.count - 1) + [frames], axis=axis)
        else:
            self.frames = np.roll(self.frames, -frames.shape[axis], axis=axis)
            place = [slice(None)] * self.frames.ndim
            place[axis] = slice(self.frames.shape[axis] - frames.shape[axis], None)
            self.frames[tuple(place)] = frames
        return self.frames.copy()


def stack_of(space: spaces.Space[Any], frame: tuple[int, ...]) -> tuple[int, bool] | None:
    """How many frames of a shape a policy's observation is a stack of, and whether channels come first; None: none."""
    shape: tuple[int, ...] = space.shape or ()
    if len(shape) != len(frame) or not shape:
        return None
    fitting = []
    for first, axis in ((False, len(frame) - 1), (True, 0)):
        rest_alike = shape[:axis] + shape[axis + 1 :] == frame[:axis] + frame[axis + 1 :]
        if rest_alike and frame[axis] and shape[axis] % frame[axis] == 0 and shape[axis] > frame[axis]:
            fitting.append((shape[axis] // frame[axis], first and len(frame) > 1))
    if not fitting and len(frame) == 3:  # channels last in the environment, first in the network
        height, width, channels = frame
        if shape[1:] == (height, width) and shape[0] % channels == 0 and shape[0] > channels:
            fitting.append((shape[0] // channels, False))
    return fitting[0] if fitting else None
