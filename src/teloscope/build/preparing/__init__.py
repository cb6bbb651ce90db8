"""What a build does before its first look: see whether the budget allows a look, and read the world's sentences."""
