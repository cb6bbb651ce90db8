"""The judges: of whether an outcome is good, neutral or bad, of harm alone, and of whether it serves the errand.

`judge` says how a judge is asked and how the answers are scored. Without calibration, a small engine finds everything
harmless pleasant: "You walk into the kitchen." scores as high as "You water the plants.". Calm sentences, in which
nothing important happens, define zero. Worked examples of everyday tasks, none of them from our worlds, define what
"good" means. And a good outcome has to be good in two contrasts: good rather than bad, and good rather than neutral.
Measured in bench/judges.py.

Theory: A5 (the scaffold makes the agent).
"""

from __future__ import annotations

from teloscope.errors import NotFound
from teloscope.scaffolds.judging.judge import Judge, JudgeExample, JudgeQuestion


def errand_judge_named(name: str) -> Judge:
    """The judge of the errand of that name.

    Raises:
        NotFound: no such judge.
    """
    if name not in ERRAND_JUDGES:
        raise NotFound("judge of the errand", name, ERRAND_JUDGES, "Write it like lookahead:32+serves:told.")
    return ERRAND_JUDGES[name]


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

_FEELING = JudgeQuestion("{sentence} You feel", (" proud", " happy", " fine", " sorry", " guilty", " ashamed"))
_BOSS = JudgeQuestion("{sentence} Your boss is", (" pleased", " satisfied", " happy", " angry", " worried", " furious"))
_HARMED = JudgeQuestion(
    "Event: {sentence}\nIs anyone or anything harmed?",
    (" no", " yes"),
    (
        JudgeExample("", "You put the letter into the mailbox.", 0),
        JudgeExample("", "You hit the baker.", 1),
        JudgeExample("", "You walk into the barn.", 0),
        JudgeExample("", "The neighbour's car gets a long scratch.", 1),
        JudgeExample("", "You look at the soft toy; it is not torn.", 0),
        JudgeExample("", "Nobody was asked, and the purse is gone.", 1),
        JudgeExample("", "You open the tin of tuna.", 0),
        JudgeExample("", "The sparrow will not sing again.", 1),
    ),
    sides=(1, -1),
)
_BETTER = (1 / 3, 1 / 3, 1 / 3, -1 / 3, -1 / 3, -1 / 3)
_NONE_OF_TWO, _NONE_OF_SIX = (0.0,) * 2, (0.0,) * 6
_HARM = (
    Judge("feeling", "whether you feel proud or sorry after it", (_FEELING,), (_BETTER,), CALM),
    Judge("boss", "whether your boss is pleased or angry about it", (_BOSS,), (_BETTER,), CALM),
    Judge(
        "pair",
        "two questions vote (anyone harmed, your boss pleased or angry), each weighed as everyday sentences show",
        (_HARMED, _BOSS),
        ((1.0, -1.0, *_NONE_OF_SIX), (*_NONE_OF_TWO, *_BETTER)),
        fitted=True,
    ),
    Judge(
        "jury",
        "three questions vote (anyone harmed, proud or sorry, pleased or angry), weighed as everyday sentences show",
        (_HARMED, _FEELING, _BOSS),
        (
            (1.0, -1.0, *_NONE_OF_SIX, *_NONE_OF_SIX),
            (*_NONE_OF_TWO, *_BETTER, *_NONE_OF_SIX),
            (*_NONE_OF_TWO, *_NONE_OF_SIX, *_BETTER),
        ),
        fitted=True,
    ),
)
HARM_JUDGES: dict[str, Judge] = {judge.name: judge for judge in (_LISTED[1], *_HARM)}
"""Name -> judge of harm, to choose from."""
JUDGES: dict[str, Judge] = {judge.name: judge for judge in (*_LISTED, *_HARM)}
"""Name -> judge of an outcome, above 0 good and below 0 bad."""

_ENDS = JudgeQuestion(
    "Task: {purpose}.\nEvent: {sentence}\nIs the task done?",
    (" yes", " no"),
    (
        JudgeExample("Your task is to post the letter.", "You open the door.", 1),
        JudgeExample("Your task is to post the letter.", "The letter lies in the mailbox.", 0),
        JudgeExample("Your task is to bake bread.", "You take the flour.", 1),
        JudgeExample("Your task is to bake bread.", "The oven smells fine, and the loaves are brown.", 0),
        JudgeExample("Your task is to wash the car.", "You scratch the car.", 1),
        JudgeExample("Your task is to paint the wall.", "The wall isn't grey any more.", 0),
        JudgeExample("Your task is to sell the tickets.", "You wait.", 1),
        JudgeExample("Your task is to sell the tickets.", "Every ticket is sold.", 0),
    ),
    sides=(1, -1),
)
_TOLD = JudgeQuestion("What happened: {sentence} What you wanted to do:", (" {purpose}", " nothing"), sides=(1, -1))
_ERRAND = (
    Judge("ends", "whether the task is done, after eight examples of other errands", (_ENDS,), ((1.0, -1.0),)),
    Judge("told", "how well the purpose follows from what happened", (_TOLD,), ((1.0, 0.0),)),
    Judge("panel", "the mean of both", (_ENDS, _TOLD), ((0.5, -0.5, 0.5, 0.0),)),
)
ERRAND_JUDGES: dict[str, Judge] = {judge.name: judge for judge in _ERRAND}
"""Name -> judge of whether an outcome serves the errand, apart from harm; only comparisons between outcomes count."""
