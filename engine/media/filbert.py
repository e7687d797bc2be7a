"""A soft rounded brush in oil, quieter than `oil`: for faces."""

from dataclasses import replace

from impasto.engine.media import Textured


class Filbert(Textured):
    """Oil from a filbert."""

    usual = replace(Textured.usual, square=0.25, tip=0.95, ragged=0.15, lift=0.5, run_dry=0.35, drag=0.3)


MEDIUM = Filbert
