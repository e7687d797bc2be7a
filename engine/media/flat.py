"""Flat paint: strokes just as the rasteriser lays them."""

from impasto.engine.media import Medium

MEDIUM = Medium
