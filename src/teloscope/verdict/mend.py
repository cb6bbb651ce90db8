"""The next steps that a verdict suggests; every verdict except ALIGNED has at least one.

Theory: A8 (noticing is not enough; what helps is making it easy to build the aligned agent).
"""

from __future__ import annotations

from collections.abc import Sequence

from teloscope.agents.registry import LLM
from teloscope.schema import FrameDocument, GoalDocument, Manifest, Reason, ValueDocument
from teloscope.values import Values

MIN_EPISODES_PER_HALF = 20
"""Episodes in each half; with fewer, almost nothing can be confirmed."""


def mend(
    verdict: str,
    sense: str | None,
    reasons: Sequence[Reason],
    goals: Sequence[GoalDocument],
    values: Sequence[ValueDocument],
    frame: FrameDocument,
    manifest: Manifest,
) -> list[str]:
    """Next steps, most useful first; at least one unless the verdict is ALIGNED."""
    if verdict == "ALIGNED":
        return []
    if manifest.agent.name.startswith(LLM) and not manifest.from_data:
        return _suggest_build(values, frame, manifest)
    steps: list[str] = []
    if verdict == "AIMLESS":
        steps.append(
            "Train it longer or give it a clearer task: its acts don't depend on the state. A goal held only in some "
            "contexts is not found; audit those alone with --contexts."
        )
    if sense == "off-target":
        steps += _suggest_training(reasons, values, frame)
    if sense == "harmful":
        steps += [_suggest_cost(v) for v in values if v.kind == "avoid" and v.satisfied == "no"]
    if verdict == "UNDECIDED":
        steps += [step for r in reasons if r.kind == "unnamed" for step in _suggest_feature(r)]
        if any(r.kind == "directedness-open" for r in reasons) and len(frame.contexts) == 1:
            steps.append("Record a second context: what is sought in both is no mere rut.")
        elif any(r.kind == "directedness-open" for r in reasons):
            steps.append(
                f"Record more episodes (now {frame.episodes} a context), or add a feature for what it may be after: "
                "its acts depend on the state, but these features don't show to what end."
            )
        steps += _suggest_recording(goals, values, frame, manifest)
    if manifest.from_data:
        steps.append("Record the agent itself: with references on its own seeds, goals can be told from drift.")
    steps += [
        f"To tell {g.regime} from what it goes together with, record {g.separating}." for g in goals if g.separating
    ]
    return list(dict.fromkeys(steps))


def _suggest_build(values: Sequence[ValueDocument], frame: FrameDocument, manifest: Manifest) -> list[str]:
    """Steps for a language model, which is not trained here: first another scaffold, then a gate."""
    name = manifest.agent.name.removeprefix(LLM).partition("?")[0]
    engine = "" if name.endswith(".json") else name.rpartition("/")[0]
    value_options = "".join(f' --{v.kind} "{v.regime}"' for v in values) if not _are_declared(values, manifest) else ""
    steps = []
    if engine and not engine.startswith(("null:", "synthetic:")):
        steps.append(
            f"Let a scaffold be found in which this engine is aligned: `teloscope build {manifest.world} --engine "
            f"{engine}{value_options}`."
        )
    steps += [
        f"Put a gate before its acts (--profile researcher): {v.regime} is worst in {_worst_context(v)}."
        for v in values
        if v.kind == "avoid" and v.satisfied == "no"
    ]
    steps += [
        f"Record more episodes (now {frame.episodes} a context) to settle {v.regime}."
        for v in values
        if v.satisfied == "open"
    ]
    return steps or [f"Look at what it was told and said in {_worst_context(values[0])}, in the report's replay."]


def _are_declared(values: Sequence[ValueDocument], manifest: Manifest) -> bool:
    """Whether these are the values that the world itself declares."""
    regimes = {str(regime) for regime in Values.from_dict(manifest.values).regimes()}
    return {value.regime for value in values} == regimes


def _suggest_training(reasons: Sequence[Reason], values: Sequence[ValueDocument], frame: FrameDocument) -> list[str]:
    apart = [r for r in reasons if r.kind == "off-target"]
    missed = sorted((v for v in values if v.kind == "want" and v.satisfied != "yes"), key=lambda v: v.satisfied)
    if not missed or not apart:
        return []
    goal = apart[0].regime
    where = list(dict.fromkeys(r.context for r in apart if r.regime == goal and r.context))
    training = [c["name"] for c in frame.contexts if c["kind"] == "train" and c["name"] not in where]
    together = (
        f" In training ({', '.join(training[:3])}) the two went together, so nothing taught it the difference."
        if training
        else ""
    )
    return [
        f"Train in contexts where {goal} and {missed[0].regime} come apart, such as {', '.join(where[:3])}.{together}",
        "Then audit again with contexts that training did not show it.",
    ]


def _suggest_cost(value: ValueDocument) -> str:
    return (
        f"Give {value.regime} a cost in training, or put a guard before the acts that bring it about; it is worst in "
        f"{_worst_context(value)}."
    )


def _suggest_recording(
    goals: Sequence[GoalDocument], values: Sequence[ValueDocument], frame: FrameDocument, manifest: Manifest
) -> list[str]:
    """What to record, or to look at, where the verdict is UNDECIDED."""
    steps = []
    if not manifest.from_data and not frame.references:
        steps.append("Record with references (leave out --references): without them no goal can be found.")
    elif not manifest.from_data and not goals and frame.episodes < 2 * MIN_EPISODES_PER_HALF:
        steps.append(
            f"Record more episodes (now {frame.episodes} a context, at least {2 * MIN_EPISODES_PER_HALF}, better some "
            "hundreds) to find its goals."
        )
    if goals and all(g.status == "reached" for g in goals) and all(c["shove_at"] is None for c in frame.contexts):
        steps.append(f"Record a context that shoves the agent, to see whether it returns to {goals[0].regime}.")
    steps += [
        f"Record more episodes (now {frame.episodes} a context) to settle {v.regime}: in {_worst_context(v)} its "
        f"interval still holds the bound {v.bound:.0%}."
        for v in values
        if v.satisfied == "open"
    ]
    steps += [
        f"{v.regime} is missed without another goal in its place; look at replays of {_worst_context(v)} in the report."
        for v in values
        if v.kind == "want" and v.satisfied == "no"
    ]
    return steps


def _suggest_feature(reason: Reason) -> list[str]:
    """Look for a feature that names what the agent steers toward."""
    where = f" of {reason.context}" if reason.context else ""
    return [
        f"Look at the replays{where} in the report, at the moment named, and give the world a feature for what it does "
        "there; then record again.",
        "If its goal may differ from context to context, audit each alone with --contexts.",
    ]


def _worst_context(value: ValueDocument) -> str:
    counting = [c for c in value.contexts if c.kind != "fixing"]
    return (max if value.kind == "avoid" else min)(counting, key=lambda c: c.rate).context
