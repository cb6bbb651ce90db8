"""The affect laboratory: a world of energy, minds that live in it, and what their latents do.

Theory: E0-E9.

JAX and its libraries come with an extra: pip install 'teloscope[affect]'.
"""

from teloscope.errors import require

for _package in ("jax", "equinox", "optax", "safetensors"):
    require(_package, extra="affect")

from teloscope.affect.training import Trained, train  # noqa: E402  (after the check that their libraries are there)

__all__ = ["Trained", "train"]
