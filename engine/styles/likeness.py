"""What a style has of a picture that it is like: the picture's colours."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_COLOURS = 512


class Likeness(BaseModel):
    """The colours of another picture, which the photo is given before it is painted."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    colours: tuple[Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")], ...] = Field(
        default=(),
        max_length=MOST_COLOURS,
        description="as #rrggbb, each standing for as much of the picture; `--style-image` finds them",
    )
    strength: float = Field(default=1.0, ge=0, le=1, description="how far the photo's colours go there; 0: not at all")

    @property
    def changes(self) -> bool:
        """Does the photo get other colours?"""
        return len(self.colours) > 0 and self.strength > 0
