"""Features of recorded tool calls: which tools were called so far, how the sample ended, and its scores.

Axis letters: `n` calls of one sample; it has `n + 2` states: the start, one after each call, and the end.

Theory: A1, A2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadRecording
from teloscope.recordings.inspect.transcript import Transcript
from teloscope.worlds.gym.features import scalar_kind
from teloscope.worlds.gym.observation_columns import column_name
from teloscope.worlds.table.features import RESERVED
from teloscope.worlds.world import FeatureKind

END = "end"
"""The last step of every episode, from the last call to the final state."""
STORED = {"number": np.dtype(np.float64), "bool": np.dtype(np.bool_), "category": np.dtype(object)}
NOTHING = {"number": 0.0, "bool": False, "category": ""}
"""The value of a score where there is none."""


@dataclass(frozen=True)
class Columns:
    """Which columns there are, over all samples of a recording."""

    tools: dict[str, str]
    """Tool -> how it reads in a feature's name."""
    scores: dict[str, FeatureKind]
    user: dict[str, FeatureKind]
    """Features that the user's functions compute from the conversation."""

    @classmethod
    def of(cls, transcripts: Sequence[Transcript]) -> Columns:
        """The columns that hold all of these.

        Raises:
            BadRecording: a feature of the user's bears a name that is taken, or changes its kind.
        """
        tools = _tool_names(tool for t in transcripts for tool in (*t.tools, *(call.tool for call in t.calls)))
        scores: dict[str, FeatureKind] = {}
        own: dict[str, FeatureKind] = {}
        for t in transcripts:
            for name, score in t.scores.items():
                scores[name] = "category" if isinstance(score, str) or scores.get(name) == "category" else "number"
            for name, values in t.user_features.items():
                own[name] = _one_kind(name, values, own.get(name), t.where)
        columns = cls(tools, dict(sorted(scores.items())), own)
        if taken := sorted(own.keys() & {*RESERVED, *columns.given}):
            raise BadRecording(f"A feature {taken[0]!r} comes from the logs already; call yours otherwise.")
        return columns

    @property
    def given(self) -> dict[str, FeatureKind]:
        """Names and kinds of the features that need no function."""
        kinds: dict[str, FeatureKind] = {"calls": "number", "failed_calls": "number"}
        for tool in self.tools.values():
            kinds |= {f"called_{tool}": "bool", f"did_{tool}": "bool", f"calls_{tool}": "number"}
        kinds |= {"finished": "bool", "errored": "bool", "limited": "bool"}
        for name, kind in self.scores.items():
            kinds |= {f"score_{name}": kind, f"scored_{name}": "bool"}
        if len(self.scores) == 1:
            kinds["score"] = next(iter(self.scores.values()))
        return kinds

    @property
    def kinds(self) -> dict[str, FeatureKind]:
        """Names and kinds of all features."""
        return {**self.given, **self.user}

    def rows(self, transcripts: Sequence[Transcript]) -> dict[str, NDArray[Any]]:
        """Feature name -> `[rows]`, sample by sample."""
        each = [self._rows(t) for t in transcripts]
        return {
            name: np.concatenate([rows[name] for rows in each]).astype(STORED[kind])
            for name, kind in self.kinds.items()
        }

    def _rows(self, t: Transcript) -> dict[str, NDArray[Any]]:
        """`[n + 2]` every feature of one sample."""
        failed = np.array([call.failed for call in t.calls], np.bool_)
        called = np.array([call.tool for call in t.calls], object)
        rows: dict[str, NDArray[Any]] = {"calls": _running_count(failed | True), "failed_calls": _running_count(failed)}
        for tool, name in self.tools.items():
            mine = called == tool
            rows[f"calls_{name}"] = _running_count(mine)
            rows[f"called_{name}"] = rows[f"calls_{name}"] > 0
            rows[f"did_{name}"] = _running_count(mine & ~failed) > 0
        ended = np.arange(len(t.calls) + 2) > len(t.calls)
        rows["errored"], rows["limited"] = ended & bool(t.error), ended & bool(t.limit)
        rows["finished"] = ended & ~rows["errored"] & ~rows["limited"]
        for name, kind in self.scores.items():
            score = t.scores.get(name, NOTHING[kind])
            rows[f"score_{name}"] = np.full(len(ended), str(score) if kind == "category" else score, STORED[kind])
            rows[f"scored_{name}"] = np.full(len(ended), name in t.scores)
            rows["score"] = rows[f"score_{name}"]
        return rows | {name: np.array(values, STORED[self.user[name]]) for name, values in t.user_features.items()}


def step_actions(t: Transcript) -> list[str]:
    """What was done in each of the `n + 2` states; nothing in the last."""
    return [*(call.tool for call in t.calls), END, ""]


def _running_count(flags: NDArray[Any]) -> NDArray[np.float64]:
    """`[n + 2]` how many of the `[n]` were true up to each state."""
    counts = np.cumsum(flags, dtype=np.float64)
    return np.concatenate([[0.0], counts, counts[-1:] if len(counts) else [0.0]])


def _tool_names(tools: Iterable[str]) -> dict[str, str]:
    """Tools by names that can stand in a condition; where two read alike, the later one gets a number."""
    names: dict[str, str] = {}
    for tool in sorted(set(tools)):
        name, again = column_name(tool), 2
        while name in names.values():
            name, again = f"{column_name(tool)}_{again}", again + 1
        names[tool] = name
    return names


def _one_kind(name: str, values: Sequence[Any], before: FeatureKind | None, where: str) -> FeatureKind:
    """The kind of a feature's values, which must not change from state to state or from sample to sample."""
    for value in values:
        kind = scalar_kind(value)
        if before is not None and kind != before:
            raise BadRecording(
                f"The feature {name!r} is {value!r} in {where}, but a {before} before; expected numbers everywhere, or "
                "booleans, or texts."
            )
        before = kind
    assert before is not None, "read_transcript lets no other value in, and every sample has states"
    return before
