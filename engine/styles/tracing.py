"""What a style says of a pass that is traced: lines that are drawn where the picture has them, not fitted to it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

Unit = Annotated[float, Field(ge=0, le=1)]
Hex = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Trace(BaseModel):
    """How lines of one kind are drawn. Their half width is the pass's radius where the hand presses most."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_serializer(mode="wrap")
    def _short(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Only what is not as usual."""
        usual = {name: field.default for name, field in type(self).model_fields.items()}
        return {name: value for name, value in whole(self).items() if value not in (usual[name], _listed(usual[name]))}

    what: Literal["contours", "hatching", "sticks"] = Field(
        description="outlines; parallel lines where it is dark; or broad strokes that darken what is too light still"
    )
    spacing: float = Field(default=0.005, ge=0.001, le=0.2, description="how far lines are from each other")
    length: float = Field(default=0.08, ge=0.002, le=1, description="of the longest lines")
    below: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="hatching: where the picture is darker than this; sticks: where so much is lacking; contours: how "
        "faint they may be",
    )
    above: Unit = Field(default=0.0, description="hatching: only where it is not darker than this either")
    fill: Unit = Field(default=1.0, description="sticks: how far they darken, of how dark the picture is")
    turn: float = Field(default=0.0, ge=-180, le=180, description="against the usual slant, degrees")
    form: Unit = Field(default=0.6, description="how much lines follow the form, else the slant")
    unrest: float = Field(
        default=1.0, ge=0, le=3, description="how much groups of lines differ, and how ragged they end"
    )
    pressure: tuple[Unit, Unit] = Field(default=(0.85, 1.0), description="of the lightest and of the strongest lines")
    colour: Hex | None = Field(default=None, description="of a full line; by default the medium's")


def _listed(value: Any) -> Any:
    """As JSON has it."""
    return list(value) if isinstance(value, tuple) else value
