"""The replay: which episodes are shown, and what is shown of each step.

First come episodes in which goal and value come apart: the agent reaches its goal, but a want is missed or an avoid has
come about. Then follows, for each context, a typical episode.

Theory: A3 (alignment can be seen where a goal and a value come apart).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from teloscope.regimes import Regime, features_of, readings_in
from teloscope.report.audit.occupancy import known_walls, map_size, position_features
from teloscope.report.audit.traces import replay_traces
from teloscope.report.shared.formatting import sanitize
from teloscope.report.shared.tiles import tiles
from teloscope.schema import ACTION, AGENT, EPISODE, STATE, TIME, VerdictDocument
from teloscope.worlds import Context, TableWorld, World

if TYPE_CHECKING:
    from teloscope.recordings import Recording

MOST_APART, MOST_EPISODES = 3, 12
MOST_GOALS, MOST_VALUES, MOST_FEATURES = 3, 6, 24
MOST_STEPS = 400
"""Longer episodes are shown in this many evenly spaced steps."""
Walls = NDArray[np.bool_] | None
"""`[height, width]` walls of a world that can't draw its states; None if they are unknown."""


@dataclass(frozen=True)
class WatchedRegime:
    """One regime that the replay follows."""

    role: str
    """goal, want or avoid."""
    regime: Regime


@dataclass(frozen=True)
class ChosenEpisode:
    """An episode that is shown, and why."""

    context: Context
    episode: int
    hits: tuple[bool, ...]
    """Whether it is in each watched regime."""
    apart: bool
    """Whether goal and value come apart in it; without goals, whether a value is violated."""
    why: str


def watched_regimes(document: VerdictDocument) -> list[WatchedRegime]:
    """The regimes that the replay follows: the first goals and values of a verdict."""
    goals = [WatchedRegime("goal", Regime.parse(g.regime)) for g in document.goals[:MOST_GOALS]]
    values = [WatchedRegime(v.kind, Regime.parse(v.regime)) for v in document.values[:MOST_VALUES]]
    return goals + values


def comes_apart(hits: NDArray[np.bool_], regimes: Sequence[WatchedRegime]) -> NDArray[np.bool_]:
    """`[N]` episodes in which a goal is reached and a value is violated; without goals, in which a value is violated.

    Args:
        hits: `[R, N]` which episodes are in which regime.
        regimes: the `R` regimes.
    """
    none = np.zeros(hits.shape[1], dtype=np.bool_)
    failed, reached = none.copy(), none.copy()
    for row, regime in zip(hits, regimes, strict=True):
        failed |= row if regime.role == "avoid" else ~row if regime.role == "want" else none
        reached |= row if regime.role == "goal" else none
    return failed & reached if any(r.role == "goal" for r in regimes) else failed


def choose_episodes(recording: Recording, regimes: Sequence[WatchedRegime]) -> list[ChosenEpisode]:
    """Episodes in which goal and value come apart, then a typical one for each context; `MOST_EPISODES` at most."""
    apart, typical = [], []
    kind = "goal and value come apart" if any(w.role == "goal" for w in regimes) else "a value is not kept"
    for context in sorted(recording.contexts, key=lambda c: c.kind == "fixing"):
        hits = recording.hits([w.regime for w in regimes], context.name, AGENT)
        if not regimes or hits.shape[1] == 0:
            hits = np.zeros((0, recording.frame.episodes), dtype=np.bool_)
        parted = comes_apart(hits, regimes) if regimes else np.zeros(hits.shape[1], dtype=np.bool_)
        if parted.any() and context.kind != "fixing":
            apart.append((float(parted.mean()), _make_choice(context, int(np.argmax(parted)), hits, parted, kind)))
        typical.append(_make_choice(context, _typical(hits), hits, parted, kind))
    apart = [chosen for _, chosen in sorted(apart, key=lambda found: -found[0])][:MOST_APART]
    seen = {(c.context.name, c.episode) for c in apart}
    return [*apart, *(c for c in typical if (c.context.name, c.episode) not in seen)][:MOST_EPISODES]


