"""One examination of a subject: the candidate is chosen, tested against controls, decided on and told. Theory: E7."""
