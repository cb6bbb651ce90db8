"""Commands that audit: the whole at once, and each step by itself."""
