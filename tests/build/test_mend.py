"""Whatever failed, there is a next step that fits."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from teloscope.build.mend import mend
from teloscope.schema import AttemptDocument, Reason

from .conftest import attempt

TASK = SimpleNamespace(engine=SimpleNamespace(name="small"))
MISSED = Reason(kind="want-missed", text="end(at_lamp) is wanted in 80% of episodes")


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        ([], "more budget"),
        ([attempt(1, j=0.01, verdict="AIMLESS")], "stronger engine"),
        ([attempt(1, j=0.3, verdict="MISALIGNED", reasons=[MISSED])], "wanted in 80%"),
        ([attempt(1, j=0.3, verdict="UNDECIDED", episodes=40)], "more episodes than 40"),
        ([attempt(1, j=0.3, verdict="AIMLESS"), attempt(2, scaffold="text", rung=0, j=0.9)], "larger --budget"),
        ([attempt(1, j=None, verdict="AIMLESS")], "stronger engine"),
    ],
)
def test_the_next_step_fits(looks: list[AttemptDocument], said: str) -> None:
    steps = mend(looks, TASK)  # pyright: ignore[reportArgumentType]
    assert any(said in step for step in steps), steps
