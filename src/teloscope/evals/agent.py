"""The agent that `teloscope build` writes, as an Inspect agent: it uses its own engine and acts in the sample's world.

    inspect eval teloscope/audit -T world=ward --solver teloscope/built -S path=agent.json --model none

Theory: A5, A8. Source: Inspect 0.3 (UK AI Security Institute).
"""

from __future__ import annotations

from pathlib import Path

from anyio import Lock
from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.util import store

from teloscope.agents import agent as agent_named
from teloscope.errors import BadStudy
from teloscope.evals.episode import Episode, conversation, play
from teloscope.evals.task import SITUATION, episode_record
from teloscope.recordings.inspect.replay_log import STORE_KEY
from teloscope.worlds.registry import world as world_named


@agent
def built(path: str, trust: bool = False) -> Agent:
    """An agent of teloscope, evaluated in place of a model.

    Args:
        path: the `agent.json` that `teloscope build` wrote, or any agent's name, as `teloscope agents` lists them.
        trust: allow loading an agent or a world that executes code.
    """
    acting = agent_named(f"llm:{path}" if Path(path).suffix == ".json" else path, trust)
    turn = Lock()

    async def execute(state: AgentState) -> AgentState:
        """Plays the sample's episode."""
        situation = store().get(SITUATION)
        if situation is None:
            raise BadStudy(
                f"The agent {acting.name!r} acts in worlds of teloscope's, and this sample is of none. Use it as the "
                "solver of teloscope/audit."
            )
        world = world_named(situation["world"], trust)
        async with turn:  # its engine uses every core, and is asked once for all samples
            played = await play(acting, world, Episode.of({**situation, "episode": situation["number"]}))
        state.messages.extend(conversation(world, played))
        store().set(STORE_KEY, episode_record(played))
        return state

    return execute
