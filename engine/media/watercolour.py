"""Watercolour: washes that melt into each other, granulate and dry with dark rims, on white paper."""

from impasto.engine.media import Absorbing

MEDIUM = Absorbing
