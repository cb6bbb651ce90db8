"""Options as a tree of tokens: the questions by which whole options are scored, each asked once.

    log P(option | prompt) = sum over its tokens i of log P(token i | prompt, tokens before i)

Options with a common beginning share the questions about it. A question is a *node*: the tokens so far, with the next
tokens whose probabilities are needed. An option that is the beginning of another one is scored as a beginning: its
probability includes that of the longer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def tree_nodes(prompts: Sequence[Tokens], options: Sequence[Sequence[Tokens]]) -> dict[Tokens, list[int]]:
    """Node -> the next tokens whose probabilities are needed, in an order in which neighbours begin alike."""
    wanted: dict[Tokens, dict[int, None]] = {}
    for prompt, offered in zip(prompts, options, strict=True):
        for option in offered:
            for place, token in enumerate(option):
                wanted.setdefault(prompt + option[:place], {})[token] = None
    return {node: list(wanted[node]) for node in sorted(wanted)}


def option_logprobs(
    prompts: Sequence[Tokens],
    options: Sequence[Sequence[Tokens]],
    answers: Mapping[Tokens, Mapping[int, float]],
) -> list[LogProbs]:
    """For each prompt `[n]` log-probabilities of its options: sums of the answers at their nodes."""

    def option_logprob(prompt: Tokens, option: Tokens) -> float:
        return sum(answers[prompt + option[:place]][token] for place, token in enumerate(option))

    return [
        np.array([option_logprob(prompt, option) for option in offered], np.float64)
        for prompt, offered in zip(prompts, options, strict=True)
    ]
