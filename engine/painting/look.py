"""The look of a finished painting, changed: the same strokes, of another medium and in another light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.media import MEDIA, absorbs
from impasto.engine.painting.painting import Painting
from impasto.engine.styles import validate_look
from impasto.engine.texture.settings import FLAT


def with_look(
    painting: Painting, medium: Mapping[str, Any], light: Mapping[str, Any], tip: NDArray[np.uint8] | None = None
) -> Painting:
    """The painting with some settings of its style's [medium] and [light] changed, and of its regions' own styles.

    medium, light: settings by name, as in a style; None puts one back to what is usual. A kind of medium is for all
    strokes: what single passes were made of is forgotten; flat ones have no tip. tip: what the medium's `tip` names,
    as `load_tip` reads it; without it such a name is that of the tip the painting has.

    Raises ImpastoError for an unknown medium or setting, a tip that is only named, and for a value out of range.
    """
    if len(painting.strokes):
        _refuse_other_sort(painting, medium)
    if medium.get("kind") == FLAT:
        medium = {**medium, "tip": None}
    if medium.get("tip") and tip is None and painting.tip is None:
        raise ImpastoError("the painting has no tip, and a name alone is none; give the tip's file as well")
    if tip is not None:
        painting = replace(painting, tip=tip)
    elif not medium.get("tip", True):
        painting = replace(painting, tip=None)
    if not medium and not light:
        return painting
    regions = painting.regions
    if regions is not None and any(info.style for info in regions.infos):
        infos = [
            info.model_copy(update={"style": _changed(info.style, medium, light, f"the look of {info.name}")})
            if info.style else info
            for info in regions.infos
        ]  # fmt: skip
        regions = replace(regions, infos=tuple(infos))
    return replace(painting, style=_changed(painting.style, medium, light, "the look"), regions=regions)


def _refuse_other_sort(painting: Painting, medium: Mapping[str, Any]) -> None:
    """Raise ImpastoError if strokes that cover are to let the paper through, or the other way round."""
    kind = (medium["kind"] or FLAT) if "kind" in medium else None
    if isinstance(kind, str) and (kind == FLAT or kind in MEDIA) and absorbs(kind) != painting.absorbs:
        does, would = (
            ("let the paper through", "cover it") if painting.absorbs else ("cover what is beneath", "let it through")
        )
        raise ImpastoError(
            f"this painting's strokes {does}, and {kind} strokes {would}, which would show another picture; "
            f"paint it so instead, from the photo"
        )


def _changed(
    style: Mapping[str, Any], medium: Mapping[str, Any], light: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """A style, as data from wherever, with another look."""
    changed = dict(style)
    look = validate_look(_merged(style.get("medium"), medium), _merged(style.get("light"), light), where)
    for name, section in look.items():
        changed.pop(name, None)
        if section:
            changed[name] = section
    if "kind" in medium and isinstance(passes := style.get("passes"), list | tuple):
        changed["passes"] = [_without_medium(each) for each in passes]
    return changed


def _merged(section: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**(section if isinstance(section, Mapping) else {}), **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _without_medium(each: Any) -> Any:
    return {name: value for name, value in each.items() if name != "medium"} if isinstance(each, Mapping) else each
