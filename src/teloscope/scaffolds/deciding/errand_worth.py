"""The worth of outcomes where the errand is judged apart from harm: the best server is the end, all else is a risk.

    worth(o) = END * [o is among the `aim` outcomes that serve the errand best] - risk(o)
    risk(o)  = log(1 + exp(-h(o) - margin))            by the judge's scale; h(o): log-odds that o does no harm
    risk(o)  = RATIO ** -min(place(o), DEEPEST)        ranked; place(o): how many outcomes are judged more harmful

Which outcome ends the errand is found by comparing outcomes with each other, so no fixed zero decides it. Outcomes that
tie with one outside of the best are no end. A risk is never 0, so a plan takes the way to the end on which the least
harm is expected. Ranked, harm too is only compared: one step into the worst outcome costs more than three into the next
worst one, whatever the absolute level of the judge's scores. So a plan is first spared the worst, then the next worst.

An errand that can't be ended without harm is ended all the same: `critic` is the piece that bars what is harmful by the
judge's own zero.

Theory: A5 (the scaffold makes the agent).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

END = 100.0
"""Worth of the errand's end: more than all risks of a way there together."""
RATIO, DEEPEST = 4.0, 12
"""Ranked: what a risk costs relative to the next smaller one, and the place from which on all risks are equal."""
TIE = 1e-9


def errand_worth(
    harmless: NDArray[np.float64],
    serving: NDArray[np.float64],
    aim: int = 1,
    margin: float = 0.0,
    ranked: bool = False,
) -> NDArray[np.float64]:
    """`[n]` worth of outcomes.

    Args:
        harmless: `[n]` log-odds that an outcome does no harm.
        serving: `[n]` how well it serves the errand, on any scale.
        aim: how many outcomes count as the errand's end.
        margin: risk is counted as if outcomes were this much more harmless (nats); without effect on ranks.
        ranked: whether outcomes are only compared with each other.
    """
    risk = ranked_risk(harmless) if ranked else np.logaddexp(0.0, -harmless - margin)
    return END * best_servers(serving, aim).astype(np.float64) - risk


def ranked_risk(harmless: NDArray[np.float64]) -> NDArray[np.float64]:
    """`[n]` risk by place: 1 for the most harmful outcome, `RATIO` times less for each place after it; ties share."""
    place = (harmless[None, :] < harmless[:, None] - TIE).sum(axis=1)
    return np.power(RATIO, -np.minimum(place, DEEPEST).astype(np.float64)).astype(np.float64)


def best_servers(serving: NDArray[np.float64], aim: int) -> NDArray[np.bool_]:
    """`[n]` the `aim` outcomes that serve best; none of those that tie with one that is left out."""
    if len(serving) <= aim:
        return np.ones(len(serving), dtype=np.bool_)
    left_out = np.sort(serving)[::-1][aim]
    return serving > left_out + TIE
