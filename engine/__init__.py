"""Impasto's engine: from pixels to a list of optimised Bézier strokes and back to pixels."""
