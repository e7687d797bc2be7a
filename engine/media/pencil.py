"""Pencil: soft lines that take on the paper's tops."""

from impasto.engine.media import Absorbing

MEDIUM = Absorbing
