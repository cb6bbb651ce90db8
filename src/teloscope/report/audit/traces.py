"""What the agent was told, thought, said and did: the traces of the replayed episodes, and what all traces come to.

Their texts may be a model's own words. They are cut where they are very long, every invisible character in them is
spelled out, and the page escapes them like everything foreign.

Theory: A7 (what is reasoned out loud can be read).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from teloscope.recordings.storage.traces import KIND, TEXT, TraceCounts
from teloscope.report.shared import glossary
from teloscope.report.shared.formatting import paragraphs, shown
from teloscope.scaffolds.trace import BLOCKED, UNPARSED
from teloscope.schema import TIME

if TYPE_CHECKING:
    from teloscope.recordings import Recording

LONGEST, LONGEST_IN_LIST = 4_000, 2_000
"""Characters of a line's text, on the page and in the list of the first episode; the recording holds the rest."""
MOST_MOMENTS = 60
"""Steps in the list of the first episode; the replay shows them all."""
FOLDED = 280
"""Characters from which on a text is folded; also if it has more lines than these:"""
FOLDED_LINES = 5
BEGINNING = 110
"""Characters of a folded text that stand outside."""
_WHOLE_WORDS = re.compile(rf"\s*(\S.{{0,{BEGINNING - 1}}})(?!\S)", re.DOTALL)
STRIKING = {"parsed": UNPARSED, "gate": BLOCKED}
"""Kind of a line -> how those begin that are to be seen at a glance."""


class Said(NamedTuple):
    """A line as it is shown."""

    kind: str
    label: str
    """How the page puts the kind."""
    text: str
    beginning: str
    """What stands outside where the text is folded; empty where it isn't."""
    struck: bool
    """Whether a reply could not be read, or an act was blocked."""


class Moment(NamedTuple):
    """Consecutive steps that came about in the same way."""

    steps: str
    """`step 4`, `steps 4-9`."""
    lines: tuple[Said, ...]
    action: str


def as_shown(lines: Iterable[tuple[str, str]]) -> list[Said]:
    """Lines, each a kind and a text, fit to be shown."""
    lines = list(lines)
    texts = {kind: [text for k, text in lines if k == kind] for kind, _ in lines}
    usual = {kind: set.intersection(*(set(text.splitlines()) for text in told)) for kind, told in texts.items()}
    return [_as_shown(kind, text, usual[kind]) for kind, text in lines]


def _as_shown(kind: str, text: str, usual: set[str]) -> Said:
    return Said(
        shown(kind),
        glossary.SPOKEN.get(kind, shown(kind)),
        _cut(text, LONGEST),
        _beginning(text, usual),
        kind in STRIKING and text.startswith(STRIKING[kind]),
    )


def _beginning(text: str, usual: set[str]) -> str:
    """What stands outside of a folded text: its first words that not every such text has."""
    if len(text) <= FOLDED and text.count("\n") < FOLDED_LINES:
        return ""
    own = " ".join(line for line in text.splitlines() if line not in usual) or text
    whole_words = _WHOLE_WORDS.match(own)
    return f"{shown(whole_words[1] if whole_words else own[:BEGINNING])} …"


def _cut(text: str, longest: int) -> str:
    safe = paragraphs(text[:longest])
    return f"{safe} … (cut here; the recording holds it all)" if len(text) > longest else safe


def thoughts(recording: Recording, episodes: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """What the page's script needs to show the traces beside the map; nothing where there are none.

    Args:
        recording: where they are.
        episodes: (context's name, what the script gets of an episode: its number and the steps `t` that are shown).

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
    return {"lines": as_shown(lines), "traces": traces}


def _by_step(recording: Recording, context: str, episode: int) -> dict[int, list[tuple[str, str]]]:
    """Step -> (kind, text) of its lines."""
    grouped: dict[int, list[tuple[str, str]]] = {}
    for t, kind, text in recording.traces(context, episode).select(TIME, KIND, TEXT).iter_rows():
        grouped.setdefault(t, []).append((kind, text))
    return grouped


def transcript(scenes: Mapping[str, Any]) -> list[Moment]:
    """The first steps of the first replayed episode as a list, for readers without a script.

    Args:
        scenes: what the script is given.
    """
    if "traces" not in scenes:
        return []
    lines = [line._replace(text=_cut(line.text, LONGEST_IN_LIST)) for line in scenes["lines"]]
    episode, moments = scenes["episodes"][0], []
    acts = zip(episode["t"], scenes["traces"][0], episode["actions"], strict=True)
    for alike, group in groupby(acts, key=lambda act: act[1:]):
        steps = [t for t, *_ in group]
        trace, action = alike
        if trace:
            moments.append(Moment(_steps(steps[0], steps[-1]), tuple(lines[i] for i in trace), action))
    return moments[:MOST_MOMENTS]


def _steps(first: int, last: int) -> str:
    return f"step {first}" if first == last else f"steps {first}\u2013{last}"


def tally_line(tally: TraceCounts) -> str:
    """How much could not be read and was blocked: `unparsed replies: 12 of 400; blocked acts: 3 of 40 …`."""
    parts = []
    if tally.replies:
        parts.append(f"unparsed replies: {tally.unparsed:,} of {tally.replies:,}")
    if tally.rulings:
        told = "that the gate ruled on"
        if tally.beforehand:
            told = "rulings of the gate, beforehand and on every act that may be chosen, taken or not"
        parts.append(f"blocked acts: {tally.blocked:,} of {tally.rulings:,} {told}")
    return "; ".join(parts)
