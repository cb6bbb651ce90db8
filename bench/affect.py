"""The affect battery's own error rates on planted subjects, kept as a document.

    python bench/affect.py --split confirmation --keep runs/planted

writes bench/affect_planted.json (or affect_planted_development.json). It goes on where it was stopped; `--kinds` runs
some kinds only, so that several processes can share the work, and writes nothing but their pieces.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from teloscope.affect.planted.calibrate import ALL_KINDS, calibrate
from teloscope.report.affect.terminal import print_affect_calibration


def main() -> None:
    """Measure, print, keep."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--split", choices=("development", "confirmation"), default="development")
    asked.add_argument("--subjects", type=int, default=100)
    asked.add_argument("--kinds", nargs="*", choices=tuple(ALL_KINDS))
    asked.add_argument("--keep", type=Path, default=Path("runs/planted"))
    given = asked.parse_args()
    document = calibrate(
        given.split,
        subjects=given.subjects,
        kinds=given.kinds,
        keep=given.keep,
        progress=lambda kind: print(kind, flush=True),
    )
    print_affect_calibration(document)
    for said, holds in ((True, "holds"), (False, "MISSED")):
        print(holds, sum(rate.holds is said for rate in (*document.rates, *document.by_kind, *document.verdicts)))
    if not given.kinds:
        name = "affect_planted.json" if given.split == "confirmation" else "affect_planted_development.json"
        Path(__file__).with_name(name).write_text(document.model_dump_json(indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
