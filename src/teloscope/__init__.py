"""teloscope shows what an agent is steering toward, and says whether you would want it there.

    world, agent = teloscope.world("coin"), teloscope.agent("onnx:coin.onnx")
    recording = teloscope.record(agent, world, episodes=200)
    goals = teloscope.find_goals(recording)
    verdict = teloscope.judge(goals, world.values)
    verdict.report("report.html")

The names below are the whole public face; each is imported when it is first asked for, so that `import teloscope`
costs nothing and `teloscope --help` answers at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from teloscope import affect as affect
    from teloscope import welfare as welfare
    from teloscope.agents import Agent, agent
    from teloscope.engines import Engine, engine
    from teloscope.errors import TeloscopeError
    from teloscope.goals import Goals, find_goals
    from teloscope.recordings import Recording, record
    from teloscope.regimes import Regime
    from teloscope.study import Study
    from teloscope.study.probing import probe
    from teloscope.values import Avoid, Values, Want
    from teloscope.verdict import Verdict, judge
    from teloscope.verdict.certificate import certify
    from teloscope.verdict.verify import verify
    from teloscope.worlds import Context, Outcome, TableWorld, World, world
    from teloscope.worlds.gym import GymWorld

_HOMES = {
    "worlds": ("Context", "Outcome", "TableWorld", "World", "world"),
    "worlds.gym": ("GymWorld",),
    "agents": ("Agent", "agent"),
    "engines": ("Engine", "engine"),
    "recordings": ("Recording", "record"),
    "regimes": ("Regime",),
    "goals": ("Goals", "find_goals"),
    "values": ("Avoid", "Values", "Want"),
    "verdict": ("Verdict", "judge"),
    "verdict.certificate": ("certify",),
    "verdict.verify": ("verify",),
    "study": ("Study",),
    "study.probing": ("probe",),
    "errors": ("TeloscopeError",),
}
_ROOMS = ("affect", "welfare")
"""Rooms whose functions are called with the room's name before them: `teloscope.welfare.compare`."""
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Agent",
    "Avoid",
    "Context",
    "Engine",
    "Goals",
    "GymWorld",
    "Outcome",
    "Recording",
    "Regime",
    "Study",
    "TableWorld",
    "TeloscopeError",
    "Values",
    "Verdict",
    "Want",
    "World",
    "agent",
    "certify",
    "engine",
    "find_goals",
    "judge",
    "probe",
    "record",
    "verify",
    "world",
]


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use, and keep it."""
    if name in _ROOMS:
        return importlib.import_module(f"teloscope.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'teloscope' has no attribute {name!r}. Public names: {', '.join(__all__)}.")
    found = getattr(importlib.import_module(f"teloscope.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*__all__, *_ROOMS, "__version__"])
