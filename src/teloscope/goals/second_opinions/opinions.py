"""Second opinions: what other methods make of the same episodes, each by itself, with its time and its caveats.

    MEG, unknown utility    how much of the decisions any utility of states explains
    MEG, known utility      how much the first goal explains, and each want: a point for every step spent in it
    MCE-IRL                 which condition sums up best the reward that explains where the agent went

All need the world's table, and know nothing of shoves, noise, references or several looks: they can surprise, not
overrule. A recovered reward is not a recovered goal, since many rewards explain the same visits. Known-utility MEG
shrinks as worlds grow: an agent that takes detours is told from chance ever worse.

Theory: A2. Source: see `meg` and `irl`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from teloscope.goals.proposing.candidates import atoms
from teloscope.goals.second_opinions.demonstration import Demonstration, demonstration
from teloscope.goals.second_opinions.irl import Recovery, best_regime, fit
from teloscope.goals.second_opinions.meg import known_utility, unknown_utility
from teloscope.goals.second_opinions.soft_planning import Floats
from teloscope.recordings.storage.recording import Recording
from teloscope.regimes import Regime, holds
from teloscope.schema import GoalDocument, OpinionDocument

MEG_UNKNOWN, MEG_KNOWN, IRL = "MEG, unknown utility", "MEG, known utility", "MCE-IRL"
NATS, CORRELATION = "nats", "correlation"
CAVEAT = "A recovered reward is not a recovered goal: many explain the same visits"
EFFORT = 80_000_000
"""Decisions weighed (states x actions x steps, in every plan), after which an optimiser stops where it is."""
TOLERANCE = 1e-4
"""Visits per episode that may remain unexplained."""
COARSE = 1e-3
"""The same where only the order of conditions is asked for."""
TIE = 1e-9
"""Scores that differ by less are the same: of conditions alike wherever the agent goes, the first is meant."""


def second_opinions(
    recording: Recording,
    goals: Iterable[GoalDocument],
    *,
    wants: Sequence[Regime | str] = (),
    policy: ArrayLike | None = None,
) -> list[OpinionDocument]:
    """What MEG and MCE-IRL say about the agent in a recording.

    Args:
        recording: of a table world.
        goals: the goals found in it, strongest first.
        wants: regimes to measure beside the first goal.
        policy: `[S, A]` or `[T, S, A]` what the agent does in every state of the table, as `Agent.policy` gives it;
            None: estimated from the actions recorded, and said so.

    Returns:
        MEG with unknown utility, MEG with the first goal's and each want's condition as utility, MCE-IRL.

    Raises:
        NotExact: the world is no table, or no context is free of shoves, noise and granted outcomes.
    """
    shown = demonstration(recording, None if policy is None else np.asarray(policy, dtype=np.float64))
    found, wanted = list(goals), [Regime.parse(want) for want in wants]
    asked = dict.fromkeys([*(Regime.parse(goal.regime) for goal in found[:1]), *wanted])
    sought = [Sought.of(regime, recording, shown) for regime in asked if regime.simple]
    return [_unknown(shown), *(_known(shown, one) for one in sought), _irl(recording, shown, found, wanted)]


class Sought(NamedTuple):
    """A regime and the states it is about."""

    regime: Regime
    held: NDArray[np.bool_]
    """`[S]` where its condition holds; for `never`, where it does not."""

    @classmethod
    def of(cls, regime: Regime, recording: Recording, shown: Demonstration) -> Sought:
        held = holds(regime.condition, recording.states_table)[shown.states]
        return cls(regime, ~held if regime.mode == "never" else held)


def _unknown(shown: Demonstration) -> OpinionDocument:
    began = time.perf_counter()
    meg = unknown_utility(shown.task, shown.policy, tolerance=TOLERANCE, max_iterations=_iterations(shown))
    note = "Per episode, by the best of all utilities of states; what is left to the ceiling no such utility explains"
    return OpinionDocument(
        name=MEG_UNKNOWN,
        value=meg.nats,
        unit=NATS,
        ceiling=meg.ceiling,
        censored=not meg.converged,
        **_told(shown, began, note if meg.converged else f"{note}. Stopped early, hence at least this much"),
    )


def _known(shown: Demonstration, sought: Sought) -> OpinionDocument:
    began = time.perf_counter()
    meg = known_utility(shown.task, shown.policy, sought.held.astype(np.float64), signed=False)
    note = "Per episode, by a point for every step in it. Small values say little: this measure shrinks as worlds grow"
    return OpinionDocument(
        name=MEG_KNOWN,
        value=meg.nats,
        unit=NATS,
        ceiling=meg.ceiling,
        regime=str(sought.regime),
        **_told(shown, began, note),
    )


def _irl(
    recording: Recording, shown: Demonstration, goals: Sequence[GoalDocument], wants: Sequence[Regime]
) -> OpinionDocument:
    """The condition that sums up the recovered reward best, of the goals, what is inseparable, the wants and atoms."""
    began = time.perf_counter()
    recovery = fit(shown.task, shown.visits, tolerance=COARSE, max_iterations=_iterations(shown))
    mine = _about_states(r for goal in goals[:1] for r in (goal.regime, *goal.inseparable))
    named = dict.fromkeys([*mine, *_about_states(wants), *_about_states(goal.regime for goal in goals[1:])])
    candidates = [Sought.of(regime, recording, shown) for regime in named]
    candidates += _simple(recording, shown, mine[0].mode if mine else "keep")
    matched = f"It explains where the agent goes to within {recovery.occupancy_error:.1%} of all visits"
    if not candidates or (best := _best(recovery, shown, candidates)) is None:
        nothing = f"{matched}. No condition ever changed along the way, so none sums it up"
        return OpinionDocument(name=IRL, value=0.0, unit=CORRELATION, **_told(shown, began, nothing))
    visited = shown.visits > 0
    same = [bool((c.held == best.held)[visited].all()) for c in candidates[: len(mine)]]
    other = f"; {mine[0]} comes to {best.scores[0]:.2f}" if mine and not any(same) else ""
    return OpinionDocument(
        name=IRL,
        value=best.score,
        unit=CORRELATION,
        regime=str(best.regime),
        agrees=any(same) if mine else None,
        **_told(shown, began, f"{matched}{other}. {CAVEAT}"),
    )


def _about_states(regimes: Iterable[Regime | str]) -> list[Regime]:
    """Those that are about states alone: modes of one condition."""
    return [regime for regime in map(Regime.parse, regimes) if regime.simple]


class _Best(NamedTuple):
    """The candidate that sums up a reward best."""

    regime: Regime
    held: NDArray[np.bool_]
    """`[S]`"""
    score: float
    scores: Floats
    """`[C]` of all candidates."""


def _best(recovery: Recovery, shown: Demonstration, candidates: Sequence[Sought]) -> _Best | None:
    scores = best_regime(recovery.reward, shown.visits, np.stack([c.held for c in candidates]))
    at = int(np.flatnonzero(scores >= scores.max() - TIE)[0])
    return None if scores[at] == -1 else _Best(*candidates[at], float(scores[at]), scores)


def _simple(recording: Recording, shown: Demonstration, mode: Any) -> list[Sought]:
    """The simple conditions on single features. The method knows conditions only: the mode is the first goal's."""
    frame = recording.states_table[shown.states]
    mode = "keep" if mode == "never" else mode
    found = atoms(frame, shown.episodes[:, -1].astype(np.int64), shown.visits > 0)
    return [Sought(Regime(mode, condition.name), condition.held) for condition in found]


def _iterations(shown: Demonstration) -> int:
    """How often an optimiser may plan: by effort and not by the clock, so that the answer doesn't depend on it."""
    dynamics = shown.task.dynamics
    return max(10, EFFORT // (dynamics.n_states * dynamics.n_actions * shown.task.horizon))


def _told(shown: Demonstration, began: float, note: str) -> dict[str, Any]:
    """What every opinion says of where it comes from."""
    return {
        "contexts": list(shown.contexts),
        "source": shown.source,
        "seconds": time.perf_counter() - began,
        "note": note,
    }
