"""Default texts: a world's states and transitions in words, where its author wrote none. Theory: S2."""
