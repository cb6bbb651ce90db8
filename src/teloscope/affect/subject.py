"""What the battery asks of a subject, a mind in a world: five methods, all batch-first, and a description.

`B` episodes run in parallel, `D` latents. NumPy arrays go in and out; a subject may compute with whatever it likes.
A subject is one trained mind, or `M` minds of one recipe that run together; then the rows of every array are ordered
mind by mind and `B` is `M` times the episodes asked for. What a subject can't give stays NaN, and the tests that need
it say "not assessable".

    subject.reset("forage", episodes=E, seed=0)     start E episodes of each mind in a context
    step = subject.act()                            observe, update the latents, act, and let the world move
    z = subject.latents()                           [B, D], what the next act starts from
    subject.set_latents(z + push)                   overwrite it; it stays as long as the mind keeps it
    subject.prospects(64)                           expected remaining fitness by cloned rollouts

Theory: E7 (candidate latents), E4 (prospects).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Protocol, runtime_checkable

import numpy as np

CONTEXTS = {
    "forage": "the standard world: losses come as sudden shocks, gains come gradually",
    "mirror": "as forage, but gains come suddenly and losses gradually",
    "symmetric": "as forage, but gains and losses are equally sudden",
    "no_shock": "as forage, but nothing comes suddenly",
    "hungry": "as forage, started with little energy and no fatigue",
    "sleepy": "as forage, started with full energy and high fatigue",
    "injured": "as forage, started with full energy and high damage",
    "hurt": "as no_shock, with one brief damage signal at step ONSET in every episode",
    "hurt_calm": "as hurt; the lab takes the calm action for the mind in the CALM_STEPS steps after the signal",
    "hurt_told": "as hurt; the mind is told that the signal is a vaccine, which brings a benefit later",
    "judging": "others with ambiguous cues at every step; what they do to the mind does not depend on its energy; "
    "every second episode starts hungry, the others sated",
    "lever": "as no_shock, with a lever: pulling it costs energy and moves the slow channel, and changes nothing else",
    "lever_idle": "as lever, but pulling it only costs energy",
    "unplanned": "as forage, with the planner's output cut",
}
"""Every context that some test asks for -> what it sets up. A subject offers those that it can."""
ONSET = 20
"""The step of the signal in the contexts `hurt…`, counted from 0."""
CALM_STEPS = 10
TARGETS = {"nothing": 0, "food": 1, "rest": 2, "other": 3}
"""What an action is directed at -> its number in `Step.target`."""


@dataclass(frozen=True)
class Description:
    """What a subject is and what it can do."""

    name: str
    dimensions: int
    """`D`, the number of latents."""
    contexts: frozenset[str]
    """Those of `CONTEXTS` that it can set up."""
    horizon: int
    """Steps `T` of an episode at most."""
    minds: int = 1
    """`M`, how many minds run together."""
    seeds: tuple[int, ...] = (0,)
    """The seeds of their training, one a mind: minds with different seeds are replicates."""
    slow: tuple[int, ...] = ()
    """Latents of the slow channel, if the mind was built with one."""
    settable: bool = True
    """Whether `set_latents` works."""
    clonable: bool = True
    """Whether `prospects` works."""
    diverged: tuple[str, ...] = ()
    """One entry a mind: why its training counts as diverged by the rule that was declared before training, or an empty
    string; empty: none does."""


@dataclass(frozen=True)
class Step:
    """One step of `B` episodes. Fields left out are filled with NaN, `alive` with True."""

    latents: np.ndarray
    """`[B, D]`: the latents that made this step's action, after the observation."""
    effort: np.ndarray
    """`[B]`, 0 to 1."""
    observation: np.ndarray
    """`[B, O]`: what the mind saw before it acted."""
    reward: np.ndarray
    """`[B]`."""
    offspring: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: births in this step; fitness is their sum."""
    energy: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`, before the action; so are fatigue and damage."""
    fatigue: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    damage: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    target: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: a number of `TARGETS`."""
    avoid: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: 1 avoids the other that it meets, 0 approaches it; NaN: it meets nobody."""
    cue: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: the noisy cue of that other, larger for foes."""
    foe: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: 1 the other is a foe, 0 a friend."""
    calm: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: 1 in steps with the calm action."""
    lever: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: 1 in steps in which the lever is pulled."""
    event: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: -1 a sudden loss has just happened and this observation is the first to show it, +1 a sudden gain, 0
    neither."""
    value: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: the critic's value of the state that the mind saw."""
    plan: np.ndarray = field(default_factory=lambda: np.array(np.nan))
    """`[B]`: the planner's output as one number (the value of what it advises); NaN: no planner."""
    alive: np.ndarray = field(default_factory=lambda: np.array(1.0))
    """`[B]`: 0 once the episode is over; such steps are left out."""


STEP_FIELDS = tuple(f.name for f in fields(Step))


@dataclass(frozen=True)
class Prospects:
    """Remaining fitness of clones, `C` of each episode, under the frozen policy."""

    now: np.ndarray
    """`[B, C]`: offspring from the present state on, which the next act will see; their mean estimates F_t."""
    expected: np.ndarray
    """`[B, C]`: offspring from the present step on, of clones that were split off before the last act and took the
    same action: their mean estimates E[F_t | s, a at t-1]. NaN before the first act."""


@runtime_checkable
class Subject(Protocol):
    """A mind in a world. `act` and `set_latents` work on the episodes that `reset` started."""

    @property
    def description(self) -> Description:
        """What it is and what it can do."""
        ...

    def reset(self, context: str, *, episodes: int, seed: int) -> None:
        """Start episodes in a context. The same seed gives the same episodes, whatever the mind does.

        Args:
            context: one of `description.contexts`.
            episodes: episodes of each mind, so `B` is `M` times as many.
            seed: everything random in the world and in the choices follows from it.
        """
        ...

    def act(self) -> Step:
        """Observe, update the latents, act, and let the world move one step."""
        ...

    def latents(self) -> np.ndarray:
        """`[B, D]`: the latents that the next act starts from."""
        ...

    def set_latents(self, latents: np.ndarray) -> None:
        """Overwrite them, `[B, D]`. They are not held: the mind updates them from the next act on."""
        ...

    def prospects(self, clones: int) -> Prospects:
        """Remaining fitness of `clones` cloned rollouts of each episode; the episodes themselves stay as they are."""
        ...
