"""Ink wash: one ink, thinned in a few values, with dry strokes."""

from impasto.engine.media import Absorbing

MEDIUM = Absorbing
