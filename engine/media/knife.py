"""Oil laid on with a palette knife: slabs with hard edges and ridges, badly mixed."""

from dataclasses import replace

from impasto.engine.media import Textured


class Knife(Textured):
    """Oil from a knife."""

    usual = replace(
        Textured.usual, spacing=0.007, tip=0.7, square=1.0, ragged=0.13, start=0.15, lift=0.5, run_dry=0.45,
        dry_from=0.4, bite=0.45, hard=0.06, streak=0.03, mix=0.042, drag=0.6, drag_far=5.0, body=0.0013, furrow=0.3,
        ridge=1.0, wall=0.12, blob=1.3, keep=0.1, soft=0.05,
    )  # fmt: skip
    shine = replace(Textured.shine, gloss=0.2)


MEDIUM = Knife
