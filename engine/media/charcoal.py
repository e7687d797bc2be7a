"""Charcoal: sticks over the paper's tooth, rubbed, with pressed contours."""

from impasto.engine.media import Absorbing

MEDIUM = Absorbing
