"""Second opinions on a verdict. The agent's policy is computed here, so that `goals` reads only recordings and tables.

Theory: A2.
"""

from __future__ import annotations

from dataclasses import replace

from teloscope.agents.agent import Policy
from teloscope.errors import NotExact, TeloscopeError
from teloscope.goals.second_opinions.opinions import second_opinions
from teloscope.recordings import Recording
from teloscope.study.loading import reload_agent
from teloscope.verdict import Verdict
from teloscope.worlds import TableWorld


def add_second_opinions(verdict: Verdict, trust: bool = False) -> Verdict:
    """The verdict with second opinions on the same episodes, or with a note that says why there are none."""
    recording, result = verdict.recording, verdict.document()
    assert recording is not None, "an audit holds its recording"
    wants = [value.regime for value in result.values if value.kind == "want"]
    try:
        opinions = second_opinions(recording, result.goals, wants=wants, policy=policy_of(recording, trust))
        update = {"second_opinions": opinions}
    except NotExact as error:
        update = {"notes": [*result.notes, str(error)]}
    return replace(verdict, result=result.model_copy(update=update))


def policy_of(recording: Recording, trust: bool = False) -> Policy | None:
    """The policy of the recorded agent; None if it can't be loaded again or has no policy."""
    world, manifest = recording.world, recording.manifest
    if manifest.from_data or not isinstance(world, TableWorld):
        return None
    try:
        again = reload_agent(manifest, trust)
        return again.policy(world) if again is not None else None
    except TeloscopeError:
        return None
