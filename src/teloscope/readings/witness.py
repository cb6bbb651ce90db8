"""An engine whose questions and answers are kept as transcripts, in groups that numbers refer to.

Where an engine gives no log-probabilities, options are drawn instead: `DRAWS` replies each, read for the option that
they name. The log-probabilities are then those of smoothed counts, and every interval is wider by that noise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from teloscope.engines.engine import Decoding, Engine, LogProbs, Prompt, Reply, Spent
from teloscope.schema import TranscriptDocument

if TYPE_CHECKING:
    from teloscope.worlds.world import World

MOST = 500
"""Transcripts kept in a group."""
CHUNK = 16
"""Prompts asked at once; progress is told between chunks, and answers so far are in the cache."""
DRAWS = 20
"""Replies drawn for a question whose options can't be scored."""
Progress = Callable[[str, int, int], None]
"""Called with (what is asked, prompts answered, prompts in all)."""


class Transcripts:
    """The transcripts of all readings."""

    def __init__(self) -> None:
        self.kept: list[TranscriptDocument] = []
        self.left_out: Counter[str] = Counter()
        self.asked = 0
        self._count: Counter[str] = Counter()
        self._seen: set[tuple[str, str, tuple[str, ...], str | None]] = set()

    def add(
        self,
        group: str,
        prompt: str,
        said: str | None = None,
        scores: dict[str, float] | None = None,
        read_as: str = "",
    ) -> None:
        """Keep one transcript; the same one is kept once in a group."""
        key = (group, prompt, tuple(scores or ()), said)
        if key in self._seen:
            return
        self._seen.add(key)
        self._count[group] += 1
        if self._count[group] > MOST:
            self.left_out[group] += 1
            return
        self.kept.append(
            TranscriptDocument(group=group, prompt=prompt, said=said, scores=scores or {}, read_as=read_as)
        )


class Witness(Engine):
    """An engine that keeps what it was asked and what it answered, under the current group."""

    def __init__(self, inner: Engine, log: Transcripts, progress: Progress | None = None) -> None:
        self.inner, self.log, self.tell = inner, log, progress
        self.group = ""
        """The group of the next questions; empty: they are not kept."""
        self.name, self.digest, self.context = inner.name, inner.digest, inner.context
        self.scores, self.continues = inner.scores, inner.continues

    @property
    def spent(self) -> Spent:
        return self.inner.spent

    def bound(self, world: World) -> Witness:
        """The engine bound to a world, with the same transcripts."""
        bound = self.inner.bound(world)
        if bound is self.inner:
            return self
        made = Witness(bound, self.log, self.tell)
        made.group = self.group
        return made

    def complete(
        self, prompts: Sequence[Prompt], decoding: Decoding, draws: Sequence[int] | None = None
    ) -> list[Reply]:
        """Continue each prompt."""
        numbers = list(draws) if draws is not None else [0] * len(prompts)
        replies: list[Reply] = []
        for part in self._parts(len(prompts)):
            replies += self.inner.complete(prompts[part], decoding, numbers[part])
        for prompt, reply in zip(prompts, replies, strict=True):
            if self.group:
                self.log.add(self.group, prompt.render(), reply.text)
        return replies

    def choose(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Score options, or draw them where the engine can't score."""
        found: list[LogProbs] = []
        for part in self._parts(len(prompts)):
            ask = self.inner.choose if self.scores else self._drawn
            found += ask(prompts[part], options[part])
        for prompt, offered, scores in zip(prompts, options, found, strict=True):
            if self.group:
                told = {option.strip(): round(float(s), 3) for option, s in zip(offered, scores, strict=True)}
                self.log.add(self.group, prompt.render(), scores=told)
        return found

    def _drawn(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[LogProbs]:
        """Log-probabilities from counts of the options that sampled replies name."""
        many = [prompt for prompt in prompts for _ in range(DRAWS)]
        decoding = Decoding(max_tokens=24, temperature=1.0)
        replies = self.inner.complete(many, decoding, list(range(DRAWS)) * len(prompts))
        found = []
        for place, offered in enumerate(options):
            texts = [reply.text for reply in replies[place * DRAWS : (place + 1) * DRAWS]]
            named = Counter(_named(text, offered) for text in texts)
            counts = np.array([named[i] for i in range(len(offered))], dtype=np.float64) + 0.5
            found.append(np.log(counts / (DRAWS + 0.5 * len(offered))))
        return found

    def _parts(self, count: int) -> list[slice]:
        parts = []
        for first in range(0, count, CHUNK):
            if self.tell:
                self.tell(self.group, first, count)
            parts.append(slice(first, first + CHUNK))
        self.log.asked += count
        self.asked += count
        return parts


def _named(text: str, options: Sequence[str]) -> int | None:
    """The option that a reply names first; None: it names none."""
    found = [
        (at.start(), -len(option), i)
        for i, option in enumerate(options)
        if (at := re.search(rf"(?<!\w){re.escape(option.strip().lower())}(?!\w)", text.lower()))
    ]
    return min(found)[2] if found else None
