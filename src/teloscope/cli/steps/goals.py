"""`teloscope goals`: the second step, find the agent's goals."""

from __future__ import annotations

from pathlib import Path

from teloscope.cli.console import print_json, print_message, result_console
from teloscope.cli.options import Flag


def goals(recording: Path, /, *, seed: int = 0, json: Flag = False) -> None:
    """Find the goals in a recording, and write them to goals.json in its folder.

    A goal is a regime, such as keep(agent_x >= 10), that the agent brings about
    more than every reference does, in every context. Half of the episodes
    propose, the other half confirms; each goal comes with its evidence in bits,
    an interval, and the regimes that this recording can't tell from it.

        $ teloscope goals runs/mine

    Args:
        recording: The folder that `teloscope record` wrote.
        seed: Splits the episodes and draws the intervals.
        json: Print the goals as one JSON document on standard output.
    """
    from teloscope.study.pipeline import find_and_save_goals

    found, path = find_and_save_goals(recording, seed)
    if json:
        print_json(found.document)
    else:
        from teloscope.report.audit.terminal import print_goals

        print_goals(found.document, result_console())
    print_message(f"written: {path}")
