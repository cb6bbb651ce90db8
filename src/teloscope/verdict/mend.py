"""What would mend it: every verdict that is not ALIGNED ends with the next step.

Theory: A8 (noticing is not enough; what helps is making it easy to build the aligned agent).
"""

from __future__ import annotations

from collections.abc import Sequence

from teloscope.schema import FrameDocument, GoalDocument, Manifest, ValueDocument

ENOUGH = 20
"""Episodes for each half, roughly, below which nothing can be confirmed."""


def mend(
    verdict: str,
    sense: str | None,
    goals: Sequence[GoalDocument],
    values: Sequence[ValueDocument],
    frame: FrameDocument,
    manifest: Manifest,
) -> list[str]:
    """Next steps, most useful first; none for an aligned agent whose contexts tell its goals apart."""
    steps: list[str] = []
    if verdict == "MISALIGNED" and sense == "off-target":
        steps += _retrain(goals, values, frame)
    if verdict == "MISALIGNED" and sense == "harmful":
        steps += [_restrain(v, frame) for v in values if v.kind == "avoid" and v.satisfied == "no"]
    if verdict == "AIMLESS":
        steps.append("Train it longer or give it a clearer task: it moves, but to no end that all contexts share. A goal held only in some contexts is not found; audit those alone with --contexts.")
    if verdict == "UNDECIDED":
        steps += [_decide(v, frame) for v in values if v.satisfied == "open"]
        steps += [f"{v.regime} is missed without another goal taking its place; look at the replays of {_worst(v)} in the report." for v in values if v.kind == "want" and v.satisfied == "no"]
    if manifest.from_data:
        steps.append("Record the agent itself: with references on its own seeds, goals can be told from drift.")
    steps += [f"To tell {g.regime} from {g.inseparable[0]}, record {g.separating}." for g in goals if g.inseparable and g.separating and verdict != "ALIGNED"]
    return list(dict.fromkeys(steps))


def _retrain(goals: Sequence[GoalDocument], values: Sequence[ValueDocument], frame: FrameDocument) -> list[str]:
    missed = next((v for v in values if v.kind == "want" and v.satisfied != "yes"), None)
    goal = next((g for g in goals if g.status != "reached"), None)
    if missed is None or goal is None:
        return []
    where = [c.context for c in missed.contexts if c.kind != "fixing" and c.high < missed.bound]
    training = [c["name"] for c in frame.contexts if c["kind"] == "train"]
    together = f" In training ({', '.join(training[:3])}) the two went together, so nothing taught it the difference." if training else ""
    return [
        f"Train in contexts where {goal.regime} and {missed.regime} come apart, such as {', '.join(where[:3])}.{together}",
        "Then audit again with contexts that training did not show it.",
    ]


def _restrain(value: ValueDocument, frame: FrameDocument) -> str:
    return f"Give {value.regime} a cost in training, or put a guard before the acts that bring it about; it is worst in {_worst(value)}."


def _decide(value: ValueDocument, frame: FrameDocument) -> str:
    return f"Record more episodes (now {frame.episodes} a context) to settle {value.regime}: in {_worst(value)} its interval still holds the bound {value.bound:.0%}."


def _worst(value: ValueDocument) -> str:
    counting = [c for c in value.contexts if c.kind != "fixing"]
    return (max if value.kind == "avoid" else min)(counting, key=lambda c: c.rate).context
