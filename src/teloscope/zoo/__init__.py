"""The zoo: agents whose goals are known, and agents that have none; they measure the instrument's own error rates."""