def _typical(hits: NDArray[np.bool_]) -> int:
    """The first episode of the largest group that is in the same regimes."""
    if hits.shape[0] == 0:
        return 0
    _, first, size = np.unique(hits, axis=1, return_index=True, return_counts=True)
    return int(first[np.argmax(size)])


def _make_choice(
    context: Context, at: int, hits: NDArray[np.bool_], parted: NDArray[np.bool_], apart: str
) -> ChosenEpisode:
    same = int((hits == hits[:, [at]]).all(axis=0).sum())
    n = hits.shape[1]
    group = (
        f"so end {same} of the {n} episodes here" if n > 1 and len(hits) else "the only episode here" if n == 1 else ""
    )
    why = f"{apart}: {group}" if parted[at] else group
    return ChosenEpisode(context, at, tuple(bool(h) for h in hits[:, at]), bool(parted[at]), why)


def replay(document: VerdictDocument, recording: Recording) -> dict[str, Any] | None:
    """Everything that the page's script needs, ready for JSON; None if there is no episode of the agent."""
    regimes = watched_regimes(document)
    chosen = choose_episodes(recording, regimes)
    if not chosen:
        return None
    world, size = recording.world, map_size(recording.world)
    walls = known_walls(recording)
    features = _features(recording.frame.features, regimes)
    episodes = [_episode(c, recording, regimes, features, walls) for c in chosen]
    return {
        "size": size,
        "legend": {char: [sanitize(t.kind), t.picture] for char, t in tiles(_legend(world, recording)).items()}
        if size
        else {},
        "regimes": [
            {"role": w.role, "regime": sanitize(str(w.regime)), "parts": [sanitize(part) for part in _parts(w.regime)]}
            for w in regimes
        ],
        "features": [sanitize(name) for name in features],
        "horizon": recording.frame.horizon,
        "late": recording.frame.horizon + 1 - recording.frame.late_window,
        "episodes": episodes,
        **replay_traces(recording, [(c.context.name, e) for c, e in zip(chosen, episodes, strict=True)]),
    }


def _features(kinds: Mapping[str, str], regimes: Sequence[WatchedRegime]) -> list[str]:
    """The features that the regimes use, then others; `MOST_FEATURES` at most."""
    spoken = [name for w in regimes for name in sorted(features_of(w.regime, kinds))]
    return list(dict.fromkeys([*spoken, *kinds]))[:MOST_FEATURES]


def _episode(
    chosen: ChosenEpisode, recording: Recording, regimes: Sequence[WatchedRegime], features: list[str], walls: Walls
) -> dict[str, Any]:
    steps = recording.steps(chosen.context.name, AGENT).filter(pl.col(EPISODE) == chosen.episode).sort(TIME).collect()
    read = readings_in(steps, [w.regime for w in regimes])
    kept = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), MOST_STEPS)).astype(int))
    seen = steps[kept]
    return {
        "context": sanitize(chosen.context.name),
        "kind": chosen.context.kind,
        "note": sanitize(chosen.context.note),
        "shove": chosen.context.shove_at,
        "episode": chosen.episode,
        "apart": chosen.apart,
        "why": chosen.why,
        "hits": list(chosen.hits),
        "t": seen[TIME].to_list(),
        "actions": _actions(seen[ACTION], recording.world),
        "held": [[_bits(held[kept]) for held in _held(w.regime, read)] for w in regimes],
        "values": [_json_values(seen[name]) for name in features],
        **_map_frames(seen, recording, walls),
    }


def _parts(regime: Regime) -> list[str]:
    """What is shown of a regime step by step: each condition; of a number, whether it has moved as it should."""
    side = "above" if regime.mode == "raise" else "below"
    return [*(f"{number} {side} its start" for number in regime.numbers), *regime.conditions]


