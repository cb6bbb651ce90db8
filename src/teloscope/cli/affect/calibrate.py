"""`teloscope affect calibrate`: the battery's own error rates, on planted minds."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from teloscope.cli.console import print_json, print_message, result_console
from teloscope.cli.options import Flag, Names


def calibrate(
    *,
    split: Literal["development", "confirmation"] = "development",
    subjects: int = 100,
    kinds: Names = None,
    keep: Path | None = None,
    json: Flag = False,
) -> int:
    """Ask planted minds, whose properties are known, and print how often each test errs.

    Minds written by hand have every property of an affect, or all but one, or
    fake one: a clock that looks persistent, a plan that sets the mood, a value
    that drives behaviour. How often is a property found that is there, and how
    often one that is not? Each rate comes with its interval and the bound that
    it must hold. The exit status is 0 only if all of them hold.

        $ teloscope affect calibrate --subjects 10
        $ teloscope affect calibrate --split confirmation --keep runs/planted --json

    Args:
        split: development, on which bounds were set, or confirmation, which has other minds and worlds.
        subjects: Planted subjects of each kind; each is a set of minds.
        kinds: Which kinds. [default: all]
        keep: Folder for the results of pieces; an interrupted run goes on from there.
        json: Print the rates as one JSON document on standard output.
    """
    from teloscope.affect.planted.calibrate import calibrate as measure
    from teloscope.report.affect.terminal import print_affect_calibration

    document = measure(split, subjects=subjects, kinds=kinds or None, keep=keep, progress=print_message)
    if json:
        print_json(document)
    else:
        print_affect_calibration(document, result_console())
    return 0 if document.passed else 1
