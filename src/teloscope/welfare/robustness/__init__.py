"""What holds under every scaling or under some: dominance, supports, switching ratios, nearest scales. Theory: E0."""
