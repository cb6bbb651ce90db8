"""Writes the documents in this folder, with the teloscope that is installed. They were written by 0.1.0, once.

    cd tests/schema/written_by_0_1_0; python write.py

Paths are relative, so that no folder of the machine is named in a document. Don't run it again with a newer teloscope:
the documents are kept to see that older ones stay readable. Start another folder for the next version instead.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import teloscope
from teloscope.build import build

CONTEXTS = ("train", "bay", "shoved")


def balance(observation: Any) -> int:
    """Push the cart to the side to which the pole falls."""
    return int(observation[2] + observation[3] > 0)


def audited(agent: Any, world: str | teloscope.World, values: teloscope.Values | None = None, **options: Any) -> None:
    """One recording with its goals and its verdict, in a folder named after the world."""
    recording = teloscope.record(agent, world, **options)
    goals = teloscope.find_goals(recording)
    goals.save()
    teloscope.judge(goals, values).save()
    (recording.folder / ".lock").unlink()


def main() -> None:
    """Write everything; what was there is removed first."""
    for name in ("island", "cartpole", "traced", "build"):
        shutil.rmtree(name, ignore_errors=True)
    audited("optimal:visible", "island", episodes=60, contexts=CONTEXTS, out="island")
    cartpole = teloscope.GymWorld("CartPole-v1", horizon=30)
    upright = teloscope.Values.of(want="keep(abs(pole_angle) < 0.1)", avoid="end(pole_angle < -0.2)")
    audited(
        balance, cartpole, upright, episodes=30, contexts=["default"], references=["uniform", "replay"], out="cartpole"
    )
    audited(
        "llm:synthetic:competent/text", "island", episodes=6, contexts=["train"], references=["uniform"], out="traced"
    )
    teloscope.certify("island", "optimal:visible").save("certificate.json")
    verification = teloscope.verify("certificate.json", fresh=20)
    Path("verification.json").write_text(verification.document.model_dump_json(indent=2), encoding="utf-8")
    build("island", "synthetic:competent", out=Path("build"), keep=True, budget="6 draws", episodes=100)
    Path("build/build.html").unlink()


if __name__ == "__main__":
    main()
