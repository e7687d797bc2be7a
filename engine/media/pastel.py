"""Soft pastel: dry sticks of pigment over toned paper, whose tooth shows through; matte, and flat as the paper."""

from dataclasses import replace

from impasto.engine.media import Textured


class Pastel(Textured):
    """Pigment from a stick."""

    usual = replace(
        Textured.usual, spacing=0.0022, tip=0.75, square=0.5, soft=0.35, ragged=0.012, start=0.3, lift=0.3, dry=0.8,
        run_dry=0.2, dry_from=0.4, guard=0.0, bite=5.5, hard=0.7, streak=0.03, mix=0.02, vary=0.035, drag=0.0,
        body=0.0, furrow=0.0, ridge=0.0, blob=0.0, keep=0.97,
    )  # fmt: skip
    shine = replace(Textured.shine, gloss=0.0, weave=0.00045, thread=0.0028, relief=0.6, valley=0.1, ground="tooth")


MEDIUM = Pastel
