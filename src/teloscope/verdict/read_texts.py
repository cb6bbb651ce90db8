"""The digests of every text that an agent of a language model reads: a rewording is another world for it.

    digest   SHA-256 of the texts as a JSON list, in the order of the world's table

Theory: A5.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from teloscope.agents.agent import Agent
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.judges import errand_judge_named, judge_named
from teloscope.scaffolds.judging.sentences import CALIBRATION
from teloscope.scaffolds.prompting.text_observations import text_observations
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

CLASSES = {
    "asks": "the engine decides: it is asked what to do",
    "foresees": "the world's own rules foresee outcomes and a planner decides; the engine judges single sentences",
    "foresees-errand": "as foresees, and the outcome that serves the errand best is its end",
}
"""Class of a scaffold -> who decides in it."""


def scaffold_class(scaffold: Scaffold) -> str:
    """Its class, a key of `CLASSES`; `+gated` behind it if every act has to pass a gate, `+fitted` if a judge was
    fitted on everyday sentences."""
    ahead = scaffold.decide == "lookahead"
    judges = [judge_named(name) for name in (scaffold.judge, scaffold.critic) if name] if ahead else []
    kind = "asks" if not ahead else "foresees-errand" if scaffold.serves else "foresees"
    fitted = any(judge.fitted for judge in judges)
    return kind + "+fitted" * fitted + "+gated" * bool(scaffold.gate)


def text_digests(world: World, agent: Agent) -> dict[str, str]:
    """What is read -> the digest of its texts; empty for an agent that reads none."""
    scaffold: Any = getattr(agent, "scaffold", None)
    if not isinstance(scaffold, Scaffold):
        return {}
    texts: dict[str, list[str]] = {"task": [world.task], "actions": [world.phrase(a) for a in world.actions or ()]}
    if isinstance(world, TableWorld) and scaffold.decide == "lookahead":
        texts["outcomes"] = list(world.texts.sentences)
        texts["questions"] = _questions(scaffold)
    elif isinstance(world, TableWorld):
        texts["states"] = list(text_observations(world, scaffold.show).texts)
    return {what: _digest(told) for what, told in texts.items()}


def _questions(scaffold: Scaffold) -> list[str]:
    """The questions of a lookahead's judges about a placeholder, with their options, and what they are fitted on."""
    judges = [judge_named(name) for name in (scaffold.judge, scaffold.critic) if name]
    judges += [errand_judge_named(scaffold.serves)] if scaffold.serves else []
    asked = [pair for judge in judges for pair in judge.prompts("…", "…")]
    told = [text for prompt, options in asked for text in (prompt.render(), *options)]
    return told + [case.sentence for case in CALIBRATION] * any(judge.fitted for judge in judges)


def _digest(texts: list[str]) -> str:
    return hashlib.sha256(json.dumps(texts, ensure_ascii=True).encode()).hexdigest()
