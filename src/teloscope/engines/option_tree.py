"""Options as a tree of tokens: the questions by which whole options are scored, each asked once.

    log P(option | prompt) = sum over its tokens i of log P(token i | prompt, tokens before i)

Options with a common beginning share the questions about it. A question is a *node*: the tokens so far, with the next
tokens whose probabilities are needed. An option that is the beginning of another one is scored as a beginning: its
probability includes that of the longer one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from teloscope.engines.engine import LogProbs
from teloscope.errors import BadEngine

Tokens = tuple[int, ...]
FLOOR = -100.0
"""The least log-probability (nats) of a token; single precision can't distinguish smaller ones."""


def check_options(options: Sequence[str]) -> None:
    """Check that options can be scored.

    Raises:
        BadEngine: there are none, one is empty, or two are equal.
    """
    if not options or not all(options):
        raise BadEngine(f"Options to choose from must be texts, but got {list(options)!r}. Give each a letter.")
    if len(set(options)) < len(options):
        twice = sorted({option for option in options if list(options).count(option) > 1})
        raise BadEngine(f"Options to choose from must differ, but {twice[0]!r} stands there more than once: drop one.")


class OptionTree:
    """The nodes of some prompts' options, and what is known of them so far."""

    def __init__(self, prompts: Sequence[Tokens], options: Sequence[Sequence[Tokens]]) -> None:
        """`[n]` prompts with their options, as tokens."""
        self.prompts, self.options = prompts, options
        self._answers: dict[Tokens, Mapping[int, float]] = {}
        self._places: dict[Tokens, list[int]] = {}
        self._left = [0] * len(prompts)
        wanted: dict[Tokens, dict[int, None]] = {}
        for place, (prompt, offered) in enumerate(zip(prompts, options, strict=True)):
            mine = {prompt + option[:i]: None for option in offered for i in range(len(option))}
            self._left[place] = len(mine)
            for node in mine:
                self._places.setdefault(node, []).append(place)
            for option in offered:
                for i, token in enumerate(option):
                    wanted.setdefault(prompt + option[:i], {})[token] = None
        self.nodes = {node: list(wanted[node]) for node in sorted(wanted)}
        """Node -> the next tokens whose probabilities are needed, in an order in which neighbours begin alike."""

    def answer(self, node: Tokens, probabilities: Mapping[int, float]) -> Iterator[tuple[int, LogProbs]]:
        """Note the log-probabilities at a node; the prompts that this completes, each as (place, its options')."""
        self._answers[node] = probabilities
        for place in self._places[node]:
            self._left[place] -= 1
            if not self._left[place]:
                yield place, self._logprobs(place)

    def logprobs(self) -> list[LogProbs]:
        """For each prompt `[n]` log-probabilities of its options, once every node is answered."""
        return [self._logprobs(place) for place in range(len(self.prompts))]

    def _logprobs(self, place: int) -> LogProbs:
        """`[n]` sums of the answers at an option's nodes."""
        prompt = self.prompts[place]
        sums = [
            sum(self._answers[prompt + option[:i]][token] for i, token in enumerate(option))
            for option in self.options[place]
        ]
        return np.array(sums, np.float64)
