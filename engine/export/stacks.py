"""Which stack of layers a painting becomes."""

from __future__ import annotations

from typing import SupportsIndex

from impasto.engine.export.layers import Parts, Stack
from impasto.engine.export.multiplied import Multiplied
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
