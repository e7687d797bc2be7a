"""Compiled loops over the pixels and strokes of washes, lines and sticks."""
