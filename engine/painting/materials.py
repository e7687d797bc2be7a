"""What a painting's strokes are made of, and their textures at one size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.media import Medium, Textured, light_in, medium_in, medium_of
from impasto.engine.texture import rows as textures
from impasto.engine.texture.numbers import TEXTURED_EDGE, Shine
from impasto.engine.texture.sheet import Sheet

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting
    from impasto.engine.painting.region_masks import RegionInfo

f4 = np.float32


def sheet_of(painting: Painting, height: int, width: int, threads: int | None) -> Sheet:
    """A painting's strokes with their textures, at one size. Raises ImpastoError for a medium that is not there."""
    strokes = painting.strokes
    kinds, which = media_of_strokes(painting)
    table = strokes.table.copy()
    rows = textures.plain_rows(len(table))
    edges = np.empty((len(table), 2), f4)
    carried, tip = carried_in(painting), None if painting.tip is None else painting.tip.tobytes()
    for k, medium in enumerate(kinds):
        own = which == k
        if not isinstance(medium, Textured):
            edges[own] = medium.softness, medium.edge
            continue
        edges[own] = TEXTURED_EDGE.softness, TEXTURED_EDGE.edge
        made = textures.textures(
            strokes.table[own], strokes.id[own], carried[own], medium.bristles, float(max(height, width)),
            tip if medium.settings.tip else None,
        )  # fmt: skip
        table[own], rows[own] = made.table, made.rows
        if painting.refit is not None and len(painting.refit.colours) == len(table):
            table[own, 10:13] += painting.refit.colours[own] - strokes.table[own, 10:13]
    shine = next((medium.shine for medium in kinds if isinstance(medium, Textured)), Shine())
    wish = light_in(painting.style)
    region = strokes.region.astype(np.int32) if painting.regions is not None else np.zeros(len(table), np.int32)
    return Sheet(
        table, rows, edges, region, height, width, shine, wish.ground or shine.ground, shine.weave * wish.weave,
        tip, threads,
    )  # fmt: skip


def media_of_strokes(painting: Painting) -> tuple[list[Medium], NDArray[np.int64]]:
    """All media in a painting, its own first, and which of them each stroke (N,) is made of."""
    infos = [painting] if painting.regions is None else list(painting.regions.infos)
    found: dict[Medium, int] = {}
    which = np.zeros(len(painting.strokes), np.int64)
    for region, info in enumerate(infos):
        style = info.style or painting.style
        settings = medium_in(style)
        own = np.ones(len(which), bool) if painting.regions is None else painting.strokes.region == region
        said = style.get("passes")
        passes = said if isinstance(said, list) else []
        for p in np.unique(painting.strokes.pass_index[own]).tolist():
            choice = passes[p].get("medium") if p < len(passes) and isinstance(passes[p], dict) else None
            kind = choice if isinstance(choice, str) else settings.kind
            medium = medium_of(kind, info.softness, info.edge, settings)
            which[own & (painting.strokes.pass_index == p)] = found.setdefault(medium, len(found))
    return list(found), which


def carried_in(painting: Painting) -> NDArray[np.uint8]:
    """What brushes drag along, as the painting keeps it or, if it does not, as it is now: (N, 6, 3)."""
    if painting.refit is not None and len(painting.refit.carried) == len(painting.strokes):
        return painting.refit.carried
    ground = np.array(painting.background[:3], f4)
    return textures.carried_colours(painting.strokes.table, painting.height, painting.width, ground)


def plain(painting: Painting) -> Painting:
    """The same painting with all its strokes flat."""
    regions = painting.regions
    if regions is not None:
        regions = replace(regions, infos=tuple(_flat_region(info) for info in regions.infos))
    return replace(painting, style=_without_media(painting.style), regions=regions, refit=None)


def _flat_region(info: RegionInfo) -> RegionInfo:
    """A region as if its strokes were flat."""
    return info.model_copy(update={"style": _without_media(info.style)})


def _without_media(style: dict[str, Any]) -> dict[str, Any]:
    """A style as far as it matters to flat strokes."""
    return {name: value for name, value in style.items() if name not in ("medium", "light", "passes")}
