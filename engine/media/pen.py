"""Pen and ink: lines and hatching."""

from impasto.engine.media import Absorbing
from impasto.engine.wash.numbers import Nature


class Pen(Absorbing):
    """Lines of ink, which now and then skip the paper's hollows."""

    nature = Nature("line", gain=1.0, tooth=0.25, toothed=0.12, light=0.08)


MEDIUM = Pen
