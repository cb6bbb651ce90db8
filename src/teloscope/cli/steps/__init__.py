"""Commands that audit: all steps at once, or each step by itself."""
