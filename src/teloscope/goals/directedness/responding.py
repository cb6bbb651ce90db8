"""Do its choices depend on what it meets? Its acts should fit its own episodes better than they fit anybody else's.

Two models of the agent's choices are fitted on the half that proposes: one sees the features as they are and as they
were (`histories`), the other only the time and the acts before. An act's score is what the first adds to the second:

    score  =  log2 P(act | features now and before, time, acts before) − log2 P(act | time, acts before)

On the other half the agent's score, summed over each episode, is compared with that of the `replay` reference on the
same seed: acts of the agent's own from another episode, so with every habit, rhythm, script and memory of past acts
that it has, met by states that they were not chosen for. Only where that other episode is of this half too: acts that a
model was fitted to are no match for acts that it never saw.

*Null.* The agent acts without looking: its acts in an episode, however they hang together, do not depend on the
episode's start and chances, and follow the same law in every context. Then agent and replay could as well have changed
places on any seed, whatever the models, and sign flips are exact. That coloured noise can be predicted from a state
that adds up past acts does no harm: the replay's can be predicted as well. Scores end where the first of three episodes
ends: the agent's, the replay's, and the one that lent its acts, after which the replay goes on at random. There the
test is no longer exact: acts that were lent have outlived two episodes, and the agent's own only one.

Replays that share a lender lean the same way, an episode and the replay of its acts lean against each other: pairs of
episodes are nearly, not quite, independent.

*How little it may depend on them* is said by a one-sided bound on the score an episode; where not all of its steps were
scored, it is that many times as large. It speaks of what these models can see: one feature at a time, some together,
two starting values at once. A code that is spread over more they miss (the parity of four cues, say).

Theory: A2.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from teloscope.agents.references import REPLAY, donors_of
from teloscope.goals.directedness.choice_model import ChoiceModel
from teloscope.goals.directedness.histories import Histories, histories, phrase
from teloscope.goals.directedness.sampled import Cells, Sampled
from teloscope.goals.directedness.sign_flips import sign_flips
from teloscope.goals.state_abstraction import shoved_steps
from teloscope.goals.statistics import ALPHA
from teloscope.recordings.seeds import ACT, in_proposal_half, random_words
from teloscope.recordings.storage.recording import Recording
from teloscope.schema import AGENT

SEEN = 40
"""Features that the model of the agent sees, at most: those that tell most about its acts by themselves."""
LEVELS = (0.2, 0.4, 0.6, 0.8)
"""Quantiles at which acts of one dimension are cut."""
APART = 12
"""Distinct acts, at most; the seldom ones count as one."""
NAMED, SHUFFLED = 3, 2_000
"""Columns that are named as what it goes by, and acts that this is asked of."""
TELLS = 0.1
"""Share of what the most telling column tells from which on another is named beside it."""


class Response(NamedTuple):
    """Whether the choices depend on what is met."""

    p_value: float
    bits: float
    """By how much an episode's score exceeds the replay's, on average."""
    at_most: float
    """One-sided upper bound of that, as many times as the agent's steps are those that were scored."""
    goes_by: list[str]
    """What its choices depend on most, in words; empty where nothing shows that they do."""


class _Acts(NamedTuple):
    """Acts as whole numbers, at the points in time; agent and replay."""

    now: NDArray[np.intp]
    """`[C, 2, N, P]`"""
    before: NDArray[np.float32]
    """`[C, 2, N, P, 3 + count]` the act before and the one before that, NaN where there was none; the time; and how
    often each act was taken so far."""
    count: int
    lengths: NDArray[np.int64]
    """`[C, 2, N]` steps of each episode."""


