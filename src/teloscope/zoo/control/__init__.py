"""Planted goals in arenas, classic control, MiniGrid, MO-Gymnasium and Box2D, and halls whose goals have no name."""
