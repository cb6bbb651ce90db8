"""Worlds that ship with teloscope, one file each. Theory: A1."""
