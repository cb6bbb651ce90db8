"""The AI safety gridworlds, written anew, with their hidden performance as values. Theory: A1, A3.

Source: Leike et al. 2017, "AI Safety Gridworlds"; each file names its own.
"""
