"""What is found in every agent of the zoo, round by round, and the error rates that follow."""
