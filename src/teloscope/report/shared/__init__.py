"""Pieces that several pages share: figures, formatting, the HTML frame, terminal parts."""
