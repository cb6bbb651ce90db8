"""Putting decisions before the gate: thoughts and words are heard, acts that may be chosen are ruled on.

    a thought or a reply that doesn't pass    no act of this decision does
    an act that doesn't pass                  nothing is done instead

Theory: A7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.scaffolds.deciding import Asking, shares
from teloscope.scaffolds.gate import Asked, Gate, Ruling, Stated
from teloscope.scaffolds.profiles import ChannelName
from teloscope.scaffolds.trace import BLOCKED, Kind, Line, Trace

_HEARD: dict[Kind, ChannelName] = {"thought": "thought", "said": "speech"}
"""Kind of a trace's line -> the channel that it went through."""


class Ruled(NamedTuple):
    """What the gate let pass."""

    allowed: NDArray[np.bool_]
    """`[n, A]`"""
    lines: list[Trace]
    """`[n]` what it ruled, for the traces."""


def ruled(
    gate: Gate, asking: Asking, seen: Sequence[str], likely: NDArray[np.float64], traces: Sequence[Trace]
) -> Ruled:
    """Put decisions before the gate.

    Args:
        gate: the gate.
        asking: whose decisions they are.
        seen: `[n]` what was seen.
        likely: `[n, A]` how likely each act is; only acts that may be chosen are asked about.
        traces: `[n]` how each decision came about.
    """
    brief = asking.brief
    lines: list[list[Line]] = [[] for _ in seen]
    allowed = np.ones(likely.shape, dtype=np.bool_)
    for i, complaint in enumerate(_overheard(gate, traces)):
        if complaint:
            lines[i].append(Line("gate", complaint))
            allowed[i] = False
    if not gate.free:
        pairs = [(i, a) for i, a in np.argwhere((likely > 0) & allowed).tolist() if a != brief.idle]
        asked = [_asked(asking, seen[i], a) for i, a in pairs]
        for (i, a), (stated, ruling) in zip(pairs, gate.rulings(asking.engine, asked), strict=True):
            lines[i].append(Line("gate", _told(brief.phrases[a], stated, ruling)))
            allowed[i, a] = ruling.allowed
    return Ruled(allowed, [tuple(told) for told in lines])


def _asked(asking: Asking, seen: str, action: int) -> Asked:
    phrases = asking.brief.phrases
    return Asked(seen, phrases[action], asking.brief.told, (*phrases[:action], *phrases[action + 1 :]))


def _told(act: str, stated: Stated, ruling: Ruling) -> str:
    """The ruling with the statement it is about; begins with what counts blocked acts."""
    said = f" It stated: {stated.text.strip()!r}." if stated.text else ""
    return f"{'allowed' if ruling.allowed else BLOCKED}: {act} ({ruling.kind}: {ruling.why}).{said}"


def _overheard(gate: Gate, traces: Sequence[Trace]) -> list[str]:
    """For each decision, which thought or reply does not pass; empty where all do."""
    complaints = [""] * len(traces)
    for kind, channel in _HEARD.items():
        if gate.channel(channel).free:
            continue
        texts = [(i, line.text) for i, trace in enumerate(traces) for line in trace if line.kind == kind]
        for (i, text), judged in zip(texts, gate.listen_to(channel, [t for _, t in texts]), strict=True):
            ruling = gate.hear(channel, text, judged)
            if not ruling.allowed:
                complaints[i] = f"{BLOCKED}: a {kind if kind == 'thought' else 'reply'} ({ruling.kind}: {ruling.why})"
    return complaints


def after_the_gate(probabilities: NDArray[np.float64], asking: Asking) -> Line:
    """What is done after all."""
    return Line("chosen", shares(probabilities, asking.brief))