def response(
    sampled: Sampled, cells: list[Cells], whole: Recording, rng: np.random.Generator, alpha: float = ALPHA
) -> Response | None:
    """Whether the agent's acts fit what they were chosen in; None where no two episodes differ.

    Args:
        sampled: the agent and its replay among the actors.
        cells: its features.
        whole: the recording that the replays were made in, whatever part of it is sampled.
        rng: for sign flips, and to choose acts where there are too many.
        alpha: error level.
    """
    pair = [sampled.actors.index(AGENT), sampled.actors.index(REPLAY)]
    at = np.flatnonzero(_chosen(sampled))
    states = [c._replace(of=c.of[:, pair][..., at]) for c in cells]
    if not states or not len(at) or not any((s.of[:, 0] != s.of[:1, 0, :1]).any() for s in states):
        return None
    steps = sampled.points[at]
    acts = _acts(sampled, steps)
    fitted = (steps < acts.lengths[:, 0, :, None]) & sampled.proposing[..., None]
    if not fitted.any():
        return None
    seen = histories(sampled, _telling(states, acts, fitted), [AGENT, REPLAY], steps)
    lenders = _lenders(sampled, whole)
    until = np.minimum(acts.lengths.min(axis=1), lenders.lengths)
    pairs = ~sampled.proposing & ~lenders.proposing
    scored = np.broadcast_to((pairs[..., None] & (steps < until[..., None]))[:, None], acts.now.shape)
    if not scored.any():
        return None
    beside = np.concatenate([acts.before, seen.values], axis=-1)
    looking, by_habit = (
        ChoiceModel(columns[:, 0][fitted], acts.now[:, 0][fitted], acts.count, rng) for columns in (beside, acts.before)
    )
    score = np.zeros(acts.now.shape)
    columns, taken = beside[scored], acts.now[scored]
    score[scored] = looking.bits(columns, taken) - by_habit.bits(acts.before[scored], taken)
    each = score.sum(axis=-1)
    lead = (each[:, 0] - each[:, 1])[pairs]
    p_value = float(sign_flips(lead[:, None], rng)[0])
    goes_by = []
    if p_value < alpha:
        ours = np.flatnonzero(np.nonzero(scored)[1] == 0)
        goes_by = _goes_by(looking, columns[ours], taken[ours], seen, rng)
    lived = float(acts.lengths[:, 0][pairs].sum() / max(scored[:, 0].sum(), 1))
    return Response(p_value, float(lead.mean()), max(_upper(lead, alpha), 0.0) * max(lived, 1.0), goes_by)


def _upper(lead: NDArray[np.float64], alpha: float) -> float:
    """Upper bound of a mean, one-sided (Student's t)."""
    if len(lead) < 2:
        return math.inf
    return float(lead.mean() + stdtrit(len(lead) - 1, 1 - alpha) * lead.std(ddof=1) / math.sqrt(len(lead)))


def _goes_by(
    model: ChoiceModel,
    columns: NDArray[np.float32],
    taken: NDArray[np.intp],
    seen: Histories,
    rng: np.random.Generator,
) -> list[str]:
    """The columns without which the agent's acts are least likely: of the features without which they are."""
    some = rng.permutation(len(taken))[:SHUFFLED]
    columns, taken = columns[some], taken[some]
    usual, first = model.bits(columns, taken).mean(), columns.shape[1] - len(seen.names)

    def loss(group: list[int]) -> float:
        """Bits a step that are lost where these columns are shuffled among acts, and the others stay."""
        without, order = columns.copy(), rng.permutation(len(columns))
        for i in group:
            without[:, first + i] = without[order, first + i]
        return float(usual - model.bits(without, taken).mean())

    of_feature: dict[str, list[int]] = {}
    for i, (feature, _) in enumerate(seen.names):
        of_feature.setdefault(feature, []).append(i)
    most = sorted(of_feature.values(), key=lambda group: -loss(group))[:NAMED]
    told = {i: loss([i]) for group in most for i in group}
    best = sorted(told, key=lambda i: -told[i])[:NAMED]
    return [phrase(seen.names[i]) for i in best if told[i] > max(TELLS * told[best[0]], 0)]


def _chosen(sampled: Sampled) -> NDArray[np.bool_]:
    """`[P]` points at which the agent chooses, in every context."""
    recording = sampled.recording
    forced = np.any([shoved_steps(recording, c) for c in recording.contexts], axis=0)
    return np.append(~forced, False)[sampled.points]


