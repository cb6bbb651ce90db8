"""Other environments as Gymnasium's: the API before 0.26, PettingZoo's games, actions that consist of several."""
