"""Proposing goals from one half of the seeds: conditions and rules that predict choices if wanted. Theory: A2."""
