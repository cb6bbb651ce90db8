"""What every test stands on: fixed randomness, one thread a worker, and a browser where there is one."""

from __future__ import annotations

import os

# Before NumPy, polars and torch are imported: two workers on two cores must not start four pools of threads.
for pool in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(pool, "1")

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# `house` is the same on every machine and every day; HYPOTHESIS_PROFILE=explore searches anew, and longer.
settings.register_profile(
    "house", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=1000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; the test is skipped, and said to be, where there is none."""
    for name in (os.environ.get("CHROMIUM", ""), *BROWSERS):
        if name and (found := shutil.which(name)):
            return found
    pytest.skip(f"no Chromium on this machine (looked for {', '.join(BROWSERS)}); the page was not looked at")
