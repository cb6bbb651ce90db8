"""The traces of the replayed episodes (what the agent was told, thought, said and did), and the tally of all traces.

Their texts may come from a model. Very long ones are cut, every invisible character is spelled out, and the page
escapes them like all text from outside.

Theory: A7 (what is reasoned out loud can be read).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from teloscope.recordings.storage.traces import KIND, TEXT, TraceCounts
from teloscope.report.shared import glossary
from teloscope.report.shared.formatting import sanitize, sanitize_lines
from teloscope.scaffolds.trace import BLOCKED, UNPARSED
from teloscope.schema import TIME

if TYPE_CHECKING:
    from teloscope.recordings import Recording

LONGEST, LONGEST_IN_LIST = 4_000, 2_000
"""Largest number of characters of a line, on the page and in the list of the first episode; the recording has all."""
MOST_STEP_GROUPS = 60
"""Steps in the list of the first episode; the replay shows them all."""
FOLDED = 280
"""A text with more characters than this is folded, and so is one with more lines than `FOLDED_LINES`."""
FOLDED_LINES = 5
BEGINNING = 110
"""Characters of a folded text that are always visible."""
_WHOLE_WORDS = re.compile(rf"\s*(\S.{{0,{BEGINNING - 1}}})(?!\S)", re.DOTALL)
HIGHLIGHTED = {"parsed": UNPARSED, "gate": BLOCKED}
"""Kind of a line -> how the lines begin that the page highlights."""


class TraceLine(NamedTuple):
    """A line as the page shows it."""

    kind: str
    label: str
    """The page's word for the kind."""
    text: str
    beginning: str
    """The visible part of a folded text; empty if the text is not folded."""
    struck: bool
    """Whether a reply could not be read, or an act was blocked."""


class StepGroup(NamedTuple):
    """Consecutive steps with the same trace and action."""

    steps: str
    """`step 4`, `steps 4-9`."""
    lines: tuple[TraceLine, ...]
    action: str


def trace_lines(lines: Iterable[tuple[str, str]]) -> list[TraceLine]:
    """Lines for the page, each from its kind and text."""
    lines = list(lines)
    texts = {kind: [text for k, text in lines if k == kind] for kind, _ in lines}
    common = {
        kind: set.intersection(*(set(text.splitlines()) for text in texts_of_kind))
        for kind, texts_of_kind in texts.items()
    }
    return [_trace_line(kind, text, common[kind]) for kind, text in lines]


def _trace_line(kind: str, text: str, common: set[str]) -> TraceLine:
    return TraceLine(
        sanitize(kind),
        glossary.TRACE_LABELS.get(kind, sanitize(kind)),
        _truncate(text, LONGEST),
        _beginning(text, common),
        kind in HIGHLIGHTED and text.startswith(HIGHLIGHTED[kind]),
    )


def _beginning(text: str, usual: set[str]) -> str:
    """The visible part of a folded text: its first words, without lines that all texts of the kind share."""
    if len(text) <= FOLDED and text.count("\n") < FOLDED_LINES:
        return ""
    own = " ".join(line for line in text.splitlines() if line not in usual) or text
    whole_words = _WHOLE_WORDS.match(own)
    return f"{sanitize(whole_words[1] if whole_words else own[:BEGINNING])} …"


def _truncate(text: str, longest: int) -> str:
    safe = sanitize_lines(text[:longest])
    return f"{safe} … (cut here; the recording holds it all)" if len(text) > longest else safe


def replay_traces(recording: Recording, episodes: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """The traces for the page's script, which shows them beside the map; empty if there are none.

    Args:
        recording: the recording that holds them.
        episodes: (name of the context, the script's episode: its number and the shown steps `t`).

    Returns:
        `lines`: every distinct line; `traces`: for each episode, for each step that is shown, which lines.
    """
    if recording.trace_counts is None:
        return {}
    lines: dict[tuple[str, str], int] = {}
    traces = []
    for context, episode in episodes:
        by_step = _by_step(recording, context, episode["episode"])
        traces.append([[lines.setdefault(line, len(lines)) for line in by_step.get(t, ())] for t in episode["t"]])
    return {"lines": trace_lines(lines), "traces": traces}


def _by_step(recording: Recording, context: str, episode: int) -> dict[int, list[tuple[str, str]]]:
    """Step -> (kind, text) of its lines."""
    grouped: dict[int, list[tuple[str, str]]] = {}
    for t, kind, text in recording.traces(context, episode).select(TIME, KIND, TEXT).iter_rows():
        grouped.setdefault(t, []).append((kind, text))
    return grouped


def transcript(scenes: Mapping[str, Any]) -> list[StepGroup]:
    """The first steps of the first replayed episode as a list, for readers without JavaScript.

    Args:
        scenes: the data of the page's script.
    """
    if "traces" not in scenes:
        return []
    lines = [line._replace(text=_truncate(line.text, LONGEST_IN_LIST)) for line in scenes["lines"]]
    episode, moments = scenes["episodes"][0], []
    acts = zip(episode["t"], scenes["traces"][0], episode["actions"], strict=True)
    for alike, group in groupby(acts, key=lambda act: act[1:]):
        steps = [t for t, *_ in group]
        trace, action = alike
        if trace:
            moments.append(StepGroup(_steps(steps[0], steps[-1]), tuple(lines[i] for i in trace), action))
    return moments[:MOST_STEP_GROUPS]


def _steps(first: int, last: int) -> str:
    return f"step {first}" if first == last else f"steps {first}\u2013{last}"


def tally_line(tally: TraceCounts) -> str:
    """The counts in a line: `unparsed replies: 12 of 400; blocked acts: 3 of 40 …`."""
    parts = []
    if tally.replies:
        parts.append(f"unparsed replies: {tally.unparsed:,} of {tally.replies:,}")
    if tally.rulings:
        told = "that the gate ruled on"
        if tally.beforehand:
            told = "rulings of the gate, beforehand and on every act that may be chosen, taken or not"
        parts.append(f"blocked acts: {tally.blocked:,} of {tally.rulings:,} {told}")
    return "; ".join(parts)
