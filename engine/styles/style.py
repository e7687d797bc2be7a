"""What a style is: every choice that turns one photo into one painting or another, each with its range.

A style is a TOML file. The presets lie beside this module; users write their own or override single values
(`passes.2.radius=0.02`). Lengths are canvas units: the longer side of the picture is 1.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from impasto.engine.losses import LOSSES
from impasto.engine.media import MEDIA, medium_of
from impasto.engine.styles.likeness import Likeness
from impasto.engine.styles.losses import AlsoByName, LossSettings, loaded
from impasto.engine.styles.tracing import Trace
from impasto.engine.texture.settings import FLAT, LONGEST_NAME, NAME, LightSettings, MediumSettings
from impasto.protocol.limits import MOST_OPACITY, MOST_STROKES

Unit = Annotated[float, Field(ge=0, le=1)]
Headroom = Annotated[float, Field(ge=0, le=MOST_OPACITY)]
MOST_COLOURS = 256  # of a palette
Hex = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Radius = Annotated[float, Field(ge=0.0005, le=0.5)]
Background = Annotated[
    str,
    Field(
        pattern=r"^(black|white|average|transparent|blurred|#[0-9a-fA-F]{6})$",
        description="what lies under the strokes: black, white, average, transparent, blurred or #rrggbb",
    ),
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Pass(_Part):
    """One coarse-to-fine round."""

    radius: Annotated[float, Field(ge=0.0002, le=0.5)] = Field(description="largest brush radius")
    share: float = Field(gt=0, le=1_000_000, description="share of the strokes, relative to the other passes")
    iterations: int = Field(default=60, ge=0, le=10_000, description="optimisation steps after its strokes joined")
    canvas: float | None = Field(
        default=None,
        ge=0.05,
        le=1,
        description="size of its canvas, of the working size; by default as strokes need it",
    )
    loss: str | None = Field(
        default=None,
        pattern=f"^{NAME}$",
        description="how far from the photo is measured, if not as in the finish",
        json_schema_extra=lambda schema: schema.update(enum=list(LOSSES.names)),
    )
    respawn: float = Field(
        default=0.0, ge=0, le=0.5, description="at most this share of all strokes is replaced if useless"
    )
    tone: float = Field(
        default=1.0, ge=0.1, le=2, description="how far into the darks washes go: the power of the picture they aim at"
    )
    caution: float = Field(default=1.0, ge=1, le=20, description="what too dark costs, times what too light does")
    strength: float = Field(default=4.2, ge=0.05, le=4.2, description="the most that one of its washes may absorb")
    calm: float = Field(default=0.0, ge=0, le=0.1, description="how far the picture is simplified, edges kept")
    spare: float = Field(
        default=0.0, ge=0, le=1, description="share of washes placed beyond the number, of which the least useful go"
    )
    aspect: float | None = Field(
        default=None, ge=1, le=30, description="length of a new stroke over its width, if not the style's"
    )
    trace: Trace | None = Field(default=None, description="its lines are drawn, not fitted: which, and how")
    medium: str | None = Field(
        default=None,
        pattern=f"^{NAME}$",
        max_length=LONGEST_NAME,
        description="what its strokes are made of, if not of the style's medium",
        json_schema_extra=lambda schema: schema.update(enum=list(MEDIA.names)),
    )

    @field_validator("loss")
    @classmethod
    def _loss_there(cls, name: str | None) -> str | None:
        return name if name is None else loaded(LOSSES, name)

    @field_validator("medium")
    @classmethod
    def _medium_there(cls, kind: str | None) -> str | None:
        return kind if kind is None else _medium_loaded(kind)


class Attention(_Part):
    """Where new strokes go."""

    mode: Literal["uniform", "selective"] = Field(
        default="uniform", description="the whole canvas, or only the patches that need it most"
    )
    patches: int = Field(default=6, ge=1, le=1000, description="V: how many patches are attended to at a time")
    focus: float = Field(default=1.4, ge=0, le=4, description="power of the error: 0 spreads evenly, more seeks out")
    floor: float = Field(default=0.05, ge=0.001, le=10, description="attention everywhere, relative to the mean error")
    interest: float = Field(
        default=1.0,
        ge=0,
        le=2,
        description="how much more goes to faces and things that viewers look at: 0 no more, 2 twice as much",
    )


class Shape(_Part):
    """What a stroke may look like."""

    aspect: float = Field(default=3.0, ge=1, le=30, description="length of a new stroke over its width")
    width: float = Field(default=1.0, ge=0.2, le=5, description="how wide a new stroke is, relative to the room it has")
    straight: bool = Field(default=False, description="no bend at all")
    bend: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="largest distance of the control point from the chord, over its length",
    )
    curl: float = Field(default=0.02, ge=0, le=1, description="how bent new strokes are, at random")
    smallest: Radius = Field(default=0.0016, description="no radius gets smaller")
    largest: Radius = Field(default=0.15, description="no radius gets larger")
    taper: Unit = Field(default=1.0, description="how much the two ends' radii may differ; 0 keeps them equal")
    opacity: tuple[Headroom, Headroom] = Field(
        default=(0.0, 1.0), description="smallest and largest opacity; above 1 a stroke is opaque far into its edge"
    )
    softness: float = Field(default=0.002, gt=0, le=0.1, description="width of a stroke's edge")
    edge: float = Field(default=0.75, ge=0, le=1.5, description="further edge width, as a share of the stroke's radius")
    angle: float = Field(default=0.0, ge=0, le=180, description="random turn of new strokes, degrees")
    flow: Unit = Field(default=1.0, description="how much strokes follow the picture's structure, else `direction`")
    flow_size: float = Field(
        default=0.7,
        ge=0.1,
        le=20,
        description="how far the structure is smoothed, in brush radii: more swirls wider",
    )
    direction: float = Field(default=0.0, ge=-180, le=180, description="where strokes go if not with the flow, degrees")

    @model_validator(mode="after")
    def _ordered(self) -> "Shape":
        if self.smallest > self.largest:
            raise ValueError("`smallest` is larger than `largest`")
        if self.opacity[0] > self.opacity[1]:
            raise ValueError("the smallest opacity is larger than the largest")
        return self


class Colour(_Part):
    """What the painter makes of the photo's colours before it paints them."""

    saturation: float = Field(default=1.0, ge=0, le=4, description="0 is grey, 1 the photo's own")
    contrast: float = Field(default=1.0, ge=0.2, le=4, description="around the photo's mean lightness")
    jitter: float = Field(default=0.0, ge=0, le=0.5, description="random change of each new stroke's colour")
    levels: int = Field(default=0, ge=0, le=64, description="number of tones each channel is reduced to; 0: all")
    palette: tuple[Hex, ...] | None = Field(
        default=None,
        min_length=2,
        max_length=MOST_COLOURS,
        description="the only colours strokes may have, each as #rrggbb, such as a few pigments; by default any",
    )
    like: Likeness = Likeness()


