"""Candidates for an affect: small subspaces of the latents, found on the half of the episodes that is not tested.

- `slow`: the slow channel, if the mind was built with one. It is named before anything is seen.
- `effort`: the top directions of a reduced-rank regression of future effort on latents.
- `sparse`: the same with few latents in each direction (soft thresholds, proximal gradient).

Source: Izenman 1975 (reduced-rank regression); Tibshirani 1996, Beck & Teboulle 2009 (the sparse one).
Theory: E7.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from teloscope.affect.statistics.regression import predicted
from teloscope.affect.traces import Trace
from teloscope.errors import BadStudy, NotFound

RANK = 2
LEADS = (1, 2, 4, 8)
"""How many steps ahead effort is predicted."""
PENALTY = 0.02
"""Of the sparse candidate, in units of standardised effort."""


def candidate(name: str, trace: Trace, slow: tuple[int, ...]) -> np.ndarray:
    """`[M, D, K]`: a basis of the candidate's subspace, one column a direction.

    Args:
        name: one of `CANDIDATES`.
        trace: episodes that are not tested.
        slow: latents of the slow channel; empty: there is none.

    Raises:
        NotFound: no such candidate.
        BadStudy: the mind has no slow channel.
    """
    if name not in CANDIDATES:
        raise NotFound("candidate", name, CANDIDATES)
    return CANDIDATES[name](trace, slow)


def _slow(trace: Trace, slow: tuple[int, ...]) -> np.ndarray:
    if not slow:
        raise BadStudy("The mind has no slow channel. Expected another candidate: effort or sparse.")
    basis = np.eye(trace.latents.shape[-1])[:, list(slow)]
    return np.broadcast_to(basis, (trace.shape[0], *basis.shape)).copy()


def future_effort(trace: Trace) -> np.ndarray:
    """`[M, E, T, len(LEADS)]`: effort some steps ahead, NaN past the end."""
    ahead = np.full((*trace.effort.shape, len(LEADS)), np.nan)
    for place, lead in enumerate(LEADS):
        ahead[..., :-lead, place] = trace.effort[..., lead:]
    return ahead


def _flat(trace: Trace) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Latents `[M, N, D]` standardised, effort ahead `[M, N, L]`, which steps count, and the latents' spread."""
    minds = trace.shape[0]
    x = trace.latents.reshape(minds, -1, trace.latents.shape[-1]).astype(float)
    y = future_effort(trace).reshape(minds, x.shape[1], -1)
    kept = np.asarray(np.isfinite(y).all(-1) & np.isfinite(x).all(-1))
    spread = x.std(1, keepdims=True)
    x = (x - x.mean(1, keepdims=True)) / np.where(spread > 1e-8, spread, np.inf)
    return x, y, kept, np.where(spread > 1e-8, spread, np.inf)[:, 0]


def _reduced_rank(trace: Trace, slow: tuple[int, ...]) -> np.ndarray:
    x, y, kept, spread = _flat(trace)
    beta = predicted(x, y, kept)[:, :-1]
    fitted = np.where(kept[..., None], x @ beta, 0.0)
    _, _, right = np.linalg.svd(np.swapaxes(fitted, 1, 2) @ fitted)
    return (beta @ np.swapaxes(right[:, :RANK], 1, 2)) / spread[..., None]


def _sparse(trace: Trace, slow: tuple[int, ...]) -> np.ndarray:
    x, y, kept, spread = _flat(trace)
    x, y = np.where(kept[..., None], x, 0.0), np.where(kept[..., None], y, 0.0)
    counted = np.maximum(kept.sum(1), 1)[:, None, None]
    y = (y - y.sum(1, keepdims=True) / counted) * kept[..., None]
    y = y / np.maximum(np.sqrt((y**2).sum(1, keepdims=True) / counted), 1e-12)
    gram, side = np.swapaxes(x, 1, 2) @ x / counted, np.swapaxes(x, 1, 2) @ y / counted
    step = 1 / np.maximum(np.linalg.eigvalsh(gram)[:, -1], 1e-9)[:, None, None]
    beta = np.zeros_like(side)
    for _ in range(300):
        moved = beta - step * (gram @ beta - side)
        beta = np.sign(moved) * np.maximum(np.abs(moved) - PENALTY * step, 0)
    first, last = beta[..., 0], beta[..., -1]
    return np.stack([first, last], -1) / spread[..., None]


CANDIDATES: dict[str, Callable[[Trace, tuple[int, ...]], np.ndarray]] = {
    "slow": _slow,
    "effort": _reduced_rank,
    "sparse": _sparse,
}
