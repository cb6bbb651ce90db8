"""Applying the gate to decisions: thoughts and replies are checked, and each act needs an approval.

    a thought or a reply is blocked    every act of this decision is blocked
    an act is blocked                  the agent does nothing instead

A player applies the gate to the one act that it is about to do (`gate_chosen_acts`). A tabulated agent applies it to
every act that it may choose (`rule_on_possible_acts`), and the probability of blocked acts moves to doing nothing. So
both act alike with the same probabilities.

Theory: A7.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.scaffolds.deciding.decide import DecisionSetup
from teloscope.scaffolds.gate.act_approval import ActApproval
from teloscope.scaffolds.gate.gate import Gate, HarmStatement, ProposedAct, Ruling
from teloscope.scaffolds.profiles import ChannelName
from teloscope.scaffolds.prompting.prompts import Situation
from teloscope.scaffolds.trace import BLOCKED, Kind, Line, Trace

_CHANNELS: dict[Kind, ChannelName] = {"thought": "thought", "said": "speech"}
"""Kind of a trace's line -> its channel."""


class ActRulings(NamedTuple):
    """The gate's rulings on the acts that `n` decisions may choose."""

    allowed: NDArray[np.bool_]
    """`[n, A]`"""
    traces: list[Trace]
    """`[n]` the rulings as lines of a trace."""


def rule_on_possible_acts(
    gate: Gate,
    setup: DecisionSetup,
    situations: Sequence[Situation],
    likely: NDArray[np.float64],
    traces: Sequence[Trace],
) -> ActRulings:
    """Rule on every act that may be chosen in `n` decisions.

    Args:
        gate: the gate.
        setup: the setup of the decisions.
        situations: `[n]` their inputs.
        likely: `[n, A]` probability of each act; the engine is asked only about acts above 0.
        traces: `[n]` the trace of each decision.
    """
    gate_lines = _blocked_texts(gate, traces)
    allowed = np.ones(likely.shape, dtype=np.bool_)
    allowed[[bool(lines) for lines in gate_lines]] = False
    pairs = [(i, a) for i, a in np.argwhere((likely > 0) & allowed).tolist() if a != setup.brief.idle]
    for (i, a), (is_allowed, lines) in zip(pairs, _approve_acts(gate, setup, situations, pairs), strict=True):
        allowed[i, a] = is_allowed
        gate_lines[i] += lines
    allowed[:, setup.brief.idle] = True
    return ActRulings(allowed, [tuple(lines) for lines in gate_lines])


def gate_chosen_acts(
    gate: Gate, setup: DecisionSetup, situations: Sequence[Situation], acts: NDArray[np.intp], traces: Sequence[Trace]
) -> tuple[NDArray[np.intp], list[Trace]]:
    """The acts `[n]` that are done, and the traces `[n]` with the gate's rulings.

    Args:
        gate: the gate.
        setup: the setup of the decisions.
        situations: `[n]` their inputs.
        acts: `[n]` the chosen acts.
        traces: `[n]` the trace of each decision.
    """
    idle = setup.brief.idle
    assert idle is not None, "an agent without a way to do nothing is refused a gate"
    gate_lines = _blocked_texts(gate, traces)
    does = np.where([bool(lines) for lines in gate_lines], idle, acts).astype(np.intp)
    pairs = [(i, a) for i, a in enumerate(does.tolist()) if a != idle]
    for (i, _), (is_allowed, lines) in zip(pairs, _approve_acts(gate, setup, situations, pairs), strict=True):
        does[i] = does[i] if is_allowed else idle
        gate_lines[i] += lines
    chosen = [Line("chosen", setup.brief.phrases[a]) for a in does.tolist()]
    return does, [(*trace, *lines, last) for trace, lines, last in zip(traces, gate_lines, chosen, strict=True)]


def _approve_acts(
    gate: Gate, setup: DecisionSetup, situations: Sequence[Situation], pairs: Sequence[tuple[int, int]]
) -> list[tuple[bool, list[Line]]]:
    """For each act, given as (index of its situation, action): whether it is allowed, and the ruling.

    Equal questions of one call are asked once, since the engine answers each of them with the same statement.
    """
    if gate.free:
        return [(True, [])] * len(pairs)
    proposed = [_proposed_act(setup, situations[i], a) for i, a in pairs]
    distinct = list(dict.fromkeys(proposed))
    statement_of = dict(zip(distinct, gate.ask_for_statements(setup.engine, distinct), strict=True))
    results = []
    for act in proposed:
        approval = ActApproval(gate)
        ruling = approval.rule(approval.request(act), statement_of[act])
        line = Line("gate", _ruling_text(act.act, statement_of[act], ruling))
        results.append((approval.release(act.act) is not None, [line]))
    return results


def _proposed_act(setup: DecisionSetup, situation: Situation, action: int) -> ProposedAct:
    phrases = setup.brief.phrases
    others = (*phrases[:action], *phrases[action + 1 :])
    return ProposedAct(situation.observation, phrases[action], setup.brief.instructions, others, about=situation.about)


def _ruling_text(act: str, statement: HarmStatement, ruling: Ruling) -> str:
    """The ruling with its statement. A blocked act's text begins with `BLOCKED`, by which blocked acts are counted."""
    said = f" It stated: {statement.text.strip()!r}." if statement.text else ""
    return f"{'allowed' if ruling.allowed else BLOCKED}: {act} ({ruling.kind}: {ruling.why}).{said}"


def _blocked_texts(gate: Gate, traces: Sequence[Trace]) -> list[list[Line]]:
    """For each decision, a line about its first thought or reply that is blocked; none where all pass."""
    blocked: list[list[Line]] = [[] for _ in traces]
    for kind, channel in _CHANNELS.items():
        if gate.channel(channel).free:
            continue
        texts = [(i, line.text) for i, trace in enumerate(traces) for line in trace if line.kind == kind]
        for (i, text), judged in zip(texts, gate.judge_texts(channel, [t for _, t in texts]), strict=True):
            ruling = gate.check_text(channel, text, judged)
            if not ruling.allowed and not blocked[i]:
                what = kind if kind == "thought" else "reply"
                blocked[i].append(Line("gate", f"{BLOCKED}: a {what} ({ruling.kind}: {ruling.why})"))
    return blocked
