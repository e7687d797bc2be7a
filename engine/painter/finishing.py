"""What is done once to a painting whose strokes are finished: borders along the picture's, colours for its medium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impasto.engine.painter.group import StyleGroup
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.refit import fitting_side, flat
from impasto.engine.pictures.io import Picture
from impasto.engine.shapes import Rgba, Which

f4 = np.float32


def finished(
    painting: Painting, picture: Picture, groups: Sequence[StyleGroup], threads: int | None, *, cancelled: bool
) -> Painting:
    """A painting with its regions' borders along those in the picture, and its colours refitted if it is whole."""
    regions = painting.regions
    if regions is not None:
        painting = replace(painting, regions=regions.refined(picture.rgb, threads))
    return painting if cancelled else _fitted(painting, groups, threads)


def _fitted(painting: Painting, groups: Sequence[StyleGroup], threads: int | None) -> Painting:
    """The painting, its colours refitted so that its medium shows what the strokes were fitted to.

    Colours that a style leaves as they were placed, however wilful, are shown as they are; and so are those that were
    fitted by a loss that does not compare pixels, since what it is after is not the picture.
    """
    if not painting.is_fitted_by_colour:
        return painting
    return painting.fitted(threads, aim_of_colours(painting, groups, threads))


def aim_of_colours(
    painting: Painting, groups: Sequence[StyleGroup], threads: int | None
) -> Rgba:  # fmt: skip
    """What colours are refitted to: (h, w, 4) of `fitting_size`, premultiplied, what a painting's medium is to show."""
    side = fitting_side(painting)
    own = None if all(group.aims_at_pixels for group in groups) else flat(painting, threads)
    shown = np.zeros((), f4)
    for group in groups:
        seen = group.shown(side)
        shown = shown + (seen if own is None or group.aims_at_pixels else own * seen[..., 3:])
    share = shown[..., 3:]
    return np.divide(shown, share, out=np.zeros_like(shown), where=share > 0) * np.minimum(share, 1)


def carried_on(old: Painting, kept: Which, new: Painting, joined: Painting) -> Painting:
    """A repainted painting whose kept strokes look as they did, to the bit, and whose new ones as they were painted.

    old: before, fitted; kept: (N,) which of its strokes are still there, before the new ones in `joined`; new: these.
    """
    from impasto.engine.painting.materials import carried_in
    from impasto.engine.painting.refit import Refit, look_of

    if not joined.is_fitted_by_colour:
        return joined
    colours, carried = joined.strokes.table[:, 10:13].copy(), carried_in(joined)
    count = int(kept.sum())
    if old.refit is not None:
        colours[:count], carried[:count] = old.refit.colours[kept], old.refit.carried[kept]
    if new.refit is not None:
        colours[count:] = new.refit.colours
    return replace(joined, refit=Refit(colours, carried, look_of(joined)))
