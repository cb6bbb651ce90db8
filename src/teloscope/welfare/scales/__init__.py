"""What is believed of the scales: priors, published welfare ranges, draws, and the chances that follow. Theory: E0."""
