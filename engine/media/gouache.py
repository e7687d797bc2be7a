"""Gouache: opaque, matte and thin, on paper."""

from dataclasses import replace

from impasto.engine.media import Textured


class Gouache(Textured):
    """Opaque watercolour."""

    usual = replace(
        Textured.usual, tip=0.8, square=0.6, soft=0.03, ragged=0.16, start=0.15, lift=0.5, run_dry=0.4, bite=0.6,
        dry_from=0.6, streak=0.014, mix=0.009, drag=0.12, body=0.00022, furrow=0.4, ridge=0.2, blob=0.15, keep=0.6,
    )  # fmt: skip
    shine = replace(Textured.shine, gloss=0.03, weave=0.00025, relief=0.7, valley=0.1, ground="paper")


MEDIUM = Gouache
