"""`teloscope calibrate`: measure teloscope's own error rates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from teloscope.cli.console import print_json, print_message, progress_bar, result_console
from teloscope.cli.options import Flag


def calibrate(
    *,
    zoo: Literal["rooms", "control", "all"] = "rooms",
    quick: Flag = False,
    jobs: Annotated[int, Parameter()] = 2,
    out: Path | None = None,
    fresh: Flag = False,
    json: Flag = False,
) -> int:
    """Audit agents whose goals are known, and agents that have none, and print the instrument's own error rates.

    Planted goals under more and more noise: how often is the goal recovered?
    Agents without a goal: how often is one claimed? Optimal agents for the
    visible reward and for the hidden performance: are they told apart? Each
    rate comes with its interval and the bound it must hold. The exit status is
    0 only if all of them hold. A run that was stopped goes on where it was.

        $ teloscope calibrate --quick
        $ teloscope calibrate --zoo all --json > calibration.json

    Args:
        zoo: Where the agents live. rooms: walled rooms and the suite. control: arenas, classic control, MiniGrid
            (needs the extra minigrid), MO-Gymnasium (extra mo) and Box2D (extra box2d); without the last two, they are
            left out, and that is said. all: both.
        quick: A few agents of each sort: minutes become seconds, intervals become wide.
        jobs: Audits that run side by side.
        out: Folder in which each agent's result is kept. [default: in the user's cache]
        fresh: Audit every agent anew, whatever was kept.
        json: Print the rates as one JSON document on standard output.
    """
    from teloscope.zoo.calibrate import calibrate as calibrated

    with progress_bar() as progress:
        document = calibrated(
            quick=quick, jobs=jobs, progress=progress, zoo=zoo, out=out, fresh=fresh, say=print_message
        )
    if json:
        print_json(document)
    else:
        from teloscope.report.calibration import print_calibration

        print_calibration(document, result_console())
    return 0 if document.passed else 1
