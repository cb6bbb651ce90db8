"""Do its choices depend on the state? Its acts should fit its own states better than they fit anybody else's.

A model of the agent, fitted on the half that proposes, scores every act by what seeing the state adds to knowing the
act before:

    score  =  log2 P(act | state, act before) − log2 P(act | act before)

On the other half the agent's mean score of each episode is compared with that of the `replay` reference on the same
seed: acts of the agent's own from another episode, so with every habit, rhythm, script and memory of past acts that it
has, met by states that they were not chosen for. Only where that other episode is of this half too: acts that the model
was fitted to are no match for acts that it never saw.

*Null.* The agent acts without looking: its acts in an episode, however they hang together, do not depend on the
episode's start and chances, and follow the same law in every context. Then agent and replay could as well have changed
places on any seed, whatever the model, and sign flips are exact. That coloured noise can be predicted from a state that
adds up past acts does no harm: the replay's can be predicted as well. Scores end where the first of three episodes
ends: the agent's, the replay's, and the one that lent its acts, after which the replay goes on at random. There the
test is no longer exact: acts that were lent have outlived two episodes, and the agent's own only one.

Replays that share a lender lean the same way, an episode and the replay of its acts lean against each other: pairs of
episodes are nearly, not quite, independent.

Theory: A2.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.references import REPLAY, donors_of
from teloscope.goals.directedness.sampled import Cells, Sampled
from teloscope.goals.directedness.sign_flips import sign_flips
from teloscope.goals.state_abstraction import shoved_steps
from teloscope.recordings.seeds import ACT, in_proposal_half, random_words
from teloscope.recordings.storage.recording import Recording
from teloscope.schema import AGENT

SEEN = 12
"""Features that the model of the agent sees, at most: those that tell most about its acts by themselves."""
ALL, CENTRES = 512, 256
"""Distinct states up to which each stands for itself, and how many stand for all where there are more."""
PRIOR = 2.0
"""Acts' worth of the coarser model that every distribution starts from."""
LOOKED_AT = 50_000
"""Steps among which states are chosen to stand for all."""
LEVELS = (0.2, 0.4, 0.6, 0.8)
"""Quantiles at which acts of one dimension are cut."""


class Response(NamedTuple):
    """Whether the choices depend on the state."""

    p_value: float
    bits: float
    """By how much a step's score exceeds the replay's, on average over episodes."""


class _Acts(NamedTuple):
    """Acts as whole numbers, at the points in time; agent and replay."""

    now: NDArray[np.intp]
    """`[C, 2, N, P]`"""
    before: NDArray[np.intp]
    """`[C, 2, N, P]` the act before; at the first step one number more."""
    count: int
    lengths: NDArray[np.int64]
    """`[C, 2, N]` steps of each episode."""


def response(sampled: Sampled, cells: list[Cells], whole: Recording, rng: np.random.Generator) -> Response | None:
    """Whether the agent's acts fit the states that they were chosen in; None where no two episodes differ.

    Args:
        sampled: the agent and its replay among the actors.
        cells: its features.
        whole: the recording that the replays were made in, whatever part of it is sampled.
        rng: for sign flips, and to choose states that stand for all.
    """
    pair = [sampled.actors.index(AGENT), sampled.actors.index(REPLAY)]
    acts = _acts(sampled)
    points = np.flatnonzero(_chosen(sampled))
    states = [c._replace(of=c.of[:, pair][..., points]) for c in cells]
    if not states or not len(points) or not any((s.of[:, 0] != s.of[:1, 0, :1]).any() for s in states):
        return None
    acts = acts._replace(now=acts.now[..., points], before=acts.before[..., points])
    steps = sampled.points[points]
    fitted = (steps < acts.lengths[:, 0, :, None]) & sampled.proposing[..., None]
    if not fitted.any():
        return None
    told = sorted(states, key=lambda s: -_told(s.of[:, 0][fitted], acts.now[:, 0][fitted], s.count, acts.count))[:SEEN]
    at, size = _places(sampled, [s.feature for s in told], pair, points, fitted, rng)
    score = _scores(at[:, 0][fitted], acts.before[:, 0][fitted], acts.now[:, 0][fitted], size, acts.count)
    lenders = _lenders(sampled, whole)
    until = np.minimum(acts.lengths.min(axis=1), lenders.lengths)
    counted = (steps < until[..., None])[:, None]
    each = (score[at, acts.before, acts.now] * counted).sum(axis=-1) / counted.sum(axis=-1).clip(min=1)
    lead = (each[:, 0] - each[:, 1])[~sampled.proposing & ~lenders.proposing]
    if not len(lead):
        return None
    return Response(float(sign_flips(lead[:, None], rng)[0]), float(lead.mean()))


