"""Which candidate is tested: chosen on half of the minds and half A of the episodes; the other halves are tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from teloscope.affect.criteria.adds import known
from teloscope.affect.evidence import Evidence
from teloscope.affect.latents import CANDIDATES, candidate, find_axes
from teloscope.affect.latents.candidates import future_effort
from teloscope.affect.statistics import increment
from teloscope.affect.statistics.regression import share
from teloscope.errors import BadStudy, NotFound


@dataclass(frozen=True)
class Choice:
    """A candidate and which minds it may be tested on."""

    name: str
    scores: dict[str, float | None]
    """Candidate -> share of effort to come that it explains beyond what is known; None: the mind has none."""
    tested: np.ndarray
    """Indices of the minds that took no part in the choice; one mind alone takes part in both."""
    chosen_on: np.ndarray


def choose(evidence: Evidence, asked: str | None, minds: np.ndarray) -> Choice:
    """Choose among the candidates, or take the one that was named before anything was seen.

    Args:
        evidence: the subject's.
        asked: a candidate's name; then all minds are tested.
        minds: indices of the minds that did not diverge.

    Raises:
        NotFound: no such candidate.
        BadStudy: no candidate fits the mind.
    """
    if asked is not None:
        if asked not in CANDIDATES:
            raise NotFound("candidate", asked, CANDIDATES)
        if asked == "slow" and not evidence.subject.description.slow:
            raise BadStudy(
                f"{evidence.subject.description.name} has no slow channel. Expected the candidate effort or sparse."
            )
        return Choice(asked, {}, minds, minds[:0])
    chosen_on, tested = (minds[::2], minds[1::2]) if len(minds) > 1 else (minds, minds)
    scores = {name: score(evidence, name, chosen_on) for name in CANDIDATES}
    able = {name: value for name, value in scores.items() if value is not None}
    return Choice(max(able, key=lambda name: able[name]), scores, tested, chosen_on)


def score(evidence: Evidence, name: str, minds: np.ndarray) -> float | None:
    """What a candidate's two axes add to the prediction of effort, fitted on half of half A and scored on the rest."""
    slow = evidence.subject.description.slow
    if name == "slow" and not slow:
        return None
    trace = evidence.ordinary.of_minds(minds)
    fit, rest = trace.of_episodes(slice(0, None, 2)), trace.of_episodes(slice(1, None, 2))
    axes = find_axes(fit, candidate(name, fit, slow))
    z = np.stack([axes.valence.of(rest), axes.arousal.of(rest)], -1)
    ahead = future_effort(rest)[..., :2].mean(-1)
    return float(np.nanmean(share(increment(known(rest), z, ahead).sum(1))))
