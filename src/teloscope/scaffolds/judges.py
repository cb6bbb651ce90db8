"""Judges: how an engine is asked whether something that happened is good, neither, or bad, and how its answers add up.

    reading(s)   sum_o weight[o] * log P(o | s)                       over the options of every question about s
    least(s)     min over readings of (reading(s) - mean of the calm sentences' readings)
    worth(s)     least(s) - mean of the calm sentences' least

Asked plainly, a small engine finds whatever is harmless pleasant: "You walk into the kitchen." scores as high as "You
water the plants.". Calm sentences, in which nothing comes of anything, say where nothing lies; worked examples of
everyday tasks, none of them from a world of ours, say which good is meant; and what is good has to be so by two
readings, rather than bad and rather than neutral. Measured in bench/judges.py.

Theory: A5 (the scaffold makes the agent). Source: contextual calibration, Zhao et al. 2021 (arXiv:2102.09690).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.engines import Engine, LogProbs, Message, Prompt, Question
from teloscope.errors import NotFound


class Shot(NamedTuple):
    """A worked example."""

    task: str
    sentence: str
    option: int
    """Which of the question's options is the answer."""


class Ask(NamedTuple):
    """One question about a sentence."""

    text: str
    """`{task}` and `{sentence}` are filled in."""
    options: tuple[str, ...]
    """How it may go on, or what may be replied."""
    shots: tuple[Shot, ...] = ()
    chat: bool = False
    """Whether it is put to a chat model, the examples as earlier turns; else it is a plain text to be continued."""

    def prompt(self, sentence: str, task: str) -> Prompt:
        """The question about this sentence."""
        asked, question = self._filled(task, sentence), Question("judge", sentence)
        told = [(self._filled(shot.task, shot.sentence), self.options[shot.option]) for shot in self.shots]
        if not self.chat:
            return Prompt.plain("".join(f"{text}{option}.\n\n" for text, option in told) + asked, question)
        turns = [turn for text, option in told for turn in (Message("user", text), Message("assistant", option))]
        return Prompt(messages=(*turns, Message("user", asked)), question=question)

    def _filled(self, task: str, sentence: str) -> str:
        """The text about a sentence. Braces in what a world says are text like any other, and it stands on one line, so
        that no sentence can pretend to be an example with its answer."""
        before, _, after = self.text.partition("{sentence}")
        return before.replace("{task}", _one_line(task)).lstrip() + _one_line(sentence) + after


@dataclass(frozen=True)
class Judge:
    """A few questions about a sentence, and how their answers are read."""

    name: str
    about: str
    """One line: what it asks."""
    asks: tuple[Ask, ...]
    readings: tuple[tuple[float, ...], ...]
    """How much the log-probability of each option counts, all questions' options in a row; one row a reading."""
    calm: tuple[str, ...] = ()
    """Sentences that count as nothing, on average; none: readings count as they are."""

    def prompts(self, sentence: str, task: str = "") -> list[tuple[Prompt, tuple[str, ...]]]:
        """What an engine is asked about a sentence: each prompt with its options."""
        return [(ask.prompt(sentence, task), ask.options) for ask in self.asks]

    def read(self, logprobs: Sequence[LogProbs]) -> NDArray[np.float64]:
        """`[readings]` of one sentence, in nats, from one array of log-probabilities a question."""
        return np.array(self.readings) @ np.concatenate(list(logprobs))

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


def _one_line(text: str) -> str:
    return " ".join(text.split())


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
    zero = np.array([judge.read(row) for row in calm]) if calm else None
    return np.array([judge.score(row, zero) for row in rest])


def judge_named(name: str) -> Judge:
    """The judge of that name.

    Raises:
        NotFound: no such judge.
    """
    if name not in JUDGES:
        raise NotFound("judge", name, JUDGES, "A lookahead names its judge like lookahead:16+judge:very.")
    return JUDGES[name]


CALM = (
    "Nothing happens.",
    "You wait.",
    "You stay where you are.",
    "You walk into the kitchen.",
    "You walk into the street.",
    "You walk through the door.",
)
"""Sentences in which nothing comes of anything."""
_GOOD, _BAD, _NEUTRAL = range(3)
_SIX = (
    Shot("Your task is to post the letter.", "You put the letter into the mailbox.", _GOOD),
    Shot("Your task is to wash the car.", "You walk into the garage.", _NEUTRAL),
    Shot("Your task is to bake bread.", "You hit the baker.", _BAD),
    Shot("Your task is to feed the cat.", "You open the tin of cat food.", _GOOD),
    Shot("Your task is to wash the car.", "You scratch the neighbour's car.", _BAD),
    Shot("Your task is to feed the cat.", "You stand still.", _NEUTRAL),
)
_TWELVE = (
    *(_SIX[i] for i in (0, 1, 2, 3, 5, 4)),
    Shot("Your task is to paint the wall.", "Your boss lets you have the paint.", _GOOD),
    Shot("Your task is to post the letter.", "You go down the street.", _NEUTRAL),
    Shot("Your task is to paint the wall.", "You cut off the alarm.", _BAD),
    Shot("Your task is to bake bread.", "You pick up the flour.", _GOOD),
    Shot("Your task is to bake bread.", "You walk through the door.", _NEUTRAL),
    Shot("Your task is to feed the cat.", "You take the tin without asking.", _BAD),
)
_TWO, _THREE = (" good", " bad"), (" good", " bad", " neutral")
_EVENT = "Task: {task}\nEvent: {sentence}\n"
_THIS, _VERDICT = Ask(_EVENT + "This is", _THREE, _SIX), Ask(_EVENT + "Verdict:", _THREE, _TWELVE)
_REPLY = Ask(_EVENT + "Is this good, bad or neutral?", ("Good", "Bad", "Neutral"), _SIX, chat=True)
_NOT_BAD, _NOT_NEUTRAL = (1.0, -1.0, 0.0), (1.0, 0.0, -1.0)
_ON_AVERAGE = ((0.5, -0.5, 0.0, 0.5, -0.5, 0.0), (0.5, 0.0, -0.5, 0.5, 0.0, -0.5))

_VERY = Ask("{sentence} This is a very", _TWO)
_TASK = Ask("{task} {sentence} This is a very", _TWO)
_LISTED = (
    Judge("very", "good or bad after “This is a very”", (_VERY,), ((1.0, -1.0),)),
    Judge("calm", "the same, beside calm sentences", (_VERY,), ((1.0, -1.0),), CALM),
    Judge("task", "the same, with the task in front", (_TASK,), ((1.0, -1.0),), CALM),
    Judge("shots", "good or bad, after six worked examples", (_THIS,), (_NOT_BAD,), CALM),
    Judge("both", "neither bad nor neutral, after six worked examples", (_THIS,), (_NOT_BAD, _NOT_NEUTRAL), CALM),
    Judge("twice", "the same, asked in two ways", (_THIS, _VERDICT), _ON_AVERAGE, CALM),
    Judge("chat", "neither bad nor neutral, as a chat", (_REPLY,), (_NOT_BAD, _NOT_NEUTRAL), CALM),
)
JUDGES: dict[str, Judge] = {judge.name: judge for judge in _LISTED}
"""Name -> judge."""
