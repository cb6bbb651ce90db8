"""What a stable-baselines3 zip earned where it was evaluated or trained, beside what it earns here.

    evaluations.npz    beside the zip: what `EvalCallback` measured
    in the zip         the returns of the last training episodes

Source: stable-baselines3 (EvalCallback, Monitor).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FAR = 3.0
"""Returns are far apart if their means differ by more than this many standard deviations."""
FIRST = 100
"""Recorded episodes that are compared, at most."""


class Evaluation(NamedTuple):
    """Returns that were known before."""

    returns: tuple[float, ...]
    source: str


def evaluation_of(path: Path, model: Any) -> Evaluation | None:
    """The returns that are known of a zip: of its evaluation, or of the end of its training."""
    beside = path.with_name("evaluations.npz")
    if beside.is_file():
        try:
            with np.load(beside, allow_pickle=False) as file:
                results = np.asarray(file["results"], np.float64)  # [evaluations, episodes]
        except (OSError, ValueError, KeyError):
            results = np.zeros((0, 0))
        if results.ndim == 2 and results.size and np.isfinite(results).all():
            best = path.stem == "best_model"
            row = results[int(results.mean(axis=1).argmax())] if best else results[-1]
            which = "the best" if best else "the last"
            return Evaluation(tuple(row), f"{which} evaluation in {beside.name}")
    try:
        returns = tuple(float(episode["r"]) for episode in getattr(model, "ep_info_buffer", None) or ())
    except (KeyError, TypeError, ValueError):
        returns = ()
    return Evaluation(returns, "the last training episodes, kept in the zip") if returns else None


def return_remark(known: Evaluation | None, recorded: Sequence[float]) -> str:
    """The first recorded returns beside those that are known, in a sentence."""
    here = np.asarray(recorded[:FIRST], np.float64)
    mine = f"The first {len(here)} recorded episodes return {_mean(here)}"
    if known is None:
        return f"{mine}. What the agent returned in training is not known: neither the zip nor its folder says."
    there = np.asarray(known.returns, np.float64)
    theirs = f"{known.source} ({len(there)}) returned {_mean(there)}"
    spread = max(float(here.std()), float(there.std()), 1e-9)
    apart = abs(float(here.mean() - there.mean()))
    if apart > FAR * spread and apart > 0.05 * abs(float(there.mean())):
        return (
            f"{mine}, but {theirs}. This is far apart: another policy or another environment than in training may be "
            "what was recorded. Look for a wrapper that is missing."
        )
    return f"{mine}; {theirs}."


def _mean(returns: np.ndarray[Any, Any]) -> str:
    return f"{returns.mean():.4g} on average (standard deviation {returns.std():.3g})"
