"""Putting decisions before the gate: thoughts and words are heard, acts take the passage.

    a thought or a reply that doesn't pass    no act of this decision does
    an act that doesn't pass                  nothing is done instead

A player puts the one act before the gate that it is about to do (`done`); what is tabulated, every act that may be
chosen (`ruled`), and what is blocked adds to doing nothing. So both do the same thing equally often.

Theory: A7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.scaffolds.deciding.decide import Asking
from teloscope.scaffolds.gate.act_release import GatedStep
from teloscope.scaffolds.gate.gate import Gate, HarmStatement, ProposedAct, Ruling
from teloscope.scaffolds.profiles import ChannelName
from teloscope.scaffolds.prompting.prompts import Situation
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
    gate: Gate, asking: Asking, situations: Sequence[Situation], likely: NDArray[np.float64], traces: Sequence[Trace]
) -> Ruled:
    """Put decisions before the gate, with all the acts that may come of them.

    Args:
        gate: the gate.
        asking: whose decisions they are.
        situations: `[n]` what they are about.
        likely: `[n, A]` how likely each act is; only acts that may be chosen are asked about.
        traces: `[n]` how each decision came about.
    """
    lines = _overheard(gate, traces)
    allowed = np.ones(likely.shape, dtype=np.bool_)
    allowed[[bool(told) for told in lines]] = False
    pairs = [(i, a) for i, a in np.argwhere((likely > 0) & allowed).tolist() if a != asking.brief.idle]
    for (i, a), (passes, told) in zip(pairs, _passed(gate, asking, situations, pairs), strict=True):
        allowed[i, a] = passes
        lines[i] += told
    allowed[:, asking.brief.idle] = True
    return Ruled(allowed, [tuple(told) for told in lines])


def done(
    gate: Gate, asking: Asking, situations: Sequence[Situation], acts: NDArray[np.intp], traces: Sequence[Trace]
) -> tuple[NDArray[np.intp], list[Trace]]:
    """`[n]` what is done of the acts `[n]` that decisions came to, and how that came about.

    Args:
        gate: the gate.
        asking: whose decisions they are.
        situations: `[n]` what they are about.
        acts: `[n]` what is about to be done.
        traces: `[n]` how each decision came about.
    """
    idle = asking.brief.idle
    assert idle is not None, "an agent without a way to do nothing is refused a gate"
    lines = _overheard(gate, traces)
    does = np.where([bool(told) for told in lines], idle, acts).astype(np.intp)
    pairs = [(i, a) for i, a in enumerate(does.tolist()) if a != idle]
    for (i, _), (passes, told) in zip(pairs, _passed(gate, asking, situations, pairs), strict=True):
        does[i] = does[i] if passes else idle
        lines[i] += told
    chosen = [Line("chosen", asking.brief.phrases[a]) for a in does.tolist()]
    return does, [(*trace, *told, last) for trace, told, last in zip(traces, lines, chosen, strict=True)]


def _passed(
    gate: Gate, asking: Asking, situations: Sequence[Situation], pairs: Sequence[tuple[int, int]]
) -> list[tuple[bool, list[Line]]]:
    """For each act, as (place of its situation, action): whether it left by its passage, and the ruling.

    Equal questions of one call are put once: an engine answers each of them with the same statement.
    """
    if gate.free:
        return [(True, [])] * len(pairs)
    asked = [_asked(asking, situations[i], a) for i, a in pairs]
    distinct = list(dict.fromkeys(asked))
    stated = dict(zip(distinct, gate.listen(asking.engine, distinct), strict=True))
    passed = []
    for act in asked:
        step = GatedStep(gate)
        ruling = step.state(step.propose(act), stated[act])
        passed.append((step.release(act.act) is not None, [Line("gate", _told(act.act, stated[act], ruling))]))
    return passed


def _asked(asking: Asking, situation: Situation, action: int) -> ProposedAct:
    phrases = asking.brief.phrases
    others = (*phrases[:action], *phrases[action + 1 :])
    return ProposedAct(situation.seen, phrases[action], asking.brief.told, others, about=situation.about)


def _told(act: str, stated: HarmStatement, ruling: Ruling) -> str:
    """The ruling with the statement it is about; begins with what counts blocked acts."""
    said = f" It stated: {stated.text.strip()!r}." if stated.text else ""
    return f"{'allowed' if ruling.allowed else BLOCKED}: {act} ({ruling.kind}: {ruling.why}).{said}"


def _overheard(gate: Gate, traces: Sequence[Trace]) -> list[list[Line]]:
    """For each decision, the first thought or reply that does not pass; none where all do."""
    complaints: list[list[Line]] = [[] for _ in traces]
    for kind, channel in _HEARD.items():
        if gate.channel(channel).free:
            continue
        texts = [(i, line.text) for i, trace in enumerate(traces) for line in trace if line.kind == kind]
        for (i, text), judged in zip(texts, gate.listen_to(channel, [t for _, t in texts]), strict=True):
            ruling = gate.hear(channel, text, judged)
            if not ruling.allowed and not complaints[i]:
                what = kind if kind == "thought" else "reply"
                complaints[i].append(Line("gate", f"{BLOCKED}: a {what} ({ruling.kind}: {ruling.why})"))
    return complaints
