"""Turning what a user hands over into a Gymnasium environment: environments of the old API, PettingZoo's.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gymnasium
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from gymnasium.wrappers import TimeLimit

from teloscope.errors import BadWorld
from teloscope.worlds.function_source import source_texts
from teloscope.worlds.gym.adapters.joint_actions import JointActions
from teloscope.worlds.gym.adapters.old_api import OldApiEnv, old_api
from teloscope.worlds.gym.adapters.pettingzoo import OneOfSeveral, Others, is_pettingzoo


@dataclass(frozen=True)
class Adapter:
    """How environments of other kinds are adapted."""

    old_api: bool = False
    """Environments follow the API before Gymnasium 0.26."""
    agent: str | None = None
    """Who is audited, where there are several; None: the first."""
    others: Others | Mapping[str, Others] | None = None
    """How the others act; None: uniformly."""

    @property
    def identity(self) -> str:
        """Stable text for the digest; empty where nothing is adapted."""
        if not (self.old_api or self.agent or self.others):
            return ""
        named = self.others if isinstance(self.others, Mapping) else {"": self.others}
        texts = {name: source_texts(acts) for name, acts in named.items() if acts is not None}
        return repr((self.old_api, self.agent, sorted(texts.items())))

    def adapted(self, made: Any, label: str, limit: int | None = None) -> Any:
        """A Gymnasium environment or vector environment.

        Args:
            made: what a factory made, or what was handed over.
            label: its name, for messages.
            limit: steps after which an adapted episode ends.

        Raises:
            BadWorld: it is none, and can't be adapted.
        """
        if is_pettingzoo(made):
            return OneOfSeveral(made, self.agent, self.others)
        if self.agent is not None or self.others is not None:
            raise BadWorld(
                f"World {label!r} has one agent, so `agent` and `others` mean nothing there. They are for environments "
                "of PettingZoo."
            )
        if isinstance(made, VectorEnv):
            return made
        if self.old_api and callable(getattr(made, "step", None)):
            adapted = OldApiEnv(made.unwrapped if isinstance(made, gymnasium.Env) else made)
            return _with_one_action(TimeLimit(adapted, limit) if limit else adapted)
        if isinstance(made, gymnasium.Env):
            return _with_one_action(made)
        if callable(getattr(made, "step", None)) and callable(getattr(made, "reset", None)):
            home = type(made).__module__
            raise old_api(label, f"it is a {home}.{type(made).__qualname__}, and no gymnasium.Env")
        raise BadWorld(
            f"{label!r} gave {made!r}; expected a Gymnasium environment, a vector environment, or an environment of "
            "PettingZoo."
        )

    def wrap(self, make: Callable[..., Any], label: str, limit: int | None = None) -> Callable[..., Any]:
        """A function that makes what `make` makes, adapted."""
        return lambda *args, **kwargs: self.adapted(make(*args, **kwargs), label, limit)


def _with_one_action(env: gymnasium.Env[Any, Any]) -> gymnasium.Env[Any, Any]:
    """The environment, with actions of several parts as one row of numbers."""
    return JointActions(env) if isinstance(env.action_space, spaces.Tuple | spaces.Dict) else env
