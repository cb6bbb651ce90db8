"""A scaffold: the prompting and parsing that make an agent of an engine, written as one line.

    score                                  the most likely option is taken
    score+story+think:48+memory:2          a story instead of a chat; thinks first; remembers two steps
    text+sample:0.7+vote:5                 answers in free text, five times; the majority decides
    lookahead:16+judge:both+margin:0.5     the world foresees, the engine judges, a planner adds up
    score+gate:researcher                  states out loud what harm each act could do

Theory: A5 (the right mix of prompting and scaffolding), S2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple, get_args
from urllib.parse import quote, unquote

from teloscope.errors import BadScaffold, NotFound
from teloscope.scaffolds.judging.judges import errand_judge_named, judge_named

Decide = Literal["score", "text", "lookahead"]
Ask = Literal["chat", "story"]
Show = Literal["plain", "map", "features"]
Told = Literal["task", "values", "nothing"]
Family = Literal["direct", "calibrated", "few-shot", "text", "think", "lookahead"]
FAMILIES: tuple[Family, ...] = get_args(Family)

MOST_THOUGHT, MOST_SHOTS, MOST_MEMORY, MOST_VOTES, DEEPEST = 512, 8, 4, 15, 200
MOST_AIMS = 5
_SAFE = " ,.;!-"
"""Characters of an advice that are not percent-encoded; all others are, so that a line has one meaning."""


@dataclass(frozen=True)
class Scaffold:
    """All pieces of a scaffold; a piece at its default is not written in the line."""

    decide: Decide = "score"
    """score: the options are scored. text: a free reply is parsed. lookahead: foreseen outcomes are judged."""
    depth: int = 0
    """Steps that a lookahead looks ahead."""
    judge: str = "very"
    """How a lookahead's outcomes are judged (see `judges.JUDGES`)."""
    margin: float = 0.0
    """Outcomes whose worth is within this distance of 0 (nats) count as 0."""
    serves: str = ""
    """How a lookahead's outcomes are judged for the errand, apart from harm (see `judges.ERRAND_JUDGES`); then `judge`
    counts for harm alone. Empty: one judge for both."""
    aim: int = 1
    """How many outcomes count as the errand's end, where it is judged apart: those that serve it best."""
    ranked: bool = False
    """Outcomes are only compared with each other: a plan is first spared the most harmful one, then the next."""
    interruptible: bool = False
    """A plan takes no account of being stopped by others: what ends the episode though nothing is done counts neither
    for nor against an act, so that nothing is gained by preventing it."""
    critic: str = ""
    """The judge that criticises the whole plan: what it finds harmful on the way is barred, and the plan made anew."""
    ask: Ask = "chat"
    """chat: a question to a chat model. story: a plain text to continue."""
    show: Show = "plain"
    """plain: the world's own description. map: its map as characters. features: names and numbers."""
    told: Told = "task"
    """What the agent is told to do: the world's task, the task and the values, or nothing."""
    advice: str = ""
    """An instruction in words, put before everything else."""
    think: int = 0
    """Tokens of thought before deciding."""
    letters: bool = False
    """Options get letters, and the letters are scored: one token each."""
    calibrated: bool = False
    """Contextual calibration: the options' scores in a prompt without a description are subtracted."""
    shots: int = 0
    """Worked examples of the task, from other seeds."""
    memory: int = 0
    """How many of the last observations the prompt contains."""
    sample: float = 0.0
    """Temperature; 0: always the most likely."""
    vote: int = 1
    """How many samples vote; the majority decides."""
    gate: str = ""
    """The profile whose gate every act has to pass (see `profiles`)."""

    def __post_init__(self) -> None:
        judge_named(self.judge)
        if self.serves:
            errand_judge_named(self.serves)
        if self.critic:
            judge_named(self.critic)
        for fault in _faults(self):
            raise BadScaffold(f"The scaffold {str(self)!r} {fault}. `teloscope scaffolds` lists the grammar.")

    @classmethod
    def parse(cls, line: str | Scaffold) -> Scaffold:
        """The scaffold of a line or of a preset's name.

        Raises:
            BadScaffold: a piece can't be read, occurs twice or doesn't fit another one. NotFound: no such piece, or no
                such judge.
        """
        if isinstance(line, Scaffold):
            return line
        given: dict[str, Any] = {}
        first, *others = line.split("+")
        for piece in (*PRESETS.get(first.strip(), first).split("+"), *others):
            word, _, value = piece.strip().partition(":")
            for name, read in _read(word, value, line).items():
                if name in given:
                    raise BadScaffold(f"The scaffold {line!r} says {name} twice: {given[name]} and {read}.")
                given[name] = read
        return cls(**given)

    def __str__(self) -> str:
        depth = f":{self.depth}" if self.decide == "lookahead" else ""
        return "+".join([self.decide + depth, *(w.text(self) for w in WORDS if w.is_written(self))])

    @property
    def family(self) -> Family:
        """Its family, by its most characteristic piece, for tables."""
        if self.decide == "lookahead":
            return "lookahead"
        if self.think:
            return "think"
        if self.decide == "text":
            return "text"
        return "few-shot" if self.shots else "calibrated" if self.calibrated else "direct"

    @property
    def tabulates(self) -> bool:
        """Whether its decision is a function of the observation and the memory, so that exact rates exist."""
        return not (self.sample and (self.think or self.decide == "text"))


