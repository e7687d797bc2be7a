"""What a style says of its medium and of the light that falls on it; all of it only matters to the final picture."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from impasto.engine.wash.pigments import Chosen, listed

NAME, LONGEST_NAME = r"[A-Za-z0-9][\w-]*", 64  # what a medium or a loss may be called
FLAT = "flat"
MOST_PIGMENTS = 40  # of a set, or letters of its name
LONGEST_TIP = 1024  # letters of what a tip is called, or where it lies


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_serializer(mode="wrap")
    def _short(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only what is not as usual, so that older versions read what they would show right."""
        usual = {name: field.default for name, field in type(self).model_fields.items()}
        return {name: value for name, value in whole(self).items() if value != usual[name]}


class MediumSettings(_Part):
    """What the strokes are made of. The numbers are relative: 1 is as the medium has it."""

    kind: str = Field(
        default=FLAT, pattern=f"^{NAME}$", max_length=LONGEST_NAME,
        description="what strokes look like: flat, or another medium",
    )  # fmt: skip
    tip: str = Field(
        default="", max_length=LONGEST_TIP,
        description="a file with a brush's tip (.gbr, .kpp, .png), whose marks strokes have in place of bristles",
    )  # fmt: skip
    bristles: float = Field(default=1.0, ge=0.3, le=3, description="how many bristles there are")
    dryness: float = Field(default=1.0, ge=0, le=2, description="how soon the paint runs out")
    ragged: float = Field(default=1.0, ge=0, le=2, description="how ragged the edges are")
    drag: float = Field(default=1.0, ge=0, le=2, description="how much colour is dragged along from beneath")
    variety: float = Field(default=1.0, ge=0, le=3, description="how much colours vary, in a stroke and among them")
    body: float = Field(default=1.0, ge=0, le=3, description="how thick the paint is")
    wetness: float = Field(default=1.0, ge=0, le=2, description="how far washes run, melt and lose their edges")
    rims: float = Field(default=1.0, ge=0, le=2, description="how dark washes dry at their rims")
    granulation: float = Field(default=1.0, ge=0, le=2, description="how much pigment settles in the paper's hollows")
    line: float = Field(default=1.0, ge=0, le=2, description="how strongly the drawing shows")
    border: float = Field(default=0.0, ge=0, le=0.2, description="width of the margin left bare, canvas units")
    spatter: int = Field(default=0, ge=0, le=100, description="how often the brush is flicked over the sheet")
    pigments: Chosen = Field(
        default="classic", max_length=MOST_PIGMENTS,
        description="a set of pigments by name, or a list of pigments and of one's own (name, colour, granulation)",
    )  # fmt: skip

    @model_validator(mode="after")
    def _with_marks(self) -> MediumSettings:
        if self.tip and self.kind == FLAT:
            raise ValueError("flat strokes show no tip; choose another medium, such as oil")
        return self

    @field_validator("pigments")
    @classmethod
    def _can_paint(cls, chosen: Chosen) -> Chosen:
        listed(chosen)
        return chosen


class LightSettings(_Part):
    """The light on the painting, and what it is painted on. What is left out is as the medium has it."""

    relief: float | None = Field(default=None, ge=0, le=1.5, description="how strongly relief is lit; 0: not at all")
    gloss: float | None = Field(default=None, ge=0, le=0.5, description="how wet the paint shines")
    angle: float = Field(
        default=130.0, ge=-360, le=360, description="where light comes from, degrees, counterclockwise from the right"
    )
    height: float = Field(default=48.0, ge=25, le=75, description="how high light stands over the canvas, degrees")
    ground: Literal["canvas", "paper", "tooth", "none"] | None = Field(
        default=None, description="what it is painted on; tooth: sanded paper, for sticks"
    )
    weave: float = Field(default=1.0, ge=0, le=3, description="how coarse to the touch the ground is")
    layers: Literal["baked", "own", "none"] = Field(
        default="baked",
        description="light in layers: that of the whole picture, each layer's own, or none",
    )
