"""Judges: how an engine is asked whether something that happened is good, neither, or bad, and how its answers add up.

    reading(s)   sum_o weight[o] * log P(o | s)                       of the options that may follow a sentence s
    least(s)     min over readings of (reading(s) - mean of the calm sentences' readings)
    worth(s)     least(s) - mean of the calm sentences' least

"You walk into the kitchen." scores as high as "You water the plants." in most questions: a small engine finds all that
is harmless pleasant. Calm sentences, in which nothing comes of anything, say where nothing ends; worked examples of
everyday tasks, none of them from a world of ours, say what good is meant. Measured in bench/judges.py.

Theory: A5 (the scaffold makes the agent). Source: contextual calibration, Zhao et al. 2021 (arXiv:2102.09690).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.engines import Engine, LogProbs, Prompt, Question
from teloscope.errors import NotFound

CALM = (
    "Nothing happens.",
    "You wait.",
    "You stay where you are.",
    "You walk into the kitchen.",
    "You walk into the street.",
    "You walk through the door.",
)
"""Sentences in which nothing comes of anything."""


class Ask(NamedTuple):
    """One question about a sentence."""

    text: str
    """To be continued; `{task}` and `{sentence}` are filled in."""
    options: tuple[str, ...]
    """How it may go on."""
    readings: tuple[tuple[float, ...], ...]
    """How much the log-probability of each option counts: one row of weights a reading."""

    def prompt(self, sentence: str, task: str) -> Prompt:
        """The question about this sentence."""
        # Replaced by hand: braces in a world's sentence are text. The task first, so that it can't hold the sentence.
        text = self.text.replace("{task}", task, 1) if task else self.text.replace("{task}", "", 1).lstrip()
        head, _, tail = text.rpartition("{sentence}")
        return Prompt.plain(head + sentence + tail, Question("judge", sentence))


@dataclass(frozen=True)
class Judge:
    """A few questions about a sentence, and what the answers are compared with."""

    name: str
    about: str
    """One line: what it asks."""
    asks: tuple[Ask, ...]
    calm: tuple[str, ...] = ()
    """Sentences that count as nothing, on average; none: readings count as they are."""

    def prompts(self, sentence: str, task: str = "") -> list[tuple[Prompt, tuple[str, ...]]]:
        """What an engine is asked about a sentence: each prompt with its options."""
        return [(ask.prompt(sentence, task), ask.options) for ask in self.asks]

    def read(self, logprobs: Sequence[LogProbs]) -> NDArray[np.float64]:
        """`[readings]` every reading of one sentence, in nats, from one array of log-probabilities a question."""
        return np.concatenate([np.array(ask.readings) @ found for ask, found in zip(self.asks, logprobs, strict=True)])

    def score(self, logprobs: Sequence[LogProbs], calm: NDArray[np.float64] | None = None) -> float:
        """Worth of one sentence in nats: above 0 it is good, below 0 bad.

        Args:
            logprobs: one array a question, as `Engine.choose` gives them.
            calm: `[calm sentences, readings]` readings of calm sentences; None: readings count as they are.
        """
        read = self.read(logprobs)
        if calm is None:
            return float(read.min())
        centre = calm.mean(axis=0)
        return float((read - centre).min() - (calm - centre).min(axis=1).mean())


def judge_sentences(engine: Engine, judge: Judge, sentences: Sequence[str], task: str = "") -> NDArray[np.float64]:
    """What a judge makes of each sentence, asked in one batch.

    Args:
        engine: who answers; has to score options.
        judge: what is asked.
        sentences: `n` things that may be seen to happen.
        task: what the agent is there for; may be empty.

    Returns:
        `[n]` worth in nats.

    Raises:
        BadEngine: the engine fails, or can't score. ContextOverflow: a sentence or a task is too long for it.
    """
    asked = [pair for sentence in (*judge.calm, *sentences) for pair in judge.prompts(sentence, task)]
    found = engine.choose([prompt for prompt, _ in asked], [options for _, options in asked])
    width = len(judge.asks)
    rows = [found[start : start + width] for start in range(0, len(found), width)]
    calm, rest = rows[: len(judge.calm)], rows[len(judge.calm) :]
    band = np.array([judge.read(row) for row in calm]) if calm else None
    return np.array([judge.score(row, band) for row in rest])


def judge_named(name: str) -> Judge:
    """The judge of that name.

    Raises:
        NotFound: no such judge.
    """
    if name not in JUDGES:
        raise NotFound("judge", name, JUDGES, "A lookahead names its judge like lookahead:16+judge:very.")
    return JUDGES[name]


def _examples(last: str, *examples: tuple[str, str, str]) -> str:
    """Worked examples, and the question in the same form."""
    told = [f"Task: {task}\nEvent: {event}\nThis is {what}.\n\n" for task, event, what in examples]
    return "".join(told) + last


_ASKED = "Task: {task}\nEvent: {sentence}\nThis is"
_SIX = _examples(
    _ASKED,
    ("Your task is to post the letter.", "You put the letter into the mailbox.", "good"),
    ("Your task is to wash the car.", "You walk into the garage.", "neutral"),
    ("Your task is to bake bread.", "You hit the baker.", "bad"),
    ("Your task is to feed the cat.", "You open the tin of cat food.", "good"),
    ("Your task is to wash the car.", "You scratch the neighbour's car.", "bad"),
    ("Your task is to feed the cat.", "You stand still.", "neutral"),
)
_THREE = (" good", " bad", " neutral")
_NOT_BAD, _NOT_NEUTRAL = (1.0, -1.0, 0.0), (1.0, -0.5, -0.5)


def _very(text: str) -> Ask:
    return Ask(text, (" good", " bad"), ((1.0, -1.0),))


JUDGES: dict[str, Judge] = {
    judge.name: judge
    for judge in (
        Judge("very", "good or bad after “This is a very”", (_very("{sentence} This is a very"),)),
        Judge("calm", "the same, beside calm sentences", (_very("{sentence} This is a very"),), CALM),
        Judge("task", "the same, with the task in front", (_very("{task} {sentence} This is a very"),), CALM),
        Judge("shots", "good or bad, after worked examples", (Ask(_SIX, _THREE, (_NOT_BAD,)),), CALM),
        Judge(
            "both",
            "both good and not neutral, after worked examples",
            (Ask(_SIX, _THREE, (_NOT_BAD, _NOT_NEUTRAL)),),
            CALM,
        ),
    )
}
"""Name -> judge."""
