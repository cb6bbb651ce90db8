"""The demand for the extra `affect`: importing this module says what is missing, before anything needs it."""

from teloscope.errors import require

for _package in ("jax", "equinox", "optax", "safetensors"):
    require(_package, extra="affect")
