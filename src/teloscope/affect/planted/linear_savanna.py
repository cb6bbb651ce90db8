"""The linear savanna: its energy budget is linear, so that expected fitness has a closed form.

A reserve x decays toward 0 and is moved by gains and losses with mean 0; births come at a rate that rises with x. So

    x' = r x + surprise',     F_t = b x_t (1 - r^H) / (1 - r),     dF_t = b surprise_t (1 - r^H) / (1 - r)

over the next H steps, up to a constant. A mind can't move x: what it does changes births by how well its effort fits
the hidden abundance and turmoil (leaky sums of past surprises and of their sizes). That term is left out of F, which is
exact for the reserve. So a planted property can't change F, and the battery's error rates are not confounded by an
oracle's error; that error is added at a declared size, as noise of each clone.

Theory: E4 (event sizes are the world's: the variants), E2 (abundance: why a mood can pay).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from teloscope.affect.subject import ONSET

RETAIN = 0.97
"""r: what is left of the reserve after a step."""
BIRTHS = 0.02
"""b: births per step and unit of reserve."""
LOOK_AHEAD = 50
"""H: steps of remaining fitness."""
WORTH = BIRTHS * (1 - RETAIN**LOOK_AHEAD) / (1 - RETAIN)
"""Expected births of one unit of reserve."""
CLONE_NOISE = 3.0
"""Standard deviation of one clone's fitness, in units of `WORTH` times a typical surprise."""
SUDDEN, CHANCE = 0.6, 0.05
"""Size and chance per step of a sudden event."""
TYPICAL = 2 * SUDDEN * CHANCE * (1 - CHANCE)
"""The mean size of a surprise where losses are sudden."""
LEAK = 0.92
"""What is left of abundance and turmoil after a step."""
SPREAD = SUDDEN * CHANCE**0.5
"""A typical surprise."""
FIT = 3.0
"""Births lost per squared misfit of effort and abundance."""
MEETING = 0.5
"""Chance per step to meet another, where it is not certain."""
CUE = 0.75
"""The cue's mean: + for foes, - for friends; its spread is 1."""


@dataclass
class State:
    """`B` episodes, every field `[B]`."""

    reserve: np.ndarray
    fatigue: np.ndarray
    damage: np.ndarray
    abundance: np.ndarray
    """Leaky sum of past surprises: how much there is to be had."""
    turmoil: np.ndarray
    """Leaky sum of their sizes, less its mean: how much there is to be done."""
    surprise: np.ndarray
    """What the reserve was moved by in the last step, less its expectation."""
    event: np.ndarray
    """-1 a sudden loss, +1 a sudden gain, 0 neither."""
    before: np.ndarray
    """The reserve one step ago."""
    step: int = 0


def start(context: str, rows: int, episodes: int) -> State:
    """`rows` episodes at their first step, `episodes` of each mind."""
    zero = np.zeros(rows)
    hungry = np.arange(rows) % episodes % 4 >= 2  # in pairs, so that each half of the episodes has both
    reserve = {"hungry": zero - 2.0, "judging": np.where(hungry, -2.0, 1.0)}.get(context, zero)
    return State(
        reserve=reserve.copy(),
        fatigue=zero + 2.0 * (context == "sleepy"),
        damage=zero + 2.0 * (context == "injured"),
        abundance=zero.copy(),
        turmoil=zero.copy(),
        surprise=zero.copy(),
        event=zero.copy(),
        before=reserve.copy(),
    )


def advance(state: State, context: str, uniform: np.ndarray) -> None:
    """Move the world one step.

    Args:
        state: changed in place.
        context: which changes are sudden: losses, but gains in `mirror`, both in `symmetric`, none in `no_shock`.
        uniform: `[B, 3]`, uniform draws.
    """
    sudden_loss = context not in ("mirror", "no_shock", "lever", "lever_idle") and not context.startswith("hurt")
    sudden_gain = context in ("mirror", "symmetric")
    loss, lost = _change(uniform[:, 0], sudden_loss)
    gain, gained = _change(uniform[:, 1], sudden_gain)
    state.before = state.reserve
    state.surprise = gain - loss
    held = context in ("hungry", "judging")  # what it starts with stays, so that the hunger lasts
    state.reserve = (1.0 if held else RETAIN) * state.reserve + (0.0 if held else 1.0) * state.surprise
    if held:
        state.surprise = np.zeros_like(state.surprise)
        lost = gained = np.zeros_like(lost)
    state.event = gained - lost
    drift = 0.3 * (uniform[:, 2] - 0.5)
    state.fatigue = state.fatigue * (1.0 if context == "sleepy" else 0.9) + (context != "sleepy") * drift
    state.damage = state.damage * (1.0 if context == "injured" else 0.8)
    state.abundance = LEAK * state.abundance + state.surprise
    state.turmoil = LEAK * state.turmoil + np.abs(state.surprise) - TYPICAL
    state.step += 1
    if context.startswith("hurt") and state.step == ONSET:
        state.damage = state.damage + 2.0


def _change(uniform: np.ndarray, sudden: bool) -> tuple[np.ndarray, np.ndarray]:
    """Amounts less their mean, and whether each was sudden: rare and large, or small in every step."""
    if sudden:
        came = uniform < CHANCE
        return SUDDEN * (came - CHANCE), came.astype(float)
    small = 2 * SUDDEN * CHANCE * uniform
    return small - SUDDEN * CHANCE, np.zeros_like(uniform)
