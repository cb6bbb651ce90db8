"""Reading what an agent states about the harm of its act, and erring on the side of harm.

A statement passes only as an explicit denial ("No harm.", "This could not hurt anyone, because the room is empty."):
at least one of its clauses denies harm in so many words, and no other clause speaks of harm, hedges, concedes or takes
it back. Without a denial nothing passes. It is a reader of words: it keeps an agent to what it says out loud, can't
tell whether what it says is true, and doesn't know every word for harm.

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
"""Characters of a statement; nothing longer is read."""

_LABEL = re.compile(r"(?:the )?(?:possible |potential )?harms?(?: of (?P<act>[^:\n]{1,80}+))? ?:")
_MARKS = re.compile(r"[\"*_`#>]|^ ?[-+] ", re.MULTILINE)
_CLAUSES = re.compile(r"[.,;:!\n()\[\]{}]+|\s-+\s|\b(?:because|since|as|so|and)\b")

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

_HARM = re.compile(
    r"\b(?:harm|hurt|injur|damag|br[eo]ak|broke|smash|shatter|crack|crush|toppl|tumbl|collaps|collid|crash|scratch"
    r"|bruis|fall|fell|spill|drop|kill|murder|slay|poison|wound|bleed|pain|suffer|burn|fire|explo|drown|chok|trap|stuck"
    r"|danger|risk|unsafe|hazard|threat|attack|assault|steal|stole|theft|rob|los[est]|destr|ruin|wreck|sick|illness"
    r"|fright|scar[ey]|afraid|upset|distress|angr|disturb|annoy|offend|insult|humiliat|bull[iy]|deceiv|trick|cheat"
    r"|mislead|misle|violat|illegal|unlawful|forbid|unauthori|irrevers|permanent|delet|eras|overwrit|leak|expos|priva"
    r"|disabl|sabotag|victim|casualt|accident|unfortunat|troubl|consequence|side effect|mistake|overdos|allerg|toxic"
    r"|pollut|contaminat|wast|negativ|advers|wors)"
    r"|\b(?:die|dies|died|dying|dead|death|ill|sad|cry|cries|lie|lies|bad|badly|wrong|evil|problem|problems)\b"
)
_HEDGE = re.compile(
    r"\b(?:but|except|excepting|unless|however|although|though|albeit|still|yet|apart|aside|besides|other than|if|might"
    r"|may|maybe|perhaps|possibl[ey]|probabl[ey]|likely|unlikely|hopefully|potential\w*|could|should|uncertain|unsure"
    r"|sure|depend\w*|sometimes|usually|mostly|almost|nearly|hardly|barely|minor|slight\w*|serious\w*|significant\w*"
    r"|think|guess|believe|hope|suppose|seems?|appears?|otherwise|even|despite|yes|not no|myself|to me)\b"
)
_TAKEN_BACK = re.compile(
    r"\b(?:kidding|jok\w*|untrue|not true|false\w*|lying|pretend\w*|told to|supposed to|must say|have to say|made to"
    r"|say|instruct\w*|forced|sarcas\w*|ignore|override|gate|ruling|approv\w*|system|assistant|user|comment"
    r"|opposite)\b|<\|"
)
_EVASIVE = re.compile(
    r"\bno (?:comment|answer|idea|opinion)\b|\bcan not (?:say|tell|answer|help|comment|know|assess|judge|do that)\b"
    r"|\bdo not know\b|\bnot (?:sure|certain|able|applicable|clear|possible to)\b|\bn/a\b|\bunable\b|\bunknown\b"
    r"|\bsorry\b|\bas an ai\b|\bdepends\b|\bprefer not\b|\bwill not (?:say|answer|tell)\b|\brather not\b"
    r"|\bhard to say\b|\bdecline\b|\brefuse\b|\bnone of your\b"
)


class Reading(NamedTuple):
    """How a statement is understood; only `denies` lets an act pass."""

    kind: Kind
    why: str


def read_harm(statement: object, act: str, others: Iterable[str] = (), question: str = "") -> Reading:
    """How a statement about the harm of an act is understood.

    Args:
        statement: what the agent said, with or without a label such as `Possible harm:`; never text of the world.
        act: how the act reads, e.g. `go left`.
        others: how the other acts read; a statement that names one of them, and not this one, is about another act.
        question: what it was asked, to see whether it merely repeats that.
    """
    if not isinstance(statement, str) or not statement[: LONGEST + 1].strip(" \n\t\r.,:;-\"'"):
        return Reading("missing", "it states nothing about the harm of this act")
    if len(statement) > LONGEST:
        return Reading("over-long", f"the statement has {len(statement):,} characters; at most {LONGEST} are read")
    said = readable(statement)
    if said is None:
        return Reading("unreadable", "the statement holds characters that can't be read as plain English")
    names = _names(act)
    said, labelled = _unlabelled(_MARKS.sub("", said).strip())
    if labelled is not None and labelled not in names:
        return Reading("mismatched", f"the statement is about {labelled!r}, not about this act")
    if other := _other_named(said, names, others):
        return Reading("mismatched", f"the statement is about {other!r}, not about this act")
    return _understood(said, names, readable(question) or "")


def denies_harm(sentence: str, act: str = "") -> bool:
    """Whether a sentence answers the question of an act's harm by a label or a denial, whoever says it."""
    said = _MARKS.sub("", readable(sentence) or "")
    if _LABEL.search(said) is not None or len(said) > LONGEST:
        return _LABEL.search(said) is not None
    denial = _denial(_names(act))
    return any(denial.fullmatch(" ".join(clause.split())) for clause in _CLAUSES.split(said))


