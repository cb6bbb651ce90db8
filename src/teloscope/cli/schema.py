"""`teloscope schema`: the form of what --json prints."""

from __future__ import annotations

from typing import Literal

from teloscope.cli.console import print_json


def schema(document: Literal["verdict", "goals", "recording", "calibration", "study"] = "verdict", /) -> None:
    """Print the JSON schema of a document.

    What `--json` prints and what the files in a run's folder hold follows these
    schemas; `study` is the schema of a study file, for editors that check TOML.

        $ teloscope schema
        $ teloscope schema goals > goals.schema.json

    Args:
        document: verdict (of audit and judge), goals, recording (its manifest), calibration, or study (a study file).
    """
    from teloscope.schema import CalibrationDocument, GoalsDocument, Manifest, VerdictDocument
    from teloscope.study import Study

    models = {
        "verdict": VerdictDocument,
        "goals": GoalsDocument,
        "recording": Manifest,
        "calibration": CalibrationDocument,
        "study": Study,
    }
    print_json(models[document].model_json_schema())
