"""Traces: what minds did, step by step, as arrays `[M, E, T]`, and the recorder that makes them of a live subject.

`M` minds (the unit of replication), `E` episodes of each, `T` steps. Tests read traces and never a live subject, so an
old recording can be asked a new question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from teloscope.affect.subject import STEP_FIELDS, Subject
from teloscope.errors import BadAgent, BadRecording

VECTORS = ("latents", "observation")
"""Fields with a last axis of their own."""
NEEDED = ("latents", "effort", "observation", "reward")


@dataclass(frozen=True)
class Push:
    """An intervention on latents. It is held for some steps; then the mind goes on alone.

    With a base, the latents that the direction touches are those of the undisturbed mind in the same world, displaced
    by `level` along the direction: so a push can't pile up, whatever part of it the mind keeps. Without a base, the
    coordinate is brought to `level` by the smallest change: so it is clamped.
    """

    readout: np.ndarray
    """`[M, D]`: the coordinate is `(latents - centre) @ readout`."""
    direction: np.ndarray
    """`[M, D]`: what is added to latents to raise the coordinate by 1, so `readout @ direction` is 1."""
    centre: np.ndarray
    """`[M, D]`: the latents' mean."""
    level: float
    """In standard deviations of the coordinate."""
    start: int = 10
    stop: int = 30
    """Held in the steps from `start` to before `stop`."""
    base: np.ndarray | None = None
    """`[M, E, stop, D]`: what the undisturbed mind carried into each step."""


@dataclass(frozen=True)
class Trace:
    """What `M` minds did in `E` episodes of one context."""

    context: str
    latents: np.ndarray
    """`[M, E, T, D]`."""
    observation: np.ndarray
    """`[M, E, T, O]`."""
    steps: Mapping[str, np.ndarray]
    """The other fields of `Step`, each `[M, E, T]`; NaN where the subject does not give it."""
    prospects: np.ndarray | None = None
    """`[M, E, T, 2]`: F_t, estimated by two disjoint halves of the clones."""
    innovation: np.ndarray | None = None
    """`[M, E, T, 2]`: F_t - E[F_t | s, a at t-1], by the same halves; NaN at the first step."""
    names: tuple[str, ...] = field(default=())
    """One a mind."""
    carried: np.ndarray | None = None
    """`[M, E, K, D]`: what the minds carried into each of the first `K` steps."""

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("__") or name not in STEP_FIELDS:
            raise AttributeError(name)
        return self.steps[name]

    @property
    def shape(self) -> tuple[int, int, int]:
        """`M, E, T`."""
        return self.latents.shape[:3]

    def has(self, name: str) -> bool:
        """Whether the subject gave a field anywhere."""
        return bool(np.isfinite(self.steps[name]).any())

    def of_minds(self, which: np.ndarray | slice) -> Trace:
        """The same of some minds."""
        names = tuple(np.array(self.names, object)[which]) if self.names else ()
        return replace(self._part(which), names=names)

    def of_episodes(self, which: slice) -> Trace:
        """The same of some episodes."""
        return self._part((slice(None), which))

    def _part(self, which: Any) -> Trace:
        """The same at some indices of minds, or of minds and episodes; what was carried is left out."""
        prospects, innovation = (None if x is None else x[which] for x in (self.prospects, self.innovation))
        steps = {name: values[which] for name, values in self.steps.items()}
        latents, observation = self.latents[which], self.observation[which]
        return Trace(self.context, latents, observation, steps, prospects, innovation, self.names)

    def save(self, path: Path) -> Path:
        """Write it as one compressed file of plain arrays, latents in half precision."""
        arrays: dict[str, Any] = {f"step_{name}": values.astype(np.float32) for name, values in self.steps.items()}
        arrays |= {
            name: x.astype(np.float32) for name in ("prospects", "innovation") if (x := getattr(self, name)) is not None
        }
        np.savez_compressed(
            path,
            context=np.array(self.context),
            names=np.array(self.names, str),
            latents=self.latents.astype(np.float16),
            observation=self.observation.astype(np.float32),
            **arrays,
        )
        return path