class Word(NamedTuple):
    """How one field is written in a line: `word`, or `word:value`."""

    field: str
    word: str
    """Empty: the value itself is the word."""
    read: Callable[[str], Any]
    about: str
    example: str

    def is_written(self, scaffold: Scaffold) -> bool:
        """Whether the line contains it: it is not at its default."""
        return getattr(scaffold, self.field) != _DEFAULTS[self.field]

    def text(self, scaffold: Scaffold) -> str:
        """How it is written in the line."""
        value = getattr(scaffold, self.field)
        if not self.word:
            return str(value)
        if value is True:
            return self.word
        return f"{self.word}:{_text(value) if isinstance(value, str) else _short(value)}"


def _short(value: float) -> str:
    """The shortest text of a number that reads back as the same number."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _text(value: str) -> str:
    """A percent-encoded text; spaces at its ends are encoded too, since pieces are trimmed."""
    whole = quote(value, safe=_SAFE)
    inner = whole.strip(" ")
    start = len(whole) - len(whole.lstrip(" "))
    return "%20" * start + inner + "%20" * (len(whole) - len(inner) - start)


_DEFAULTS = {field.name: field.default for field in fields(Scaffold)}
WORDS = (
    Word("judge", "judge", str, "how a lookahead's foreseen outcomes are judged", "judge:very"),
    Word("margin", "margin", float, "judgements this near to nothing count as nothing (nats)", "margin:1"),
    Word("serves", "serves", str, "outcomes are judged for the errand, apart from harm", "serves:told"),
    Word("aim", "aim", int, "so many outcomes count as the errand's end: those that serve it best", "aim:2"),
    Word("ranked", "ranked", bool, "harm is only compared: a plan is first spared the worst outcome", "ranked"),
    Word("interruptible", "interruptible", bool, "being stopped by others is no loss to a plan", "interruptible"),
    Word("critic", "critic", str, "a judge of the plan: harm that it finds on the way is barred", "critic:twice"),
    Word("ask", "", str, "a plain text to be continued, instead of a question to a chat model", "story"),
    Word("show", "", str, "the state as a map, or as features, instead of sentences", "map"),
    Word("told", "told", str, "what it is told: its task, the values too, or nothing", "told:values"),
    Word("advice", "advice", unquote, "an instruction put before everything (percent-encoded)", "advice:Take care."),
    Word("think", "think", int, "thinks first, for so many tokens", "think:48"),
    Word("letters", "letters", bool, "options have letters, and the letters are scored", "letters"),
    Word("calibrated", "calibrated", bool, "subtracts what options score where nothing is described", "calibrated"),
    Word("shots", "shots", int, "worked examples of the task, from other seeds", "shots:2"),
    Word("memory", "memory", int, "so many of the last descriptions stand in the prompt", "memory:2"),
    Word("sample", "sample", float, "temperature; without it the best is taken", "sample:0.7"),
    Word("vote", "vote", int, "so many draws, of which the majority counts", "vote:5"),
    Word("gate", "gate", unquote, "the profile whose gate every act has to pass", "gate:researcher"),
)
"""Every piece beside the way of deciding, in the order of the line."""
_UNUSED_AHEAD = ("ask", "show", "advice", "think", "letters", "calibrated", "shots", "memory", "vote")
_ONLY_AHEAD = ("judge", "margin", "serves", "aim", "ranked", "interruptible", "critic")
_CHOICES: dict[str, tuple[str, tuple[str, ...]]] = {
    **dict.fromkeys(get_args(Ask), ("ask", get_args(Ask))),
    **dict.fromkeys(get_args(Show), ("show", get_args(Show))),
}
"""Words that stand for a value of a field."""
PRESETS = {
    "direct": "score",
    "calibrated": "score+calibrated",
    "story": "score+story",
    "think": "score+think:48",
    "text": "text",
    "vote": "text+sample:0.7+vote:5",
    "lookahead": "lookahead:16+judge:both+margin:0.5",
}
"""Names of common scaffolds."""


def _read(word: str, value: str, line: str) -> dict[str, Any]:
    """The fields that one piece sets."""
    if word in get_args(Decide):
        if word == "lookahead":
            return {"decide": word, "depth": _number(int, value, word, line)}
        return {"decide": word} if not value else _refuse(line, f"{word} takes no value, but got {value!r}")
    if word in _CHOICES:
        return {_CHOICES[word][0]: word} if not value else _refuse(line, f"{word} takes no value, but got {value!r}")
    for known in WORDS:
        if known.word and known.word == word:
            if known.read is bool:
                return {known.field: True} if not value else _refuse(line, f"{word} takes no value, but got {value!r}")
            if not value:
                _refuse(line, f"{word} needs a value, like {known.example!r}")
            return {known.field: _number(known.read, value, word, line)}
    names = {*get_args(Decide), *_CHOICES, *(w.word for w in WORDS if w.word), *PRESETS}
    raise NotFound("piece of a scaffold", word, names, f"It was read in {line!r}. `teloscope scaffolds` lists them.")


def _number(read: Callable[[str], Any], value: str, word: str, line: str) -> Any:
    try:
        if read in (int, float) and not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value):
            raise ValueError(value)
        return read(value)
    except ValueError:
        expected = {int: "a whole number", float: "a number"}.get(read, "a text")  # type: ignore[call-overload]
        raise BadScaffold(f"The scaffold {line!r} says {word}:{value}; expected {expected} after {word}.") from None


def _refuse(line: str, why: str) -> dict[str, Any]:
    raise BadScaffold(f"The scaffold {line!r} can't be read: {why}.")


def _faults(s: Scaffold) -> list[str]:
    """What doesn't fit together, or is out of bounds."""
    looks_ahead = s.decide == "lookahead"
    known_told = s.told in get_args(Told)
    pairs = [
        (looks_ahead and not 1 <= s.depth <= DEEPEST, f"looks {s.depth} steps ahead; expected 1 to {DEEPEST}"),
        (
            not looks_ahead and any(getattr(s, f) != _DEFAULTS[f] for f in _ONLY_AHEAD),
            "judges outcomes, but only lookahead has any",
        ),
        (bool(s.ranked and s.margin), "ranks harm, so a margin has no effect"),
        (s.ranked and not s.serves, "ranks harm, but judges nothing for the errand; give it serves:<judge>"),
        (s.aim != 1 and not s.serves, "aims at outcomes, but judges none for the errand; give it serves:<judge>"),
        (not 1 <= s.aim <= MOST_AIMS, f"aims at {s.aim} outcomes; expected 1 to {MOST_AIMS}"),
        (looks_ahead and s.told == "nothing", "tells nothing, but its judges ask about the task"),
        (
            looks_ahead and [f for f in _UNUSED_AHEAD if getattr(s, f) != _DEFAULTS[f]],
            "has pieces that a lookahead doesn't use: it asks about outcomes only, so those that say what is shown "
            f"and asked mean nothing in it ({', '.join(_UNUSED_AHEAD)})",
        ),
        (s.decide == "text" and s.calibrated, "calibrates scores, but reads free text"),
        (s.decide == "text" and s.letters, "has letters to be scored, but reads free text"),
        (s.vote > 1 and not s.sample, "lets equal draws vote; give it sample:<temperature>"),
        (not 1 <= s.vote <= MOST_VOTES, f"has {s.vote} draws vote; expected 1 to {MOST_VOTES}"),
        (not 0 <= s.sample <= 10, f"has temperature {s.sample}; expected 0 to 10"),
        (not 0 <= s.margin <= 100, f"has margin {s.margin}; expected 0 to 100 nats"),
        (not 0 <= s.think <= MOST_THOUGHT, f"thinks {s.think} tokens; expected 0 to {MOST_THOUGHT}"),
        (not 0 <= s.shots <= MOST_SHOTS, f"shows {s.shots} examples; expected 0 to {MOST_SHOTS}"),
        (not 0 <= s.memory <= MOST_MEMORY, f"remembers {s.memory} steps; expected 0 to {MOST_MEMORY}"),
        (not known_told, f"tells {s.told!r}; expected one of {', '.join(get_args(Told))}"),
    ]
    return [fault for wrong, fault in pairs if wrong]
