"""Recovery: is the first-ranked goal the planted one? Fixed before anything was measured with it.

It is, if it has the same form, and each of its conditions holds in the same recorded states, of the agent and of all
references, as the planted one; so a goal counts under every name that no recorded state tells apart.

    forms          hold (reach, end and keep alike; `never(c)` is holding `not c`), given, first-then, cycle (either
                   way round), until, raise, lower
    whole numbers  "the same states" means every recorded state
    real numbers   it means at least 90 % of the agent's and 90 % of the references' recorded states, episodes padded
                   with their last state, and a Jaccard index of at least .7 on those of both, each weighed alike
    given          the trigger is compared on the states that episodes begin in
    raise, lower   the same feature and direction, or a feature that rises (falls) in the same recorded steps; of real
                   numbers in 90 % of them
    mixtures       every part is among the first three; where the instrument says in which share of the episodes a part
                   is pursued, within .2 of the truth

Where a planted goal has several sides (a trigger with a goal on each), any of them counts.

Theory: A2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import TeloscopeError
from teloscope.goals.find import Goals
from teloscope.recordings.storage.recording import Recording
from teloscope.regimes import Regime
from teloscope.regimes.grammar import started
from teloscope.schema import AGENT
from teloscope.zoo.specimens import Planted

AGREE, JACCARD = 0.9, 0.7
"""What makes two conditions on real numbers the same."""
AMONG = 3
"""A mixture's parts must be among so many."""
SHARE_OFF = 0.2


def ranked(goals: Goals, first: int) -> list[list[Regime]]:
    """The best candidates in order, each under all names that the data cannot tell apart."""
    return [] if goals.proposal is None else [c.regimes() for c in goals.proposal.candidates[:first]]


def first_ranked(goals: Goals) -> list[Regime]:
    """The first-ranked goal under all its names; empty where nothing was found."""
    return next(iter(ranked(goals, 1)), [])


def share_told(goals: Goals, regime: str) -> float | None:
    """In which share of the episodes a goal is pursued, where the instrument says so."""
    return next((getattr(g, "share", None) for g in goals if g.regime == regime), None)


class Form(NamedTuple):
    """A regime taken apart."""

    form: str
    """hold, given, first, cycle, until, raise, lower."""
    conditions: tuple[str, ...] = ()
    feature: str = ""
    then: Form | None = None
    """given: what is sought under the trigger."""


def form_of(text: str) -> Form:
    """A regime's form, read from its text."""
    text = text.strip()
    head, inner, rest = _call(text)
    match head:
        case "given":
            return Form("given", (started(inner) or inner,), then=form_of(rest.lstrip().removeprefix(":")))
        case "first":
            _, second, _ = _call(rest.strip().removeprefix("then").strip())
            return Form("first", (inner, second))
        case "cycle":
            return Form("cycle", tuple(_arguments(inner)))
        case "raise" | "lower":
            return Form(head, feature=inner.strip())
        case "never":
            later = rest.strip()
            return (
                Form("until", (inner, later.removeprefix("until").strip())) if later else Form("hold", (_not(inner),))
            )
    return Form("hold", (inner,))


def _not(condition: str) -> str:
    return f"not ({condition})"


def _call(text: str) -> tuple[str, str, str]:
    """`head(inner)rest`, the parenthesis matched."""
    head, _, tail = text.partition("(")
    for at, depth in _depths(tail):
        if depth < 0:
            return head.strip(), tail[:at], tail[at + 1 :]
    return head.strip(), tail, ""


def _arguments(text: str) -> list[str]:
    """What commas outside parentheses and quotes divide."""
    cuts = [at for at, depth in _depths(text) if depth == 0 and text[at] == ","]
    return [text[a + 1 : b].strip() for a, b in zip([-1, *cuts], [*cuts, len(text)], strict=True)]


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """Index and parenthesis depth of every character outside quotes."""
    depth, quote = 0, ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
            continue
        if char in "'\"":
            quote = char
            continue
        depth += (char == "(") - (char == ")")
        yield at, depth


