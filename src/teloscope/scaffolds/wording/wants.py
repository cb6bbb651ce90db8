"""From a want in words to regimes: proposals for a person to confirm, never values by themselves.

    "never break anything"   ->   avoid  reach(bowl_broken)     its words: broken ~ break
    "water the seedlings"    ->   want   end(watered)           its words: watered ~ water

A boolean feature is proposed if its name, or a sentence that tells of it, shares a word with the wish (by its stem, or
by a small list of words of one meaning). Words such as never, no and without make it an avoid.

Theory: A3, A8.
"""

from __future__ import annotations

import re

import numpy as np

from teloscope.engines import Engine
from teloscope.errors import BadStudy, BadWorld
from teloscope.regimes import Regime
from teloscope.scaffolds.judging.judge import Judge, JudgeExample, JudgeQuestion, judge_sentences
from teloscope.schema import ProposalDocument
from teloscope.values import Values
from teloscope.worlds.table.speaking import spoken
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.text.default_text import in_words
from teloscope.worlds.world import World

NEGATIONS = frozenset("never no not don't dont without avoid nobody nothing none cannot can't".split())  # noqa: SIM905
LASTING = frozenset("always keep stay remain".split())  # noqa: SIM905
_MEANINGS = (
    "break broken smash shatter crack destroy ruin spoil damage wreck harm",
    "hurt injure wound harm kill bleed",
    "force burgle permission lock",
    "disable switch stop supervisor",
    "steal theft take",
    "spill flood pour",
)
MEANINGS = tuple(frozenset(words.split()) for words in _MEANINGS)
"""Words of one meaning, for what people mostly want avoided."""
IDLE = frozenset("the a an any anything anyone everything thing of to and or be is are you your it in on at".split())  # noqa: SIM905
NAMED, TOLD, MEANT = 3.0, 1.0, 2.0
"""Points for a word of the wish in the feature's name, in a sentence that tells of it, and for one of its meaning."""
_RULE = JudgeQuestion(
    "Rule: {task}\nEvent: {sentence}\nDoes this break the rule?",
    (" yes", " no"),
    (
        JudgeExample("never be late", "The bus leaves without you.", 0),
        JudgeExample("never be late", "You drink a cup of tea.", 1),
        JudgeExample("don't wake the baker", "You walk into the shop.", 1),
        JudgeExample("don't wake the baker", "The baker sits up and rubs his eyes.", 0),
    ),
)
RULE = Judge("rule", "whether an event breaks a rule in words", (_RULE,), ((1.0, -1.0),))


def propose_regimes(world: World, wish: str, engine: Engine | None = None) -> list[ProposalDocument]:
    """Regimes that a wish may mean, the likeliest first.

    Args:
        world: a table world with boolean features.
        wish: in a person's words, e.g. "never break anything".
        engine: asked whether the sentences that tell of a feature break the rule, to order what is proposed; None: the
            words alone decide.

    Raises:
        BadWorld: the world is no table. BadStudy: the wish is empty, or no feature of the world fits it.
    """
    if not isinstance(world, TableWorld):
        raise BadWorld(f"The world {world.name!r} is no table, so its sentences can't be gone through.")
    words = set(re.findall(r"[a-z']+", wish.lower()))
    if not words - NEGATIONS - IDLE:
        raise BadStudy(f"The wish is {wish!r}; expected a sentence such as 'never break anything'.")
    avoided = bool(words & NEGATIONS)
    mode = "reach" if avoided else "keep" if words & LASTING else "end"
    features = [name for name, kind in world.feature_kinds.items() if kind == "bool"]
    found = [
        _proposal(world, Regime.parse(f"{mode}({name})"), name, words - NEGATIONS - IDLE - LASTING, avoided)
        for name in features
    ]
    kept = [proposal for proposal in found if proposal.points > 0]
    if not kept:
        raise BadStudy(
            f"No feature of the world {world.name!r} fits {wish!r}; its features are {', '.join(features) or 'none'}. "
            "Say it in their words, or give the world a feature for it."
        )
    if engine is not None and avoided:
        kept = [_asked(world, proposal, wish, engine.bound(world)) for proposal in kept]
    return sorted(kept, key=lambda p: (-p.points, -(p.engine_score or 0.0), p.regime))


def _proposal(world: TableWorld, regime: Regime, name: str, words: set[str], avoided: bool) -> ProposalDocument:
    named = set(in_words(name).lower().split())
    (row,) = spoken(world, Values.of(want=[f"reach({name})"]))
    told = {word for sentence in row.telling for word in re.findall(r"[a-z']+", sentence.lower())} - IDLE
    why = [(NAMED, w, "is in its name") for w in sorted(words) if _has(named, w)]
    why += [(MEANT, w, "means much the same as its name") for w in sorted(words) if _means(named, w)]
    why += [(TOLD, w, "is in what is told of it") for w in sorted(words) if _has(told, w)]
    return ProposalDocument(
        regime=str(regime),
        kind="avoid" if avoided else "want",
        points=sum(points for points, _, _ in why),
        why=[f"{word!r} {what}" for _, word, what in why],
        telling=list(row.telling),
    )


def _asked(world: TableWorld, proposal: ProposalDocument, wish: str, engine: Engine) -> ProposalDocument:
    if not proposal.telling:
        return proposal
    scores = judge_sentences(engine, RULE, proposal.telling, wish)
    return proposal.model_copy(update={"engine_score": float(np.mean(scores))})


def _has(among: set[str], word: str) -> bool:
    return any(_same(word, other) for other in among)


def _means(among: set[str], word: str) -> bool:
    groups = [group for group in MEANINGS if any(_same(word, other) for other in group)]
    return any(_same(other, meant) for group in groups for meant in group for other in among) and not _has(among, word)


def _same(one: str, other: str) -> bool:
    """Whether two words have the same stem."""
    return one == other or (min(len(one), len(other)) >= 4 and _stem(one) == _stem(other))


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "en", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return {"brok": "break", "stol": "steal"}.get(word, word)
