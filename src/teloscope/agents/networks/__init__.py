"""Trained networks as agents, whatever library holds the weights: ONNX files, stable-baselines3 zips. Theory: A1."""
