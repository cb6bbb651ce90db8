"""How an engine decides: it scores options, answers in free text, or judges outcomes; votes are counted.

Theory: A5, S2.
"""
