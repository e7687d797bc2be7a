"""What strokes are made of. A medium shows a painting's strokes in its own way, one file per medium.

Optimisation knows nothing of it: there strokes are flat, and their edges are all that counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from pydantic import ValidationError

from impasto.engine.errors import ImpastoError
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.registry import Registry
from impasto.engine.shapes import Numbers, Rgba
from impasto.engine.texture.numbers import Bristles, Shine
from impasto.engine.texture.settings import FLAT, LONGEST_NAME, NAME, LightSettings, MediumSettings
from impasto.engine.wash.numbers import Nature


@dataclass(frozen=True)
class Medium(StrokeEdge):
    """How strokes look; one that looks otherwise than flat inherits from this class and has its own `render`.

    softness, edge: how its strokes' edges fade, which is all that optimisation sees; kind: the name it is found by.
    """

    kind: str = FLAT

    def render(
        self,
        table: Numbers,
        height: int,
        width: int,
        *,
        background: tuple[float, float, float, float],
        rows: tuple[int, int] | None = None,
        columns: tuple[int, int] | None = None,
        threads: int | None = None,
        device: str = "cpu",
    ) -> Rgba:
        """The strokes' pixels (rows, columns, 4), premultiplied float32; see `engine.raster.render`.

        Media of other kinds keep its promise: any rows and columns are those of the whole canvas, to the bit.
        """
        from impasto.engine import raster

        return raster.render(
            table, height, width, background=background, edges=self, rows=rows, columns=columns, threads=threads,
            device=device,
        )  # fmt: skip


@dataclass(frozen=True)
class Textured(Medium):
    """Paint with bristles and relief, in which light falls: only its numbers differ from medium to medium.

    It is not rendered by itself, but with all strokes of a painting, see `engine.painting.textured`.
    """

    settings: MediumSettings = field(default_factory=MediumSettings)

    usual: ClassVar[Bristles] = Bristles()
    shine: ClassVar[Shine] = Shine()

    @property
    def bristles(self) -> Bristles:
        """The medium's numbers as the settings change them."""
        usual, wish = self.usual, self.settings
        if wish.tip:  # its picture says where a stroke is bare (0, and full from .14 on), and how it begins and ends
            usual = replace(usual, dry=0.16, hard=0.07, ragged=0.1, start=0.1, lift=0.2, tip=1.0, square=0.4)
        return replace(
            usual,
            spacing=usual.spacing / wish.bristles,
            dry=usual.dry * wish.dryness,
            run_dry=usual.run_dry * wish.dryness,
            ragged=usual.ragged * wish.ragged,
            start=usual.start * wish.ragged,
            lift=usual.lift * wish.ragged,
            drag=min(usual.drag * wish.drag, 1.0),
            streak=usual.streak * wish.variety,
            mix=usual.mix * wish.variety,
            vary=usual.vary * wish.variety,
            broken=usual.broken * wish.variety,
            body=usual.body * wish.body,
        )


@dataclass(frozen=True)
class Absorbing(Medium):
    """A medium that lets the paper through: washes, ink, pencil, charcoal. Strokes of it lie in no order.

    It is not rendered by itself, but with all strokes of a painting, see `engine.painting.absorbing`.
    """

    settings: MediumSettings = field(default_factory=MediumSettings)
    absorbs: bool = True

    nature: ClassVar[Nature] = Nature()
    colour: ClassVar[tuple[float, float, float]] = (0.10, 0.095, 0.115)  # what a full line of it leaves of white


MEDIA: Registry[type[Medium]] = Registry(
    "medium", "impasto.engine.media", "MEDIUM", "impasto.media",
    lambda found: isinstance(found, type) and issubclass(found, Medium),
)  # fmt: skip


def kind_in(style: Any) -> str:
    """The kind of medium that a style, as data from wherever, asks for; flat unless it names one."""
    medium = style.get("medium") if isinstance(style, Mapping) else None
    kind = medium.get("kind") if isinstance(medium, Mapping) else None
    return kind if isinstance(kind, str) else FLAT


def kinds_of_passes(style: Any) -> list[str]:
    """The kinds of media that passes of a style, as data from wherever, have of their own."""
    passes = style.get("passes") if isinstance(style, Mapping) else None
    listed = passes if isinstance(passes, list | tuple) else ()
    found = [each.get("medium") for each in listed if isinstance(each, Mapping)]
    return [kind for kind in found if isinstance(kind, str)]


def absorbs(kind: str) -> bool:
    """Do strokes of a kind of medium let through what is beneath? Of one that is not there nobody knows: no."""
    try:
        return kind != FLAT and re.fullmatch(NAME, kind) is not None and issubclass(MEDIA[kind], Absorbing)
    except ImpastoError:
        return False


def is_wash(kind: str) -> bool:
    """Are strokes of a kind of medium washes, which are fitted to the picture by their colours?"""
    return absorbs(kind) and _absorbing(kind).nature.made == "wash"


def line_colour(kind: str) -> tuple[float, float, float]:
    """What a full line of a kind of medium leaves of white."""
    return (_absorbing(kind) if absorbs(kind) else Absorbing).colour


def _absorbing(kind: str) -> type[Absorbing]:
    medium = MEDIA[kind]
    assert issubclass(medium, Absorbing)
    return medium


def refuse_mixtures(kinds: Iterable[str]) -> None:
    """Raise ImpastoError if some of these kinds of media let the paper through and others cover it."""
    named = set(kinds)
    through = sorted(kind for kind in named if absorbs(kind))
    covering = sorted(named.difference(through))
    if through and covering:
        raise ImpastoError(
            f"one painting cannot be in {through[0]}, which lets the paper through, and in {covering[0]}, "
            f"which covers it; choose media of one sort for all of it"
        )


def kinds_of_strokes(styles: Iterable[Any]) -> set[str]:
    """The kinds of media that strokes of some styles, as data from wherever, can be of."""
    found: set[str] = set()
    for style in styles:
        own = kinds_of_passes(style)
        found.update(own if own and len(own) == len(style["passes"]) else [*own, kind_in(style)])
    return found


def medium_of(kind: str, softness: float, edge: float, settings: MediumSettings | None = None) -> Medium:
    """The medium of a kind, with such edges. Raises ImpastoError if there is none of that name."""
    if kind == FLAT:
        return Medium(softness, edge)
    if len(kind) > LONGEST_NAME or re.fullmatch(NAME, kind) is None:
        raise ImpastoError(f"there is no medium of that name; there are {', '.join(MEDIA.names)}")
    found = MEDIA[kind]
    if issubclass(found, Textured | Absorbing):
        return found(softness, edge, kind=kind, settings=settings or MediumSettings(kind=kind))
    return found(softness, edge, kind=kind)


def medium_in(style: Any) -> MediumSettings:
    """What a style, as data from wherever, says of its medium. Raises ImpastoError for what cannot be."""
    return _read(MediumSettings, style, "medium")


def light_in(style: Any) -> LightSettings:
    """What a style, as data from wherever, says of the light. Raises ImpastoError for what cannot be."""
    return _read(LightSettings, style, "light")


def _read(model: Any, style: Any, section: str) -> Any:
    data = style.get(section) if isinstance(style, Mapping) else None
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, (section, *problem["loc"])))[:80]
        raise ImpastoError(f"the painting's {place} cannot be used ({problem['msg']}); choose another look") from None
