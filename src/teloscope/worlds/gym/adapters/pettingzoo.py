"""PettingZoo environments as worlds: one agent is audited among the others, and the others are part of the world.

Both of PettingZoo's forms: parallel (all act at once) and AEC (one after another; a step of the world is one act of the
audited agent and what the others do until its next turn). The others act uniformly among what their masks allow, from
the episode's seed, unless the user says how they act.

Source: PettingZoo (Farama Foundation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np

from teloscope.errors import BadWorld, NotFound
from teloscope.worlds.actions import ActionSet
from teloscope.worlds.gym.masks import KEY, flat_mask

Others = Callable[[Any, str], Any]
"""(observation, name of the agent) -> its action."""
_SALT = 0x07E125
"""Keeps the draws of the others apart from the environment's."""


def is_pettingzoo(thing: Any) -> bool:
    """Whether this is an environment of several agents, in either of PettingZoo's forms."""
    several = hasattr(thing, "possible_agents") and callable(getattr(thing, "action_space", None))
    return several and hasattr(thing, "step") and not isinstance(thing, type)


class OneOfSeveral(gymnasium.Env[Any, Any]):
    """A PettingZoo environment from the view of one agent."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  (Gymnasium's own form)

    def __init__(self, env: Any, agent: str | None = None, others: Others | Mapping[str, Others] | None = None) -> None:
        """
        Args:
            env: an AEC or a parallel environment.
            agent: who is audited; None: the first.
            others: how the others act, or how each of some does; None: uniformly.

        Raises:
            NotFound: no agent of that name.
        """
        self.env, self.others = env, others
        names = list(env.possible_agents)
        if agent is not None and agent not in names:
            raise NotFound("agent", agent, names, f"It was to be audited in {self.label!r}.")
        if isinstance(others, Mapping) and (unknown := [name for name in others if name not in names]):
            raise NotFound("agent", unknown[0], names, "It was named among the `others`.")
        self.agent = agent or names[0]
        self.in_turns = hasattr(env, "agent_iter")
        self.observation_space = env.observation_space(self.agent)
        self.action_space = env.action_space(self.agent)
        self.max_steps = getattr(env.unwrapped, "max_cycles", None)
        self.rng = np.random.default_rng(_SALT)
        self.seen: tuple[Any, Mapping[str, Any]] = (None, {})

    @property
    def label(self) -> str:
        """The environment's name."""
        return str((getattr(self.env, "metadata", None) or {}).get("name", type(self.env.unwrapped).__name__))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.rng = np.random.default_rng(_SALT if seed is None else [seed, _SALT])
        given = self.env.reset(seed=seed, options=options)
        if self.in_turns:
            observation, _, ended, late, info = self._until_my_turn()
            if ended or late:
                raise BadWorld(f"An episode of {self.label!r} ended before {self.agent!r} had a turn.")
        else:
            self.all_seen, infos = given if isinstance(given, tuple) else (given, {})
            observation, info = self.all_seen[self.agent], infos.get(self.agent, {})
            self.all_infos = infos
        self.seen = observation, info
        return observation, dict(info)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        moved = self._step_in_turns(action) if self.in_turns else self._step_at_once(action)
        self.seen = moved[0], moved[4]
        return *moved[:4], dict(moved[4])

    def _step_at_once(self, action: Any) -> tuple[Any, Any, bool, bool, Mapping[str, Any]]:
        others = [name for name in self.env.agents if name != self.agent]
        acts = {name: self._act_of(name, self.all_seen[name], self.all_infos.get(name, {})) for name in others}
        acts[self.agent] = action
        self.all_seen, rewards, ended, late, self.all_infos = self.env.step(acts)
        me = self.agent
        gone = me not in self.env.agents and not late.get(me, False)
        return (
            self.all_seen.get(me, self.seen[0]),
            rewards.get(me, 0.0),
            bool(ended.get(me, gone)),
            bool(late.get(me, False)),
            self.all_infos.get(me, self.seen[1]),
        )

    def _step_in_turns(self, action: Any) -> tuple[Any, Any, bool, bool, Mapping[str, Any]]:
        self.env.step(action)
        return self._until_my_turn()

    def _until_my_turn(self) -> tuple[Any, Any, bool, bool, Mapping[str, Any]]:
        """What the audited agent sees at its next turn, or when there is none any more."""
        me = self.agent
        while self.env.agents:
            name = self.env.agent_selection
            observation, reward, ended, late, info = self.env.last()
            if name == me:
                return observation, reward, bool(ended), bool(late), info
            self.env.step(None if ended or late else self._act_of(name, observation, info))
            if me not in self.env.agents:
                break
        return *self._last_words(), self.seen[1]

    def _last_words(self) -> tuple[Any, Any, bool, bool]:
        """Of an agent that was taken out between two of its turns."""
        late = bool(self.env.truncations.get(self.agent, False))
        return self.seen[0], self.env._cumulative_rewards.get(self.agent, 0.0), not late, late

    def _act_of(self, name: str, observation: Any, info: Mapping[str, Any]) -> Any:
        """What another agent does."""
        acts = self.others.get(name) if isinstance(self.others, Mapping) else self.others
        if acts is not None:
            return acts(observation, name)
        actions = ActionSet(self.env.action_space(name))
        given = observation.get(KEY) if isinstance(observation, Mapping) else None
        given = info.get(KEY) if given is None else given
        mask = None if given is None else flat_mask(given)
        masks = mask[None] if mask is not None and len(mask) == actions.mask_size else None
        chosen = actions.native(actions.uniform(self.rng.random((1, actions.draws)), masks))[0]
        return chosen.item() if np.ndim(chosen) == 0 else chosen.astype(self.env.action_space(name).dtype)

    def action_masks(self) -> Any:
        """What the audited agent may do now, where the environment says so."""
        observation, info = self.seen
        given = observation.get(KEY) if isinstance(observation, Mapping) else None
        return info.get(KEY) if given is None else given

    def close(self) -> None:
        self.env.close()
