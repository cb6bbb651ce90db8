"""Logs of Inspect evaluations as recordings. Theory: A1."""
