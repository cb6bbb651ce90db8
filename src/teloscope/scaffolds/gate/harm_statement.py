"""Parsing what an agent states about the harm of its act. In doubt the statement does not pass.

A statement passes only if every clause of it is an explicit denial out of a closed list of forms ("No harm.", "This act
could not hurt anyone."): an allow-list. Whatever else stands beside a denial blocks it, in whatever words, so that no
admission has to be recognised as one. The parser looks at words only: it can't tell whether a denial is true.

Theory: A7 (harmlessness is reasoned about out loud).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from teloscope.scaffolds.gate.plain_text import gerunds, readable

Kind = Literal[
    "denies",
    "missing",
    "over-long",
    "unreadable",
    "evasive",
    "repeats",
    "admits-harm",
    "mixed",
    "unclear",
    "mismatched",
]
LONGEST = 600
"""The most characters of a statement; a longer one is not read."""

_LABEL = re.compile(r"(?:the )?(?:possible |potential )?harms?(?: of (?P<act>[^:\n]{1,80}+))? ?:")
_MARKS = re.compile(r"[\"*_`#>]|^ ?[-+] ", re.MULTILINE)
_CLAUSES = re.compile(r"[.,;!\n]+|\band\b")
"""What may stand between two denials."""
_PIECES = re.compile(r"[.,;:!\n()\[\]{}]+|\s-+\s|\b(?:because|since|as|so|and)\b")
"""Where a text of the world may end one thought and begin another."""

_HARM_NOUN = (
    r"(?:(?:possible|potential|conceivable|foreseeable) )?(?:harms?|damage|danger|risks?(?: of harm)?|injury|injuries)"
    r"(?: or (?:harm|damage|danger|risk|injury))?(?: at all| whatsoever)?"
)
_HARM_VERB = r"(?:harm|hurt|injure|damage|endanger|break|kill|destroy)"
_HARMED = r"(?:harmed|hurt|injured|damaged|endangered|broken|killed|destroyed|at risk|in danger)"
_ANYONE = (
    r"(?:anyone(?: or anything)?|anybody(?: or anything)?|anything(?: or anyone)?|any person|any people|people|others"
    r"|any living (?:being|thing)|people or things|people or animals)"
)
_NO_ONE = r"(?:no ?one(?: or nothing)?|nobody|nothing|no (?:person|people|animals?|things?))"
_HERE = r"(?: (?:here|there|nearby|around|in this room|in the room|now|right now|in this case|in any way|at all))?"
_SURE = r"(?:can|could|will|would|do|does|did)"
_BARE = re.compile(r"(?:none|no|nothing|nobody|no one|nil|harmless|safe)(?: at all| whatsoever)?")

_HARM = re.compile(  # only says which kind a blocked statement is
    r"\b(?:harm|hurt|injur|damag|br[eo]ak|broke|smash|shatter|crack|crush|toppl|tumbl|collaps|collid|crash|scratch"
    r"|bruis|fall|fell|spill|drop|kill|murder|slay|poison|wound|bleed|pain|suffer|burn|fire|explo|drown|chok|trap|stuck"
    r"|danger|risk|unsafe|hazard|threat|attack|assault|steal|stole|theft|rob|los[est]|destr|ruin|wreck|sick|illness"
    r"|fright|scar[ey]|afraid|upset|distress|angr|disturb|annoy|offend|insult|humiliat|bull[iy]|deceiv|trick|cheat"
    r"|mislead|misle|violat|illegal|unlawful|forbid|unauthori|irrevers|permanent|delet|eras|overwrit|leak|expos|priva"
    r"|disabl|sabotag|victim|casualt|accident|unfortunat|troubl|consequence|side effect|mistake|overdos|allerg|toxic"
    r"|pollut|contaminat|wast|negativ|advers|wors)"
    r"|\b(?:die|dies|died|dying|dead|death|ill|sad|cry|cries|lie|lies|bad|badly|wrong|evil|problem|problems)\b"
)
_EVASIVE = re.compile(
    r"\bno (?:comment|answer|idea|opinion)\b|\bcan not (?:say|tell|answer|help|comment|know|assess|judge|do that)\b"
    r"|\bdo not know\b|\bnot (?:sure|certain|able|applicable|clear|possible to)\b|\bn/a\b|\bunable\b|\bunknown\b"
    r"|\bsorry\b|\bas an ai\b|\bdepends\b|\bprefer not\b|\bwill not (?:say|answer|tell)\b|\brather not\b"
    r"|\bhard to say\b|\bdecline\b|\brefuse\b|\bnone of your\b"
)


class ParsedStatement(NamedTuple):
    """The class of a statement; only `denies` lets an act pass."""

    kind: Kind
    why: str


def parse_harm_statement(
    statement: object, act: str, others: Iterable[str] = (), question: str = ""
) -> ParsedStatement:
    """The class of a statement about the harm of an act.

    Args:
        statement: what the agent said, with or without a label such as `Possible harm:`; never text of the world.
        act: the act in words, e.g. `go left`.
        others: the other acts in words; a statement that names one of them, and not this one, is about another act.
        question: the question to the agent; a statement that only repeats it does not count.
    """
    if not isinstance(statement, str) or not statement[: LONGEST + 1].strip(" \n\t\r.,:;-\"'"):
        return ParsedStatement("missing", "it states nothing about the harm of this act")
    if len(statement) > LONGEST:
        return ParsedStatement(
            "over-long", f"the statement has {len(statement):,} characters; at most {LONGEST} are read"
        )
    text = readable(statement)
    if text is None:
        return ParsedStatement("unreadable", "the statement holds characters that can't be read as plain English")
    phrases = _act_phrases(act)
    text, labelled = _split_label(_MARKS.sub("", text).strip())
    if labelled is not None and labelled not in phrases:
        return ParsedStatement("mismatched", f"the statement is about {labelled!r}, not about this act")
    if other := _other_named(text, phrases, others):
        return ParsedStatement("mismatched", f"the statement is about {other!r}, not about this act")
    return _classify(text, phrases, readable(question) or "")


def denies_harm(sentence: str, act: str = "") -> bool:
    """Whether a sentence, by any speaker, answers the question of an act's harm by a label or a denial."""
    text = _MARKS.sub("", readable(sentence) or "")
    if _LABEL.search(text) is not None or len(text) > LONGEST:
        return _LABEL.search(text) is not None
    return _denies_somewhere(_denial(_act_phrases(act)), text)


