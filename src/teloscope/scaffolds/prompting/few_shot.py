"""Worked examples: optimal actions for the visible reward, in states of random training episodes.

Their seeds are used nowhere else. In a small table world the same states may still occur in an audit. So a scaffold
with examples is told part of the answer, and its line says so.

Theory: A5.
"""

from __future__ import annotations

import numpy as np

from teloscope.scaffolds.prompting.prompts import Example
from teloscope.scaffolds.prompting.text_observations import TextObservations
from teloscope.worlds.table.planning import action_values, greedy, reward_task
from teloscope.worlds.table.world import TableWorld

EXAMPLE_SEED = 20_071
"""Used by no recording, since episode seeds are hashes."""
EPISODES = 16
"""Random episodes that examples are taken from."""
_DISCOUNT = 1 - 1e-6


def few_shot_examples(world: TableWorld, observations: TextObservations, n: int) -> tuple[Example, ...]:
    """`n` states of random training episodes with the best action in each; the actions are as varied as possible."""
    if not n:
        return ()
    table, rng = world.table, np.random.default_rng(EXAMPLE_SEED)
    rewards = table.reward.astype(np.float64)
    task = reward_task(table, rewards, world.horizon, _DISCOUNT)
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
                found.setdefault(observations.texts[observations.index[state]], action)
            wandering = int(rng.integers(table.n_actions))
            state = int(rng.choice(table.next[state, wandering], p=table.prob[state, wandering]))
    return tuple(Example(text, world.phrase(world.actions[a])) for text, a in _balanced(found, n))  # type: ignore[index]


def _balanced(found: dict[str, int], n: int) -> list[tuple[str, int]]:
    """`n` examples, taken in turn from each action, so that they don't all show the same one."""
    by_action: dict[int, list[str]] = {}
    for text, action in found.items():
        by_action.setdefault(action, []).append(text)
    rounds = max(map(len, by_action.values()), default=0)
    turns = [(texts[i], action) for i in range(rounds) for action, texts in by_action.items() if i < len(texts)]
    return turns[:n]
