"""What an engine is shown: prompts, text observations of a state, worked examples. Theory: S2."""
