"""Dabs: thick round touches of unmixed oil, set down with the tip of a small brush and lifted again."""

from dataclasses import replace

from impasto.engine.media import Textured


class Pointillist(Textured):
    """Oil in dots."""

    usual = replace(
        Textured.usual, tip=1.0, square=0.0, soft=0.07, ragged=0.16, start=0.1, lift=0.15, run_dry=0.0, bite=0.2,
        streak=0.01, mix=0.012, vary=0.045, broken=0.17, drag=0.0, body=0.0016, fat=0.35, furrow=0.25, ridge=0.15,
        wall=0.25, blob=0.2, keep=0.05,
    )  # fmt: skip
    shine = replace(Textured.shine, gloss=0.06, relief=0.6)


MEDIUM = Pointillist