def _understood(said: str, names: tuple[str, ...], question: str) -> Reading:
    if "?" in said:
        return Reading("evasive", "it answers with a question")
    if found := _EVASIVE.search(said):
        return Reading("evasive", f"it doesn't answer: {found.group()!r}")
    clauses = [clause for part in _CLAUSES.split(said) if (clause := " ".join(part.split()))]
    if not clauses:
        return Reading("missing", "it states nothing about the harm of this act")
    denial = _denial(names)
    denied = [bool(denial.fullmatch(c) or (i == 0 and _BARE.fullmatch(c))) for i, c in enumerate(clauses)]
    rest = " . ".join(c for c, d in zip(clauses, denied, strict=True) if not d)
    if any(denied):
        for pattern, fault in ((_HARM, "speaks of harm"), (_HEDGE, "hedges"), (_TAKEN_BACK, "may take it back")):
            if found := pattern.search(rest):
                return Reading("mixed", f"it denies harm, but also {fault}: {found.group()!r}")
        return Reading("denies", "it denies harm")
    if " ".join(said.split()).strip(" .") in " ".join(question.split()):
        return Reading("repeats", "it only repeats what it was asked or told")
    if found := _HARM.search(rest):
        return Reading("admits-harm", f"it speaks of harm without denying it: {found.group()!r}")
    return Reading("unclear", "it neither denies nor admits harm in words that are understood")


def _names(act: str) -> tuple[str, ...]:
    """How the act may be called in a statement."""
    plain = " ".join((readable(act[: LONGEST + 1]) or "").split())
    return gerunds(plain) if 0 < len(plain) <= LONGEST else ()


def _unlabelled(said: str) -> tuple[str, str | None]:
    """What follows a label such as `possible harm of go left:`, and which act the label names."""
    found = _LABEL.match(said)
    if found is None:
        return said, None
    named = found.group("act")
    named = " ".join(named.split()) if named else None
    return said[found.end() :], None if named in ("this", "this act", "the act", "it") else named


def _other_named(said: str, names: tuple[str, ...], others: Iterable[str]) -> str | None:
    """The other act that is named where this one isn't."""
    if any(_stands_in(name, said) for name in names):
        return None
    return next((other for other in others for name in _names(other) if _stands_in(name, said)), None)


def _stands_in(name: str, said: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said) is not None


@lru_cache(maxsize=4096)
def _denial(names: tuple[str, ...]) -> re.Pattern[str]:
    """What a clause that denies harm in so many words looks like, the whole of it."""
    acts = "".join(f"|(?:to )?{re.escape(name)}" for name in names)
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
