"""How an agent came to an act, line by line: kept with the recording and shown in the report."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["told", "thought", "said", "parsed", "judged", "gate", "chosen"]
"""What a line of a trace is: what the agent was told, thought, said; how its reply was parsed; how an outcome was
judged; what the gate ruled; what it chose."""


UNPARSED, BLOCKED = "unparsed", "blocked"
"""How the text of a `parsed` line begins where the reply could not be read, and that of a `gate` line where the act was
stopped: so they can be counted. Those two kinds of lines are never a model's own words."""


class Line(NamedTuple):
    """One line of a trace. Its text may be whatever a model wrote: never trusted."""

    kind: Kind
    text: str


Trace = tuple[Line, ...]
"""How an agent came to one act, in order."""
