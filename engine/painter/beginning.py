"""Who paints what is asked for: the painter fits strokes, the drawer traces lines, and some pictures take both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.engine.media import refuse_mixtures
from impasto.engine.painter.budget import RegionSettings, allot
from impasto.engine.painter.painter import WORKING_SIZE, Painter
from impasto.engine.painter.plan import shared
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture
from impasto.engine.segment.regions import Regions
from impasto.engine.styles import Style, validate_style

if TYPE_CHECKING:
    from impasto.engine.painter.drawer import Drawer


def begin(
    picture: Picture,
    style: Style,
    *,
    strokes: int | None = None,
    regions: Regions | None = None,
    region_settings: Mapping[str, RegionSettings] | None = None,
    **options: Any,
) -> Painter | Drawer:
    """A painter of a picture, or a drawer if its styles are lines alone; options: as `Painter` takes them.

    strokes: how many: exactly, but for regions that are lines alone, where it is at most; by default the styles'
    numbers, and as many lines as the picture asks for.

    Raises ImpastoError for styles that cannot be in one painting, and for all that `Painter` and `Drawer` refuse.
    """
    settings = region_settings or {}
    names = () if regions is None else regions.names
    styles = [style if name not in settings else settings[name].style or style for name in names] or [style]
    refuse_mixture(styles)
    asked: dict[str, Any] = {"regions": regions, "region_settings": settings, **options}
    if not any(each.has_lines for each in styles):
        return Painter(picture, style, strokes=strokes, **asked)
    if all(each.is_traced for each in styles):
        from impasto.engine.painter.drawer import Drawer  # whoever draws nothing need not load it

        return Drawer(picture, style, strokes=strokes, **asked)
    return _with_lines(picture, style, strokes, regions, settings, options)


def resume(painting: Painting, picture: Picture, **options: Any) -> Painter | Drawer:
    """The painter that goes on with an unfinished painting, or a drawer that begins it again; options: as theirs.

    Raises ImpastoError if the painting is finished, damaged, or made from another picture.
    """
    styles = styles_in(painting)
    if all(each.is_traced for each in styles):
        from impasto.engine.painter.drawer import Drawer

        return Drawer.resume(painting, picture, **options)
    strokes = painting.strokes.validated("the painting's strokes")
    drawn = np.zeros(len(strokes), bool)
    for row, style in enumerate(styles):
        lines = [number for number, each in enumerate(style.passes) if each.trace is not None]
        drawn |= (strokes.region == row) & np.isin(strokes.pass_index, lines)
    painter = Painter.resume(replace(painting, strokes=strokes.take(~drawn)), picture, **options)
    painter.keep(strokes.take(drawn))
    return painter


def styles_in(painting: Painting) -> list[Style]:
    """The style of each of a painting's regions, or its own. Raises ImpastoError for what is none."""
    own = validate_style(painting.style, "the style in the painting")
    infos = () if painting.regions is None else painting.regions.infos
    return [validate_style(i.style, f"the style of {i.name}") if i.style else own for i in infos] or [own]


def refuse_mixture(styles: Sequence[Style]) -> None:
    """Raise ImpastoError if some styles' media let the paper through and others cover it."""
    refuse_mixtures({each.medium or style.medium.kind for style in styles for each in style.passes})


def _with_lines(
    picture: Picture,
    style: Style,
    strokes: int | None,
    regions: Regions | None,
    settings: Mapping[str, RegionSettings],
    options: Mapping[str, Any],
) -> Painter:
    """A painter of what is fitted, that keeps the lines there are: these are drawn here, which takes a second."""
    from impasto.engine.painter.linework import FIRST_ID, Linework

    asked = allot(picture, style, style.strokes if strokes is None else strokes, regions, settings)
    names: Sequence[str] = [""] if asked.regions is None else asked.regions.names
    own = [settings.get(name, RegionSettings()) for name in names]
    limited = [strokes is not None or its.strokes is not None for its in own]
    budgets = [
        count if given else max(round(count * each.strokes / style.strokes), 1)
        for count, given, each in zip(asked.budgets, limited, asked.styles, strict=True)
    ]
    most = list(map(_most_lines, asked.styles, budgets))
    linework = Linework(
        picture, asked.styles, None if asked.regions is None else asked.regions.masks,
        [lines if given else None for lines, given in zip(most, limited, strict=True)],
        seed=options.get("seed", 0), working_size=options.get("working_size", WORKING_SIZE),
        effort=options.get("effort", "normal"), threads=options.get("threads"),
    )  # fmt: skip
    for step in linework.steps:
        linework.draw(step)
    drawn = linework.strokes(linework.steps, FIRST_ID)
    used = [int((drawn.region == row).sum()) for row in range(len(budgets))]
    fitted = np.array(
        [
            0 if each.is_traced else budget - (lines if given else ceiling)
            for each, budget, lines, ceiling, given in zip(asked.styles, budgets, used, most, limited, strict=True)
        ]
    )
    free = np.array([not each.is_traced and its.strokes is None for each, its in zip(asked.styles, own, strict=True)])
    left = 0 if strokes is None else strokes - int(fitted.sum()) - len(drawn)
    if left > 0 and free.any():
        fitted[free] += _spread(left, fitted[free])
    each_own = {
        name: replace(its, strokes=int(count)) for name, its, count in zip(names, own, fitted, strict=True)
    }  # fmt: skip
    painter = Painter(
        picture, style, strokes=int(fitted.sum()), regions=regions,
        region_settings=None if regions is None else each_own, **options,
    )  # fmt: skip
    painter.keep(drawn)
    return painter


def _most_lines(style: Style, budget: int) -> int:
    """How many of a region's strokes may be lines: their share, and all if they are all there is."""
    if style.is_traced:
        return budget
    lines = sum(each.share for each in style.passes if each.trace is not None)
    others = [each.share for each in style.passes if each.trace is None]
    return max(min(int(budget * lines / (lines + sum(others))), budget - len(others)), 0)


def _spread(left: int, counts: np.ndarray) -> np.ndarray:
    """Share what is left in proportion to the counts; who gets none of few is no matter."""
    if left >= len(counts):
        return shared(left, np.maximum(counts, 1))
    return (np.arange(len(counts)) < left).astype(int)
