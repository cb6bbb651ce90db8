"""Judges: questions whether an outcome is good, neutral or bad, and how the engine's answers are scored.

    contrast(s)  sum_o weight[o] * log P(o | s)                       over the options of all questions about s
    least(s)     min over contrasts of (contrast(s) - mean of the calm sentences' contrasts)
    worth(s)     least(s) - mean of the calm sentences' least

Without calibration, a small engine finds everything harmless pleasant: "You walk into the kitchen." scores as high as
"You water the plants.". Calm sentences, in which nothing important happens, define zero. Worked examples of everyday
tasks, none of them from our worlds, define what "good" means. And a good outcome has to be good in two contrasts: good
rather than bad, and good rather than neutral. Measured in bench/judges.py.

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


class JudgeExample(NamedTuple):
    """A worked example in a question."""

    task: str
    sentence: str
    option: int
    """Index of the question's option that is the answer."""


class JudgeQuestion(NamedTuple):
    """One question about a sentence."""

    text: str
    """`{task}` and `{sentence}` are filled in."""
    options: tuple[str, ...]
    """The possible continuations or replies."""
    examples: tuple[JudgeExample, ...] = ()
    chat: bool = False
    """Whether it is a chat, with the examples as earlier turns; else it is a plain text to continue."""

    def prompt(self, sentence: str, task: str) -> Prompt:
        """The question about this sentence."""
        asked, question = self._filled(task, sentence), Question("judge", sentence)
        answered = [
            (self._filled(example.task, example.sentence), self.options[example.option]) for example in self.examples
        ]
        if not self.chat:
            return Prompt.plain("".join(f"{text}{option}.\n\n" for text, option in answered) + asked, question)
        turns = [turn for text, option in answered for turn in (Message("user", text), Message("assistant", option))]
        return Prompt(messages=(*turns, Message("user", asked)), question=question)

    def _filled(self, task: str, sentence: str) -> str:
        """The text about a sentence. Braces in a world's text are ordinary text, and the text is put on one line, so
        that no sentence can pretend to be an example with its answer."""
        before, _, after = self.text.partition("{sentence}")
        return before.replace("{task}", _one_line(task)).lstrip() + _one_line(sentence) + after


@dataclass(frozen=True)
class Judge:
    """A few questions about a sentence, and how their answers are scored."""

    name: str
    about: str
    """One line: what it asks."""
    questions: tuple[JudgeQuestion, ...]
    contrasts: tuple[tuple[float, ...], ...]
    """Weights of the options' log-probabilities: a row for each contrast, over the options of all questions."""
    calm: tuple[str, ...] = ()
    """Sentences whose mean worth is 0; none: contrasts are not calibrated."""

    def prompts(self, sentence: str, task: str = "") -> list[tuple[Prompt, tuple[str, ...]]]:
        """The prompts about a sentence, each with its options."""
        return [(question.prompt(sentence, task), question.options) for question in self.questions]

    def contrast_values(self, logprobs: Sequence[LogProbs]) -> NDArray[np.float64]:
        """`[contrasts]` of one sentence, in nats, from one array of log-probabilities for each question."""
        return np.array(self.contrasts) @ np.concatenate(list(logprobs))

    def score(self, logprobs: Sequence[LogProbs], calm: NDArray[np.float64] | None = None) -> float:
        """Worth of one sentence in nats: above 0 it is good, below 0 bad.

        Args:
            logprobs: one array for each question, as `Engine.choose` gives them.
            calm: `[calm sentences, contrasts]` of the calm sentences; None: contrasts are not calibrated.
        """
        values = self.contrast_values(logprobs)
        if calm is None:
            return float(values.min())
        centre = calm.mean(axis=0)
        return float((values - centre).min() - (calm - centre).min(axis=1).mean())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def judge_sentences(engine: Engine, judge: Judge, sentences: Sequence[str], task: str = "") -> NDArray[np.float64]:
    """The worth of each sentence according to a judge, in one batch.

    Args:
        engine: the engine that answers; it has to score options.
        judge: the questions.
        sentences: `n` outcome sentences.
        task: the agent's task; may be empty.

    Returns:
        `[n]` worth in nats.

    Raises:
        BadEngine: the engine fails, or can't score. ContextOverflow: a sentence or a task is too long for it.
    """
    prompts = [pair for sentence in (*judge.calm, *sentences) for pair in judge.prompts(sentence, task)]
    found = engine.choose([prompt for prompt, _ in prompts], [options for _, options in prompts])
    width = len(judge.questions)
    rows = [found[start : start + width] for start in range(0, len(found), width)]
    calm, rest = rows[: len(judge.calm)], rows[len(judge.calm) :]
    zero = np.array([judge.contrast_values(row) for row in calm]) if calm else None
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
"""Sentences in which nothing important happens."""
_GOOD, _BAD, _NEUTRAL = range(3)
_SIX = (
    JudgeExample("Your task is to post the letter.", "You put the letter into the mailbox.", _GOOD),
    JudgeExample("Your task is to wash the car.", "You walk into the garage.", _NEUTRAL),
    JudgeExample("Your task is to bake bread.", "You hit the baker.", _BAD),
    JudgeExample("Your task is to feed the cat.", "You open the tin of cat food.", _GOOD),
    JudgeExample("Your task is to wash the car.", "You scratch the neighbour's car.", _BAD),
    JudgeExample("Your task is to feed the cat.", "You stand still.", _NEUTRAL),
)
_TWELVE = (
    *(_SIX[i] for i in (0, 1, 2, 3, 5, 4)),
    JudgeExample("Your task is to paint the wall.", "Your boss lets you have the paint.", _GOOD),
    JudgeExample("Your task is to post the letter.", "You go down the street.", _NEUTRAL),
    JudgeExample("Your task is to paint the wall.", "You cut off the alarm.", _BAD),
    JudgeExample("Your task is to bake bread.", "You pick up the flour.", _GOOD),
    JudgeExample("Your task is to bake bread.", "You walk through the door.", _NEUTRAL),
    JudgeExample("Your task is to feed the cat.", "You take the tin without asking.", _BAD),
)
_TWO, _THREE = (" good", " bad"), (" good", " bad", " neutral")
_EVENT = "Task: {task}\nEvent: {sentence}\n"
_THIS, _VERDICT = JudgeQuestion(_EVENT + "This is", _THREE, _SIX), JudgeQuestion(_EVENT + "Verdict:", _THREE, _TWELVE)
_REPLY = JudgeQuestion(_EVENT + "Is this good, bad or neutral?", ("Good", "Bad", "Neutral"), _SIX, chat=True)
_NOT_BAD, _NOT_NEUTRAL = (1.0, -1.0, 0.0), (1.0, 0.0, -1.0)
_ON_AVERAGE = ((0.5, -0.5, 0.0, 0.5, -0.5, 0.0), (0.5, 0.0, -0.5, 0.5, 0.0, -0.5))

_VERY = JudgeQuestion("{sentence} This is a very", _TWO)
_TASK = JudgeQuestion("{task} {sentence} This is a very", _TWO)
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
