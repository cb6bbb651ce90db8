"""What a build does before its first look: examine the engine, read the world's sentences, choose where to begin."""
