"""Proposing goals from one half of the seeds: candidate conditions, ranked by steering bits. Theory: A2."""
