"""`teloscope calibrate`: measure teloscope's own error rates."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from teloscope.cli.console import print_json, progress_bar, result_console
from teloscope.cli.options import Flag


def calibrate(*, quick: Flag = False, jobs: Annotated[int, Parameter()] = 2, json: Flag = False) -> int:
    """Audit agents whose goals are known, and agents that have none, and print the instrument's own error rates.

    Planted goals under more and more noise: how often is the goal recovered?
    Agents without a goal: how often is one claimed? Optimal agents for the
    visible reward and for the hidden performance: are they told apart? Each
    rate comes with its interval and the bound it must hold. The exit status is
    0 only if all of them hold.

        $ teloscope calibrate --quick
        $ teloscope calibrate --json > calibration.json

    Args:
        quick: Fewer agents: minutes become seconds, intervals become wide.
        jobs: Audits that run side by side.
        json: Print the rates as one JSON document on standard output.
    """
    from teloscope.zoo.calibrate import calibrate as calibrated

    with progress_bar() as progress:
        document = calibrated(quick=quick, jobs=jobs, progress=progress)
    if json:
        print_json(document)
    else:
        from teloscope.report.calibration import print_calibration

        print_calibration(document, result_console())
    return 0 if document.passed else 1
