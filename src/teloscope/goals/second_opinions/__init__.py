"""What other methods make of the same episodes: goal-directedness (MEG) and inverse RL (MCE-IRL). Theory: A2."""
