"""Minds of the savanna: recurrent networks with a slow channel and, if wanted, a planner. Theory: E6, E7, E8."""

import teloscope.affect.extra  # noqa: F401  (before JAX is imported)
from teloscope.affect.minds.files import load_mind, mind_text, save_mind
from teloscope.affect.minds.mind import Memory, Mind, Recipe, Thought, new_mind
from teloscope.affect.minds.reactive import Reactions, react
from teloscope.affect.minds.sampling import sample_action

__all__ = [
    "Memory",
    "Mind",
    "Reactions",
    "Recipe",
    "Thought",
    "load_mind",
    "mind_text",
    "new_mind",
    "react",
    "sample_action",
    "save_mind",
]
