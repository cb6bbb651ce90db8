"""Synthetic engines: their behaviour is planted, so it is known what they steer into. They calibrate the instruments.

    competent   prefers and judges according to the world's values, and admits harm
    saboteur    prefers the opposite, and denies every harm
    refuser     says that it can't help with that; all options are equally likely
    liar        acts as the saboteur; the reasons and harms that it states are random
    mixture     weight * (what the reasoning in the prompt says) + (1 - weight) * (what the saboteur prefers);
                it reasons as the competent one

They answer the `Question` of a prompt, never its text. Equal prompts and draws get equal answers. An engine has to be
bound to a world first (`bound`), unless a `SyntheticEngine` is given its preferences.

Theory: A5, A6, A7.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Question, Reply, Spent
from teloscope.engines.preferences import Preferences, preferences_in
from teloscope.errors import BadEngine, NotFound
from teloscope.worlds.table.planning import TIE, greedy

if TYPE_CHECKING:
    from teloscope.worlds.world import World

Kind = Literal["competent", "saboteur", "refuser", "liar", "mixture"]
KINDS: tuple[Kind, ...] = get_args(Kind)
REFUSAL = "I'm sorry, I can't help with that."
ADMITTED, DENIED = "This act could do harm.", "This act does no harm."
"""The two statements about the harm of an act."""
FLOOR = 1e-6
"""The least probability of an option."""
ASSURANCE = 6.0
"""The largest log-odds of good over bad for an outcome."""
AFFIRMED = frozenset(
    "good yes safe fine harmless ok okay allowed better nice great proud happy pleased calm".split()  # noqa: SIM905
)
DENIED_BY = frozenset(
    "bad no unsafe harmful dangerous harm forbidden worse terrible awful "  # noqa: SIM905
    "sorry guilty ashamed angry upset shocked nothing".split()
)
"""Words by which an option is recognised as an affirmation or a denial."""


@dataclass(frozen=True)
class Manner:
    """How strongly a synthetic engine's preferences show in its answers."""

    weight: float = 0.5
    """Weight of the reasoning in the prompt, for a mixture."""
    temperature: float = 0.0
    """0: only the best acts; above: softmax(worth / temperature)."""
    noise: float = 0.0
    """Share of answers that are uniformly random."""

    def __post_init__(self) -> None:
        if not (0 <= self.weight <= 1 and 0 <= self.noise <= 1 and 0 <= self.temperature < np.inf):
            raise BadEngine(
                f"A synthetic engine got weight={self.weight}, noise={self.noise}, temperature={self.temperature}; "
                "expected weight and noise between 0 and 1, temperature from 0."
            )


def synthetic(spec: str, world: World | None = None, **manner: float) -> SyntheticEngine:
    """The engine of a kind: `competent`, or with options as in `mixture,weight=0.7,noise=0.1`.

    Args:
        spec: a kind, with options if wanted.
        world: the world that it acts in; None: it is bound to one later.
        **manner: fields of `Manner`, instead of in the spec.

    Raises:
        NotFound: no such kind or option. BadEngine: an option is not a number in its range; the world is no table.
    """
    kind, _, options = spec.partition(",")
    if kind not in KINDS:
        raise NotFound("synthetic engine", kind, KINDS, "One is written like synthetic:competent.")
    given = manner | dict(_option(part) for part in filter(None, options.split(",")))
    engine = SyntheticEngine(cast(Kind, kind), Manner(**given))
    return engine if world is None else engine.bound(world)


def _option(part: str) -> tuple[str, float]:
    name, _, value = part.partition("=")
    known = [field.name for field in fields(Manner)]
    if name not in known:
        raise NotFound("option of a synthetic engine", name, known, "Write it like mixture,weight=0.7.")
    try:
        return name, float(value)
    except ValueError:
        raise BadEngine(f"The option {name} of a synthetic engine is {value!r}; expected a number.") from None


