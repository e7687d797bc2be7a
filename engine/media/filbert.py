"""A soft rounded brush in oil, quieter than `oil`: for faces."""

from dataclasses import replace

from impasto.engine.media import Textured


class Filbert(Textured):
    """Oil from a filbert."""

    usual = replace(
        Textured.usual, spacing=0.0023, tip=1.0, square=0.1, soft=0.12, ragged=0.12, start=0.15, lift=0.4, run_dry=0.3,
        bite=0.25, streak=0.026, mix=0.014, drag=0.35, body=0.00095, furrow=0.6, ridge=0.4, wall=0.2, blob=0.35,
    )  # fmt: skip
    shine = replace(Textured.shine, gloss=0.08, relief=0.6, valley=0.1)


MEDIUM = Filbert
