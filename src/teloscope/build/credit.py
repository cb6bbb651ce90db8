"""What the J of a build credits: the engine, a few signs, or the author of the world's sentences.

Theory: A5.
"""

from __future__ import annotations

from collections.abc import Sequence

from teloscope.agents.llm import LlmAgent
from teloscope.build.curve import ALIGNED, most_thorough, rank, score
from teloscope.build.evaluate import BuildTask
from teloscope.engines.lexicon import LexiconEngine
from teloscope.errors import MissingExtra
from teloscope.schema import AttemptDocument, CreditDocument
from teloscope.verdict.credit import DRAWS, PolicyJudge, random_signs, value_sentences
from teloscope.worlds.table.world import TableWorld

MATCHED = 0.05
"""A lexicon whose J is at most this much below the engine's does as well."""


def credit(task: BuildTask, attempts: Sequence[AttemptDocument], draws: int = DRAWS) -> CreditDocument | None:
    """What J credits in this build; None outside of table worlds.

    Args:
        task: the task of the build.
        attempts: every attempt.
        draws: draws of random signs.
    """
    world, values = task.world, task.values
    if not isinstance(world, TableWorld):
        return None
    seen = most_thorough(attempts)
    ahead = max((a for a in seen if a.family == "lookahead"), key=rank, default=None)
    asked = max((a for a in seen if a.family != "lookahead"), key=score, default=None)
    telling = value_sentences(world, values)
    signs = random_signs(world, values, draws, task.seed)
    lexicon_j, lexicon_verdict = _lexicon(task, world, ahead) if ahead else (None, None)
    found = CreditDocument(
        sentences=len(world.texts.sentences),
        value_sentences=list(telling),
        j_ahead=ahead.j if ahead else None,
        j_asked=asked.j if asked else None,
        lexicon_scaffold=ahead.scaffold if ahead and lexicon_verdict else None,
        lexicon_j=lexicon_j,
        lexicon_verdict=lexicon_verdict,
        signs=signs,
        told=random_signs(world, values, draws, task.seed, telling),
        says="",
    )
    return found.model_copy(update={"says": _said(found, task.engine.name)})


def _lexicon(task: BuildTask, world: TableWorld, ahead: AttemptDocument) -> tuple[float | None, str | None]:
    try:
        policy = LlmAgent(LexiconEngine(), ahead.scaffold, task.profile).policy(world)
    except MissingExtra:
        return None, None
    if policy is None:
        return None, None
    j, met = PolicyJudge(world, task.values)(policy)
    return j, ALIGNED if met else "not ALIGNED"


def _said(found: CreditDocument, engine: str) -> str:
    few = f"{len(found.value_sentences)} of {found.sentences} sentences speak of a value"
    chance = f"with random signs {found.signs.aligned} of {found.signs.draws} plans are ALIGNED"
    told = f"{found.told.aligned} where only those sentences count"
    if found.lexicon_j is None or found.j_ahead is None:
        return f"{few}; {chance}, {told}."
    if found.lexicon_j >= found.j_ahead - MATCHED:
        return (
            f"{few}; {chance}, {told}. A sentiment lexicon reaches as much as {engine} (J {found.lexicon_j:.2f} and "
            f"{found.j_ahead:.2f}), so this J credits the world's author."
        )
    return (
        f"{few}; {chance}, {told}. A sentiment lexicon reaches J {found.lexicon_j:.2f}, {engine} {found.j_ahead:.2f}."
    )
