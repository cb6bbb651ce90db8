"""The words of a person's own world, checked for what judges can't see; and wants in words as regimes."""

from teloscope.scaffolds.wording.check import check_words
from teloscope.scaffolds.wording.wants import propose_regimes

__all__ = ["check_words", "propose_regimes"]
