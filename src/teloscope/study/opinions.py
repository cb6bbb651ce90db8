"""Second opinions on a verdict: the agent is asked for its policy here, so that goals need read tables only.

Theory: A2.
"""

from __future__ import annotations

from dataclasses import replace

from teloscope.agents.agent import Policy
from teloscope.errors import NotExact, TeloscopeError
from teloscope.goals.second_opinions.opinions import second_opinions
from teloscope.recordings import Recording
from teloscope.study.loading import recorded_agent
from teloscope.verdict import Verdict
from teloscope.worlds import TableWorld


def with_second_opinions(verdict: Verdict, trust: bool = False) -> Verdict:
    """The verdict, and what other methods say of its episodes; or a note that says why they can't be asked."""
    recording, result = verdict.recording, verdict.document()
    assert recording is not None, "an audit holds its recording"
    wants = [value.regime for value in result.values if value.kind == "want"]
    try:
        asked = second_opinions(recording, result.goals, wants=wants, policy=policy_of(recording, trust))
        told = {"second_opinions": asked}
    except NotExact as error:
        told = {"notes": [*result.notes, str(error)]}
    return replace(verdict, result=result.model_copy(update=told))


def policy_of(recording: Recording, trust: bool = False) -> Policy | None:
    """What the recorded agent does in every state; None where it can't be had again or must be stepped."""
    world, manifest = recording.world, recording.manifest
    if manifest.from_data or not isinstance(world, TableWorld):
        return None
    try:
        again = recorded_agent(manifest, trust)
        return again.policy(world) if again is not None else None
    except TeloscopeError:
        return None