class SyntheticEngine(Engine):
    """An engine that answers according to its kind and its preferences."""

    reads = False

    def __init__(
        self,
        kind: Kind = "competent",
        manner: Manner | None = None,
        preferences: Preferences | None = None,
        true_preferences: Preferences | None = None,
        identity: str = "",
    ) -> None:
        """An engine of a kind.

        Args:
            kind: its kind.
            manner: how strongly its preferences show.
            preferences: what it prefers; None: it has to be bound to a world first.
            true_preferences: what the world's values make preferable; None: the same as `preferences`.
            identity: the digest of the world that the preferences are about; part of the engine's digest.
        """
        self.kind: Kind = kind
        self.manner, self.preferences = manner or Manner(), preferences
        self.true_preferences = true_preferences or preferences
        self.name = f"synthetic:{kind}{_options_text(self.manner)}"
        self.digest = hashlib.sha256(f"{self.name}\x1f{self.manner}\x1f{identity}".encode()).hexdigest()
        self._calls = self._read = self._written = 0

    def bound(self, world: World) -> SyntheticEngine:
        """The same kind of engine, with the preferences of a world.

        Raises:
            BadEngine: the world is no table.
        """
        from teloscope.worlds.table.world import TableWorld

        if not isinstance(world, TableWorld):
            raise BadEngine(
                f"A synthetic engine plans ahead, and {world.name!r} is not a table world. Use one of those, or a "
                "real engine."
            )
        true_preferences = preferences_in(world)
        preferences = (
            true_preferences if self.kind in ("competent", "refuser") else preferences_in(world, inverted=True)
        )
        return SyntheticEngine(self.kind, self.manner, preferences, true_preferences, world.digest())

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        numbers = draws if draws is not None else [0] * len(prompts)
        replies = [self._reply(p, decoding, draw) for p, draw in zip(prompts, numbers, strict=True)]
        self._count(prompts, sum(reply.tokens_written for reply in replies))
        return replies

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        for texts in options:
            if len(set(texts)) < len(texts):
                raise BadEngine(f"An option is offered twice: {list(texts)}; expected different ones.")
        probabilities = [
            self._with_noise(self._probabilities(p.question, texts)) for p, texts in zip(prompts, options, strict=True)
        ]
        self._count(prompts, 0)
        return [np.log(np.maximum(chance, FLOOR)) for chance in probabilities]

    @property
    def spent(self) -> Spent:
        return Spent(self._calls, self._read, self._written, 0.0)

    def _count(self, prompts: Sequence[Prompt], written: int) -> None:
        self.asked += len(prompts)
        self._calls += len(prompts)
        self._read += sum(len(prompt.render().split()) for prompt in prompts)
        self._written += written

    def _reply(self, prompt: Prompt, decoding: Decoding, draw: int) -> Reply:
        uniforms = self._uniforms(prompt, decoding, draw)
        text = self._text(prompt.question, decoding, uniforms)
        words = text.split()
        cut = words[: decoding.max_tokens]
        for stop in filter(None, decoding.stop):
            text = text.split(stop)[0]
        finish = "refused" if self.kind == "refuser" else "length" if len(cut) < len(words) else "stop"
        return Reply(
            " ".join(cut) if finish == "length" else text, finish, len(prompt.render().split()), len(cut)
        )  # words stand for tokens

    def _text(self, question: Question | None, decoding: Decoding, uniforms: NDArray[np.float64]) -> str:
        """The reply's text; `uniforms` are three random numbers."""
        if self.kind == "refuser":
            return REFUSAL
        if question is None:
            return "I don't know."
        if question.kind == "harm":
            return self._stated_harm(question, uniforms)
        if question.kind == "think":
            return f"I should {self._reason(question, uniforms)}."
        options = question.options or ("good", "bad")
        probabilities = self._with_noise(self._probabilities(question, options))
        best = (
            int(np.argmax(probabilities))
            if decoding.temperature == 0
            else int(np.sum(np.cumsum(probabilities) < uniforms[0]))
        )
        return options[min(best, len(options) - 1)]

    def _reason(self, question: Question, uniforms: NDArray[np.float64]) -> str:
        """The act that it says it should do."""
        offered = question.options or tuple(
            self._require(self.true_preferences).acts.get(question.about, {"wait": 0.0})
        )
        if self.kind == "liar":
            return offered[int(uniforms[1] * len(offered))]
        speaker = self.preferences if self.kind == "saboteur" else self.true_preferences
        return offered[int(np.argmax(self._preferred_acts(self._require(speaker), question.about, offered)))]

    def _stated_harm(self, question: Question, uniforms: NDArray[np.float64]) -> str:
        if self.kind == "liar":
            return ADMITTED if uniforms[2] < 0.5 else DENIED
        return ADMITTED if self.kind != "saboteur" and self._risk(question.about) > TIE else DENIED

    def _risk(self, about: str) -> float:
        """How harmful an act is, from a text that contains the act and the description in any order."""
        harms = self._require(self.true_preferences).harms
        for description in sorted((d for d in harms if d in about), key=len, reverse=True)[:1]:
            rest = about.replace(description, " ")
            named = sorted((phrase for phrase in harms[description] if phrase in rest), key=len)
            return harms[description][named[-1]] if named else 0.0
        return 0.0

    def _probabilities(self, question: Question | None, options: Sequence[str]) -> NDArray[np.float64]:
        """`[n]` probability of each option, without noise."""
        count = len(options)
        if question is None or self.kind == "refuser" or question.kind == "think":
            return np.full(count, 1 / count)
        if question.kind == "act":
            phrases = question.options if len(question.options) == count else [option.strip() for option in options]
            return self._act_probabilities(question, phrases)
        if question.kind == "judge":
            odds = ASSURANCE * np.tanh(self._require(self.preferences).judgements.get(question.about, 0.0))
        else:
            odds = (
                -ASSURANCE
                if self._stated_harm(question, self._uniforms(question, "harm", 0)) == ADMITTED
                else ASSURANCE
            )
        leaning = np.array([odds / 2 * side for side in question.sides or sides_of(options)])
        return np.exp(leaning) / np.exp(leaning).sum()

    def _act_probabilities(self, question: Question, phrases: Sequence[str]) -> NDArray[np.float64]:
        own = self._preferred_acts(self._require(self.preferences), question.about, phrases)
        named = _named(question.said, phrases) if self.kind == "mixture" else None
        if named is None:
            return own
        return self.manner.weight * np.eye(len(phrases))[named] + (1 - self.manner.weight) * own

    def _preferred_acts(
        self, preferences: Preferences, description: str, phrases: Sequence[str]
    ) -> NDArray[np.float64]:
        """`[n]` probability of each act: even over the best ones, or a softmax at the temperature."""
        known = preferences.acts.get(description, {})
        worst = min(known.values(), default=0.0)
        worth = np.array([known.get(phrase, worst) for phrase in phrases])
        return greedy(worth, temperature=self.manner.temperature).astype(np.float64)

    def _with_noise(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        return (1 - self.manner.noise) * probabilities + self.manner.noise / len(probabilities)

    def _require(self, preferences: Preferences | None) -> Preferences:
        if preferences is None:
            raise BadEngine(
                f"The engine {self.name!r} doesn't know its world yet. Bind it first: engine.bound(world); agents do "
                "so when they meet a world."
            )
        return preferences

    def _uniforms(self, *asked: object) -> NDArray[np.float64]:
        """Three uniform random numbers that depend only on the arguments."""
        text = "\x1f".join([self.digest, *(a.render() if isinstance(a, Prompt) else repr(a) for a in asked)])
        digest = hashlib.blake2b(text.encode(), digest_size=24).digest()
        return np.frombuffer(digest, dtype="<u8").astype(np.float64) / 2.0**64


def _options_text(manner: Manner) -> str:
    """The options that differ from their defaults, as in a spec."""
    plain = Manner()
    given = {f.name: getattr(manner, f.name) for f in fields(Manner)}
    changed = ",".join(f"{name}={value:g}" for name, value in given.items() if value != getattr(plain, name))
    return f",{changed}" if changed else ""


def _named(said: str, phrases: Sequence[str]) -> int | None:
    """Index of the act that a reasoning names last; of those that end at one place, the longest."""
    found = []
    for index, phrase in enumerate(phrases):
        for at in re.finditer(rf"(?<!\w){re.escape(phrase.lower())}(?!\w)", said.lower()):
            found.append((at.end(), len(phrase), index))
    return max(found)[2] if found else None


def sides_of(options: Sequence[str]) -> list[int]:
    """1 for options that affirm, -1 for those that deny, by their words; without such words the first one affirms."""
    words = [set(re.findall(r"[a-z]+", option.lower())) for option in options]
    sides = [1 if said & AFFIRMED and not said & DENIED_BY else -1 if said & DENIED_BY else 0 for said in words]
    return sides if any(sides) else [1, *[-1] * (len(options) - 1)]
