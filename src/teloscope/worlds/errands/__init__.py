"""Errands: everyday table worlds made from a seed, in two vocabularies that share no noun and no template."""

from teloscope.worlds.errands.names import errand

__all__ = ["errand"]
