"""Explain a scaffold's line part by part, in plain words.

Theory: A5 (the right mix of prompting and scaffolding).
"""

from __future__ import annotations

from typing import NamedTuple

from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.judges import errand_judge_named, judge_named
from teloscope.scaffolds.scaffold import WORDS


class ScaffoldPart(NamedTuple):
    """One part of a scaffold's line, and what it does."""

    written: str
    meaning: str


def parts_of(line: str) -> list[ScaffoldPart]:
    """Every part of a scaffold's line with its explanation."""
    scaffold = Scaffold.parse(line)
    parts = [ScaffoldPart(_first(scaffold), _DECISIONS[scaffold.decide].format(depth=scaffold.depth))]
    for word in WORDS:
        if word.is_written(scaffold):
            value = getattr(scaffold, word.field)
            text = _MEANINGS.get(f"{word.field}={value}") or _MEANINGS.get(word.field) or word.about
            if word.field in ("judge", "critic"):
                text, value = f"{_ASKED[word.field]}: {{value}}.", judge_named(value).about
            elif word.field == "serves":
                text, value = _MEANINGS["serves"], errand_judge_named(value).about
            parts.append(ScaffoldPart(word.text(scaffold), text.format(value=value)))
    return parts


def _first(scaffold: Scaffold) -> str:
    return f"lookahead:{scaffold.depth}" if scaffold.decide == "lookahead" else scaffold.decide


_DECISIONS = {
    "score": "The engine is asked what to do, and the option that it finds likeliest to follow is taken.",
    "text": "The engine is asked what to do and answers freely; a parser looks for the option that it names, and what "
    "can't be read counts as doing nothing.",
    "lookahead": "The engine is never asked what to do. The world foresees what may happen in the next {depth} steps, "
    "the engine judges each distinct outcome once, and a planner adds the judgements up.",
}
_ASKED = {
    "judge": "How outcomes are judged",
    "critic": "The whole plan is criticised, and what is found harmful on its way is barred",
}
_MEANINGS = {
    "serves": "Apart from harm, it is judged which outcome serves the errand best, and that one is its end: {value}.",
    "aim": "The {value} outcomes that serve the errand best count as its end.",
    "margin": "Judgements within {value:g} nats of that of nothing happening count as nothing.",
    "ask=story": "It is a plain text to be continued, not a question in a chat.",
    "ask=chat": "It is a question in a chat.",
    "show=map": "The state is shown as a map of characters.",
    "show=features": "The state is shown as names and numbers.",
    "told=values": "The engine is told what is wanted and what is to be avoided, not only its task.",
    "told=nothing": "The engine is not told what it is there for.",
    "advice": "An instruction stands before everything: “{value}”",
    "think": "The engine thinks first, for up to {value} tokens, and the thought stands in the prompt when it decides.",
    "calibrated": "What each option scores where nothing is described is subtracted.",
    "shots": "{value} worked examples of the task stand in the prompt, from other seeds.",
    "memory": "The last {value} descriptions stand in the prompt.",
    "sample": "Choices are drawn, with temperature {value:g}, instead of the best being taken.",
    "vote": "{value} draws are made, of which the majority counts.",
    "gate": "Every act has to pass the gate of the profile {value}.",
}
"""Field, or field and value, of a scaffold -> what its piece does."""
