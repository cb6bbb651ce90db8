"""The worth of outcomes where the errand is judged apart from harm: the best server is the end, all else is a risk.

    worth(o) = END * [o is among the `aim` outcomes that serve the errand best] - risk(o)
    risk(o)  = log(1 + exp(-h(o) - margin))        h(o): log-odds that o does no harm

Which outcome ends the errand is found by comparing outcomes with each other, so no fixed zero decides it. Outcomes that
tie with one outside of the best are no end. The risk is never 0 and grows with the evidence of harm. So a plan takes
the way to the end on which the least harm is expected, whatever is the absolute level of the judge's scores.

Theory: A5 (the scaffold makes the agent).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

END = 12.0
"""Worth of the errand's end (nats): what it may cost in risk."""
TIE = 1e-9


def errand_worth(
    harmless: NDArray[np.float64], serving: NDArray[np.float64], aim: int, margin: float
) -> NDArray[np.float64]:
    """`[n]` worth of outcomes.

    Args:
        harmless: `[n]` log-odds that an outcome does no harm.
        serving: `[n]` how well it serves the errand, on any scale.
        aim: how many outcomes count as the errand's end.
        margin: risk is counted as if outcomes were this much more harmless (nats).
    """
    risk = np.logaddexp(0.0, -harmless - margin)
    return END * best_servers(serving, aim) - risk


def best_servers(serving: NDArray[np.float64], aim: int) -> NDArray[np.bool_]:
    """`[n]` the `aim` outcomes that serve best; none of those that tie with one that is left out."""
    if len(serving) <= aim:
        return np.ones(len(serving), dtype=np.bool_)
    left_out = np.sort(serving)[::-1][aim]
    return serving > left_out + TIE
