"""Build: search the scaffolds for one that makes an aligned agent of an engine, and hand it over with a certificate.

Theory: A5, A8.
"""

from teloscope.build.budget import Budget
from teloscope.build.search import Built, build

__all__ = ["Budget", "Built", "build"]
