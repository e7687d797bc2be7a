"""What strokes are made of. A medium shows a painting's strokes in its own way, one file per medium.

Optimisation knows nothing of it: there strokes are flat, and their edges are all that counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.registry import Registry
from impasto.engine.texture.settings import FLAT, LONGEST_NAME, NAME


@dataclass(frozen=True)
class Medium(StrokeEdge):
    """How strokes look; one that looks otherwise than flat inherits from this class and has its own `render`.

    softness, edge: how its strokes' edges fade, which is all that optimisation sees; kind: the name it is found by.
    """

    kind: str = FLAT

    def render(
        self,
        table: np.ndarray,
        height: int,
        width: int,
        *,
        background: tuple[float, float, float, float],
        rows: tuple[int, int] | None = None,
        columns: tuple[int, int] | None = None,
        threads: int | None = None,
        device: str = "cpu",
    ) -> np.ndarray:
        """The strokes' pixels (rows, columns, 4), premultiplied float32; see `engine.raster.render`.

        Media of other kinds keep its promise: any rows and columns are those of the whole canvas, to the bit.
        """
        from impasto.engine import raster

        return raster.render(
            table, height, width, background=background, edges=self, rows=rows, columns=columns, threads=threads,
            device=device,
        )  # fmt: skip


MEDIA: Registry[type[Medium]] = Registry(
    "medium", "impasto.engine.media", "MEDIUM", "impasto.media",
    lambda found: isinstance(found, type) and issubclass(found, Medium),
)  # fmt: skip


def kind_in(style: Any) -> str:
    """The kind of medium that a style, as data from wherever, asks for; flat unless it names one."""
    medium = style.get("medium") if isinstance(style, Mapping) else None
    kind = medium.get("kind") if isinstance(medium, Mapping) else None
    return kind if isinstance(kind, str) else FLAT


def medium_of(kind: str, softness: float, edge: float) -> Medium:
    """The medium of a kind, with such edges. Raises ImpastoError if there is none of that name."""
    if kind == FLAT:
        return Medium(softness, edge)
    if len(kind) > LONGEST_NAME or re.fullmatch(NAME, kind) is None:
        raise ImpastoError(f"there is no medium of that name; there are {', '.join(MEDIA.names)}")
    return MEDIA[kind](softness, edge, kind)
