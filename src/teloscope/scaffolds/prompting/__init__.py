"""What an engine is shown: prompts, views of a state, worked examples. Theory: S2."""
