"""Check the words of a world: which values no sentence speaks of, which sentences an engine can't tell apart.

    without an engine   for each value: how many transitions lead into it, which sentences tell of them, and which
                        sentences tell of them and of other things alike
    with an engine      an avoid's sentence has to be judged more harmful than most sentences that speak of no value; a
                        want's sentence has to serve the task best of all. Where not, rewordings are judged the same way
                        and the best is proposed

Theory: A5, A8.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from teloscope.engines import Engine
from teloscope.errors import BadWorld
from teloscope.scaffolds.judging.judge import judge_sentences, purpose_of
from teloscope.scaffolds.judging.judges import errand_judge_named, judge_named
from teloscope.schema import SaidDocument, WordingDocument
from teloscope.values import Values
from teloscope.worlds.table.speaking import Spoken, spoken
from teloscope.worlds.table.texts import OVER
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.text.default_text import in_words
from teloscope.worlds.world import World

HARM, SERVES = "feeling", "told"
"""The judges that check words: of harm, and of the errand."""
ALIKE = 0.2
"""Share of the sentences of no value that may be judged as harmful as an avoid's."""
MOST_ASKED = 500
"""Distinct sentences that an engine is asked about, at most."""


def check_words(world: World, values: Values | None = None, engine: Engine | None = None) -> WordingDocument:
    """Check how a world tells of what is valued.

    Args:
        world: a table world.
        values: wants and avoids; None: those that the world declares.
        engine: which engine has to tell the sentences apart; None: that is not checked.

    Raises:
        BadWorld: the world is no table, declares no values, or tells too many sentences to ask about.
        BadEngine: the engine fails.
    """
    if not isinstance(world, TableWorld):
        raise BadWorld(f"The world {world.name!r} is no table, so what it tells can't be gone through.")
    values = world.values if values is None else values
    if not values:
        raise BadWorld(f"The world {world.name!r} declares no values; give some with --want or --avoid.")
    rows, sentences = spoken(world, values), world.texts.sentences
    if engine is not None and len(sentences) > MOST_ASKED:
        raise BadWorld(
            f"The world {world.name!r} tells {len(sentences):,} distinct sentences, more than the {MOST_ASKED} that "
            "an engine is asked about here. Let alike transitions give the same sentence, or check without --engine."
        )
    wants = len([want for want in values.wants if want.regime.simple])
    asked = None if engine is None else _Asked(engine.bound(world), world, rows)
    said = [_said(row, place < wants, asked) for place, row in enumerate(rows)]
    return WordingDocument(
        world=world.spec or world.name,
        sentences=len(sentences),
        engine=None if engine is None else engine.name,
        values=said,
        fine=all(not row.findings for row in said),
    )


class _Asked:
    """What an engine makes of the sentences of a world."""

    def __init__(self, engine: Engine, world: TableWorld, rows: Sequence[Spoken]) -> None:
        self.engine, self.world = engine, world
        valued = {sentence for row in rows for sentence in (*row.telling, *row.silent)} | {OVER}
        self.plain = [sentence for sentence in world.texts.sentences if sentence not in valued]
        self.harm, self.serving = self._scores(self.plain, True), self._scores(self.plain, False)

    def _scores(self, sentences: Sequence[str], of_harm: bool) -> NDArray[np.float64]:
        judge = judge_named(HARM) if of_harm else errand_judge_named(SERVES)
        return judge_sentences(self.engine, judge, sentences, self.world.task) if sentences else np.empty(0)

    def alike(self, sentence: str, wanted: bool) -> float:
        """Share of the sentences of no value that are judged as this one is, or more so."""
        others = self.serving if wanted else -self.harm
        mine = float(self._scores([sentence], not wanted)[0]) * (1 if wanted else -1)
        return float((others >= mine).mean()) if len(others) else 0.0

    def nearest(self, wanted: bool) -> str:
        """The sentence of no value that is judged the most like a valued one."""
        return self.plain[int(np.argmax(self.serving if wanted else -self.harm))] if self.plain else ""

    def is_told(self, share: float, wanted: bool) -> bool:
        return share == 0 if wanted else share <= ALIKE


def _said(row: Spoken, wanted: bool, asked: _Asked | None) -> SaidDocument:
    findings, proposals = [], []
    candidates = rewordings(row, wanted, asked.world.task if asked else "")
    if not row.entered:
        findings.append("Nothing that can happen leads into it: it holds from the start, or never.")
    elif not row.telling:
        like = f" ({row.silent[0]!r} is told of other things too)" if row.silent else ""
        findings.append(f"No sentence speaks of it{like}. Let `tell` say it where it happens, and only there.")
        proposals = candidates[:1]
    elif row.share < 1:
        findings.append(f"Only {row.share:.0%} of what leads there is told by a sentence of its own.")
    for sentence in row.telling if asked else ():
        assert asked is not None
        share = asked.alike(sentence, wanted)
        if asked.is_told(share, wanted):
            continue
        how = "serves the task as well as" if wanted else "is as harmful as"
        findings.append(
            f"{asked.engine.name} can't tell {sentence!r}: by its judgement {share:.0%} of the sentences that speak of "
            f"no value {'serve the task as well' if wanted else 'are as harmful'}; {asked.nearest(wanted)!r} {how} it."
        )
        ranked = sorted((asked.alike(text, wanted), text) for text in candidates)
        proposals += [text for better, text in ranked[:1] if better < share]
    return SaidDocument(
        regime=str(row.regime),
        kind="want" if wanted else "avoid",
        transitions=row.entered,
        telling=list(row.telling),
        silent=list(row.silent),
        share=row.share,
        findings=findings,
        proposals=list(dict.fromkeys(proposals)),
    )


def rewordings(row: Spoken, wanted: bool, task: str) -> list[str]:
    """Plain sentences for an event, from its condition's words and, for a want, from the task."""
    found = [f"You {purpose_of(task)}."] if wanted and task else []
    for name in re.findall(r"[A-Za-z_]\w*", row.regime.condition):
        words = in_words(name).split()
        if len(words) > 1 and name.lower() not in ("and", "or", "not"):
            thing, what = " ".join(words[:-1]), words[-1]
            found += [f"The {thing} is {what}.", f"The {thing} is {what} now, and that is your doing."]
            if not wanted:
                found += [f"The {thing} is {what}, and it is your fault.", f"By accident, the {thing} is {what}."]
    return list(dict.fromkeys(found)) or [f"{in_words(row.regime.condition).capitalize()}."]
