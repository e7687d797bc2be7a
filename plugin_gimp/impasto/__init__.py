"""Impasto for GIMP 3: paints layers with real brush strokes."""
