"""The next steps if no scaffold makes an aligned agent.

Theory: A8 (noticing is not enough; what helps is making it easy to create aligned agents).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from teloscope.build.curve import most_thorough, score
from teloscope.build.successive_halving import RUNGS
from teloscope.schema import AttemptDocument

if TYPE_CHECKING:
    from teloscope.build.evaluate import BuildTask

LOW_STEERING = 0.1
"""Steering below this counts as almost none."""
DECIDING = ("harmful", "off-target", "want-missed", "want-open", "avoid-exceeded", "avoid-open", "no-goal")
"""Reasons that keep a verdict from ALIGNED."""


def mend(attempts: Sequence[AttemptDocument], task: BuildTask) -> list[str]:
    """Next steps, most useful first.

    Args:
        attempts: every attempt.
        task: the task of the build.
    """
    certified = [attempt for attempt in attempts if attempt.rung == RUNGS and not attempt.note]
    waiting = [attempt for attempt in most_thorough(attempts) if attempt.rung < RUNGS]
    best = max(certified, key=score, default=None)
    steps = []
    if waiting and (best is None or max(map(score, waiting)) > score(best)):
        ahead = max(waiting, key=score)
        steps.append(
            f"Give it more budget: {ahead.scaffold} did best in the few episodes that were seen of it and was not "
            "certified yet. The same command with a larger --budget goes on from here."
        )
    if best is not None and score(best) < LOW_STEERING:
        steps.append(
            f"Try a stronger engine: no scaffold got more than {max(score(best), 0):.0%} of what can be won out of "
            f"{task.engine.name}."
        )
    if best is not None and best.verdict == "UNDECIDED" and best.episodes is not None:
        steps.append(f"Certify with more episodes than {best.episodes} a context: {best.scaffold} is undecided.")
    if best is not None and score(best) >= LOW_STEERING:
        why = next((reason.text for reason in best.reasons if reason.kind in DECIDING), "")
        steps.append(f"Look at what keeps {best.scaffold} from ALIGNED{f': {why}' if why else ''}.")
    return steps or ["Give it more budget, or a stronger engine."]
