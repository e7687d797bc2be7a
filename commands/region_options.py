"""What the command line says about regions: which there are, and how each is painted."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.engine.errors import ImpastoError
from impasto.engine.segment import AUTO, MASKS, SEGMENTERS, method_names

if TYPE_CHECKING:
    from impasto.engine.painter.budget import RegionSettings
    from impasto.engine.pictures.io import Picture
    from impasto.engine.segment import Regions
    from impasto.engine.styles import Style

NONE = "none"  # in a method's place: no regions
OWN = ("strokes", "detail", "style")  # settings of a region that are none of a style's

Settings = dict[str, str]


SHORT = {"medium": "medium.kind"}  # what may be said for a setting


@dataclass(frozen=True)
class Usual:
    """How a painting is painted where nothing else is said: its style, and what is changed in styles of regions too."""

    style: "Style"
    everywhere: list[str]


@dataclass(frozen=True)
class RegionWish:
    """The options of `region_options` below; None and () where nothing was said."""

    regions: str | None
    model: str | None
    region: tuple[tuple[str, Settings], ...]
    mask: tuple[tuple[str, Path, Settings], ...]
    labels: Path | None
    order: str | None
    only: tuple[str, ...]
    skip: tuple[str, ...]
    selection: Path | None
    edges: str | None

    @property
    def method(self) -> str:
        """How regions are found: as was said, or as what was said about them needs."""
        if self.regions is not None:
            return self.regions
        if self.mask or self.labels:
            return MASKS
        return AUTO if self.region or self.only or self.skip or self.order or self.model else NONE


class MethodOption(click.ParamType):
    """A way to find regions: a segmenter's name, or a word in its place; all are looked through when one is named."""

    name = "method"

    def __init__(self, *words: str) -> None:
        """Words that are allowed besides those that `engine.segment.segment` takes."""
        self.words = words

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What --help shows."""
        return f"[{'|'.join(self._names)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check that there is such a method."""
        if value not in (*self.words, AUTO, MASKS) and value not in SEGMENTERS:
            self.fail(f"{value!r} is not one of {', '.join(self._names)}.", param, ctx)
        return value

    @property
    def _names(self) -> tuple[str, ...]:
        return (*self.words, *method_names())


class RegionOption(click.ParamType):
    """NAME:SETTING=VALUE,…"""

    name = "region"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Settings]:
        """Part the name from the settings."""
        if isinstance(value, tuple):
            return value
        name, colon, rest = value.partition(":")
        settings = _settings(rest)
        if not (name.strip() and colon and settings):
            self.fail(f"{value!r} is not NAME:SETTING=VALUE, such as sky:style=abstract,strokes=300.", param, ctx)
        return name.strip(), settings


class MaskOption(click.ParamType):
    """NAME=FILE or NAME=FILE:SETTING=VALUE,…"""

    name = "mask"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path, Settings]:
        """Part name, file and settings; a colon may also be in the file's name."""
        if isinstance(value, tuple):
            return value
        name, equals, rest = value.partition("=")
        file, colon, tail = rest.rpartition(":")
        settings = _settings(tail) if colon else None
        path = file if settings else rest
        if not (name.strip() and equals and path):
            self.fail(f"{value!r} is not NAME=FILE, such as face=face.png or face=face.png:detail=2.", param, ctx)
        return name.strip(), Path(path), settings or {}


def _settings(text: str) -> Settings | None:
    """The settings in a text such as style=abstract,strokes=300; None if it is none."""
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(key.strip() and equals and value.strip() for key, equals, value in pairs):
        return None
    return {key.strip(): value.strip() for key, _, value in pairs}


