"""Impasto turns a photo into a painting made of real, optimised brush strokes."""
