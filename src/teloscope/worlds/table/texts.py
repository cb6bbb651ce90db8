"""The texts of a table world, compiled: the distinct texts, and the index of a text for each state and transition.

    descriptions[description[s]]         state s in words
    sentences[sentence[s, a, k]]         what can be seen to happen in the transition to next[s, a, k]

Engines are asked about each distinct text once, whatever the number of states.

Theory: A1, S2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadWorld, one_line
from teloscope.worlds.table.arrays import Table
from teloscope.worlds.table.authored import AuthoredWorld, State

OVER = "It is over."
"""The text of an action after the episode has ended."""


@dataclass(frozen=True)
class WorldTexts:
    """The texts of a compiled world."""

    descriptions: tuple[str, ...]
    """Distinct texts that `describe` gives, in the order of the table's states."""
    description: NDArray[np.int32]
    """`[S]` index into `descriptions`."""
    sentences: tuple[str, ...]
    """Distinct texts that `tell` gives."""
    sentence: NDArray[np.int32]
    """`[S, A, K]` index into `sentences`, beside the table's `next`; padding repeats."""

    def foresee(self, table: Table, row: int, action: int) -> list[tuple[float, str]]:
        """Probability and text of each distinct sentence that may follow an action in the state of a row."""
        chances: dict[int, float] = {}
        for sentence, prob in zip(self.sentence[row, action].tolist(), table.prob[row, action].tolist(), strict=True):
            if prob > 0:
                chances[sentence] = chances.get(sentence, 0.0) + prob
        return [(prob, self.sentences[sentence]) for sentence, prob in chances.items()]


def compile_texts(world: AuthoredWorld, table: Table) -> WorldTexts:
    """Describe every state and tell every transition of a world's table.

    Raises:
        BadWorld: `describe` or `tell` raises, or gives something that is not a text.
    """
    descriptions, sentences = _DistinctTexts(world), _DistinctTexts(world)
    description = np.empty(table.n_states, dtype=np.int32)
    sentence = np.empty(table.next.shape, dtype=np.int32)
    for row, state in enumerate(table.states):
        description[row] = descriptions.index(lambda state=state: world.describe(state), "describe", state)
        if table.terminal[row]:
            sentence[row] = sentences.index(lambda: OVER, "tell", state)
            continue
        for a, (action, successors) in enumerate(zip(world.actions or (), table.next[row].tolist(), strict=True)):
            numbers = {to: sentences.of_transition(state, action, table.states[to]) for to in dict.fromkeys(successors)}
            sentence[row, a] = [numbers[to] for to in successors]
    return WorldTexts(tuple(descriptions.known), description, tuple(sentences.known), sentence)


class _DistinctTexts:
    """Numbers distinct texts in the order in which they come."""

    def __init__(self, world: AuthoredWorld) -> None:
        self.world = world
        self.known: dict[str, int] = {}

    def of_transition(self, state: State, action: str, to: State) -> int:
        return self.index(lambda: self.world.tell(state, action, to), f"tell after {action!r}", state)

    def index(self, say: Callable[[], str], what: str, state: State) -> int:
        """The number of the text that `say` gives; `what` it is, for messages."""
        try:
            text = say()
        except Exception as error:
            raise BadWorld(
                f"World {self.world.name!r}: {what} raised {one_line(error)} in the state {state!r}."
            ) from error
        if not isinstance(text, str) or not text:
            raise BadWorld(
                f"World {self.world.name!r}: {what} gave {text!r} in the state {state!r}; expected a plain sentence."
            )
        return self.known.setdefault(text, len(self.known))
