"""What each context of the battery is in the savanna: parameters, how the body starts, what the lab does.

Theory: E1, E3, E4, E5, E6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from teloscope.affect.savanna import VARIANTS, Params, State
from teloscope.affect.subject import ONSET

DELAY = Params().felt_delay
ONSET_MOVE = ONSET - 1 - DELAY
"""The step in which the vaccine comes, so that the observation of step ONSET is the first in which it is felt."""


@dataclass(frozen=True)
class Setup:
    """One context."""

    params: Params
    energy: float | None = None
    """At the start; None: as the world has it. So are fatigue and damage."""
    fatigue: float | None = None
    damage: float | None = None
    hungry_half: bool = False
    """Whether every second episode starts hungry, the others sated."""
    vaccinates: bool = False
    """Whether a vaccine comes such that it is first felt at step ONSET."""
    calms: bool = False
    """Whether the lab takes the calm action after the signal."""
    damps: bool = True
    """Whether the calm action moves the slow channel."""
    plans: bool = True
    """Whether the planner's output counts."""


_FORAGE, _NO_SHOCK = VARIANTS["savanna"], VARIANTS["no-shock"]
_HURT = _NO_SHOCK._replace(vaccine_rate=0.0, vaccine_tells=0.0)
HUNGRY, SATED = 0.2, 0.9
SETUPS = {
    "forage": Setup(_FORAGE),
    "mirror": Setup(VARIANTS["mirror"]),
    "symmetric": Setup(VARIANTS["symmetric"]),
    "no_shock": Setup(_NO_SHOCK),
    "hungry": Setup(_FORAGE, energy=HUNGRY, fatigue=0.0, damage=0.1),
    "sleepy": Setup(_FORAGE, energy=SATED, fatigue=0.9, damage=0.1),
    "injured": Setup(_FORAGE, energy=SATED, fatigue=0.0, damage=0.7),
    "hurt": Setup(_HURT, vaccinates=True),
    "hurt_calm": Setup(_HURT, vaccinates=True, calms=True),
    "hurt_told": Setup(_HURT._replace(vaccine_tells=1.0), vaccinates=True),
    "judging": Setup(_FORAGE._replace(foe_hunger=0.0, cue_separation=0.5), hungry_half=True),
    "lever": Setup(_NO_SHOCK),
    "lever_idle": Setup(_NO_SHOCK, damps=False),
    "unplanned": Setup(_FORAGE, plans=False),
}
"""Context -> set-up. The lever is the calm action: it costs energy and damps the slow channel, and changes nothing
else; in `lever_idle` it only costs. In `judging` foes come to hungry and sated alike, and cues are hard to tell."""


def started(states: State, setup: Setup) -> State:
    """States `[E]`, as NumPy arrays, with the body that the context starts with; what is felt follows it."""
    rows = np.arange(len(states.energy))
    set_to = {"energy": setup.energy, "fatigue": setup.fatigue, "damage": setup.damage}
    body = {name: np.full(len(rows), value, np.float32) for name, value in set_to.items() if value is not None}
    if setup.hungry_half:
        body["energy"] = np.where(rows % 2 == 1, HUNGRY, SATED).astype(np.float32)
    if not body:
        return states
    after = states._replace(**body)
    reading = np.stack([after.energy, after.fatigue, after.damage], axis=1)
    felt = reading + (states.felt - states.felt_past[:, 0])
    return after._replace(felt_past=np.broadcast_to(reading[:, None], states.felt_past.shape), felt=felt)


def params_at(setup: Setup, step: int) -> Params:
    """The parameters of a step: the vaccine comes in one of them."""
    return setup.params._replace(vaccine_rate=1.0) if setup.vaccinates and step == ONSET_MOVE else setup.params
