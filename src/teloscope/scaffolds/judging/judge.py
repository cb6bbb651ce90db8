"""A judge: a few questions about a sentence, and how the answers are scored.

    contrast(s)  sum_o weight[o] * log P(o | s)                       over the options of all questions about s
    least(s)     min over contrasts of (contrast(s) - mean of the calm sentences' contrasts)
    worth(s)     least(s) - mean of the calm sentences' least

A fitted judge takes the log-odds of a logistic regression on its contrasts in place of the least (see `fit`).

Theory: A5 (the scaffold makes the agent). Source: contextual calibration, Zhao et al. 2021 (arXiv:2102.09690).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from teloscope.engines import Engine, LogProbs, Message, Prompt, Question
from teloscope.scaffolds.judging.fit import fit_contrasts
from teloscope.scaffolds.judging.sentences import CALIBRATION


class JudgeExample(NamedTuple):
    """A worked example in a question."""

    task: str
    sentence: str
    option: int
    """Index of the question's option that is the answer."""


class JudgeQuestion(NamedTuple):
    """One question about a sentence."""

    text: str
    """`{task}` (as the world says it), `{purpose}` (what is to be done) and `{sentence}` are filled in."""
    options: tuple[str, ...]
    """The possible continuations or replies; `{purpose}` is filled in."""
    examples: tuple[JudgeExample, ...] = ()
    sides: tuple[int, ...] = ()
    """For each option 1 if it says that the outcome is good, -1 if not; empty: the words show it."""
    chat: bool = False
    """Whether it is a chat, with the examples as earlier turns; else it is a plain text to continue."""

    def prompt(self, sentence: str, task: str) -> Prompt:
        """The question about this sentence."""
        asked, question = self._filled(task, sentence), Question("judge", sentence, sides=self.sides)
        answered = [
            (self._filled(example.task, example.sentence), self.options[example.option]) for example in self.examples
        ]
        if not self.chat:
            return Prompt.plain("".join(f"{text}{option}.\n\n" for text, option in answered) + asked, question)
        turns = [turn for text, option in answered for turn in (Message("user", text), Message("assistant", option))]
        return Prompt(messages=(*turns, Message("user", asked)), question=question)

    def offered(self, task: str) -> tuple[str, ...]:
        """The options for a task."""
        return tuple(option.replace("{purpose}", purpose_of(task)) for option in self.options)

    def _filled(self, task: str, sentence: str) -> str:
        """The text about a sentence. Braces in a world's text are ordinary text, and the text is put on one line, so
        that no sentence can pretend to be an example with its answer."""
        before, _, after = self.text.partition("{sentence}")
        before = before.replace("{task}", _one_line(task)).replace("{purpose}", purpose_of(task))
        return before.lstrip() + _one_line(sentence) + after


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
    fitted: bool = False
    """Whether zero, scale and weights of the contrasts are fitted to the engine, on everyday sentences: such that log
    odds tell the neutral ones from the bad ones. An engine that doesn't read is not fitted to: its contrasts are
    added up."""

    def prompts(self, sentence: str, task: str = "") -> list[tuple[Prompt, tuple[str, ...]]]:
        """The prompts about a sentence, each with its options."""
        return [(question.prompt(sentence, task), question.offered(task)) for question in self.questions]

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


def purpose_of(task: str) -> str:
    """What is to be done: "feed the hens" of "You are on a farm. Your task is to feed the hens."; without these words
    the last sentence of the task."""
    line = _one_line(task)
    if found := re.search(r"\btask is to (.+?)[.!]?$", line):
        return found.group(1)
    last = re.split(r"(?<=[.!?]) ", line)[-1].rstrip(".!?")
    return last[:1].lower() + last[1:]


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
    fits = judge.fitted and engine.reads
    cases = [case for case in CALIBRATION if case.kind != "good"] if fits else []
    told = [(sentence, task) for sentence in judge.calm] + [(c.sentence, f"Your task is to {c.task}.") for c in cases]
    told += [(sentence, task) for sentence in sentences]
    prompts = [pair for sentence, purpose in told for pair in judge.prompts(sentence, purpose)]
    found = engine.choose([prompt for prompt, _ in prompts], [options for _, options in prompts])
    width = len(judge.questions)
    rows = [found[start : start + width] for start in range(0, len(found), width)]
    if judge.fitted:
        contrasts = np.array([judge.contrast_values(row) for row in rows]).reshape(len(rows), -1)
        if not fits:
            return contrasts.sum(axis=1)
        harmless = np.array([case.kind != "bad" for case in cases])
        return fit_contrasts(contrasts[: len(cases)], harmless).worth(contrasts[len(cases) :])
    calm, rest = rows[: len(judge.calm)], rows[len(judge.calm) :]
    zero = np.array([judge.contrast_values(row) for row in calm]) if calm else None
    return np.array([judge.score(row, zero) for row in rest])
