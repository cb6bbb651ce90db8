"""Words for what a world shows and what happens in it, where its author wrote none. Theory: S2."""