class Witness:
    """Says of two regimes whether a recording tells them apart."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._held: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}

    @cached_property
    def whole(self) -> frozenset[str]:
        """Features that only take whole numbers, truth values or names."""
        return frozenset(name for name in self.recording.frame.features if self._is_whole(name))

    def _is_whole(self, name: str) -> bool:
        values = self.recording.column(name, self.recording.contexts[0].name, AGENT)
        return values.dtype.kind not in "f" or bool((values == np.round(values)).all())

    def vacuous(self, planted: Planted) -> bool:
        """Whether a planted condition holds in all recorded states of everybody, or in none."""
        texts = [c for part in planted.parts for c in _conditions(form_of(part[0]))]
        return any(all(h.all() for h in self.held(c)) or not any(h.any() for h in self.held(c)) for c in texts)

    def recovered(self, goals: Goals, planted: Planted) -> bool:
        """Whether the planted goal is ranked first; of a mixture, whether its parts are among the first."""
        if planted.needed == "any":
            return any(self.is_part(str(name), part) for name in first_ranked(goals) for part in planted.parts)
        best = ranked(goals, AMONG)
        return all(
            any(self._is_shared_part(goals, [str(n) for n in names], part, share) for names in best)
            for part, share in zip(planted.parts, planted.shares, strict=True)
        )

    def _is_shared_part(self, goals: Goals, names: Sequence[str], part: Sequence[str], share: float) -> bool:
        told = share_told(goals, names[0])
        return (told is None or abs(told - share) <= SHARE_OFF) and any(self.is_part(name, part) for name in names)

    def confirmed(self, goals: Goals, planted: Planted) -> bool:
        """Whether some confirmed goal is the planted one, or a part of it."""
        names = [name for g in goals for name in (g.regime, *g.inseparable)]
        return any(self.is_part(name, part) for name in names for part in planted.parts)

    def is_part(self, found: str, spellings: Sequence[str]) -> bool:
        """Whether a found regime is one of a part's spellings."""
        return any(self.same(form_of(found), form_of(spelling)) for spelling in spellings)

    def same(self, found: Form, planted: Form) -> bool:
        """Whether two regimes of one form are the same on this recording."""
        if {found.form, planted.form} <= {"raise", "lower"}:
            return self._same_climb(found, planted)
        if found.form != planted.form or len(found.conditions) != len(planted.conditions):
            return False
        if found.then is not None and planted.then is not None:
            first = self.same_condition(found.conditions[0], planted.conditions[0], start=True)
            return first and self.same(found.then, planted.then)
        orders = [found.conditions, found.conditions[::-1]] if found.form == "cycle" else [found.conditions]
        return any(
            all(self.same_condition(a, b) for a, b in zip(order, planted.conditions, strict=True)) for order in orders
        )

    def same_condition(self, one: str, two: str, start: bool = False) -> bool:
        """Whether two conditions hold in the same recorded states, or the same first ones."""
        try:
            pairs = list(zip(self.held(one), self.held(two), strict=True))
        except TeloscopeError:
            return False  # a condition that can't be read on these features is none of the planted ones
        if start:
            pairs = [(a[:, 0], b[:, 0]) for a, b in pairs]
        if self._exact(one) and self._exact(two):
            return all(np.array_equal(a, b) for a, b in pairs)
        agreed = [float((a == b).mean()) for a, b in pairs]
        both, either = (sum(float(f(a, b).mean()) for a, b in pairs) for f in (np.logical_and, np.logical_or))
        return min(agreed) >= AGREE and (either == 0 or both / either >= JACCARD)

    def _exact(self, condition: str) -> bool:
        """Whether a condition speaks of whole numbers only."""
        names = set(re.findall(r"[A-Za-z_]\w*", condition)) & set(self.recording.frame.features)
        return names <= self.whole

    def held(self, condition: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """`[N, T+1]` each: where it holds, for the agent and for all references."""
        if condition not in self._held:
            ours = [self.recording.held(condition, c.name, AGENT) for c in self.recording.contexts]
            theirs = [
                self.recording.held(condition, c.name, r)
                for c in self.recording.contexts
                for r in self.recording.references
            ]
            self._held[condition] = np.concatenate(ours), np.concatenate(theirs)
        return self._held[condition]

    def _same_climb(self, found: Form, planted: Form) -> bool:
        if found.feature == planted.feature:
            return found.form == planted.form
        features = self.recording.frame.features
        if found.feature not in features or features[found.feature] != "number":
            return False
        sign = 1 if found.form == planted.form else -1
        least = 1.0 if {found.feature, planted.feature} <= self.whole else AGREE
        pairs = zip(self._steps(found.feature), self._steps(planted.feature), strict=True)
        return all(float((sign * a == b).mean()) >= least for a, b in pairs)

    def _steps(self, feature: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Signs of a feature's changes, of the agent and of all references."""

        def steps(actors: Sequence[str]) -> NDArray[Any]:
            columns = [self.recording.column(feature, c.name, a) for c in self.recording.contexts for a in actors]
            return np.sign(np.diff(np.concatenate(columns).astype(np.float64), axis=1))

        return steps([AGENT]), steps(self.recording.references)


def _conditions(form: Form) -> Iterator[str]:
    """Every condition in it."""
    yield from form.conditions
    if form.then is not None:
        yield from _conditions(form.then)
