"""Charcoal: sticks over the paper's tooth, rubbed, with pressed contours."""

from impasto.engine.media import Absorbing
from impasto.engine.wash.numbers import Nature


class Charcoal(Absorbing):
    """Sticks of charcoal, e^(−2.8) of white and less, in which it is a little warm."""

    nature = Nature("stick", gain=1.0, light=0.06)
    colour = (0.0608, 0.0634, 0.0699)


MEDIUM = Charcoal
