"""Rollouts: actors play batches of episodes in a world. Theory: A1."""
