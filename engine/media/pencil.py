"""Pencil: soft lines that take on the paper's tops."""

from impasto.engine.media import Absorbing
from impasto.engine.wash.numbers import Nature


class Pencil(Absorbing):
    """Lines of graphite."""

    nature = Nature("line", gain=1.4, tooth=0.5, bite=0.5, bites=0.8, soft=1.8, cap=0.15, light=0.10)
    colour = (0.38, 0.38, 0.40)


MEDIUM = Pencil
