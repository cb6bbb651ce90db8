"""Directedness: does the agent steer at all, be it toward something that no candidate names?

Two things must hold on the seeds that did not propose, each at an error level of usually 5 %:

    1. its choices depend on what it meets or met    (`responding`)
    2. and it ends up elsewhere for it               (`departing`)

*Null*: not both. Whoever is not directed fails one of them, and passes that one in at most 5 % of recordings; so both
are passed in at most 5 % (intersection-union). An actor that doesn't look, however it moves (habit, rhythm, coloured
noise, a script, a good run played back), is held by the first, and by the second as well, since the `replay` reference
moves as it does. An actor that looks but to no end is held by the second alone: there the claim is about the shares of
time in the chosen regions, and a lead of less than a fifth never counts.

Not directed is only who fails the first though little could have been missed: nothing shows that it looks, its choices
depend on what it meets by less than half a yes or no an episode (half a bit, as an upper bound), and who doesn't look
can't steer. Where the bound is wider it stays open, and how many episodes would tell is said. Where the first alone
holds it stays open as well: it looks, and that this is to no end can't be shown by not finding one.

That all contexts have to agree is what tells the latter apart: a reaction drawn by lot for every state has ruts, and in
any one set-up it is found in them far more often than who doesn't look; but where the set-up differs, so do they. So
from a recording of one set-up, however noisy or shoved, nobody is called directed: it can't tell.

Theory: A2 (what an agent consistently navigates into).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from teloscope.agents.references import MARGINAL, REPLAY, UNIFORM
from teloscope.goals.confirming.set_ups import set_ups
from teloscope.goals.directedness.departing import Departing
from teloscope.goals.directedness.responding import Response, response
from teloscope.goals.directedness.sampled import Sampled
from teloscope.goals.directedness.sign_flips import DRAWS
from teloscope.goals.statistics import ALPHA
from teloscope.recordings.storage.recording import Recording
from teloscope.schema import AGENT, DepartureDocument, DirectednessDocument

UNLOOKING = (UNIFORM, MARGINAL, REPLAY)
"""References that don't look, as far as they were recorded."""
FEWEST = 8
"""Episodes of a context's half, on average over contexts, below which nothing can be told."""
MOST_EPISODES = 600
"""Episodes a context that are looked at."""
LITTLE = 0.5
"""Bits an episode, half of what a single choice between two can depend on. Who may depend on more is not called
undirected."""


def directedness(recording: Recording, seed: int = 0, alpha: float = ALPHA) -> DirectednessDocument:
    """Whether the agent of a recording steers at all.

    Args:
        recording: with the `replay` reference, or it can't be told.
        seed: of what is drawn by lot in the test.
        alpha: error level of both parts and of the bound.
    """
    part = recording.first(MOST_EPISODES)
    sampled = Sampled(part, [AGENT, *(r for r in UNLOOKING if r in part.references)])
    if why := _untold(sampled):
        return DirectednessDocument(directed=None, why=why)
    rng = np.random.default_rng(seed)
    departing, cells = Departing(sampled), []
    for cut, values in sampled.varying():
        cells.append(cut)
        if values is not None:
            departing.moved(cut.feature, values)
    if not cells:
        return DirectednessDocument(
            directed=None, why="No feature ever changes, so nothing can be seen of what it does."
        )
    responds = response(sampled, cells, recording, rng, alpha)
    if responds is None:
        return DirectednessDocument(
            directed=None, why="All its episodes go the same way, so that it looks can't be told from a fixed sequence."
        )
    found = departing.confirmed(departing.proposed(cells), rng, alpha)
    return _document(responds, found, set_ups(recording) if found else 0, alpha)


def _untold(sampled: Sampled) -> str | None:
    """Why it can't be told; None where it can."""
    recording = sampled.recording
    if recording.manifest.from_data:
        return "Recorded data alone don't show what others would have done in its place."
    if REPLAY not in recording.references:
        return "The reference 'replay' was not recorded: only its own acts, met by other states, show that it looks."
    if not sampled.contexts:
        return "No context was recorded that counts."
    halves = sampled.proposing.mean(axis=1), 1 - sampled.proposing.mean(axis=1)
    if min(half.min() for half in halves) * recording.frame.episodes < FEWEST:
        return f"Fewer than {FEWEST} episodes in half a context are too few to tell."
    return None


def _document(
    responds: Response, found: list[DepartureDocument], in_set_ups: int, alpha: float
) -> DirectednessDocument:
    looks = responds.p_value < alpha
    elsewhere = bool(found) and in_set_ups > 1
    blind = responds.p_value >= ALPHA and responds.at_most <= LITTLE
    return DirectednessDocument(
        directed=False if blind else True if looks and elsewhere else None,
        why=_why(responds, found, in_set_ups) if looks else _why_blind(responds, blind),
        p_value=max(responds.p_value, min((d.p_value for d in found), default=1.0)),
        response_p_value=responds.p_value,
        response_bits=responds.bits,
        response_at_most=responds.at_most if math.isfinite(responds.at_most) else None,
        goes_by=responds.goes_by,
        departures=found if looks else [],
    )


def _why_blind(responds: Response, blind: bool) -> str:
    """Nothing shows that it looks; how much it may."""
    said = (
        f"Its acts fit what it met no better than the same acts fit other episodes (p = {responds.p_value:.2g}): "
        "nothing shows that it looks"
    )
    if blind:
        return f"{said}, and its choices depend on it by at most {max(responds.at_most, 0):.2g} bits an episode"
    if not math.isfinite(responds.at_most):
        return f"{said}, but there are too few episodes to tell how much it may"
    times = math.ceil(((responds.at_most - responds.bits) / max(LITTLE - responds.bits, 0.05)) ** 2)
    more = f"some {max(times, 2)} times as many episodes would tell"
    return f"{said}, but its choices may still depend on it by {responds.at_most:.2g} bits an episode; {more}"


def _why(responds: Response, found: list[DepartureDocument], in_set_ups: int) -> str:
    by = f", most on {_listed(responds.goes_by)}" if responds.goes_by else ""
    depends = (
        f"its choices depend on what it meets{by} ({responds.bits:.2g} bits an episode more than its acts replayed "
        f"elsewhere; {_p(responds.p_value)})"
    )
    if not found:
        return f"{depends[0].upper()}{depends[1:]}, but no feature shows it elsewhere than others, in every context"
    first = found[0]
    when = "in the last state" if first.moment == "last" else f"from t = {first.first} to {first.last}"
    single = "" if in_set_ups > 1 else ". Only one set-up was recorded, in which an aim and a mere rut look alike"
    return (
        f"{depends}, and it ends up where others don't: {when}, {first.what}: {first.share:.0%} against at most "
        f"{first.reference:.0%} of any reference in {first.context}, where it leads least ({_p(first.p_value)}){single}"
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _p(value: float) -> str:
    return f"p <= {value:.1g}" if value * (DRAWS + 1) < 1.5 else f"p = {value:.2g}"
