"""Pursued or merely reached? Sought for itself, or for another goal?

Pursued: it beats the references that act as the agent does without looking, and after a shove out of the regime it
returns more than they do. Where fewer than three set-ups were recorded, a fixed random reaction to every state does all
that as well: it has ruts, and comes back to them. There its choices by themselves must confirm it too (`choices`).

Instrumental: where another goal is granted from the start, the agent stops seeking this one, while granting this one
does not stop it from seeking the other (outcome fixing).

Theory: A2. Source: Ward et al. 2024 (arXiv 2402.07221).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.references import ACTION_MATCHED
from teloscope.goals.confirming.set_ups import ENOUGH
from teloscope.goals.episode_hits import GOAL_MODES, Hits
from teloscope.goals.proposing.propose import Candidate
from teloscope.goals.state_abstraction import AbstractStates, after_shove
from teloscope.goals.statistics import ALPHA, fisher, mcnemar
from teloscope.recordings.storage.recording import Recording
from teloscope.schema import AGENT
from teloscope.worlds.world import Context

FEWEST = 8
"""Shoved-out episodes below which a shove says nothing."""
SAME = 0.25
"""A regime's lift where another goal is granted, relative to its usual lift, up to which it is no longer sought."""
EXPLAINED = 0.05
"""Share of episodes that a better goal may leave unexplained in what merely follows from it."""


class Pursuit(NamedTuple):
    """Whether the agent returns, and how we know."""

    pursued: bool
    why: str


def pursuit(
    recording: Recording,
    hits: Hits,
    goal: Candidate,
    abstract: AbstractStates,
    in_set_ups: int,
    chosen: bool,
    alpha: float = ALPHA,
) -> Pursuit:
    """Whether a confirmed regime is pursued or merely reached: asked of the confirming half.

    Args:
        recording: where it was confirmed.
        hits: of all candidates.
        goal: the regime.
        abstract: the recording in abstract states.
        in_set_ups: how many set-ups were recorded.
        chosen: whether the agent's choices by themselves confirm it.
        alpha: error level of the tests of its returns.
    """
    matched = [r for r in hits.references if r in ACTION_MATCHED]
    if not matched:
        return Pursuit(False, "no reference that acts as the agent does was recorded, so drift can't be ruled out")
    shoved = [c for c in hits.ordinary() if c.shove_at is not None]
    beats = "it beats references that act alike without looking"
    if in_set_ups < ENOUGH and not chosen:
        some = "one set-up alone" if in_set_ups == 1 else f"{in_set_ups} set-ups alone"
        return Pursuit(
            False,
            f"{beats}, but its choices, one by one, don't show that it wants this, and in {some} a fixed reaction to "
            f"every state ends up in ruts of its own as well; record {ENOUGH} layouts or more",
        )
    if not shoved:
        return Pursuit(False, f"{beats}, but no context shoves the agent, so that it returns can't be shown")
    tested = 0
    for context in shoved:
        ours, theirs = _returns(recording, hits, goal, abstract, context, matched)
        if len(ours) < FEWEST:
            continue
        tested += 1
        test = mcnemar if recording.manifest.paired else fisher
        p_value = float(test(np.broadcast_to(ours, theirs.shape), theirs).max())
        if p_value >= alpha:
            return Pursuit(
                False,
                f"after being shoved out of it in {context.name} the agent returned in {ours.sum()} of {len(ours)} "
                "episodes, not clearly more than one acting alike without looking "
                f"({theirs.sum(axis=1).max()}; p = {p_value:.2g})",
            )
    if not tested:
        return Pursuit(True, f"{beats}; too seldom did a shove take the agent out of it to see whether it returns")
    return Pursuit(True, f"{beats}, and after shoves out of it the agent returns more than they do")


