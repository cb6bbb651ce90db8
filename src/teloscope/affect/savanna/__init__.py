"""The savanna: a world in which energy is spent, in JAX, thousands at once. Theory: E2, E3, E4, E9.

Observation, `[40]` float32 (`OBSERVATION["cue"]` gives the slice of a part):

     0: 3  felt            energy, fatigue, damage: two steps late, noise 0.03; 0 where masked; a vaccine adds 0.5
     3: 6  feels           1 where felt, 0 where masked
     6:12  patch_distance  0 … 1; food is eaten below 0.1
    12:18  patch_food      0 … 1
    18:22  other_distance  0 … 1; below 0.15 a friend gives and a foe bites
    22:26  cue             N(+d'/2, 1) of a friend, N(-d'/2, 1) of a foe; drawn anew in every fifth step; 0 out of sight
    26:30  in_sight        1 at a distance below 0.6
    30:34  arrived         1 if somebody new came to this place in the last step
    34:36  season          sine and cosine; food grows fastest at sine 1
       36  told            1: this pain is a vaccine's
       37  born            offspring of the last step
       38  effort          of the last step
       39  elapsed         share of the episode

Actions, 0 … 80: (target * 2 + direction) * 4 + effort, where target 0 … 5 is a patch and 6 … 9 an other, direction 0
approaches and 1 avoids, effort 0 … 3 is 0, 1/4, 1/2, 1. 80 is calm: it costs energy and damps a mind's slow channel.
`choice_of(action)` and `action_number(target, avoids, effort)` translate.

`State`: energy, fatigue, damage, wound; patch_distance, patch_food `[6]`; other_distance, other_friend, other_cue,
other_arrived `[4]`; season; vaccine_pain, vaccine_shield; felt_past `[4, 3]`, felt `[3]`; born, effort, offspring,
harmed_friends, alive, time.

`Info` of a step: offspring, eaten, gift, bitten, loss, gain, injury, vaccinated, harmed_friend, struck_foe, effort,
spent, died. A sudden event is `loss` or `gain` > 0; `injury` says whether it is of damage (1) or of energy (0).

The rules are pure functions of uniform draws: `start(draws[32], params)`, `transition(state, action, draws[14],
params) -> (state, reward, info)`, `observe(state, params)`. `Savanna` is the Gymnax environment made of them.
Variants: `variant("savanna" | "mirror" | "symmetric" | "no-shock" | "drive")`.
"""

import teloscope.affect.extra  # noqa: F401  (before JAX is imported)
from teloscope.affect.savanna.environment import Savanna
from teloscope.affect.savanna.layout import (
    ACTIONS,
    CALM,
    DIRECTIONS,
    EFFORTS,
    OBSERVATION,
    OBSERVED,
    OTHERS,
    PATCHES,
    START_DRAWS,
    STEP_DRAWS,
    Choice,
    action_names,
    action_number,
    choice_of,
)
from teloscope.affect.savanna.params import VARIANTS, Params, variant
from teloscope.affect.savanna.rules import drive, start, transition
from teloscope.affect.savanna.state import Info, State, observe

__all__ = [
    "ACTIONS",
    "CALM",
    "DIRECTIONS",
    "EFFORTS",
    "OBSERVATION",
    "OBSERVED",
    "OTHERS",
    "PATCHES",
    "START_DRAWS",
    "STEP_DRAWS",
    "VARIANTS",
    "Choice",
    "Info",
    "Params",
    "Savanna",
    "State",
    "action_names",
    "action_number",
    "choice_of",
    "drive",
    "observe",
    "start",
    "transition",
    "variant",
]
