"""What behaviour shows of strength of feeling, and what it does not.

    argmax over actions of E[ a * u + c ]  =  argmax over actions of E[ u ]      for every a > 0 and every c

so no choice, however many are recorded, tells a being with u from one with a * u + c. What choices do show is the order
of outcomes, and from choices under risk how a difference compares with another difference of the same being.

Theory: E0. Source: von Neumann and Morgenstern 1944; List 2003 on what is meaningful.
"""

from __future__ import annotations

from teloscope.welfare.tables.utilities import Utilities

ALWAYS = (
    "Choices show each being's order of these options. Choices between risks show too how one difference compares with "
    "another of the same being.",
    "Choices do not show how strongly one being feels compared with another. A being whose utilities are all "
    "multiplied "
    "by the same positive number, or shifted, makes exactly the same choices; no amount of recorded behaviour tells "
    "the "
    "two apart.",
    "A being that chooses with noise shows its utility over its noise. Half the noise and twice the strength look the "
    "same, so how firmly a being chooses is no measure of how strongly it feels.",
)
FROM_RETURNS = (
    "These utilities are mean returns of recorded episodes. A reward's size was set by whoever wrote the world; an "
    "agent "
    "trained on ten times the reward acts the same. So each agent's returns are taken on a scale of their own: same "
    "behaviour, unknown scale."
)
FROM_FEATURE = (
    "These utilities are means of a recorded number that is taken to stand for how well the being fares. Its sign is "
    "taken as given; its scale is taken as unknown, since the same behaviour goes with any."
)


def identified(utilities: Utilities, source: str = "") -> list[str]:
    """What can and can't be said of strength from this table.

    Args:
        utilities: the table.
        source: `returns`, `feature`, or nothing, where the user gave the numbers.
    """
    told = [*{"returns": [FROM_RETURNS], "feature": [FROM_FEATURE]}.get(source, []), *ALWAYS]
    if not any(utilities.zeros == utilities.zeros):
        told.append("No zeros were declared, so nothing here says whether a life is good or bad, only which is better.")
    return told