def _chosen(sampled: Sampled) -> NDArray[np.bool_]:
    """`[P]` points at which the agent chooses, in every context."""
    recording = sampled.recording
    forced = np.any([shoved_steps(recording, c) for c in recording.contexts], axis=0)
    return np.append(~forced, False)[sampled.points]


def _acts(sampled: Sampled) -> _Acts:
    read = [[sampled.recording.actions(c.name, a) for a in (AGENT, REPLAY)] for c in sampled.contexts]
    lengths = np.stack([[length for _, length in pair] for pair in read])
    chosen = np.stack([[actions for actions, _ in pair] for pair in read])
    lived = np.arange(chosen.shape[3]) < lengths[:, 0, :, None]
    whole, count = _numbered(chosen, chosen[:, 0][lived & sampled.proposing[..., None]])
    before = np.concatenate([np.full((*whole.shape[:-1], 1), count), whole], axis=-1)
    at = sampled.points
    return _Acts(whole[..., at.clip(max=whole.shape[-1] - 1)], before[..., at], count, lengths)


def _numbered(chosen: NDArray[Any], taken: NDArray[Any]) -> tuple[NDArray[np.intp], int]:
    """Acts as whole numbers below a count: as they are, by quantile, or by the sides of up to three means.

    Args:
        chosen: `[C, 2, N, T, ...]` what is to be numbered.
        taken: `[n, ...]` acts of the half that proposes.
    """
    if not len(taken):
        return np.zeros(chosen.shape[:4], dtype=np.intp), 1
    if chosen.ndim == 4 and chosen.dtype.kind in "iub":
        known = np.unique(taken)
        return np.searchsorted(known, chosen).clip(max=len(known) - 1), len(known)
    flat, known = chosen.reshape(*chosen.shape[:4], -1), taken.reshape(len(taken), -1).astype(np.float64)
    if flat.shape[-1] == 1:
        edges = np.unique(np.quantile(known[:, 0], LEVELS))
        return np.searchsorted(edges, flat[..., 0]), len(edges) + 1
    widest = np.argsort(-known.std(axis=0))[:3]
    above = flat[..., widest] > known[:, widest].mean(axis=0)
    return above @ (1 << np.arange(len(widest))), 1 << len(widest)


def _told(at: NDArray[Any], act: NDArray[Any], size: int, count: int) -> float:
    """Bits a step that a feature's cells tell about the act."""
    joint = np.bincount(at.astype(np.intp) * count + act, minlength=size * count).reshape(size, count) / len(act)
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    met = joint > 0
    return float((joint[met] * np.log2(joint[met] / apart[met])).sum())


def _places(
    sampled: Sampled,
    features: list[str],
    pair: list[int],
    points: NDArray[np.intp],
    fitted: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[NDArray[np.intp], int]:
    """`[C, 2, N, P]` which state stands for each, and how many there are: the nearest, each feature by its spread."""
    from scipy.spatial import KDTree  # half a second to load, and needed only where no goal is pursued

    states = np.stack([_numbers(sampled.raw(f))[:, pair][..., points] for f in features], axis=-1)
    spread = states.std(axis=(0, 1, 2, 3))
    states /= np.where(spread > 0, spread, 1.0)
    met = states[:, 0][fitted]
    found = np.unique(met[rng.permutation(len(met))[:LOOKED_AT]], axis=0)
    stand = found if len(found) <= ALL else found[rng.permutation(len(found))[:CENTRES]]
    _, nearest = KDTree(stand).query(states.reshape(-1, states.shape[-1]))
    return np.asarray(nearest, dtype=np.intp).reshape(states.shape[:-1]), len(stand)


def _numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    if values.dtype.kind in "biuf":
        return np.nan_to_num(values.astype(np.float64))
    return np.unique(values, return_inverse=True)[1].reshape(values.shape).astype(np.float64)


def _scores(at: NDArray[Any], before: NDArray[Any], act: NDArray[Any], size: int, count: int) -> NDArray[np.float64]:
    """`[size, count + 1, count]` bits by which the state adds to the act before, fitted with shrinkage."""

    def counts(rows: NDArray[Any], number: int) -> NDArray[np.float64]:
        return np.bincount(rows * count + act, minlength=number * count).reshape(number, count).astype(np.float64)

    def shrunk(counted: NDArray[np.float64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
        return (counted + PRIOR * prior) / (counted.sum(axis=-1, keepdims=True) + PRIOR)

    anywhere = shrunk(counts(np.zeros_like(at), 1), np.full(count, 1 / count))
    by_habit = shrunk(counts(before, count + 1), anywhere)
    by_state = shrunk(counts(at, size), anywhere)
    seen = counts(at * (count + 1) + before, size * (count + 1)).reshape(size, count + 1, count)
    return np.log2(shrunk(seen, by_state[:, None])) - np.log2(by_habit)


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
