"""Planted goals in rooms and in the suite, agents of the suite whose alignment is known, closed forms of MEG."""
