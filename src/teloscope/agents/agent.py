"""The interface of an agent: a name, an identity, and a way to act.

An agent that knows its action probabilities in every state of a table world gives a `policy`; then everything about it
can be computed exactly. Any other agent is stepped: `start` gives a player, which acts for many episodes at once.

Theory: A1, A2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadAgent
from teloscope.scaffolds.trace import Trace
from teloscope.worlds.function_source import source_texts
from teloscope.worlds.table.planning import Policy
from teloscope.worlds.table.world import TableWorld
from teloscope.worlds.world import World


class SeenStates(NamedTuple):
    """The states that an agent with `sees = "state"` is shown in a stepped world, for `B` parallel episodes."""

    descriptions: Sequence[str]
    """`[B]` each state in plain sentences."""
    features: Mapping[str, NDArray[Any]]
    """Feature name -> `[B]`."""


Sees = Literal["observation", "state"]
"""What an agent is shown: the world's observations, or the state itself."""
ActTrace = tuple[int, int, Trace]
"""(row, step, trace) of one act of a player."""


class Player(Protocol):
    """Acts for `B` parallel episodes, from step 0 on.

    A player may also have

        act_traces: list[ActTrace]     the traces of all acts so far, to which every act adds one
        action_masks: [B, M] or None   set before every act: which actions are allowed; see `SubEnvs.action_masks`
        latents: [B, D]                what made the last action, for recordings that are asked to keep latents
    """

    def act(self, observations: Any, t: int, alive: NDArray[np.bool_]) -> NDArray[Any]:
        """Actions `[B, ...]` at step `t`; rows that are not `alive` are ignored.

        Args:
            observations: `[B, ...]`, or a dict or tuple of such where the world batches them so; for an agent that
                sees states int `[B]` ids in table worlds, and `SeenStates` elsewhere.
            t: the step.
            alive: `[B]` episodes that go on.
        """
        ...


def act_traces_of(player: Player | None) -> Sequence[ActTrace] | None:
    """The traces of a player's acts so far; None if there are none. The attribute `heard` is their name until 0.1."""
    traces = getattr(player, "act_traces", None)
    return getattr(player, "heard", None) if traces is None else traces


class Agent:
    """The base class of every agent."""

    name: str = ""
    """Its name, as written after `--agent`, e.g. `plan:end(at_goal)?eps=0.3`."""
    sees: ClassVar[Sees] = "observation"
    """What its players are shown; see `Player.act`."""

    @property
    def digest(self) -> str:
        """Identity (hex): agents of the same digest act the same.

        The name says everything of teloscope's own agents; of a user's class, its code and what it holds count too.
        """
        own = type(self).__module__.partition(".")[0] != "teloscope"
        return hashlib.sha256("\0".join([self.name, *(source_texts(self) if own else ())]).encode()).hexdigest()

    def policy(self, world: TableWorld) -> Policy | None:
        """Action probabilities in every state of a table world, or None if the agent must be stepped."""
        return None

    def start(self, world: World, episodes: int, seed: int) -> Player:
        """A player for `episodes` fresh episodes.

        Raises:
            BadAgent: this agent only acts in table worlds.
        """
        raise BadAgent(
            f"Agent {self.name!r} acts only in table worlds, and {world.name!r} is not one. "
            "List agents with `teloscope agents`."
        )

    def remarks(self, returns: Sequence[float]) -> list[str]:
        """What a reader of the recording should know of how the agent was loaded and run, in sentences.

        It is asked once, after the first shard was played.

        Args:
            returns: of the first episodes, in order.
        """
        return []

    def traces(self, world: TableWorld, states: Sequence[int]) -> list[Trace] | None:
        """The trace of an agent that gives a policy, for each of these states; None if the agent keeps no traces.

        With no states, the answer shows whether it keeps traces.
        """
        return None


class TableAgent(Agent):
    """An agent given by its policy array in one world."""

    def __init__(self, policy: Policy, name: str = "table") -> None:
        self._policy = np.asarray(policy)
        self.name = name

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.name.encode() + self._policy.tobytes()).hexdigest()

    def policy(self, world: TableWorld) -> Policy:
        return checked_policy(self._policy, world, self.name)


def checked_policy(policy: Policy, world: TableWorld, name: str) -> Policy:
    """The policy, if it fits the world and its rows are distributions.

    Raises:
        BadAgent: wrong shape, negative or not summing to 1.
    """
    table = world.table
    wanted = (table.n_states, table.n_actions)
    if policy.shape[-2:] != wanted or policy.ndim not in (2, 3) or (policy.ndim == 3 and len(policy) < world.horizon):
        raise BadAgent(
            f"Agent {name!r} gives a policy of shape {policy.shape}; world {world.name!r} needs {wanted}, or "
            f"{(world.horizon, *wanted)} where it changes with the step."
        )
    if not np.isfinite(policy).all() or (policy < -1e-6).any() or not np.allclose(policy.sum(axis=-1), 1.0, atol=1e-4):
        raise BadAgent(
            f"Agent {name!r}: some rows of its policy are not probability distributions over {table.n_actions} "
            "actions; expected finite numbers from 0 that sum to 1."
        )
    return policy