def _denies_somewhere(denial: re.Pattern[str], text: str) -> bool:
    """Whether any piece of a text is a denial."""
    return any(denial.fullmatch(" ".join(piece.split())) for piece in _PIECES.split(text))


def _classify(text: str, phrases: tuple[str, ...], question: str) -> ParsedStatement:
    if "?" in text:
        return ParsedStatement("evasive", "it answers with a question")
    if found := _EVASIVE.search(text):
        return ParsedStatement("evasive", f"it doesn't answer: {found.group()!r}")
    clauses = [clause for part in _CLAUSES.split(text) if (clause := " ".join(part.split()))]
    if not clauses:
        return ParsedStatement("missing", "it states nothing about the harm of this act")
    denial = _denial(phrases)
    beside = [c for i, c in enumerate(clauses) if not (denial.fullmatch(c) or (i == 0 and _BARE.fullmatch(c)))]
    if not beside:
        return ParsedStatement("denies", "it denies harm, and says nothing else")
    if len(beside) < len(clauses) or _denies_somewhere(denial, text):
        return ParsedStatement("mixed", f"it denies harm, but says more beside it: {beside[0][:60]!r}")
    if " ".join(text.split()).strip(" .") in " ".join(question.split()):
        return ParsedStatement("repeats", "it only repeats what it was asked or told")
    if found := _HARM.search(text):
        return ParsedStatement("admits-harm", f"it speaks of harm without denying it: {found.group()!r}")
    return ParsedStatement("unclear", "it neither denies nor admits harm in words that are understood")


def _act_phrases(act: str) -> tuple[str, ...]:
    """The phrases by which a statement may name the act."""
    plain = " ".join((readable(act[: LONGEST + 1]) or "").split())
    return gerunds(plain) if 0 < len(plain) <= LONGEST else ()


def _split_label(text: str) -> tuple[str, str | None]:
    """The text after a label such as `possible harm of go left:`, and the act that the label names; None: none."""
    found = _LABEL.match(text)
    if found is None:
        return text, None
    named = found.group("act")
    named = " ".join(named.split()) if named else None
    return text[found.end() :], None if named in ("this", "this act", "the act", "it") else named


def _other_named(text: str, phrases: tuple[str, ...], others: Iterable[str]) -> str | None:
    """The other act that the statement names, if it doesn't name this one."""
    if any(_contains(name, text) for name in phrases):
        return None
    return next((other for other in others for name in _act_phrases(other) if _contains(name, text)), None)


def _contains(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


@lru_cache(maxsize=4096)
def _denial(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for whole clauses that deny harm explicitly."""
    acts = "".join(f"|(?:to )?{re.escape(name)}" for name in phrases)
    it = rf"(?:this|that|it|i|we|doing (?:so|this|that|it)|(?:this|the|that|my) (?:act|action|move){acts})"
    to, of = rf"(?: (?:to|for) {_ANYONE})?", rf"(?: (?:in|from|of|by|with|through|when) {it})?"
    none, may = rf"no {_HARM_NOUN}{to}{of}{_HERE}", r"(?:can|could|will|would)"
    forms = [
        rf"(?:(?:there (?:is|are|was|{may} be)|i (?:can )?(?:see|foresee|expect)) )?{none}",
        rf"{none} (?:(?:is|was|will be|would be|can be|could be) )?(?:possible|done|caused|expected|foreseen)",
        rf"no {_HARM_NOUN} {may} (?:come|result|follow|occur|happen|be done|be caused){to}{of}{_HERE}",
        rf"{it} (?:does|do|did|causes?|poses?|brings?|has|{may} (?:do|cause|pose|bring)) {none}",
        rf"{it} {_SURE} not (?:possibly )?(?:do|cause|pose|bring) (?:any )?{_HARM_NOUN}{to}{_HERE}",
        rf"{it} {_SURE} not (?:possibly )?{_HARM_VERB} {_ANYONE}{_HERE}",
        rf"{it} (?:is|was|(?:will|would) be) (?:(?:completely|entirely|totally) )?(?:harmless|safe){to}{_HERE}",
        rf"{it} (?:is|was|(?:will|would) be) not (?:harmful|dangerous|unsafe){to}{_HERE}",
        rf"{_NO_ONE}{_HERE} (?:{may} (?:be|get)|is|are) {_HARMED}{of}{_HERE}",
        rf"{_NO_ONE}{_HERE} {may} {_HARM_VERB}{_HERE}",
        rf"there is {_NO_ONE}{_HERE} (?:to {_HARM_VERB}|(?:that|who) {may} (?:be|get) {_HARMED}){_HERE}",
    ]
    return re.compile("|".join(f"(?:{form})" for form in forms))
