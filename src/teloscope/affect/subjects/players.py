"""Any agent with latents as a subject: its player lives in a world of teloscope, and gives and takes its latents.

Such are a recurrent policy of sb3-contrib (`sb3:model.zip`), an ONNX network with named outputs
(`onnx:policy.onnx?latents=hidden`), a torch module with a hook (`HookedModule`), and any player of yours that has

    latents: [B, D]            what made its last action
    set_latents(latents)       overwrite them for its next act; without it, tests that intervene are not assessable

Theory: E7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.affect.subject import Description, Prospects, Step
from teloscope.agents.agent import Agent
from teloscope.errors import BadAgent, NotFound
from teloscope.recordings.seeds import episode_seeds
from teloscope.worlds.world import World

Effort = Callable[[NDArray[Any]], NDArray[Any]]
"""Actions `[B, ...]` -> the effort of each, `[B]` from 0 to 1."""
SAVANNA = {"forage": "savanna", "mirror": "mirror", "symmetric": "symmetric", "no_shock": "no-shock"}
"""Contexts of the battery that the world `savanna` has under another name."""
BODY = ("energy", "fatigue", "damage")


class PlayerSubject:
    """An agent in a world.

    Args:
        agent: its players have latents.
        world: a world that is stepped.
        contexts: context of the battery -> context of the world; None: of the savanna its variants, of another world
            `forage` is the first context.
        effort: the effort of actions; None: of the savanna what the action says, of another world 1 for every action
            but the idle one.

    Raises:
        BadAgent: the player gives no latents, or the world can't be stepped.
    """

    def __init__(
        self,
        agent: Agent,
        world: World,
        contexts: Mapping[str, str] | None = None,
        effort: Effort | None = None,
    ) -> None:
        self.agent, self.world = agent, world
        if not hasattr(world, "sub_envs"):
            raise BadAgent(f"World {world.name!r} is a table; a subject lives in a world that is stepped.")
        first = {"forage": world.contexts[0].name}
        self.contexts = dict(contexts or (SAVANNA if world.name == "savanna" else first))
        self.effort = effort or (_savanna_effort if world.name == "savanna" else self._all_but_idle)
        context = next(iter(self.contexts))
        self.reset(context, episodes=1, seed=0)
        step = self.act()
        self._description = Description(
            name=agent.name,
            dimensions=step.latents.shape[1],
            contexts=frozenset(self.contexts),
            horizon=world.horizon,
            settable=hasattr(self.player, "set_latents"),
            clonable=False,
        )

    @property
    def description(self) -> Description:
        return self._description

    def reset(self, context: str, *, episodes: int, seed: int) -> None:
        if context not in self.contexts:
            raise NotFound(
                "context", context, self.contexts, f"{self.agent.name!r} in {self.world.name!r} offers these."
            )
        setting = self.world.context(self.contexts[context])
        world: Any = self.world
        seeds = episode_seeds(seed, setting.name, np.arange(episodes))
        self.sub_envs = world.sub_envs(episodes, setting)
        self.seen = self.sub_envs.reset(seeds)
        self.player: Any = self.agent.start(self.world, episodes, int(seeds[0] >> np.uint64(1)))
        self.alive, self.time = np.ones(episodes, np.bool_), 0

    def act(self) -> Step:
        was, seen = self.alive, _flat(self.seen)
        if not was.any() or self.time >= self.world.horizon:
            raise BadAgent(f"All episodes of {self.agent.name!r} are over after {self.time} steps; reset the subject.")
        if hasattr(self.player, "action_masks"):
            self.player.action_masks = self.sub_envs.action_masks
        actions = np.asarray(self.player.act(self.seen, self.time, self.alive))
        latents = self.latents()
        body = {name: column[self.time] for name, column in self.sub_envs.features(self.time).items() if name in BODY}
        moved = self.sub_envs.step(actions, self.alive, self.time)
        self.seen, self.time = moved.observations, self.time + 1
        self.alive = self.alive & ~(moved.terminated | moved.truncated)
        reward = np.asarray(moved.reward, np.float32)
        return Step(
            latents=latents,
            effort=np.asarray(self.effort(actions), np.float32),
            observation=seen,
            reward=reward,
            offspring=reward,
            alive=was.astype(np.float32),
            **body,
        )

    def latents(self) -> np.ndarray:
        """`[B, D]`

        Raises:
            BadAgent: the player gives none, or of a wrong shape.
        """
        found = getattr(self.player, "latents", None)
        rows = len(self.alive)
        if found is None or np.ndim(found) != 2 or len(found) != rows:
            what = "none" if found is None else f"latents of shape {np.shape(found)}"
            raise BadAgent(
                f"The player of {self.agent.name!r} gives {what}; expected ({rows}, D). A network "
                "that keeps nothing and names no hidden output can't be a subject."
            )
        return np.array(found, np.float32)

    def set_latents(self, latents: np.ndarray) -> None:
        if not hasattr(self.player, "set_latents"):
            raise BadAgent(f"The latents of {self.agent.name!r} can't be set; `description.settable` says so.")
        latents = np.asarray(latents, np.float32)
        if latents.shape != (wanted := self.latents().shape) or not np.isfinite(latents).all():
            raise BadAgent(f"Latents of shape {latents.shape} were set; expected finite numbers of shape {wanted}.")
        self.player.set_latents(latents)

    def prospects(self, clones: int) -> Prospects:
        """Not known of such a subject.

        Raises:
            BadAgent: always.
        """
        raise BadAgent(f"{self.agent.name!r} can't be cloned, so its prospects are not known; it is not assessable.")

    def _all_but_idle(self, actions: NDArray[Any]) -> NDArray[Any]:
        if self.world.actions is None or self.world.idle is None:
            raise BadAgent(
                f"World {self.world.name!r} does not say which action is idle; give the subject `effort`, a function "
                "from actions to numbers from 0 to 1."
            )
        return actions != self.world.actions.index(self.world.idle)


def _savanna_effort(actions: NDArray[Any]) -> NDArray[Any]:
    from teloscope.affect.savanna import choice_of

    return np.asarray(choice_of(actions).effort)


def _flat(observations: Any) -> NDArray[np.float32]:
    """`[B, O]` observations, whatever their shape."""
    parts = list(observations.values()) if isinstance(observations, dict) else [observations]
    arrays = [np.asarray(part, np.float32) for part in parts]
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)
