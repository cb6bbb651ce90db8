"""The page and the terminal output of an audit. Theory: A3."""
