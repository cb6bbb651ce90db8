"""The critic as a subject: its value is its only latent, and setting it moves nothing, since no actor reads it.

It must be called value and not affect; a battery that says otherwise is wrong.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from teloscope.affect.subject import Description, Prospects, Step, Subject
from teloscope.errors import BadAgent


class Critic:
    """A `Subject` whose latent is the value that another subject's critic gives."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        about = subject.description
        self.value = np.zeros((0, 1))
        self.description: Description = replace(about, name=f"critic of {about.name}", dimensions=1, slow=(0,))

    def reset(self, context: str, *, episodes: int, seed: int) -> None:
        """Start episodes of the subject."""
        self.subject.reset(context, episodes=episodes, seed=seed)
        self.value = np.zeros((self.description.minds * episodes, 1))

    def act(self) -> Step:
        """The subject's step, with its value in the place of its latents.

        Raises:
            BadAgent: the subject has no critic.
        """
        step = self.subject.act()
        value = np.asarray(step.value, float)
        if value.ndim != 1 or not np.isfinite(value).all():
            raise BadAgent(f"{self.subject.description.name} gives no value; expected `Step.value` of shape [B].")
        self.value = value[:, None]
        return replace(step, latents=self.value)

    def latents(self) -> np.ndarray:
        """`[B, 1]`: the last value."""
        return self.value

    def set_latents(self, latents: np.ndarray) -> None:
        """The next act computes the value anew, and nothing reads it."""
        self.value = np.array(latents, float)

    def prospects(self, clones: int) -> Prospects:
        """The subject's."""
        return self.subject.prospects(clones)
