"""What pref_voting picks in random profiles, kept for tests/welfare/test_rules.py.

pref_voting pins numba, and with it a NumPy older than teloscope's, so it can't be installed beside it. Run this file
with a
Python that has pref_voting alone; it needs nothing else, and writes bench/welfare_rules.json:

    python -m venv other && other/bin/pip install pref-voting
    other/bin/python bench/welfare_rules.py

Values are small whole numbers, so that ties are common.
"""

from __future__ import annotations

import json
import random
from importlib.metadata import version
from pathlib import Path

PROFILES = 400
KEPT = Path(__file__).with_name("welfare_rules.json")


def picks(values: list[list[int]]) -> dict[str, list[int]]:
    """Rule -> winners of a table with a row an option and a column a being."""
    from pref_voting.profiles_with_ties import ProfileWithTies
    from pref_voting.scoring_methods import borda_for_profile_with_ties
    from pref_voting.utility_methods import lexicographic_maximin, nash, relative_utilitarian, sum_utilitarian
    from pref_voting.utility_profiles import UtilityProfile

    columns = [list(column) for column in zip(*values, strict=True)]
    options = range(len(values))
    profile = UtilityProfile([{o: float(column[o]) for o in options} for column in columns])
    gains = UtilityProfile([{len(values): 0.0} | {o: float(column[o]) for o in options} for column in columns])
    ballots = []
    for column in columns:
        levels = sorted(set(column), reverse=True)
        ballots.append({o: levels.index(column[o]) + 1 for o in options})
    ordinal = ProfileWithTies(ballots, candidates=list(options))
    return {
        "sum": sum_utilitarian(profile),
        "range": relative_utilitarian(profile),
        "nash": nash(gains, sq=len(values)),
        "leximin": lexicographic_maximin(profile),
        "borda": borda_for_profile_with_ties(ordinal),
    }


def main() -> None:
    """Draw the profiles and write what was picked."""
    rng = random.Random(0)
    kept = []
    for _ in range(PROFILES):
        options, beings = rng.randint(2, 6), rng.randint(1, 5)
        values = [[rng.randint(1, 6) for _ in range(beings)] for _ in range(options)]
        kept.append({"values": values, "picks": picks(values)})
    KEPT.write_text(json.dumps({"pref_voting": version("pref_voting"), "profiles": kept}) + "\n", encoding="utf-8")
    print(f"{len(kept)} profiles, pref_voting {version('pref_voting')}: {KEPT}")


if __name__ == "__main__":
    main()
