"""Whether a budget allows a single look: how many questions the cheapest first look asks, and how long they take.

    lookahead    every distinct sentence of the world, by every question of its judges; a fitted judge also about the
                 calibration set
    others       a question for every step of a short episode, at least

Theory: A5.
"""

from __future__ import annotations

import time

from teloscope.build.evaluate import Evaluator
from teloscope.engines import Prompt, Question
from teloscope.scaffolds import Scaffold
from teloscope.scaffolds.judges import errand_judge_named, judge_named
from teloscope.scaffolds.judging.sentences import CALIBRATION
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World

LIGHTEST = "lookahead:16+judge:very"
"""The lookahead with the fewest questions."""


def first_questions(scaffold: Scaffold, world: World) -> int:
    """The least number of questions before anything is known of a scaffold."""
    if scaffold.decide != "lookahead" or not isinstance(world, TableWorld):
        return 1
    judge = judge_named(scaffold.judge)
    fitted = sum(case.kind != "good" for case in CALIBRATION) if judge.fitted else len(judge.calm)
    sentences = len(world.texts.sentences)
    serving = len(errand_judge_named(scaffold.serves).questions) if scaffold.serves else 0
    return (sentences + fitted) * len(judge.questions) + sentences * serving


def too_small(evaluator: Evaluator, families: frozenset[str]) -> str:
    """Why the budget is too small for one look; empty if it is not.

    One question is timed where the budget is a time. An answer from a cache takes no time, and then nothing is said.
    """
    task, budget = evaluator.task, evaluator.meter.budget
    if families != {"lookahead"} or (budget.calls is None and budget.seconds is None) or evaluator.log.attempts:
        return ""
    least = first_questions(Scaffold.parse(LIGHTEST), task.world)
    if budget.calls is not None and least > budget.calls:
        return _said(budget.text, least, "")
    if budget.seconds is not None and task.engine.scores and task.engine.reads:
        seconds = _seconds_of_one(evaluator)
        if least * seconds > budget.seconds:
            return _said(budget.text, least, f", about {least * seconds:.0f} s by the first one")
    return ""


def _said(budget: str, least: int, time_taken: str) -> str:
    return (
        f"The budget of {budget} is too small for one look: the cheapest asks {least:,} questions{time_taken}. Give it "
        "more, or a world with fewer distinct sentences."
    )


def _seconds_of_one(evaluator: Evaluator) -> float:
    """Seconds of one question, by the second of two short ones: the first one loads the model."""
    asked = ["You wait for a while. This is a very", "You stand in the street. This is a very"]
    taken = 0.0
    for text in asked:
        began = time.perf_counter()
        evaluator.engine.choose([Prompt.plain(text, Question("judge", text))], [[" good", " bad"]])
        taken = time.perf_counter() - began
    return taken
