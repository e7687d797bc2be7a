"""Ink wash: one ink, thinned in a few values, with dry strokes."""

from impasto.engine.media import Absorbing
from impasto.engine.wash.numbers import Nature


class Ink(Absorbing):
    """Washes of one ink."""

    nature = Nature(dry=2.0, lost=0.5, drift=0.0, backruns=3, pigments="ink")


MEDIUM = Ink
