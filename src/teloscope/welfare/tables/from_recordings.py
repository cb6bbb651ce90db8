"""Beings from recordings: each recorded agent is a being, each context they share an option.

    u[context, agent] = mean over the agent's episodes there of its return, or of a recorded number such as a latent z

The declared assumption: same behaviour, unknown scale. An agent that is trained on ten times the reward acts the same.

Theory: E0, A1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from teloscope.errors import BadUtilities
from teloscope.schema import AGENT
from teloscope.welfare.tables.reading import of_draws
from teloscope.welfare.tables.utilities import Floats, Utilities, table

if TYPE_CHECKING:
    from teloscope.recordings import Recording

RETURN = "return"
BOOTSTRAPS = 200
FEWEST = 2
"""Episodes that a mean needs, for its error to be known at all."""


def from_recordings(
    recordings: Mapping[str, Recording] | Sequence[Recording],
    of: str = RETURN,
    contexts: Sequence[str] | None = None,
    seed: int = 0,
) -> Utilities:
    """A table of utilities whose beings are recorded agents and whose options are contexts.

    Draws say how sure the means are: in each, every context's seeds are drawn again with replacement, for all agents
    alike where their episodes have the same seeds.

    Args:
        recordings: being -> recording; or recordings, each called by its agent's name.
        of: `return`, or a number over recorded features, such as `z` or `energy - damage`: its mean over an episode.
        contexts: those to compare; default: all that every recording has.
        seed: of the draws.

    Raises:
        BadUtilities: fewer than two contexts are shared, or an agent has too few episodes, or values that
            are not finite.
        NotFound: a context is not recorded.
        BadRegime: `of` can't be evaluated on the features.
    """
    told = dict(recordings) if isinstance(recordings, Mapping) else _named(recordings)
    if not told:
        raise BadUtilities("There are no recordings to compare. Make one with `teloscope record` for each being.")
    shared = list(contexts) if contexts is not None else _shared(told)
    if len(shared) < 2:
        raise BadUtilities(
            f"The recordings share {len(shared)} contexts; expected two or more, since contexts are the options. "
            f"Record "
            "each agent in the same contexts."
        )
    cells = [[_episodes(recording, being, of, context) for being, recording in told.items()] for context in shared]
    draws = np.stack([_means(row, np.random.default_rng([seed, o])) for o, row in enumerate(cells)], axis=1)
    value = np.array([[values.mean() for values, _ in row] for row in cells])
    parts: dict[str, Any] = of_draws(draws, shared, list(told)) | {"value": value}
    origin = "returns" if of == RETURN else "feature"
    what = "the mean return" if of == RETURN else f"the mean of {of}"
    parts["notes"] = [
        f"A being's utility in a context is {what} of its episodes there: same behaviour, unknown scale. "
        f"{BOOTSTRAPS} bootstrap draws over seeds say how sure these means are; they know nothing of other "
        "training runs.",
        *parts["notes"],
    ]
    return replace(table(shared, list(told), **parts), origin=origin)


def _named(recordings: Sequence[Recording]) -> dict[str, Recording]:
    names = [recording.manifest.agent.name for recording in recordings]
    alike = len(set(names)) < len(names)
    told = {f"{r.folder.name}" if alike else name: r for name, r in zip(names, recordings, strict=True)}
    if len(told) < len(names):
        raise BadUtilities(
            "Two recordings have the same agent and folders of the same name; give a mapping from names to recordings."
        )
    return told


def _shared(recordings: Mapping[str, Recording]) -> list[str]:
    """The contexts that all have, in the order of the first."""
    names = [[context.name for context in recording.contexts] for recording in recordings.values()]
    return [name for name in names[0] if all(name in others for others in names[1:])]


def _episodes(recording: Recording, being: str, of: str, context: str) -> tuple[Floats, NDArray[np.uint64]]:
    """`[N]` what each episode is worth, and `[N]` the episodes' seeds."""
    if of == RETURN:
        values = recording.episodes(context, AGENT)["return"].to_numpy().astype(np.float64)
    else:
        values = recording.numbers(of, context, AGENT).mean(axis=1)
    if len(values) < FEWEST or not np.isfinite(values).all():
        raise BadUtilities(
            f"{being!r} has {len(values)} episodes in the context {context!r} and {np.isfinite(values).sum()} finite "
            f"values "
            f"of {of!r}; expected {FEWEST} episodes or more, all with a value. Record more, or measure another number."
        )
    return np.asarray(values, dtype=np.float64), recording.seeds(context)


def _means(row: list[tuple[Floats, NDArray[np.uint64]]], rng: np.random.Generator) -> Floats:
    """`[D, B]` means of resampled episodes; agents whose episodes have the same seeds are resampled together."""
    first = row[0][1]
    together = rng.integers(len(first), size=(BOOTSTRAPS, len(first)))
    out = np.empty((BOOTSTRAPS, len(row)))
    for b, (values, seeds) in enumerate(row):
        alike = np.array_equal(seeds, first)
        drawn = together if alike else rng.integers(len(values), size=(BOOTSTRAPS, len(values)))
        out[:, b] = values[drawn].mean(axis=1)
    return out
