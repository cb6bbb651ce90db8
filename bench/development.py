"""Development: the animals of the control zoo or of the rooms, or some of them, so that the instrument can be tuned.

Run: python bench/development.py [--zoo control|rooms] [--who goals|others|nameless] [--only WORD ...] [--noise 0 0.3]
                                 [--each N]

Prints a line for every animal, and rates by family and kind. Never the confirmation split: that is what
`teloscope calibrate` is for.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from teloscope.zoo.calibrate import animals_of
from teloscope.zoo.measuring.evaluate import examine
from teloscope.zoo.specimens import Specimen

WIDTHS = (9, 9, 7, 7, 8)


def animals(zoo: Literal["rooms", "control"], who: str) -> Sequence[Specimen]:
    """The development split of a zoo."""
    return getattr(animals_of(zoo, "development"), who)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zoo", choices=["control", "rooms"], default="control")
    parser.add_argument("--only", nargs="*", default=[], help="families or kinds")
    parser.add_argument("--noise", nargs="*", type=float, default=[0.0, 0.3])
    parser.add_argument("--who", choices=["goals", "others", "nameless"], default="goals")
    parser.add_argument("--each", type=int, default=10**6, help="animals of each kind and noise, at most")
    asked = parser.parse_args()
    seen: dict[tuple[str, str, float], list[tuple[bool | None, ...]]] = defaultdict(list)
    began = time.perf_counter()
    for animal in animals(asked.zoo, asked.who):
        row = seen[animal.family, animal.kind, animal.noise]
        wanted = not asked.only or {animal.family, animal.kind} & set(asked.only)
        if not wanted or animal.noise not in asked.noise or len(row) >= asked.each:
            continue
        found = examine(animal)
        row.append((found.recovered, found.n_confirmed > 0, found.n_pursued > 0, found.aimless, found.directed))
        mark = "✓" if (found.recovered if animal.planted else not found.n_confirmed) else "✗"
        said = ("AIMLESS " if found.aimless else "") + ("directed " if found.directed else "")
        print(f"{mark} {found.recording_s:4.1f} {found.seconds:5.1f} s  {said}{found.miss or animal.name}", flush=True)
    print(f"\n{'family':16}{'kind':14}{'noise':>6}{'n':>5}  recovered  confirmed  pursued  aimless  directed")
    for (family, kind, noise), row in seen.items():
        if row:
            n = len(row)
            counts = zip((sum(bool(r[i]) for r in row) for i in range(5)), WIDTHS, strict=True)
            numbers = "  ".join(f"{count:{width}}" for count, width in counts)
            print(f"{family:16}{kind:14}{noise:6g}{n:5}  {numbers}")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
