"""How actors choose actions in table worlds: sampled from a policy, read from a script, or asked of a player.

Axis letters: `B` episodes, `T` steps, `S` states, `A` actions.

Theory: A1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from teloscope.agents.agent import Player, Policy
from teloscope.errors import BadAgent, TeloscopeError
from teloscope.recordings import seeds as rng
from teloscope.recordings.seeds import INT_RANGE, RandomInts, Words
from teloscope.worlds.table.arrays import Table

Chooser = Callable[[int, NDArray[np.intp]], NDArray[Any]]
"""(step, states `[B]`) -> actions `[B]`."""


def cdf_thresholds(rows: NDArray[Any]) -> list[RandomInts]:
    """Cumulative probabilities as integers below `INT_RANGE`: `n - 1` arrays over rows of `n` probabilities."""
    sums = np.cumsum(np.maximum(rows, 0.0), axis=1, dtype=np.float64)
    return list(np.ascontiguousarray(np.rint(sums[:, :-1] / sums[:, -1:] * INT_RANGE).T.astype(np.uint32)))


def inverse_cdf(thresholds: list[RandomInts], row: NDArray[np.intp] | int, draws: RandomInts) -> NDArray[np.uint8]:
    """Sample by the inverse CDF: how many thresholds of its row each random integer reaches."""
    choice = np.zeros(len(draws), dtype=np.uint8)
    for threshold in thresholds:
        choice += draws >= threshold.take(row)
    return choice


class Sampler:
    """A policy, prepared for sampling; deterministic policies and those that ignore the state are faster."""

    def __init__(self, policy: Policy) -> None:
        """Args:
        policy: `[S, A]` or `[T, S, A]` action probabilities; `[1, A]` for a habit.
        """
        self.stride = policy.shape[1] if policy.ndim == 3 else 0
        """Rows from one step to the next."""
        rows = policy.reshape(-1, policy.shape[-1])
        self.habit = cdf_thresholds(rows[:1]) if (rows == rows[0]).all() else None
        self.deterministic = rows.argmax(axis=1).astype(np.uint8) if (rows.max(axis=1) >= 1.0).all() else None
        self.thresholds = cdf_thresholds(rows) if self.habit is None and self.deterministic is None else []

    def chooser(self, salt: np.uint64, seeds: Words) -> Chooser:
        """A chooser for a batch, with draws salted by the actor."""
        salted = rng.mix64(seeds ^ salt)
        if (habit := self.habit) is not None:
            return lambda t, state: inverse_cdf(habit, 0, rng.random_ints(salted, t, rng.ACT))
        if (deterministic := self.deterministic) is not None:
            return lambda t, state: deterministic.take(state + t * self.stride)
        return lambda t, state: inverse_cdf(
            self.thresholds, state + t * self.stride, rng.random_ints(salted, t, rng.ACT)
        )


def policy_chooser(policy: Policy, salt: np.uint64, seeds: Words) -> Chooser:
    """A chooser that samples from `[S, A]` or `[T, S, A]` probabilities, with draws salted by the actor."""
    return Sampler(policy).chooser(salt, seeds)


def script_chooser(actions: NDArray[Any]) -> Chooser:
    """A chooser that plays `[B, T]` actions in every state."""
    return lambda t, state: actions[:, t]


def player_chooser(
    player: Player, table: Table, observations: NDArray[Any], episodes: NDArray[np.int64], where: str
) -> Chooser:
    """A chooser that asks a player, and checks its actions.

    Args:
        player: the player; rows of episodes that have ended don't count.
        table: the world.
        observations: `[S, ...]` what it sees in each state.
        episodes: `[B]` numbers of the episodes, for messages.
        where: agent, world and context, for messages.

    Raises:
        BadAgent: (when playing) the player raises, or chooses an action that is not one of the world's.
    """

    def choose(t: int, state: NDArray[np.intp]) -> NDArray[Any]:
        alive = ~table.terminal[state]
        try:
            actions = np.asarray(player.act(observations[state], t, alive))
        except TeloscopeError as error:
            sub_env = getattr(error, "sub_env", None)
            episode = "" if sub_env is None else f", episode {episodes[sub_env]}"
            raise BadAgent(f"{error} [{where}{episode}, t={t}]") from error
        except Exception as error:
            raise BadAgent(
                f"{where}: the agent raised {type(error).__name__}: {error} [t={t}]. Mend it; recording again goes on "
                "from there."
            ) from error
        return check_actions(actions, table.n_actions, alive, episodes, f"{where}, t={t}")

    return choose


def check_actions(
    actions: NDArray[Any], n_actions: int, alive: NDArray[np.bool_], episodes: NDArray[np.int64], where: str
) -> NDArray[np.uint8]:
    """`[B]` the actions, if each living episode has a legal one; others get 0.

    Raises:
        BadAgent: wrong shape, not whole numbers, or out of range.
    """
    batch = len(alive)
    actions = actions.reshape(-1) if actions.size == batch else actions
    if actions.shape != (batch,) or actions.dtype.kind not in "iubf":
        raise BadAgent(
            f"{where}: the agent answered an array of shape {actions.shape} and type {actions.dtype}; expected {batch} "
            "action indices."
        )
    illegal = alive & ~((actions >= 0) & (actions < n_actions) & (actions == np.floor(actions)))
    if illegal.any():
        sub_env = int(np.argmax(illegal))
        raise BadAgent(
            f"{where}, episode {episodes[sub_env]}: the agent chose the action {actions[sub_env].item()!r}; legal "
            f"ones are the whole numbers 0 to {n_actions - 1}."
        )
    return np.where(alive, actions, 0).astype(np.uint8)