def region_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about regions."""
    chosen = [
        click.option(
            "--regions",
            type=MethodOption(NONE),
            show_default="none, unless something is said about regions",
            help="Paint region by region, as `impasto segment` finds them. auto: by a network that names things if one "
            "is there, else by looks.",
        ),
        click.option("--model", metavar="NAME|FOLDER", help="The network that names them; see `impasto models list`."),
        click.option(
            "--region",
            type=RegionOption(),
            multiple=True,
            metavar="NAME:SETTING=VALUE,…",
            help="Paint one region its own way: style=NAME, strokes=NUMBER, detail=TIMES (its share of the strokes), "
            "edges=…, medium=NAME, or any setting of a style. May be given often.",
        ),
        click.option(
            "--mask",
            type=MaskOption(),
            multiple=True,
            metavar="NAME=FILE[:SETTING=VALUE,…]",
            help="A region of your own: a grey picture or one with alpha, white is inside. May be given often; the "
            "later lie on top.",
        ),
        click.option(
            "--labels",
            type=options.FILE,
            metavar="FILE",
            help="Regions of your own: a picture in which each has its own colour, and black is none.",
        ),
        click.option("--order", metavar="NAME,NAME", help="Regions from back to front; others stay behind these."),
        click.option("--only", multiple=True, metavar="NAME", help="Paint this region alone; may be given often."),
        click.option("--skip", multiple=True, metavar="NAME", help="Leave this region bare; may be given often."),
        click.option(
            "--selection",
            type=options.FILE,
            metavar="FILE",
            help="Paint only inside this mask; all else stays transparent.",
        ),
        click.option(
            "--edges",
            type=click.Choice(["strict", "filter", "loose"]),
            show_default="the style's",
            help="At a region's border strokes are cut (strict), replaced by others inside if they cross it (filter), "
            "or left alone (loose).",
        ),
    ]
    for option in reversed(chosen):
        command = option(command)
    return command


def divided(
    wish: RegionWish, picture: "Picture", usual: Usual, max_pixels: int, size: int, device: str = "auto"
) -> tuple["Picture", "Regions | None", dict[str, "RegionSettings"]]:  # fmt: skip
    """The picture as far as it is to be painted, its regions if it is painted by any, and what is special in some.

    size: longer side of the regions' masks; device: where a network runs.
    Raises ImpastoError for masks that do not fit, regions that are not there and settings that are none.
    """
    from impasto.engine.painter.budget import left_out, with_alpha_mask
    from impasto.engine.segment import segment
    from impasto.engine.segment.masks import regions_of_labels, regions_of_masks

    whole = picture
    if wish.selection is not None:
        picture = with_alpha_mask(picture, mask_of(wish.selection, picture, max_pixels))
    if wish.method == NONE:
        _refuse_unused(wish)
        return picture, None, {}
    if wish.mask and wish.labels is not None:
        raise click.UsageError("give --mask or --labels, not both.")
    own = None
    if wish.mask:
        from impasto.engine.segment.masks import read_mask

        given = [read_mask(name, path, max_pixels) for name, path, _ in wish.mask]
        own = regions_of_masks(given, picture.height, picture.width, size)
    elif wish.labels is not None:
        own = regions_of_labels(wish.labels, picture.height, picture.width, size, max_pixels=max_pixels)
    order = None if wish.order is None else [name.strip() for name in wish.order.split(",")]
    # What a selection leaves out still helps to see what is there.
    regions = segment(whole, wish.method, model=wish.model, masks=own, order=order, size=size, device=device)
    said = [*((name, settings) for name, _, settings in wish.mask), *wish.region]
    region_settings = {name: _care(f"{name}", s, usual) for name, s in _together(said).items() if s}
    for name in region_settings:
        regions.index(name)
    if wish.only:
        kept = {regions.index(name) for name in wish.only}
        picture, regions = left_out(picture, regions, [n for k, n in enumerate(regions.names) if k not in kept])
    if wish.skip:
        picture, regions = left_out(picture, regions, list(wish.skip))
    return picture, regions, {name: care for name, care in region_settings.items() if name in regions.names}


def _together(said: list[tuple[str, Settings]]) -> dict[str, Settings]:
    merged: dict[str, Settings] = {}
    for name, settings in said:
        merged.setdefault(name, {}).update(settings)
    return merged


def _care(name: str, settings: Settings, usual: Usual) -> "RegionSettings":
    from impasto.engine.painter.budget import RegionSettings
    from impasto.engine.painter.plan import MOST_STROKES
    from impasto.engine.styles import changed_style, load_style

    strokes = _number(name, "strokes", settings.get("strokes"), int, 1, MOST_STROKES)
    detail = _number(name, "detail", settings.get("detail"), float, 0.05, 100)
    changes = [f"{SHORT.get(key, key)}={value}" for key, value in settings.items() if key not in OWN]
    own = None
    if "style" in settings or changes:
        named = settings.get("style")
        own = changed_style(usual.style, changes) if named is None else load_style(named, [*usual.everywhere, *changes])
    return RegionSettings(own, strokes, 1.0 if detail is None else detail)


def _number(name: str, key: str, text: str | None, kind: Callable[[str], Any], low: float, high: float) -> Any:
    if text is None:
        return None
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        raise ImpastoError(f"{key}={text[:40]} of the region {name} is not a number from {low:g} to {high:g}")
    return value


def mask_of(path: Path, picture: "Picture", max_pixels: int) -> Any:
    """The mask in a file as uint8 (height, width) of the picture."""
    import numpy as np

    from impasto.engine.segment.masks import read_mask, regions_of_masks

    mask = read_mask("selection", path, max_pixels)
    longest = max(picture.height, picture.width)
    selected = regions_of_masks([mask], picture.height, picture.width, longest)
    return np.rint(selected.masks[-1] * 255).astype(np.uint8)


def _refuse_unused(wish: RegionWish) -> None:
    said = {"--region": wish.region, "--mask": wish.mask, "--labels": wish.labels, "--order": wish.order,
            "--only": wish.only, "--skip": wish.skip, "--model": wish.model}  # fmt: skip
    used = [name for name, value in said.items() if value]
    if used:
        raise ImpastoError(f"--regions none leaves nothing for {' and '.join(used)} to say; leave one of them out")
