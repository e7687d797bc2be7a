"""Pen and ink: lines and hatching."""

from impasto.engine.media import Absorbing

MEDIUM = Absorbing
