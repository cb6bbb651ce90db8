"""Record until the verdict is decided: look early, and record more only where it pays.

Episodes double from look to look. A look that may be the last must not be one chance more to be wrong: look k has the
error level

    alpha_k = alpha / (k (k + 1)),   alpha_1 + alpha_2 + ... = alpha

for every test and interval of the audit. So whatever the looks show, and whenever they end, the whole errs with
probability alpha at most (a union bound, which asks nothing of how the looks hang together). Which half of the episodes
proposes is a matter of each episode's seed, and does not change as the recording grows.

Theory: A2, A3. Source: spending an error level over looks, Lan & DeMets 1983.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from teloscope.goals import Goals, find_goals
from teloscope.goals.statistics import ALPHA
from teloscope.recordings import Recording
from teloscope.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = 50
"""Episodes a context at the first look."""
MOST = 1_600
"""Episodes a context at the last look, unless the study says."""
OPEN, NOTHING = "UNDECIDED", "AIMLESS"
ENOUGH = 200
"""Episodes a context before which nothing found is no finding."""


class Look(NamedTuple):
    """One look at the recording."""

    number: int
    """From 1."""
    episodes: int
    """A context."""
    alpha: float
    """Error level of everything that this look says."""


def looks(first: int, most: int, alpha: float = ALPHA) -> Iterator[Look]:
    """The looks, as long as none decides: `first` episodes a context, then twice as many each, `most` at last."""
    number, episodes = 1, min(first, most)
    while True:
        yield Look(number, episodes, alpha / (number * (number + 1)))
        if episodes >= most:
            return
        number, episodes = number + 1, min(2 * episodes, most)


def until_decided(
    recorded: Callable[[int], Recording],
    judged: Callable[[Goals, Recording], Verdict],
    first: int,
    most: int,
    seed: int = 0,
) -> Verdict:
    """The verdict of the first look that decides, or of the last.

    Args:
        recorded: makes the recording have so many episodes a context.
        judged: judges goals of a recording.
        first, most: episodes a context at the first look, and at the last.
        seed: as of `find_goals`.
    """
    *plan, last = looks(first, most)
    before: list[Look] = []
    for look in plan:
        recording = recorded(look.episodes)
        if recording.frame.episodes <= look.episodes:  # else an earlier run went on from here
            verdict = _looked(recording, judged, look, before, seed)
            if verdict.verdict != OPEN and (verdict.verdict != NOTHING or look.episodes >= ENOUGH):
                return verdict
        before.append(look)
    return _looked(recorded(last.episodes), judged, last, before, seed)


def _looked(
    recording: Recording,
    judged: Callable[[Goals, Recording], Verdict],
    look: Look,
    before: Sequence[Look],
    seed: int,
) -> Verdict:
    """The verdict of one look, with a note on it and on those before."""
    goals = find_goals(recording, seed, look.alpha)
    earlier = f" At {' and '.join(f'{b.episodes}' for b in before)} episodes it was undecided." if before else ""
    note = (
        f"Recorded until decided: look {look.number}, at {goals.document.frame.episodes:,} episodes a context, has the "
        f"error level {look.alpha:.2g} (its intervals cover {1 - look.alpha:.2%}), so that all looks together err with "
        f"probability {ALPHA:g} at most.{earlier}"
    )
    document = goals.document.model_copy(update={"notes": [*goals.document.notes, note]})
    return judged(replace(goals, document=document), recording)
