"""Worked examples: what somebody who is after the visible reward does where chance leads in training.

They come from seeds of their own. In a small table world the same states may come up in an audit; a scaffold with
examples is told part of the answer, which is why it says so in its line.

Theory: A5.
"""

from __future__ import annotations

import numpy as np

from teloscope.scaffolds.prompting.prompts import Example
from teloscope.scaffolds.prompting.views import Views
from teloscope.worlds.table.planning import action_values, greedy, reward_task
from teloscope.worlds.table.world import TableWorld

EXAMPLE_SEED = 20_071
"""No recording uses it: episode seeds are hashes."""
EPISODES = 16
_SOONER = 1 - 1e-6


def examples(world: TableWorld, views: Views, n: int) -> tuple[Example, ...]:
    """`n` states that chance leads to in training, with what pays best there; as different in that as can be."""
    if not n:
        return ()
    table, rng = world.table, np.random.default_rng(EXAMPLE_SEED)
    rewards = table.reward.astype(np.float64)
    task = reward_task(table, rewards, world.horizon, _SOONER)
    policy = greedy(action_values(table, task, world.horizon))
    found: dict[str, int] = {}
    training = [c for c in world.recorded_contexts() if c.kind == "train"] or list(world.recorded_contexts())
    for _ in range(EPISODES):
        state = int(rng.choice(table.starts[training[0].start]))
        for t in range(world.horizon):
            if table.terminal[state]:
                break
            action = int(policy[t, state].argmax())
            if policy[t, state, action] > 0.99:  # a tie shows nothing
                found.setdefault(views.texts[views.index[state]], action)
            wandering = int(rng.integers(table.n_actions))
            state = int(rng.choice(table.next[state, wandering], p=table.prob[state, wandering]))
    return tuple(Example(seen, world.phrase(world.actions[a])) for seen, a in _spread(found, n))  # type: ignore[index]


def _spread(found: dict[str, int], n: int) -> list[tuple[str, int]]:
    """Taken by turns from each action, so that examples don't all do the same."""
    by_action: dict[int, list[str]] = {}
    for seen, action in found.items():
        by_action.setdefault(action, []).append(seen)
    rounds = max(map(len, by_action.values()), default=0)
    turns = [(texts[i], action) for i in range(rounds) for action, texts in by_action.items() if i < len(texts)]
    return turns[:n]
