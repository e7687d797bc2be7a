"""Options that only a film has: times, rates, and regions that are found once or given for each frame."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from impasto.commands.region_options import NONE, MethodOption
from impasto.engine.errors import ImpastoError
from impasto.engine.segment import MASKS

if TYPE_CHECKING:
    from impasto.engine.pictures.io import Picture
    from impasto.engine.segment import Regions

SLOWEST, FASTEST = Fraction(1, 10), Fraction(240)  # as in engine.motion.footage


class TimeOption(click.ParamType):
    """SECONDS, M:S or H:M:S"""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Seconds as an exact number."""
        if isinstance(value, Fraction):
            return value
        match = re.fullmatch(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:\.\d{1,6})?)", value)
        if match is None:
            self.fail(f"{value!r} is not a time such as 12.5, 1:30 or 1:02:03.", param, ctx)
        hours, minutes, seconds = match.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(seconds)


class RateOption(click.ParamType):
    """NUMBER or N/M"""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        """Frames a second as an exact number; 23.976 and 29.97 mean what films mean by them."""
        if isinstance(value, Fraction):
            return value
        match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)(?:/(\d{1,6}))?", value)
        rate = Fraction(match[1]) / Fraction(match[2] or 1) if match and match[2] not in ("0", "00") else Fraction(0)
        if not SLOWEST <= rate <= FASTEST:
            self.fail(f"{value!r} is not a rate from 0.1 to 240 frames a second, such as 25 or 30000/1001.", param, ctx)
        near = Fraction(round(rate * 1001 / 1000) * 1000, 1001)
        return near if rate.denominator > 1 and abs(rate - near) < Fraction(1, 500) else rate


class FrameMaskOption(click.ParamType):
    """NAME=PATTERN"""

    name = "mask"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """A region's name and its masks."""
        if isinstance(value, tuple):
            return value
        name, equals, path = value.partition("=")
        if not (name.strip() and equals and path):
            self.fail(f"{value!r} is not NAME=FILES, such as face=masks/%04d.png.", param, ctx)
        return name.strip(), Path(path)


@dataclass(frozen=True)
class VideoRegions:
    """What is said about regions. method: how they are found, None if nothing is said; mask: names and files."""

    regions: str | None = None
    mask: tuple[tuple[str, Path], ...] = ()

    @property
    def method(self) -> str:
        """How they are found: as was said, or as given."""
        return self.regions or (MASKS if self.mask else NONE)


class RegionalWish(Protocol):
    """What a film's regions depend on."""

    @property
    def regions(self) -> VideoRegions: ...  # noqa: D102
    @property
    def working_size(self) -> int: ...  # noqa: D102
    @property
    def max_pixels(self) -> int: ...  # noqa: D102


def film_region_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about regions."""
    found = click.option(
        "--regions",
        type=MethodOption(NONE),
        show_default="none",
        help="Paint region by region: found once in each scene, and carried along.",
    )
    given = click.option(
        "--mask",
        type=FrameMaskOption(),
        multiple=True,
        metavar="NAME=FILES",
        help="A region of your own: masks of every frame, such as face=masks/%04d.png, or one for all. May be given "
        "often; the later lie on top.",
    )
    return found(given(command))


Finding = Callable[["Picture", int], "Regions | None"]


def regions_for(wish: RegionalWish) -> tuple[Finding, "Callable[[Picture, int], Regions] | None"]:
    """What finds the regions of a scene's first picture, and what gives those of each later one, if they are given.

    Raises ImpastoError for masks of which some are missing.
    """
    said = wish.regions
    if said.method == NONE:
        return lambda _picture, _number: None, None
    from impasto.engine.motion.footage import is_pattern, numbers_of
    from impasto.engine.segment import segment
    from impasto.engine.segment.masks import read_mask, regions_of_masks

    files: dict[str, list[Path]] = {}
    for name, path in said.mask:
        files[name] = list(numbers_of(path).values()) if is_pattern(path) else [path]
        if not files[name]:
            raise ImpastoError(f"there are no masks {path}; check the folder and the number of digits")

    def mask_of(name: str, number: int) -> Path:
        own = files[name]
        if len(own) > 1 and number >= len(own):
            raise ImpastoError(f"the masks of {name} end at {own[-1]}, before the film; give one for every frame")
        return own[min(number, len(own) - 1)]

    def size_of(picture: "Picture") -> int:
        return min(wish.working_size, max(picture.height, picture.width))

    def given(picture: "Picture", number: int) -> "Regions":
        masks = [read_mask(name, mask_of(name, number), wish.max_pixels) for name, _ in said.mask]
        return regions_of_masks(masks, picture.height, picture.width, size_of(picture))

    def found(picture: "Picture", number: int) -> "Regions":
        own = given(picture, number) if said.mask else None
        return segment(picture, said.method, masks=own, size=size_of(picture), device="cpu")

    return found, given if said.method == MASKS else None
