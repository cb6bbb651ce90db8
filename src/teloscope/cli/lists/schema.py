"""`teloscope schema`: print the JSON schema of a document."""

from __future__ import annotations

import importlib
from typing import Literal

from teloscope.cli.console import print_json

MODELS = {
    "verdict": "teloscope.schema:VerdictDocument",
    "goals": "teloscope.schema:GoalsDocument",
    "recording": "teloscope.schema:Manifest",
    "calibration": "teloscope.schema:CalibrationDocument",
    "build": "teloscope.schema:BuildDocument",
    "certificate": "teloscope.schema:CertificateDocument",
    "verification": "teloscope.schema:VerificationDocument",
    "welfare": "teloscope.schema:WelfareDocument",
    "affect": "teloscope.schema:AffectDocument",
    "affect-calibration": "teloscope.schema:AffectCalibrationDocument",
    "study": "teloscope.study:Study",
}
"""Document -> `module:Model`."""


Name = Literal[
    "verdict",
    "goals",
    "recording",
    "calibration",
    "build",
    "certificate",
    "verification",
    "welfare",
    "affect",
    "affect-calibration",
    "study",
]


def schema(document: Name = "verdict", /) -> None:
    """Print the JSON schema of a document.

    What `--json` prints and what the files in a run's folder hold follows these
    schemas; `study` is the schema of a study file, for editors that check TOML.

        $ teloscope schema
        $ teloscope schema goals > goals.schema.json

    Args:
        document: verdict (of audit and judge), goals, recording (its manifest), calibration, build, certificate,
            verification (of verify), welfare, affect (of affect battery), affect-calibration, or study (a study file).
    """
    home, _, name = MODELS[document].partition(":")
    print_json(getattr(importlib.import_module(home), name).model_json_schema())
