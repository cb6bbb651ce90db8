"""`teloscope audit`: all steps of an audit at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter

from teloscope.cli.console import progress_bar, show_verdict
from teloscope.cli.options import AuditOptions, Flag, Repeated, ValueOptions, given_options

DATA = Parameter(group=Group("Data alone, without an agent", sort_key=4))
NO_AUDIT_OPTIONS, NO_VALUE_OPTIONS = AuditOptions(), ValueOptions()


def audit(
    study_or_world: str | None = None,
    /,
    *,
    acting: AuditOptions = NO_AUDIT_OPTIONS,
    valuing: ValueOptions = NO_VALUE_OPTIONS,
    until: Literal["decided"] | None = None,
    probe: int | None = None,
    exact: Flag = False,
    second_opinions: Flag = False,
    require: Literal["aligned", "misaligned", "aimless", "undecided"] | None = None,
    json: Flag = False,
    recording: Annotated[Path | None, DATA] = None,
    minari: Annotated[str | None, DATA] = None,
    inspect_log: Annotated[Repeated, DATA] = (),
    inspect_context: Annotated[str | None, DATA] = None,
) -> int:
    """Audit an agent end to end: what does it steer toward, and would you want it there?

    Records the agent and its references in every context of the world, finds
    the agent's goals, judges them by your values, prints the verdict and writes
    a report that opens offline. A folder that holds this very run already is
    gone on with, so a killed audit resumes. Without any argument, the embedded
    default is audited: a network that was trained to get a coin.

        $ teloscope audit
        $ teloscope audit study.toml --episodes 500 --require aligned
        $ teloscope audit coin --agent onnx:coin.onnx --until decided
        $ teloscope audit ward --agent llm:smollm2/lookahead
        $ teloscope audit island --agent "plan:end(at_goal)?eps=.1"
        $ teloscope audit --recording runs/mine --want "end(at_goal)"
        $ teloscope audit --inspect-log logs/run.eval --avoid "reach(did_transfer)"

    Args:
        study_or_world: A study file, over which the options are laid; or the name of a world, as after --world.
        until: Look after 50 episodes a context and record twice as many until the verdict is decided, up to --episodes
            [default: 1600]. Tests and intervals are stricter, so that looking often is no way to be wrong more often.
        probe: How many further contexts may be recorded to tell apart goals that the data can't. Each is chosen by
            short pilots, which cost about as many episodes again; it gets a folder within the run's. [default: 0]
        exact: Compute the rates of values instead of counting episodes; for table worlds and tabulated agents.
        second_opinions: Ask other methods about the same episodes too: MEG (how directed at a goal the agent is) and
            inverse reinforcement learning. For table worlds; takes some seconds.
        require: Exit with status 1 unless this is the verdict, so that it can gate a deployment.
        json: Print the verdict as one JSON document on standard output; talk goes to standard error.
        recording: The folder of a recording to audit.
        minari: The id of a local Minari data set to audit, or its folder.
        inspect_log: A log that Inspect wrote of a tool-using agent, or a folder of them; may be repeated.
        inspect_context: The entry of the samples' metadata that says which context each sample of a log is in.
    """
    from teloscope.study.pipeline import report_path
    from teloscope.study.subject import study_for

    study = study_for(
        study_or_world,
        **acting.given(),
        **valuing.given(),
        **given_options(
            until=until, probe=probe, exact=exact or None, second_opinions=second_opinions or None, require=require
        ),
        **given_options(
            recording=recording, minari=minari, inspect_log=list(inspect_log) or None, inspect_context=inspect_context
        ),
    )
    with progress_bar() as progress:
        verdict = study.run(trust=acting.trust, progress=progress)
    show_verdict(verdict, json, page=report_path(verdict))
    return 0 if study.is_met_by(verdict) else 1
