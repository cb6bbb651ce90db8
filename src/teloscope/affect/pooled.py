"""Several subjects as one: minds that were trained one by one are replicates of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from teloscope.affect.subject import STEP_FIELDS, Description, Prospects, Step, Subject
from teloscope.errors import BadAgent, BadStudy


class Pooled:
    """A `Subject` of all minds of several subjects, in order."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        """Put them together.

        Raises:
            BadStudy: there are none, or some of them is no subject.
            BadAgent: they differ in what a replicate may not differ in.
        """
        for subject in subjects:
            if not isinstance(subject, Subject):
                raise BadStudy(
                    f"{type(subject).__name__} is not a subject. Expected description, reset, act, latents, "
                    "set_latents and prospects; see teloscope.affect.Subject."
                )
        if not subjects:
            raise BadStudy("There is no subject. Expected one, or several minds of one recipe.")
        about = [subject.description for subject in subjects]
        for what in ("dimensions", "slow"):
            kinds = {getattr(each, what) for each in about}
            if len(kinds) > 1:
                raise BadAgent(
                    f"The subjects differ in their {what}: {', '.join(map(str, sorted(kinds)))}. Minds that are "
                    "replicates have the same; ask the battery about each kind alone."
                )
        self.subjects = list(subjects)
        self.description: Description = replace(
            about[0],
            contexts=frozenset.intersection(*(each.contexts for each in about)),
            horizon=min(each.horizon for each in about),
            minds=sum(each.minds for each in about),
            seeds=tuple(seed for each in about for seed in each.seeds),
            settable=all(each.settable for each in about),
            clonable=all(each.clonable for each in about),
            diverged=tuple(why for each in about for why in (each.diverged or ("",) * each.minds)),
        )

    def reset(self, context: str, *, episodes: int, seed: int) -> None:
        """Start episodes of each mind."""
        for subject in self.subjects:
            subject.reset(context, episodes=episodes, seed=seed)
        self.rows = np.cumsum([episodes * subject.description.minds for subject in self.subjects])

    def act(self) -> Step:
        """One step of all."""
        steps = [subject.act() for subject in self.subjects]
        counts = np.diff(self.rows, prepend=0)
        joined = {
            name: np.concatenate([_filled(getattr(step, name), rows) for step, rows in zip(steps, counts, strict=True)])
            for name in STEP_FIELDS
        }
        return Step(**joined)

    def latents(self) -> np.ndarray:
        """`[B, D]`."""
        return np.concatenate([subject.latents() for subject in self.subjects])

    def set_latents(self, latents: np.ndarray) -> None:
        """Overwrite them."""
        for subject, part in zip(self.subjects, np.split(latents, self.rows[:-1]), strict=True):
            subject.set_latents(part)

    def prospects(self, clones: int) -> Prospects:
        """Remaining fitness of clones."""
        told = [subject.prospects(clones) for subject in self.subjects]
        return Prospects(np.concatenate([t.now for t in told]), np.concatenate([t.expected for t in told]))


def _filled(values: np.ndarray, rows: int) -> np.ndarray:
    values = np.asarray(values)
    return np.broadcast_to(values, (rows,)) if values.ndim == 0 else values
