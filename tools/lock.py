"""Writes requirements.lock from pip's own resolution: one `name==version` a line, no hosts, no paths.

Usage: pip install --dry-run --ignore-installed --report - ... | python tools/lock.py > requirements.lock
"""

import json
import re
import sys

HEADER = """\
# Every version that teloscope is developed and tested with: core, extras, tests, races. Made by `make lock`.
# Applied by `make setup`, `make test` and `make bench` as `pip install -c requirements.lock ...`.
"""


def pins(report: dict) -> list[str]:
    """The sorted pins of a pip installation report; local versions (`+cpu`) and teloscope itself left out."""
    found = {
        re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): item["metadata"]["version"].partition("+")[0]
        for item in report["install"]
    }
    found.pop("teloscope", None)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


if __name__ == "__main__":
    print(HEADER + "\n".join(pins(json.load(sys.stdin))))