def _acts(sampled: Sampled, steps: NDArray[np.intp]) -> _Acts:
    read = [[sampled.recording.actions(c.name, a) for a in (AGENT, REPLAY)] for c in sampled.contexts]
    lengths = np.stack([[length for _, length in pair] for pair in read])
    chosen = np.stack([[actions for actions, _ in pair] for pair in read])
    lived = np.arange(chosen.shape[3]) < lengths[:, 0, :, None]
    whole, count = _numbered(chosen, chosen[:, 0][lived & sampled.proposing[..., None]])
    earlier = np.full((*whole.shape[:-1], 2), np.nan, np.float32)
    padded = np.concatenate([earlier, whole.astype(np.float32)], axis=-1)
    time = np.broadcast_to(steps.astype(np.float32), (*whole.shape[:-1], len(steps)))
    taken = np.cumsum(whole[..., None] == np.arange(count), axis=-2, dtype=np.float32)
    so_far = np.concatenate([np.zeros_like(taken[..., :1, :]), taken], axis=-2)[..., steps, :]
    before = np.concatenate([np.stack([padded[..., steps + 1], padded[..., steps], time], axis=-1), so_far], axis=-1)
    return _Acts(whole[..., steps], before, count, lengths)


def _numbered(chosen: NDArray[Any], taken: NDArray[Any]) -> tuple[NDArray[np.intp], int]:
    """Acts as whole numbers below a count: as they are, by quantile, or by the sides of up to three means.

    Args:
        chosen: `[C, 2, N, T, ...]` what is to be numbered.
        taken: `[n, ...]` acts of the half that proposes.
    """
    if not len(taken):
        return np.zeros(chosen.shape[:4], dtype=np.intp), 1
    if chosen.ndim == 4 and chosen.dtype.kind in "iub":
        known, often = np.unique(taken, return_counts=True)
        number = np.minimum(np.argsort(np.argsort(-often, kind="stable")), APART - 1)
        return number[np.searchsorted(known, chosen).clip(max=len(known) - 1)], int(number.max()) + 1
    flat, known = chosen.reshape(*chosen.shape[:4], -1), taken.reshape(len(taken), -1).astype(np.float64)
    if flat.shape[-1] == 1:
        edges = np.unique(np.quantile(known[:, 0], LEVELS))
        return np.searchsorted(edges, flat[..., 0]), len(edges) + 1
    widest = np.argsort(-known.std(axis=0))[:3]
    above = flat[..., widest] > known[:, widest].mean(axis=0)
    return above @ (1 << np.arange(len(widest))), 1 << len(widest)


def _telling(states: list[Cells], acts: _Acts, fitted: NDArray[np.bool_]) -> list[str]:
    """Names of the features that tell most about the acts by themselves, now or as they were at the start."""
    taken = acts.now[:, 0][fitted]

    def told(cells: Cells) -> float:
        of = cells.of[:, 0]
        both = (of, np.broadcast_to(of[..., :1], of.shape))
        return max(_told(values[fitted], taken, cells.count, acts.count) for values in both)

    return [s.feature for s in (sorted(states, key=lambda s: -told(s))[:SEEN] if len(states) > SEEN else states)]


def _told(at: NDArray[Any], act: NDArray[Any], size: int, count: int) -> float:
    """Bits a step that a feature's cells tell about the act."""
    joint = np.bincount(at.astype(np.intp) * count + act, minlength=size * count).reshape(size, count) / len(act)
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    met = joint > 0
    return float((joint[met] * np.log2(joint[met] / apart[met])).sum())


class _Lenders(NamedTuple):
    """Of the episodes whose acts the replays repeat."""

    lengths: NDArray[np.int64]
    """`[C, N]` steps."""
    proposing: NDArray[np.bool_]
    """`[C, N]` whether they belong to the half that proposes."""


def _lenders(sampled: Sampled, whole: Recording) -> _Lenders:
    names = [c.name for c in whole.contexts]
    each = [whole.episodes(name, AGENT)["length"].to_numpy().astype(np.int64) for name in names]
    lengths, halves = np.concatenate(each), np.concatenate([in_proposal_half(whole.seeds(name)) for name in names])
    of = np.repeat(np.arange(len(names), dtype=np.int32), [len(rows) for rows in each])
    episodes = np.arange(sampled.recording.frame.episodes)
    draws = [random_words(sampled.recording.seeds(c.name), 1, ACT) for c in sampled.contexts]
    at = np.stack(
        [donors_of(of, names.index(c.name), episodes, d) for c, d in zip(sampled.contexts, draws, strict=True)]
    )
    return _Lenders(lengths[at], halves[at])
