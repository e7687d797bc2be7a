"""Dry brush: so little oil that bristles leave gaps from the start, where what lies beneath shows."""

from dataclasses import replace

from impasto.engine.media import Textured


class Dry(Textured):
    """Oil from a brush that was wiped."""

    usual = replace(
        Textured.usual, dry=0.28, run_dry=0.6, dry_from=0.2, bite=0.6, hard=0.08, body=0.0007, ragged=0.35, drag=0.2
    )
    shine = replace(Textured.shine, gloss=0.08)


MEDIUM = Dry
