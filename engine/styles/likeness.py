"""What a style has of a picture that it is like: the picture's colours."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Colours = Annotated[
    tuple[Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")], ...], Field(min_length=2, max_length=512)
]


class Likeness(BaseModel):
    """The colours of another picture, which the photo is given before it is painted."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    colours: Colours = Field(
        description="those of the picture, each as #rrggbb and each standing for as much of it; `--style-image` finds them"
    )
    strength: float = Field(default=1.0, ge=0, le=1, description="how far the photo's colours go there; 0: not at all")
