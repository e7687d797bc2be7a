"""The JSON that strokes are given away in: what is in it, in which units and ranges. Its schema is in docs/."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from impasto.engine.painting.region_masks import RegionInfo
from impasto.engine.painting.strokes import MAX_ID, MAX_LABEL, Strokes
from impasto.protocol.limits import LARGEST_SIDE, MOST_OPACITY, MOST_REGIONS, MOST_STROKES

FORMAT = "impasto-strokes"

_Place = Annotated[float, Field(ge=-4, le=5)]
_Radius = Annotated[float, Field(ge=0, le=2)]
_Opacity = Annotated[float, Field(ge=0, le=MOST_OPACITY)]
_Unit = Annotated[float, Field(ge=0, le=1)]
_Point = tuple[_Place, _Place]


class Described(BaseModel):
    """A part of the document: numbers are finite, and what is not known is left alone."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class StrokeDocument(Described):
    """One stroke: a quadratic Bézier curve whose radius and opacity go evenly from the one end to the other."""

    id: int | None = Field(None, ge=0, le=MAX_ID, description="Its lasting number; given anew if it is missing.")
    region: int = Field(0, ge=0, le=MAX_LABEL, description="Which of `regions` it belongs to, counted from 0.")
    pass_: int = Field(0, ge=0, le=MAX_LABEL, alias="pass", description="The pass that laid it, counted from 0.")
    points: tuple[_Point, _Point, _Point] = Field(
        description="Start, control and end (x to the right, y down), in units of the canvas's longer side."
    )
    radius: tuple[_Radius, _Radius] = Field(description="Half the width at start and end, in the same units.")
    opacity: tuple[_Opacity, _Opacity] = Field(
        (1.0, 1.0), description="At start and end; above 1 a stroke is full far into its soft edge."
    )
    colour: tuple[_Unit, _Unit, _Unit] = Field(description="Straight sRGB.")


class PaintingDocument(Described):
    """A painting as strokes, for programs to read and change."""

    format: Literal["impasto-strokes"]
    version: Literal[1]
    width: int = Field(ge=1, le=LARGEST_SIDE, description="Of the source picture, in pixels.")
    height: int = Field(ge=1, le=LARGEST_SIDE, description="Likewise.")
    strokes: list[StrokeDocument] = Field(max_length=MOST_STROKES, description="In painting order, lowest first.")
    background: tuple[_Unit, _Unit, _Unit, _Unit] = Field(
        (1.0, 1.0, 1.0, 1.0), description="What lies under them: straight sRGB and alpha."
    )
    softness: float = Field(0.001, gt=0, le=0.2, description="The width of a stroke's edge, in canvas units.")
    edge: float = Field(0.0, ge=0, le=2, description="More of that width, as a fraction of the stroke's mean radius.")
    seed: int = Field(0, ge=0, lt=2**63, description="Of the random numbers it was painted with.")
    style: dict[str, Any] = Field({"name": "imported"}, description="The style it was painted in.")
    regions: list[RegionInfo] = Field([], max_length=MOST_REGIONS, description="Back to front; none: as a whole.")
    others: dict[str, str] = Field(
        {}, description="Masks and pictures that belong to it: members of its .impasto file, in zlib and Base64."
    )
    made_for: str = Field("", max_length=64, description="SHA-256 of the strokes that `others` were made for.")


def schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    return PaintingDocument.model_json_schema(by_alias=True)


def strokes_in(document: PaintingDocument) -> Strokes:
    """The strokes of a document; those without an id get the next free ones. Raises ImpastoError as `Strokes` does."""
    rows = document.strokes
    if not rows:
        return Strokes.empty()
    table = np.array([[*sum(row.points, ()), *row.radius, *row.opacity, *row.colour] for row in rows], np.float32)
    found = Strokes.of(table, [row.region for row in rows], [row.pass_ for row in rows])
    known = [row.id for row in rows]
    free = max((number for number in known if number is not None), default=-1) + 1
    for place, number in enumerate(known):
        found.id[place] = free if number is None else number
        free += number is None
    return found
