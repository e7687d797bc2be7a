"""Which stack of layers a painting becomes."""

from __future__ import annotations

from typing import SupportsIndex, cast

from impasto.engine.export.layers import Blending, Parts, Stack
from impasto.engine.export.multiplied import PAPER, SPATTER, Multiplied, is_clear
from impasto.engine.media import is_wash, kind_in, medium_in
from impasto.engine.painting.painting import Background, Painting


def stack_of(
    painting: Painting,
    height: SupportsIndex | None = None,
    width: SupportsIndex | None = None,
    *,
    background: Background | None = None,
    threads: int | None = None,
    parts: Parts = "passes",
) -> Stack:
    """The stack for what a painting is made of; arguments and errors as of `Stack`."""
    kind = Multiplied if painting.absorbs else Stack
    return kind(painting, height, width, background=background, threads=threads, parts=parts)


def planned_layers(painting: Painting, parts: Parts = "passes") -> list[dict[str, str | None]]:
    """The layers that a painting that absorbs may become, once it is painted, back to front.

    Each has a `group`, a `name` and a `blending`. Of these there will be those that something is in.
    """
    regions = painting.regions
    styles = (
        [(None, painting.style)] if regions is None else [(i.name, i.style or painting.style) for i in regions.infos]
    )
    planned: list[tuple[str | None, str, Blending]] = [] if is_clear(painting) else [(None, PAPER, "normal")]
    washes, multiply = False, cast(Blending, "multiply")
    for group, style in styles:
        kinds = [each.get("medium") or kind_in(style) for each in style.get("passes", ())] or [kind_in(style)]
        washed = [is_wash(kind) for kind in kinds]
        washes |= any(washed)
        names = [f"pass {k + 1}" for k, wash in enumerate(washed) if wash]
        names += dict.fromkeys(kind for kind, wash in zip(kinds, washed, strict=True) if not wash)
        planned.extend((group, name, multiply) for name in (names if parts == "passes" else ["pass 1"]))
    if washes and medium_in(painting.style).spatter > 0:
        planned.append((None, SPATTER, "multiply"))
    return [{"group": group, "name": name, "blending": how} for group, name, how in planned]
