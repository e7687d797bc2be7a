"""Chalk: a dry stick on sanded paper, matte, with more of the ground between its marks than pastel leaves."""

from dataclasses import replace

from impasto.engine.media import Textured


class Chalk(Textured):
    """School chalk; lengths are shares of a stroke's radius, see `impasto.engine.texture.numbers`."""

    usual = replace(
        Textured.usual, dry=0.3, run_dry=0.2, bite=0.9, ragged=0.3, streak=0.02, drag=0.05, body=0.0003, furrow=0.2,
        ridge=0.0, blob=0.0,
    )  # fmt: skip
    shine = replace(Textured.shine, gloss=0.0, ground="tooth")


MEDIUM = Chalk
