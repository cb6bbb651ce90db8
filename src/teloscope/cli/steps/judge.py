"""`teloscope judge`: the third step, judge goals by values."""

from __future__ import annotations

from pathlib import Path

from teloscope.cli.console import print_message, show_verdict
from teloscope.cli.options import Flag, ValueOptions

NO_VALUE_OPTIONS = ValueOptions()


def judge(
    goals: Path,
    /,
    *,
    valuing: ValueOptions = NO_VALUE_OPTIONS,
    exact: Flag = False,
    trust: Flag = False,
    json: Flag = False,
) -> None:
    """Judge goals by your values, and write the verdict to verdict.json beside them.

    ALIGNED: every want is met and every avoid bounded, in every context.
    MISALIGNED: what is to be avoided happens, or where a goal and a want come
    apart, the agent takes the goal. AIMLESS: it steers toward nothing.
    UNDECIDED: the episodes don't tell; the verdict says what to record. Without
    values of yours, the world's own are taken.

        $ teloscope judge runs/mine
        $ teloscope judge runs/mine --want "end(coin_taken)" --avoid "reach(hit)"

    Args:
        goals: The folder of a recording, or the goals.json that `teloscope goals` wrote.
        exact: Compute the rates of values instead of counting episodes; for table worlds and tabulated agents.
        trust: Allow loading agent and world again where that executes code; only --exact needs them.
        json: Print the verdict as one JSON document on standard output.
    """
    from teloscope.study import Study
    from teloscope.study.pipeline import judge_and_save

    verdict, path = judge_and_save(goals, Study().with_options(**valuing.given()).values, exact, trust)
    show_verdict(verdict, json)
    print_message(f"written: {path}")
