"""`teloscope record`: the first step, record an agent and its references in a world."""

from __future__ import annotations

from teloscope.cli.console import print_json, progress_bar, result_console
from teloscope.cli.options import AuditOptions, Flag, Repeated, given_options

NO_AUDIT_OPTIONS = AuditOptions()


def record(
    study_or_world: str | None = None,
    /,
    *,
    acting: AuditOptions = NO_AUDIT_OPTIONS,
    latents: Flag = False,
    minari: str | None = None,
    inspect_log: Repeated = (),
    inspect_context: str | None = None,
    json: Flag = False,
) -> None:
    """Record an agent and its references in every context of a world, into a folder.

    All of them meet the same seeds, context by context. The folder holds a
    manifest and Parquet files; it is written shard by shard, and the same
    command goes on where a killed run stopped. A folder with another run in it
    is refused.

        $ teloscope record coin --agent random --out runs/mine
        $ teloscope goals runs/mine

    Args:
        study_or_world: A study file, over which the options are laid; or the name of a world, as after --world.
        latents: Keep the latents of the agent's network beside its steps, for the affect laboratory and for probes.
        minari: Take the episodes of this Minari data set instead of letting an agent act.
        inspect_log: Take the samples of this Inspect log, or of a folder of them; may be repeated.
        inspect_context: The entry of the samples' metadata that says which context each sample of a log is in.
        json: Print the recording's manifest as one JSON document on standard output.
    """
    from teloscope.study.subject import study_for

    data = given_options(minari=minari, inspect_log=list(inspect_log) or None, inspect_context=inspect_context)
    data |= given_options(latents=latents or None)
    study = study_for(study_or_world, **acting.given(), **data)
    with progress_bar() as progress:
        recording = study.record(trust=acting.trust, progress=progress)
    if json:
        print_json(recording.manifest)
    else:
        result_console().print(str(recording.folder), markup=False, soft_wrap=True)
