"""The page and the terminal output of a comparison between beings."""
