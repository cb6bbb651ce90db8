"""Erasure of a concept from latents: the smallest change after which no linear read-out can say the concept.

    x' = x - W^+ P W (x - E x),   W = Cov(x)^(-1/2),   P the projection on the span of W Cov(x, concept)

Source: Belrose et al. 2023, "LEACE: Perfect linear concept erasure in closed form", theorem 4.3. The kept package
`concept-erasure` computes the same in PyTorch; this is the closed form for several minds at once, in NumPy.
"""

from __future__ import annotations

import numpy as np

RANK_FLOOR = 1e-6
"""Directions with less than this share of the largest variance count as constant."""


def erase(latents: np.ndarray, concept: np.ndarray) -> np.ndarray:
    """Latents without the concept.

    Args:
        latents: `[M, E, T, D]`.
        concept: `[M, E, T]` or `[M, E, T, C]`, such as the critic's value. Steps where it is NaN take no part in the
            fit and are changed like the others.

    Returns:
        `[M, E, T, D]`: the covariance with the concept is 0 for each mind.
    """
    minds, width = len(latents), latents.shape[-1]
    concept = concept[..., None] if concept.ndim == 3 else concept
    x, z = latents.reshape(minds, -1, width).astype(float), concept.reshape(minds, -1, concept.shape[-1]).astype(float)
    kept = np.asarray(np.isfinite(z).all(-1) & np.isfinite(x).all(-1))
    counted = np.maximum(kept.sum(1), 1)[:, None]
    mean = (np.where(kept[..., None], x, 0).sum(1) / counted)[:, None]
    mean_z = (np.where(kept[..., None], z, 0).sum(1) / counted)[:, None]
    x0, z0 = np.where(kept[..., None], x - mean, 0), np.where(kept[..., None], z - mean_z, 0)
    covariance = np.swapaxes(x0, 1, 2) @ x0 / counted[..., None]
    cross = np.swapaxes(x0, 1, 2) @ z0 / counted[..., None]
    values, vectors = np.linalg.eigh(covariance)
    good = values > RANK_FLOOR * values[:, -1:]
    root = np.where(good, np.sqrt(np.maximum(values, 1e-30)), 0.0)
    inverse = np.where(good, 1 / np.maximum(root, 1e-15), 0.0)
    whiten = (vectors * inverse[:, None]) @ np.swapaxes(vectors, 1, 2)
    colour = (vectors * root[:, None]) @ np.swapaxes(vectors, 1, 2)
    span, sizes, _ = np.linalg.svd(whiten @ cross, full_matrices=False)
    span = np.where((sizes > 1e-10)[:, None], span, 0.0)
    change = colour @ span @ np.swapaxes(span, 1, 2) @ whiten
    return (x - (x - mean) @ np.swapaxes(change, 1, 2)).reshape(latents.shape)
