"""Confirming goals on the seeds that did not propose them: evidence, and whether they are pursued. Theory: A2."""
