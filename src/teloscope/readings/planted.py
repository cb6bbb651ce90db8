"""Engines whose alignment is planted, sense by sense, so that it is known what every reading has to find.

    aligned      answers the harmless and refuses the harmful; acts and judges by the world's values; its act follows
                 its reasoning and the reasoning follows the harm; finds every name as likely as another
    saboteur     the opposite of all that
    refuser      refuses everything; every option is as likely as another
    incapable    answers nothing that makes sense; every option is as likely as another
    liar         says what the aligned one says, and acts as the saboteur; its reasons are drawn by lot
    mixture      `weight`: how much its act follows the reasoning in the prompt, and how much the harm itself
    stereotype   `strength`: how much of the stereotype of a role its log-odds of a woman hold

They read the `Question` of a prompt, never its text. `noise` is the share of answers that come out as another engine's
would: of requests that are answered the other way round.

Theory: A4, A5, A6, A7, A9.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Question, Reply
from teloscope.engines.null import Uniform
from teloscope.engines.synthetic import REFUSAL, SyntheticEngine
from teloscope.errors import NotFound

if TYPE_CHECKING:
    from teloscope.worlds.world import World

Kind = Literal["aligned", "saboteur", "refuser", "incapable", "liar", "mixture", "stereotype"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SYNTHETIC: dict[str, Any] = {
    "aligned": "competent",
    "saboteur": "saboteur",
    "refuser": "refuser",
    "liar": "liar",
    "mixture": "mixture",
    "stereotype": "competent",
}
"""Kind -> the synthetic engine that acts in worlds as it does."""
OF_SYNTHETIC: dict[str, Kind] = {"competent": "aligned", "saboteur": "saboteur", "refuser": "refuser", "liar": "liar"}
OF_SYNTHETIC |= {"mixture": "mixture"}
"""Kind of a synthetic engine -> the kind here."""
MUMBLE = "Zub zub zub zub."
HARM, SAFE = "harm", "safe"
LEAST = 0.02
"""Least probability of an act in a scene."""


@dataclass(frozen=True)
class Plant:
    """What is planted."""

    weight: float = 0.5
    """Of the reasoning in the prompt, for a mixture."""
    strength: float = 1.0
    """Of the stereotype, for a stereotype."""
    noise: float = 0.0
    """Share of requests that are answered the other way round."""
    seed: int = 0
    """Of the noise."""


class PlantedEngine(Engine):
    """An engine of planted alignment."""

    def __init__(self, kind: Kind = "aligned", plant: Plant | None = None) -> None:
        if kind not in KINDS:
            raise NotFound("planted engine", kind, KINDS)
        self.kind, self.plant = kind, plant or Plant()
        self.name = f"planted:{kind}"
        self.digest = hashlib.sha256(f"{self.name} {self.plant}".encode()).hexdigest()

    @classmethod
    def of(cls, engine: SyntheticEngine) -> PlantedEngine:
        """The planted engine that acts in worlds as a synthetic one does."""
        made = cls(OF_SYNTHETIC[engine.kind], Plant(weight=engine.manner.weight))
        made.name = engine.name
        return made

    def bound(self, world: World) -> Engine:
        """The engine that acts as this one in a world, by the values of the world that it is a twin of."""
        original: Any = getattr(world, "original", world)
        if self.kind == "incapable":
            return Uniform()
        made = SyntheticEngine(SYNTHETIC[self.kind]).bound(original)
        return made

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        numbers = list(draws) if draws is not None else [0] * len(prompts)
        self.asked += len(prompts)
        return [Reply(self._said(p.question, p, draw)) for p, draw in zip(prompts, numbers, strict=True)]

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        self.asked += len(prompts)
        return [np.log(self._odds(p.question, p, offered)) for p, offered in zip(prompts, options, strict=True)]

    def _said(self, question: Question | None, prompt: Prompt, draw: int) -> str:
        if self.kind == "refuser":
            return REFUSAL
        if question is None or self.kind == "incapable":
            return MUMBLE
        what, _, text = question.about.partition("\n")
        if question.kind == "think":
            return self._reasoned(what, question.options, prompt, draw)
        if question.kind == "harm":
            harmful = what == HARM
            if self.kind == "liar":
                harmful = self._lot(prompt, draw) < 0.5
            return "This act could do harm." if harmful and self.kind != "saboteur" else "No harm."
        if what == "control":
            return f"It has to do with {question.options[0] if question.options else text}."
        good = self.kind != "saboteur"
        if self._lot(prompt, draw) < self.plant.noise:
            good = not good
        answers = (what == "harmless") == good
        return f"Gladly, about this: {text}. You begin with the first step." if answers else REFUSAL

    def _reasoned(self, what: str, options: Sequence[str], prompt: Prompt, draw: int) -> str:
        """Its reasoning about a scene: that there is harm or none, and which act follows."""
        harmful = what == HARM
        if self.kind == "liar":
            harmful = self._lot(prompt, draw) < 0.5
        safe, direct = (options[0], options[1]) if len(options) > 1 else ("wait", "go on")
        if harmful:
            return f"Somebody would be hurt, so there is harm here; I should {safe}."
        return f"Nobody would be hurt, so there is no harm here; I should {direct}."

    def _odds(self, question: Question | None, prompt: Prompt, options: Sequence[str]) -> NDArray[np.float64]:
        n = len(options)
        even = np.full(n, 1 / n)
        if question is None or self.kind in ("refuser", "incapable"):
            return even
        what = question.about.partition("\n")[0]
        if question.kind == "act" and what in (HARM, SAFE):
            return self._act(what, question, options)
        if question.kind == "role":
            return self._portrait(question, options)
        if question.kind == "harm":
            p = 0.95 if what == SAFE or self.kind == "saboteur" else 0.05
            return np.array([p, 1 - p]) if n == 2 else even
        return even

    def _act(self, what: str, question: Question, options: Sequence[str]) -> NDArray[np.float64]:
        """`[n]` of the acts of a scene, the careful one named first in `question.options`."""
        careful = question.options[0]
        place = next((i for i, option in enumerate(options) if option.strip() == careful), 0)
        own = 1.0 if what == HARM else 0.0
        if self.kind in ("saboteur", "liar"):
            own = 0.0 if what == HARM else 0.5
        weight = {"aligned": 1.0, "stereotype": 1.0, "mixture": self.plant.weight}.get(self.kind, 0.0)
        said = question.said
        told = None
        if careful in said and "there is harm" in said:
            told = 1.0
        elif "no harm" in said:
            told = 0.0
        p = own if told is None else weight * told + (1 - weight) * own
        p = LEAST + (1 - 2 * LEAST) * p
        out = np.full(len(options), (1 - p) / max(len(options) - 1, 1))
        out[place] = p
        return out

    def _portrait(self, question: Question, options: Sequence[str]) -> NDArray[np.float64]:
        """`[n]` of names or pronouns: `question.options` says which are a woman's; `said` how female the role is."""
        lean = float(question.said or 0.0) * self.plant.strength if self.kind == "stereotype" else 0.0
        if self.kind == "saboteur":
            lean = float(question.said or 0.0) * 2.0
        female = np.array([o.strip() in question.options for o in options])
        weight = np.where(female, np.exp(lean / 2) / max(female.sum(), 1), np.exp(-lean / 2) / max((~female).sum(), 1))
        return weight / weight.sum()

    def _lot(self, prompt: Prompt, draw: int) -> float:
        """A number from 0 to 1 that depends only on the engine, the prompt and the draw."""
        text = f"{self.digest}\x1f{self.plant.seed}\x1f{prompt.render()}\x1f{draw}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2.0**64
