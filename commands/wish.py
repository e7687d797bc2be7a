"""What is asked for of a painting, as its options say it: read for `paint` and `batch`, and made an order of."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.commands.examples import EXAMPLE, ExampleWish, example_options
from impasto.commands.exporting import EXPORTS, ExportWish
from impasto.commands.extras import Extras
from impasto.commands.looks import LOOKS, LookWish, look_options, palette
from impasto.commands.region_options import RegionWish, Usual, divided, region_options
from impasto.commands.wording import guide, style_words, worded
from impasto.engine.errors import ImpastoError
from impasto.protocol.limits import LARGEST_PICTURE, MOST_STROKES

if TYPE_CHECKING:
    from impasto.engine.order import Order
    from impasto.engine.painting.painting import Painting
    from impasto.engine.pictures.io import Picture
    from impasto.engine.styles import Style

DEFAULT_STYLE = "painterly"

AREAS = ("regions", "model", "region", "mask", "labels", "order", "only", "skip", "selection", "edges")
LOOK = (*LOOKS, "palette")
EXTRAS = ("layers", "process", "distribution")


@dataclass(frozen=True)
class PhotoWish:
    """What the command line asks for, whether all of a photo is painted or a part is painted again."""

    photo: Path
    out: Path | None
    style: str | None
    style_words: str | None
    guide: bool
    overrides: tuple[str, ...]
    interest: float | None
    detail_map: Path | None
    flow: Path | None
    brush: float
    looseness: float
    strokes: int | None
    seed: int
    size: int | None
    working_size: int
    effort: str
    max_pixels: int
    threads: int | None
    device: str
    preview: Path | None
    preview_every: float
    save: Path | None
    as_json: bool
    quiet: bool
    force: bool
    quality: int
    look: LookWish
    example: ExampleWish
    exports: ExportWish


@dataclass(frozen=True)
class Wish(PhotoWish):
    """What the command line asks for of a painting."""

    background: str | None
    resume: Path | None
    engine: str
    engine_key: str | None
    regions: RegionWish
    extras: Extras


_HOW = (
    click.option(
        "--style",
        metavar="NAME|FILE",
        show_default=DEFAULT_STYLE,
        help="How to paint; `impasto styles` lists the styles. A FILE is a style's .toml, or a picture to paint like.",
    ),
    style_words,
    guide,
    example_options,
    click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="NAME=VALUE",
        help="Change one setting of the style, such as passes.2.radius=0.02; may be given often.",
    ),
    options.interest,
    options.detail_map,
    options.flow,
    options.brush,
    options.looseness,
    click.option(
        "--strokes",
        type=click.IntRange(1, MOST_STROKES),
        show_default="the style's",
        metavar="NUMBER",
        help="How many strokes to paint: exactly, but of lines (pen, pencil, charcoal) at most; by default these are "
        "as many as the photo asks for.",
    ),
    click.option(
        "--background",
        type=options.Ground("black", "white", "average", "transparent", "blurred"),
        show_default="the style's",
        help="What lies under the strokes.",
    ),
    look_options,
    palette,
    options.seed,
    region_options,
    options.size,
    options.working_size,
    options.effort,
    options.max_pixels,
)


def how_to_paint(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how a photo is painted, whatever becomes of the painting."""
    for option in reversed(_HOW):
        command = option(command)
    return command


def wish_of(given: dict[str, Any]) -> Wish:
    """What a command was given, by its options' names."""
    given = dict(given)
    said = RegionWish(**{name: given.pop(name) for name in AREAS})
    extras = Extras(**{name: given.pop(name) for name in EXTRAS})
    exports = ExportWish(**{name: given.pop(name) for name in EXPORTS})
    look = LookWish(**{name: given.pop(name) for name in LOOK})
    example = ExampleWish(**{name: given.pop(name) for name in EXAMPLE})
    return Wish(**given, regions=said, look=look, example=example, extras=extras, exports=exports)


@dataclass(frozen=True)
class Styled:
    """A wish with its style worked out, which needs no picture.

    plain: without `--brush` and `--looseness`; everywhere: what is changed in the styles of regions as well.
    """

    wish: Wish
    plain: "Style"
    style: "Style"
    everywhere: list[str]


def styled(wish: Wish) -> Styled:
    """The style that a wish comes to. Raises ImpastoError for one that is none."""
    from impasto.engine.styles import varied

    wish, moods = worded(wish)
    looks = [*options.interest_of(wish.interest), *wish.look.overrides()]
    changes = [*wish.overrides, *looks]
    changes += [] if wish.background is None else [f"background={wish.background}"]
    changes += [] if wish.regions.edges is None else [f"edges={wish.regions.edges}"]
    plain = wish.example.style(wish.style, changes, wish.max_pixels, DEFAULT_STYLE)
    return Styled(wish, plain, varied(plain, wish.brush, wish.looseness), [*moods, *looks])


@dataclass(frozen=True)
class Prepared:
    """A wish with all read that it names, before anything is looked for in the picture.

    size: width and height of the picture to be.
    """

    styled: Styled
    picture: "Picture"
    size: tuple[int, int]
    begun: "Painting | None"

    def order(self, say: Callable[[str], None]) -> "Order":
        """The order that the wish comes to; `say` hears warnings. Raises ImpastoError for all that cannot be done."""
        from impasto.engine.order import Order

        wish, picture = self.styled.wish, self.picture
        if self.begun is not None:
            return Order.resuming(self.begun, picture, threads=wish.threads)
        picture, regions, settings = divided(
            wish.regions, picture, Usual(self.styled.plain, self.styled.everywhere), wish.max_pixels,
            min(wish.working_size, max(picture.rgb.shape[:2])), "cpu" if wish.device == "cpu" else "auto",
        )  # fmt: skip
        settings = {name: its.varied(wish.brush, wish.looseness) for name, its in settings.items()}
        for warning in () if regions is None else regions.warnings:
            say(f"warning: {warning}")
        return Order(
            picture, self.styled.style, strokes=wish.strokes, seed=wish.seed, regions=regions, region_settings=settings,
            working_size=wish.working_size, effort=wish.effort, threads=wish.threads,
            detail=options.read_detail_map(wish.detail_map, wish.max_pixels),
            flow=options.read_flow(wish.flow, wish.max_pixels),
        ).with_tip_read()  # fmt: skip


def prepared(known: Styled) -> Prepared:
    """Read what a wish names, and check what is to become of it. Raises ImpastoError with the remedy."""
    from impasto.engine.export import check_result
    from impasto.engine.painting.painting import Painting
    from impasto.engine.pictures.io import load_picture
    from impasto.engine.styles import changed_style

    wish = known.wish
    begun = None if wish.resume is None else Painting.load(wish.resume)
    picture = load_picture(wish.photo, wish.max_pixels)
    if own := wish.look.own_palette(known.style, picture):
        changed = changed_style(known.style, own)
        known = replace(known, style=changed, everywhere=[*known.everywhere, *own])
    size = options.output_size(picture.width, picture.height, wish.size)
    if wish.out is not None:
        check_result(wish.out, wish.force, size)
        if size[0] * size[1] > LARGEST_PICTURE:
            raise ImpastoError(
                f"{wish.out} would be {size[0]}×{size[1]}, over {LARGEST_PICTURE} pixels; choose a smaller --size"
            )
    return Prepared(known, picture, size, begun)
