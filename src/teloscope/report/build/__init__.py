"""The page and the terminal output of a build. Theory: A5, A8."""
