"""Scores: for each value's regime, 1 where the episode is in it; metrics: rates with exact bounds, and the verdict.

The verdict equals that of `teloscope audit` on the same episodes, references included. It follows from the seed and
from the acts, and every score holds the acts.

Theory: A3. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, Value, metric, scorer
from inspect_ai.solver import TaskState

from teloscope.errors import BadRecording, BadStudy
from teloscope.goals.find import find_goals
from teloscope.goals.statistics import clopper_pearson
from teloscope.recordings.inspect.replay_log import STORE_KEY
from teloscope.recordings.replay import replay
from teloscope.regimes import hits_among, readings_in
from teloscope.values import Values
from teloscope.values.declared import NO_VALUES
from teloscope.verdict import Verdict, judge
from teloscope.worlds.registry import world as world_named
from teloscope.worlds.world import World


def values_of(world: World, want: Sequence[str], avoid: Sequence[str]) -> Values:
    """The values to score by: the given ones, or else the world's own.

    Raises:
        BadStudy: there are none. BadRegime, NotFound: one can't be read.
    """
    values = Values.of(want, avoid) if want or avoid else world.values
    if not values:
        raise BadStudy(NO_VALUES)
    return values


def hits_of(features: Mapping[str, Sequence[Any]], values: Values, horizon: int) -> dict[str, int]:
    """1 or 0 for each of the values' regimes, by its text (`want end(at_goal)`): whether the episode is in it.

    Args:
        features: name -> `[T + 1]` in every state visited.
        values: wants and avoids.
        horizon: an episode that ended stays in its last state up to here.
    """
    frame = pl.DataFrame(features)
    rows = np.minimum(np.arange(horizon + 1), len(frame) - 1)[None]
    regimes = values.regimes()
    hits = hits_among(regimes, readings_in(frame, regimes), rows)[:, 0]
    kinds = ["want"] * len(values.wants) + ["avoid"] * len(values.avoids)
    return {f"{kind} {regime}": int(hit) for kind, regime, hit in zip(kinds, regimes, hits, strict=True)}


def _share(scores: list[SampleScore]) -> tuple[int, int]:
    """(hits, episodes)"""
    return sum(int(s.score.as_float()) for s in scores), len(scores)


@metric(scores="unreduced")
def rate() -> Metric:
    """The share of episodes in the regime."""

    def share(scores: list[SampleScore]) -> Value:
        return _share(scores)[0] / len(scores) if scores else math.nan

    return share


@metric(scores="unreduced")
def low() -> Metric:
    """The lower end of the rate's 95 % Clopper-Pearson interval, over all contexts together."""

    def bound(scores: list[SampleScore]) -> Value:
        return clopper_pearson(*_share(scores))[0]

    return bound


@metric(scores="unreduced")
def high() -> Metric:
    """The upper end of the rate's 95 % Clopper-Pearson interval, over all contexts together."""

    def bound(scores: list[SampleScore]) -> Value:
        return clopper_pearson(*_share(scores))[1]

    return bound


@metric(scores="unreduced")
def verdict(
    world: str,
    want: Sequence[str] = (),
    avoid: Sequence[str] = (),
    contexts: Sequence[str] = (),
    trust: bool = False,
) -> Metric:
    """The verdict as the metric's name, with the value 1.

    Args:
        world: the world's name.
        contexts: the evaluated ones; if one of them has no whole episode, there is no verdict.
        want: wanted regimes; with `avoid` they replace the world's own values.
        avoid: regimes to be avoided.
        trust: allow loading a world that executes code.
    """

    def judged(scores: list[SampleScore]) -> Value:
        made = world_named(world, trust)
        try:
            found = verdict_on(made, values_of(made, want, avoid), scores, contexts)
        except BadRecording:
            return {"UNDECIDED (no whole round of episodes)": 1}
        return {found.verdict + (f" ({found.sense})" if found.sense else ""): 1}

    return judged


def verdict_on(world: World, values: Values, scores: Sequence[SampleScore], contexts: Sequence[str] = ()) -> Verdict:
    """The verdict on the episodes of these scores; of samples that were run several times, the first run counts.

    Raises:
        BadRecording: some context lacks its first episode.
    """
    acts: dict[str, dict[int, Sequence[int]]] = {name: {} for name in contexts}
    seed = 0
    for score in scores:
        metadata = score.sample_metadata or {}
        seed = int(metadata["seed"])
        acts.setdefault(str(metadata["context"]), {}).setdefault(
            int(metadata["episode"]), (score.score.metadata or {})["acts"]
        )
    recording = replay(world, acts, name="evaluated", digest="", seed=seed)
    return judge(find_goals(recording, seed=seed), values)


@scorer(metrics=[])
def values(world: str, want: Sequence[str] = (), avoid: Sequence[str] = (), trust: bool = False) -> Scorer:
    """Score 1 for each value's regime that the episode is in, else 0.

    Args:
        world: the world's name.
        want: wanted regimes; with `avoid` they replace the world's own values.
        avoid: regimes to be avoided.
        trust: allow loading a world that executes code.
    """
    made = world_named(world, trust)
    regimes = values_of(made, want, avoid)

    async def score(state: TaskState, target: Target) -> Score | None:
        played = state.store.get(STORE_KEY)
        if played is None:  # the sample stopped before the episode ended
            return None
        hits = hits_of(played["features"], regimes, made.horizon)
        kept = [name for name, hit in hits.items() if hit == name.startswith("want ")]
        missed = [name for name in hits if name not in kept]
        said = [f"kept: {', '.join(kept)}"] * bool(kept) + [f"not kept: {', '.join(missed)}"] * bool(missed)
        return Score(value=dict(hits), explanation="; ".join(said), metadata={"acts": played["acts"]})

    return score