def _held(regime: Regime, read: Mapping[str, NDArray[Any]]) -> list[NDArray[np.bool_]]:
    """`[T+1]` for each part."""
    sign = 1 if regime.mode == "raise" else -1
    moved = [sign * (read[number] - read[number][0]) > 0 for number in regime.numbers]
    return [*moved, *(read[condition] for condition in regime.conditions)]


def _bits(held: NDArray[np.bool_]) -> str:
    return "".join("1" if h else "0" for h in held)


def _actions(column: pl.Series, world: World | None) -> list[str]:
    """Names of the actions; the last state has none."""
    names = world.actions if world is not None else None
    return [sanitize(_action(a, names)) for a in column.to_list()]


def _action(action: Any, names: Sequence[str] | None) -> str:
    if action is None:
        return ""
    if names is not None and isinstance(action, int) and 0 <= action < len(names):
        return names[action]
    if isinstance(action, list):  # of lists, where an action has several dimensions
        return ", ".join(f"({_action(a, None)})" if isinstance(a, list) else f"{a:.3g}" for a in action)
    return f"{action:.3g}" if isinstance(action, float) else str(action)


def _json_values(column: pl.Series) -> list[Any]:
    """Values for JSON: short numbers, booleans, text; None for numbers that are not finite."""
    values = column.to_list()
    if column.dtype.is_float():
        return [float(f"{v:.4g}") if v is not None and math.isfinite(v) else None for v in values]
    return [v if isinstance(v, bool | int | None) else sanitize(str(v)) for v in values]


def _map_frames(steps: pl.DataFrame, recording: Recording, walls: Walls) -> dict[str, Any]:
    """The first map, and for each later step the cells that changed: `[cell, character, cell, character, …]`."""
    rows = _draw_maps(steps, recording, walls)
    if not rows:
        return {}
    changes: list[list[int | str]] = [[]]
    for before, after in pairwise(rows):
        changes.append([part for i, (b, a) in enumerate(zip(before, after, strict=True)) if b != a for part in (i, a)])
    return {"map": rows[0], "changes": changes}


def _draw_maps(steps: pl.DataFrame, recording: Recording, walls: Walls) -> list[str]:
    """The map of each step as one text, row after row; empty if the world has none."""
    world, size = recording.world, map_size(recording.world)
    if size is None or world is None:
        return []
    if isinstance(world, TableWorld) and STATE in steps.columns:
        drawn = ["".join(world.draw(world.table.states[s])) for s in steps[STATE].to_list()]
        return drawn if all(len(rows) == size[0] * size[1] for rows in drawn) else []
    if position_features(steps.columns) is None:
        return []
    chars = _entity_chars(world)
    bare = [" "] * (size[0] * size[1]) if walls is None else ["#" if wall else " " for wall in walls.ravel()]
    return [_from_positions(row, chars, size, bare) for row in steps.iter_rows(named=True)]


def _legend(world: World | None, recording: Recording) -> Mapping[str, str]:
    if isinstance(world, TableWorld):
        return world.legend
    return {"#": "wall"} | {char: name for name, char in _entity_chars(world).items()} if world is not None else {}


def _entity_chars(world: World) -> dict[str, str]:
    """A character for each entity of a world that draws no map itself: A is the agent, the others count from B."""
    others = [name for name in world.entity_names if name != "agent"]
    return {name: chr(ord("B") + i) for i, name in enumerate(others[:24])} | {"agent": "A"}


def _from_positions(row: Mapping[str, Any], chars: Mapping[str, str], size: tuple[int, int], bare: list[str]) -> str:
    """The map with entities at their positions; the agent covers the others."""
    width, height = size
    cells = bare.copy()
    for name, char in chars.items():
        x, y = row.get(f"{name}_x"), row.get(f"{name}_y")
        if x is not None and y is not None and 0 <= x < width and 0 <= y < height:
            cells[int(y) * width + int(x)] = char
    return "".join(cells)
