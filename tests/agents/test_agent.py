"""The interface of players: where their traces are found."""

from __future__ import annotations

from types import SimpleNamespace

from teloscope.agents.agent import act_traces_of
from teloscope.scaffolds.trace import Line

TRACES = [(0, 0, (Line("said", "Go left."),))]


def test_traces_are_found_under_their_name_and_their_earlier_one() -> None:
    assert act_traces_of(SimpleNamespace(act_traces=TRACES)) == TRACES  # type: ignore[arg-type]
    assert act_traces_of(SimpleNamespace(heard=TRACES)) == TRACES  # type: ignore[arg-type]
    assert act_traces_of(SimpleNamespace(act_traces=[])) == []  # type: ignore[arg-type]
    assert act_traces_of(SimpleNamespace()) is None  # type: ignore[arg-type]
