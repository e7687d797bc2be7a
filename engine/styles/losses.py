"""What a style minimises: how far from the photo each pixel is, and what else the eye would see, each with a weight.

In a style's TOML it is a table, `[loss]`, or, as long as pixels are all that counts, the name of a loss of theirs.
"""

from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import CoreSchema

from impasto.engine.errors import ImpastoError
from impasto.engine.losses import LOSSES
from impasto.engine.registry import Registry
from impasto.engine.styles.gram import unpacked
from impasto.engine.texture.settings import LONGEST_NAME, NAME

MOST_LETTERS = 400  # of words
MOST_WEIGHT = 10.0  # of an extra; from about 3 on pixels hardly count


def loaded(registry: Registry, name: str) -> str:
    """A name of something that is there; what does not load is refused before anything is painted."""
    try:
        registry[name]
    except ImpastoError as error:
        raise ValueError(str(error)) from error
    return name


class LossSettings(BaseModel):
    """How far a painting is from its photo. The extras count from a style's second pass on (the paper's equation 2)."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    kind: str = Field(
        default="l1",
        pattern=f"^{NAME}$",
        max_length=LONGEST_NAME,
        description="how far from the photo a pixel is",
        json_schema_extra=lambda schema: schema.update(enum=list(LOSSES.names)),
    )
    ssim: float = Field(
        default=0.0, ge=0, le=MOST_WEIGHT, description="weight of structural similarity, at three scales"
    )
    gradient: float = Field(
        default=0.0, ge=0, le=MOST_WEIGHT, description="weight of differences between neighbours, at three scales"
    )
    perceptual: float = Field(
        default=0.0, ge=0, le=MOST_WEIGHT, description="weight of what a network sees; takes the extra `regions`"
    )
    network: Literal["lite0", "vgg16"] = Field(
        default="lite0", description="which network sees; vgg16 is fetched by `impasto models fetch vgg16`"
    )

    texture: float = Field(
        default=0.0,
        ge=0,
        le=MOST_WEIGHT,
        description="weight of looking like the example, in the finish; takes the extra `regions`",
    )
    example: tuple[str, ...] = Field(
        default=(),
        max_length=16,
        description="how the picture that it is to be like looks to a network; `--texture` finds it",
    )
    guide: float = Field(
        default=0.0,
        ge=0,
        le=MOST_WEIGHT,
        description="weight of looking like `words` to a network, in the finish; `impasto models fetch clip` brings it",
    )
    words: str = Field(default="", max_length=MOST_LETTERS, description="what the guide goes by")

    @property
    def extras(self) -> dict[str, float]:
        """What counts besides pixels, by name, with weights above 0."""
        return self.counted(finish=True)

    def counted(self, finish: bool) -> dict[str, float]:
        """The same in a style's finish, or in its passes before."""
        weights = {"ssim": self.ssim, "gradient": self.gradient, "perceptual": self.perceptual}
        if finish:
            weights |= {"texture": self.texture, "guide": self.guide}
        return {name: weight for name, weight in weights.items() if weight > 0}

    @model_validator(mode="before")
    @classmethod
    def _by_name(cls, given: Any) -> Any:
        """A plain name, as styles had before there was more to say."""
        if isinstance(given, str):
            return {"kind": given}
        if not isinstance(given, dict | cls):
            raise ValueError('write a name, such as l1, or a table, such as {kind = "l1", ssim = 0.5}')
        return given

    @model_validator(mode="after")
    def _by_words(self) -> "LossSettings":
        if self.guide > 0 and not self.words.strip():
            raise ValueError("a guide goes by words; set loss.words as well")
        return self

    @field_validator("kind")
    @classmethod
    def _there(cls, name: str) -> str:
        return loaded(LOSSES, name)

    @model_validator(mode="after")
    def _like_something(self) -> "LossSettings":
        if self.example:
            unpacked(self.example)
        elif self.texture > 0:
            raise ValueError("a texture is that of a picture; make the style with --style-image PICTURE --texture")
        return self

    @model_serializer(mode="wrap")
    def _short(self, whole: SerializerFunctionWrapHandler) -> Any:
        """A plain name if that is all, which older versions understand; else without what is as usual."""
        usual = {name: field.default for name, field in type(self).model_fields.items()}
        said = {name: value for name, value in whole(self).items() if name == "kind" or value != usual[name]}
        if not self.example:
            said.pop("example", None)  # JSON has a list of it, which is not as usual
        return said if len(said) > 1 else said["kind"]


class AlsoByName:
    """Tells clients that a plain name does as well, where there is a table."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Either of both, the name first."""
        return {"anyOf": [{"type": "string", "enum": list(LOSSES.names)}, handler(core)]}