class Learning(_Part):
    """How fast each part of a stroke moves; 0 leaves it as it was placed."""

    position: float = Field(default=0.15, ge=0, le=1, description="of the radius, per step")
    radius: float = Field(default=0.03, ge=0, le=1, description="of the radius, per step")
    opacity: float = Field(default=0.02, ge=0, le=0.5, description="per step")
    colour: float = Field(default=0.015, ge=0, le=0.5, description="per step")


def _medium_loaded(kind: str) -> str:
    return kind if kind == FLAT else loaded(MEDIA, kind)


def _of_what_is_there(medium: MediumSettings) -> MediumSettings:
    _medium_loaded(medium.kind)
    return medium


_Medium = Annotated[MediumSettings, AfterValidator(_of_what_is_there)]


class Look(_Part):
    """Of a style, what matters only to the final picture."""

    medium: _Medium = MediumSettings()
    light: LightSettings = LightSettings()


class Style(_Part):
    """Everything about how a picture is painted."""

    name: str = Field(
        pattern=r"^[\w .-]+$",  # a {1,64} in place of the + would take longer to compile than a kernel to load
        max_length=64,
        description="what the style is called; the file's name by default",
    )
    description: str = Field(default="", max_length=500, description="what it looks like, in a sentence")
    strokes: int = Field(
        default=4000,
        ge=1,
        le=MOST_STROKES,
        description="how many strokes; lines are as many as needed",
    )
    passes: tuple[Pass, ...] = Field(min_length=1, max_length=32)
    finish: int = Field(default=120, ge=0, le=10_000, description="last steps, all strokes, ever smaller")
    lattice: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="the finish looks at every so-many-th pixel in turn; by default as strokes need it",
    )
    plateau: float = Field(
        default=0.002,
        ge=0,
        le=1,
        description="a pass ends when 20 steps improve the loss by less than this share",
    )
    loss: Annotated[LossSettings, AlsoByName()] = Field(
        default=LossSettings(), description="how far from the photo is measured: a name, or a table of weights"
    )
    edges: Literal["strict", "filter", "loose"] = Field(
        default="strict",
        description="at a region's border strokes are cut, or those that leave are replaced, or they may leave",
    )
    background: Background = "average"
    cover: bool = Field(default=True, description="optimise over a random background, so that it never serves as paint")
    attention: Attention = Attention()
    shape: Shape = Shape()
    colour: Colour = Colour()
    learning: Learning = Learning()
    medium: _Medium = MediumSettings()
    light: LightSettings = LightSettings()

    @property
    def absorbs(self) -> bool:
        """Do its strokes let the paper through, rather than cover it?"""
        return medium_of(self.medium.kind, self.shape.softness, self.shape.edge).absorbs

    def without_look(self) -> "Style":
        """What of it is needed to paint, and nothing that only the final picture shows."""
        passes = tuple(each.model_copy(update={"medium": None}) for each in self.passes)
        own = self.medium
        medium = MediumSettings(kind=own.kind, pigments=own.pigments) if self.absorbs else MediumSettings()
        return self.model_copy(update={"passes": passes, "medium": medium, "light": LightSettings()})

    @property
    def is_traced(self) -> bool:
        """Are all its passes lines that are drawn, so that nothing is fitted?"""
        return all(each.trace is not None for each in self.passes)

    @property
    def has_lines(self) -> bool:
        """Are some of its passes lines that are drawn?"""
        return any(each.trace is not None for each in self.passes)

    @model_validator(mode="after")
    def _lines_on_paper(self) -> "Style":
        if self.has_lines and not self.absorbs:
            raise ValueError(
                f"it draws lines, and {self.medium.kind} covers what it is laid on; choose pen, pencil, "
                "charcoal, ink or watercolour as its medium, or another style"
            )
        return self

    @model_validator(mode="after")
    def _on_paper(self) -> "Style":
        if not self.absorbs:
            return self
        kind = self.medium.kind
        if self.cover or not (self.background == "white" or self.background.startswith("#")):
            raise ValueError(
                f"{kind} lets the paper through and covers nothing; choose a style made for it, such as `{kind}`, "
                f"or set cover=false and a background that is white or #rrggbb"
            )
        if self.colour.palette is not None:
            raise ValueError(f"{kind} has no palette; choose its pigments, medium.pigments")
        return self

    @model_serializer(mode="wrap")
    def _short(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without what older versions do not know, where it is as usual: a flat medium, what strokes decide."""
        data = whole(self)
        for name in ("medium", "light"):
            if not data.get(name, True):
                del data[name]
        passes = ((each, ("canvas", "loss", "medium", "trace")) for each in data.get("passes", ()))
        for each in data.get("passes", ()):
            for wash in ("tone", "caution", "strength", "calm", "spare", "aspect"):
                if each.get(wash) == Pass.model_fields[wash].default:
                    del each[wash]
        attention = data.get("attention", {})
        if attention.get("interest") == Attention.model_fields["interest"].default:
            del attention["interest"]
        colour = data.get("colour", {})
        if not colour.get("like", {}).get("colours", True):
            del colour["like"]
        for part, names in ((data, ("lattice",)), (colour, ("palette",)), *passes):
            for name in names:
                if part.get(name, 0) is None:
                    del part[name]
        return data
