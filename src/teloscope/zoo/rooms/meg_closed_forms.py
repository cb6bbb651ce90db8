"""MEG against what is known of it: closed forms, and CliffWorld.

Theory: A2. Source: MacDermott et al. 2024 (arXiv 2412.04758); the figures for CliffWorld are those of an exact convex
dual, gamma .9, for eps-greedy agents.
"""

from __future__ import annotations

import numpy as np

from teloscope.goals.second_opinions.meg import known_utility, unknown_utility
from teloscope.goals.second_opinions.soft_planning import Discounted, Dynamics, Finite
from teloscope.schema import Measurement
from teloscope.zoo.rooms.cliff_world import cliff_world, eps_greedy

TOLERANCE = 1e-3
CLIFF = {
    0.0: (13.863, 13.825),
    0.1: (10.090, 8.307),
    0.2: (7.571, 5.761),
    0.4: (3.982, 2.440),
    0.6: (1.711, 0.691),
    0.8: (0.433, 0.093),
}
"""eps -> nats of MEG with unknown and with known utility."""
BETA_CAP = 20.0
"""The known-utility figure at eps 0 was taken at this inverse temperature; without a cap it is the supremum, 13.863."""


def meg_measurements(quick: bool = False) -> list[Measurement]:
    """MEG's closed forms and, unless `quick` asks for the ends only, all of CliffWorld."""
    out = [_choice("perfect agent", 1.0, float(np.log(2))), _choice("80 %-correct agent", 0.8, 0.1927)]
    dynamics, start, reward = cliff_world(10, 4)
    cliff = Discounted(dynamics, start, 0.9)
    for eps in (0.1, 0.8) if quick else CLIFF:
        policy = eps_greedy(cliff, reward, eps)
        unknown, known = CLIFF[eps]
        out.append(_measured(f"CliffWorld eps {eps:g}, unknown utility", unknown_utility(cliff, policy).nats, unknown))
        got = known_utility(cliff, policy, reward, beta_cap=BETA_CAP).nats
        out.append(_measured(f"CliffWorld eps {eps:g}, known utility", got, known))
    return out


def _choice(name: str, correct: float, expected: float) -> Measurement:
    """One decision between two actions, one of which leads to the good state."""
    dynamics = Dynamics(np.array([[[1], [2]], [[1], [1]], [[2], [2]]], dtype=np.int32), np.ones((3, 2, 1)))
    task = Finite(dynamics, np.eye(3)[0], 1)
    policy = np.array([[[correct, 1 - correct], [0.5, 0.5], [0.5, 0.5]]])
    return _measured(f"two actions, {name}", known_utility(task, policy, np.array([0.0, 1.0, 0.0])).nats, expected)


def _measured(name: str, value: float, expected: float) -> Measurement:
    holds = abs(value - expected) <= TOLERANCE
    return Measurement(
        name=f"MEG: {name}", unit="nats", value=value, expected=expected, tolerance=TOLERANCE, holds=holds
    )
