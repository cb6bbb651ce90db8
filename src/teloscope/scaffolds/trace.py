"""Traces: the steps of an agent's decision, line by line. They are kept in the recording and shown in the report."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["told", "thought", "said", "parsed", "judged", "gate", "chosen"]
"""The kinds of lines: what the agent was told, thought, said; how its reply was parsed; how an outcome was judged; what
the gate ruled; what the agent chose."""


UNPARSED, BLOCKED = "unparsed", "blocked"
"""The first word of a `parsed` line whose reply could not be parsed, and of a `gate` line whose act was blocked. Both
are counted by these words. Lines of these two kinds never begin with a model's own words."""


class Line(NamedTuple):
    """One line of a trace. A model may have written its text, so it is never trusted."""

    kind: Kind
    text: str


Trace = tuple[Line, ...]
"""The lines of one decision, in order."""