def _returns(
    recording: Recording,
    hits: Hits,
    goal: Candidate,
    abstract: AbstractStates,
    context: Context,
    matched: Sequence[str],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """`[n]` and `[R, n]`: who got back, in the confirming episodes in which the shove left the agent outside.

    To get back is to be in the regime over what is left of the episode. Who was shoved out can't have held a condition
    always; then keeping it from there on counts. A cycle has to go round again, a number to rise or fall again, from
    wherever the shove led; a sequence whose first part was done before is left with its second.
    """
    first, condition = after_shove(recording, context), goal.condition
    mode = "keep" if goal.mode == "always" else goal.mode
    paths = {actor: abstract.spelled[context.name, actor][~hits.split[context.name]] for actor in (AGENT, *matched)}
    at = paths[AGENT][:, first]
    out = np.ones(len(at), np.bool_) if condition.form in ("cycle", "raise", "lower") else ~condition.held[at]
    out &= condition.asked(paths[AGENT], first)
    if condition.before_held is not None and condition.form == "first":
        out &= condition.before_held[paths[AGENT][:, :first]].any(axis=1)
        condition = condition._replace(form="")
    back = np.stack([condition.achieved(mode, paths[actor][out, first:]) for actor in (AGENT, *matched)])
    return back[0], back[1:]


def serves(hits: Hits, goals: Sequence[Candidate], abstract: AbstractStates) -> dict[int, int]:
    """Which goals are instrumental to which: index -> index of the goal served.

    A context of kind `fixing` grants a goal where its condition holds in every episode's first state.
    """
    fixing = [c for c in hits.contexts if not c.counts]
    granted = {i: [c.name for c in fixing if _holds_at_start(abstract, c.name, g)] for i, g in enumerate(goals)}
    found: dict[int, int] = {}
    for i, one in enumerate(goals):
        for j, other in enumerate(goals):
            if i == j or not granted[j] or found.get(j) == i:
                continue
            where = [name for name in granted[j] if name not in granted[i]]
            back = [name for name in granted[i] if name not in granted[j]]
            if where and not _sought(hits, one, where) and (not back or _sought(hits, other, back)):
                found[i] = j
                break
    return found


def follows(hits: Hits, one: Candidate, better: Candidate) -> bool:
    """Whether one regime merely follows from getting into a better one's condition.

    The references tell what comes with it: how often the regime came about in their episodes that met the better
    condition, and in those that didn't. If that accounts for the agent's rate, the regime is a by-product: a place on
    the way, or a trace.
    """
    mode, reach = GOAL_MODES.index(one.mode), GOAL_MODES.index("reach")
    ours: list[NDArray[np.bool_]] = []
    theirs: list[NDArray[np.bool_]] = []
    for context in hits.ordinary():
        regime, met = hits.pair(context.name, one.row, mode), hits.pair(context.name, better.row, reach)
        ours.append(np.stack([regime[0], met[0]]))
        theirs.append(np.stack([regime[1].ravel(), met[1].ravel()]))
    (got, met), (ref_got, ref_met) = np.concatenate(ours, axis=1), np.concatenate(theirs, axis=1)
    if ref_met.sum() < FEWEST or (~ref_met).sum() < FEWEST:
        return False
    chance = np.where(met, ref_got[ref_met].mean(), ref_got[~ref_met].mean())
    spread = np.sqrt((chance * (1 - chance)).sum() + 0.25)
    return bool(got.sum() - chance.sum() < max(EXPLAINED * len(got), 2 * spread))


def _holds_at_start(abstract: AbstractStates, context: str, goal: Candidate) -> bool:
    """Whether the goal's condition holds in the first state of every episode of a context."""
    return not goal.condition.form and bool(goal.condition.held[abstract.spelled[context, AGENT][:, 0]].all())


def _sought(hits: Hits, goal: Candidate, contexts: Sequence[str]) -> bool:
    """Whether the agent still goes for a regime in these contexts: its lift is not far below the usual one."""
    usual = float(np.mean([_lift(hits, goal, c.name) for c in hits.ordinary()]))
    return any(_lift(hits, goal, name) > SAME * usual for name in contexts)


def _lift(hits: Hits, goal: Candidate, context: str) -> float:
    ours, theirs = hits.pair(context, goal.row, GOAL_MODES.index(goal.mode))
    return float(ours.mean() - theirs.mean(axis=1).max())
