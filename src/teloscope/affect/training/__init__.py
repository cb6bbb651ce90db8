"""Training of minds: recurrent PPO in the savanna, which can be interrupted and gone on with. Theory: E2, E9."""

import teloscope.affect.extra  # noqa: F401  (before JAX is imported)
from teloscope.affect.training.ppo import Learner, Setting, learn, new_learner
from teloscope.affect.training.trained import Trained, train

__all__ = ["Learner", "Setting", "Trained", "learn", "new_learner", "train"]