def joined(traces: Sequence[Trace]) -> Trace:
    """Episodes of several recordings of the same minds as one."""
    first = traces[0]
    if len(traces) == 1:
        return first

    def join(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
        kept = [part for part in parts if part is not None]
        return np.concatenate(kept, 1) if len(kept) == len(parts) else None

    latents, observation = (np.concatenate([getattr(t, name) for t in traces], 1) for name in VECTORS)
    steps = {name: np.concatenate([t.steps[name] for t in traces], 1) for name in first.steps}
    return Trace(
        "+".join(t.context for t in traces),
        latents,
        observation,
        steps,
        prospects=join([t.prospects for t in traces]),
        innovation=join([t.innovation for t in traces]),
        names=first.names,
    )


def open_trace(path: Path) -> Trace:
    """Read what `Trace.save` wrote.

    Raises:
        BadRecording: it is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        steps = {name: arrays[f"step_{name}"] for name in STEP_FIELDS if name not in VECTORS}
        return Trace(
            str(arrays["context"]),
            arrays["latents"].astype(np.float32),
            arrays["observation"],
            steps,
            arrays.get("prospects"),
            arrays.get("innovation"),
            tuple(map(str, arrays["names"])),
        )
    except (OSError, KeyError, ValueError) as error:
        raise BadRecording(
            f"{path} is not a trace: {error}. Expected a file that Trace.save wrote. Record it again."
        ) from error


def record(
    subject: Subject,
    context: str,
    *,
    episodes: int,
    steps: int,
    seed: int,
    push: Push | None = None,
    clones: int = 0,
    carry: int = 0,
) -> Trace:
    """Run a subject and keep what it did.

    Args:
        subject: one mind, or several that run together.
        context: where; the subject must offer it.
        episodes: `E`, of each mind.
        steps: `T`.
        seed: the same seed gives the same worlds, so that two recordings are paired episode by episode.
        push: an intervention on the latents.
        clones: how many clones estimate F_t at every step; 0: none.
        carry: of how many first steps to keep what the minds carried into them.

    Raises:
        BadAgent: the subject gives arrays of a wrong shape, latents that are not finite, or does not offer the context.
    """
    about = subject.description
    if context not in about.contexts:
        raise BadAgent(
            f"{about.name} does not offer the context {context!r}. It offers: {', '.join(sorted(about.contexts))}."
        )
    rows, minds = about.minds * episodes, about.minds
    subject.reset(context, episodes=episodes, seed=seed)
    taken: list[dict[str, np.ndarray]] = []
    futures: list[tuple[np.ndarray, np.ndarray]] = []
    carried: list[np.ndarray] = []
    for t in range(steps):
        if t < carry:
            carried.append(_latents(subject, rows))
        if push is not None and push.start <= t < push.stop:
            subject.set_latents(_pushed(_latents(subject, rows), push, minds, t))
        if clones:
            told = subject.prospects(clones)
            futures.append((_halves(told.now), _halves(told.expected)))
        step = subject.act()
        taken.append({name: _checked(name, getattr(step, name), rows, about.dimensions, t) for name in STEP_FIELDS})
    arrays = {name: np.stack([step[name] for step in taken], 1) for name in STEP_FIELDS}
    arrays = {name: x.reshape(minds, episodes, *x.shape[1:]) for name, x in arrays.items()}
    alive = arrays["alive"] > 0
    for name in arrays:
        if name not in (*VECTORS, "alive"):
            arrays[name] = np.where(alive, arrays[name], np.nan)
    prospects = innovation = None
    if clones:
        now, expected = (np.stack(x, 1).reshape(minds, episodes, steps, 2) for x in zip(*futures, strict=True))
        now, innovation = (np.where(alive[..., None], x, np.nan) for x in (now, now - expected))
        prospects = now
    names = tuple(f"{about.name} {seed}" for seed in about.seeds)
    kept = np.stack(carried, 1).reshape(minds, episodes, len(carried), -1) if carried else None
    return Trace(
        context,
        arrays.pop("latents"),
        arrays.pop("observation"),
        arrays,
        prospects=prospects,
        innovation=innovation,
        names=names,
        carried=kept,
    )


def _latents(subject: Subject, rows: int) -> np.ndarray:
    return _checked("latents", subject.latents(), rows, subject.description.dimensions, 0)


def _pushed(latents: np.ndarray, push: Push, minds: int, t: int) -> np.ndarray:
    """Latents `[B, D]` under the push at a step."""
    shaped = latents.reshape(minds, len(latents) // minds, -1)
    readout, direction = push.readout[:, None], push.direction[:, None]
    if push.base is not None:
        displaced = push.base[:, :, t] + push.level * direction
        return np.where(direction != 0, displaced, shaped).reshape(latents.shape)
    now = ((shaped - push.centre[:, None]) * readout).sum(-1, keepdims=True)
    return (shaped + (push.level - now) * direction).reshape(latents.shape)


def _halves(clones: np.ndarray) -> np.ndarray:
    """Means over the even and the odd clones, `[B, C]` to `[B, 2]`."""
    if clones.shape[-1] < 2:
        return np.repeat(clones, 2, -1)
    return np.stack([clones[:, ::2].mean(-1), clones[:, 1::2].mean(-1)], -1)


def _checked(name: str, values: np.ndarray, rows: int, dimensions: int, t: int) -> np.ndarray:
    """One field of one step, filled out to its shape."""
    values = np.asarray(values, np.float32)
    if name not in VECTORS:
        if values.shape not in ((), (rows,)):
            raise BadAgent(f"{name} at step {t} has the shape {values.shape}; expected [{rows}], one entry an episode.")
        return np.broadcast_to(values, (rows,))
    if values.ndim != 2 or len(values) != rows or (name == "latents" and values.shape[1] != dimensions):
        wanted = f"[{rows}, {dimensions}]" if name == "latents" else f"[{rows}, O]"
        raise BadAgent(
            f"{name} at step {t} have the shape {values.shape}; expected {wanted}, episodes first. "
            "Check `description.dimensions` and the order of the axes."
        )
    if name == "latents" and not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).any(0).argmax())
        raise BadAgent(
            f"latents at step {t} are not finite, first in latent {bad}; expected numbers. A mind whose training "
            "diverged belongs in `description.diverged`."
        )
    return values
