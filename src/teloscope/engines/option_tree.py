"""Options as a tree of tokens: what has to be asked so that whole options are scored, and nothing twice.

    log P(option | prompt) = sum over its tokens i of log P(token i | prompt, tokens before i)

Options that begin alike share the questions about their common beginning: a question is a *node*, the tokens read so
far, with the tokens that are wanted next. An option that is the beginning of another is scored as a beginning: its
probability includes that of the longer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from teloscope.engines.engine import LogProbs
from teloscope.errors import BadEngine

Tokens = tuple[int, ...]
FLOOR = -100.0
"""The least log-probability (nats) that a token is given: single precision can't tell less apart."""


def check_options(options: Sequence[str]) -> None:
    """Refuse options that can't be scored.

    Raises:
        BadEngine: there are none, one is empty, or one stands there twice.
    """
    if not options or not all(options):
        raise BadEngine(f"Options to choose from must be texts, but got {list(options)!r}. Give each a letter.")
    if len(set(options)) < len(options):
        twice = sorted({option for option in options if list(options).count(option) > 1})
        raise BadEngine(f"Options to choose from must differ, but {twice[0]!r} stands there more than once: drop one.")


def nodes(prompts: Sequence[Tokens], options: Sequence[Sequence[Tokens]]) -> dict[Tokens, list[int]]:
    """What has to be asked: node -> the next tokens that are wanted, in an order in which neighbours begin alike."""
    wanted: dict[Tokens, dict[int, None]] = {}
    for prompt, offered in zip(prompts, options, strict=True):
        for option in offered:
            for place, token in enumerate(option):
                wanted.setdefault(prompt + option[:place], {})[token] = None
    return {node: list(wanted[node]) for node in sorted(wanted)}


def totals(
    prompts: Sequence[Tokens],
    options: Sequence[Sequence[Tokens]],
    answers: Mapping[Tokens, Mapping[int, float]],
) -> list[LogProbs]:
    """Each prompt's options added up from the answers at their nodes: `[n]` log-probabilities a prompt."""

    def total(prompt: Tokens, option: Tokens) -> float:
        return sum(answers[prompt + option[:place]][token] for place, token in enumerate(option))

    return [
        np.array([total(prompt, option) for option in offered], np.float64)
        for prompt, offered in zip(prompts, options, strict=True)
    ]
