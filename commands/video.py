"""`impasto video`: a film, or numbered pictures, painted so that it does not flicker."""

from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.commands.looks import LOOKS, LookWish, look_options
from impasto.commands.progress import Bar, Lines, Silent, announce
from impasto.commands.stopping import STOPPED
from impasto.commands.video_options import RateOption, TimeOption, VideoRegions, film_region_options, regions_for
from impasto.commands.video_outputs import (
    VideoWish,
    ground_of,
    known,
    parts_of,
    prepare,
    print_of,
    sound_of,
    summary,
    tell,
)
from impasto.commands.video_reels import show_again
from impasto.engine.errors import ImpastoError
from impasto.protocol.limits import MOST_STROKES

if TYPE_CHECKING:
    from impasto.engine.motion.films import Filmer
    from impasto.engine.motion.footage import Footage
    from impasto.engine.motion.production import Production
    from impasto.engine.styles import Style

DEFAULT_STYLE = "painterly"
REGIONS = ("regions", "mask")


@click.command(short_help="Paint a film.")
@click.argument("source", metavar="IN", type=options.FILE)
@click.option(
    "-o",
    "--output",
    "out",
    required=True,
    type=options.FILE,
    metavar="OUT",
    help="The film (.mp4, .webm) to write, or numbered pictures such as frames/%04d.png, whose folder is there.",
)
@click.option(
    "--style",
    default=DEFAULT_STYLE,
    show_default=True,
    metavar="NAME|FILE",
    help="How to paint; `impasto styles` lists the styles.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change one setting of the style; may be given often.",
)
@click.option(
    "--strokes",
    type=click.IntRange(1, MOST_STROKES),
    show_default="the style's",
    metavar="NUMBER",
    help="How many strokes a frame has.",
)
@click.option("--from", "first", type=TimeOption(), default="0", metavar="TIME", help="Begin there: 12.5 or 1:02:03.")
@click.option("--to", "last", type=TimeOption(), metavar="TIME", show_default="the end", help="End there.")
@click.option(
    "--rate",
    type=RateOption(),
    metavar="NUMBER",
    show_default="the film's; 25 of pictures",
    help="Frames a second of OUT, such as 12, 23.976 or 30000/1001; of numbered pictures also how fast they come.",
)
@click.option(
    "--hold",
    type=click.IntRange(1, 60),
    default=1,
    show_default=True,
    metavar="FRAMES",
    help="Paint every n-th frame only, and hold it: 2 is “on twos”.",
)
@click.option("--sound", type=options.FILE, metavar="FILM", show_default="IN's", help="Take the sound of this film.")
@click.option("--silent", is_flag=True, help="Without sound.")
@film_region_options
@look_options
@click.option(
    "--background",
    type=options.Ground("black", "white", "transparent"),
    show_default="the style's",
    help="What lies under the strokes.",
)
@options.size
@options.working_size
@options.effort
@options.seed
@click.option(
    "--save",
    type=options.FILE,
    metavar="FILE.impastofilm",
    help="Keep all frames' strokes in one file, which `impasto video` shows again in another medium or size.",
)
@click.option("--afresh", is_flag=True, help="Begin anew, and forget what an interrupted film has left.")
@options.max_pixels
@options.threads
@options.quality
@click.option(
    "--bits",
    type=click.Choice(["8", "16"]),
    default="8",
    show_default=True,
    callback=lambda _ctx, _param, value: int(value),
    help="Of each channel of numbered .png and .tif.",
)
@options.force
@options.events_as_json
@options.quiet
@click.pass_context
def video(context: click.Context, **given: Any) -> None:
    """Paint IN, a film, numbered pictures (frames/%04d.png) or a film's strokes (.impastofilm), as OUT.

    Strokes ride on what they were painted on, so that nothing flickers; at a cut the painting begins anew. What was
    interrupted goes on if the same is said again.
    """
    look = LookWish(**{name: given.pop(name) for name in LOOKS})
    regions = VideoRegions(**{name: given.pop(name) for name in REGIONS})
    wish = VideoWish(**given, look=look, regions=regions)
    check_files(wish)
    from impasto.engine.motion.reel import is_reel

    teller = Lines(context.obj) if wish.as_json else announce(wish.quiet)
    if is_reel(wish.source):
        done = show_again(wish, context.obj, teller)
    else:
        done = _paint(wish, context.obj, teller)
    if not done:
        click.echo("stopped; what is painted is kept: say the same again to go on", err=True)
        context.exit(STOPPED)


def check_files(wish: VideoWish) -> None:
    """Refuse all that can be known to go wrong. Raises ImpastoError."""
    from impasto.engine.motion.printing import check_print
    from impasto.engine.motion.reel import check_reel

    if wish.last is not None and wish.last <= wish.first:
        raise ImpastoError(f"--to {float(wish.last):g} is not after --from {float(wish.first):g}; choose a later one")
    roles = {"-o": wish.out, "--save": wish.save, "--sound": wish.sound}
    for role, path in roles.items():
        if path is not None and role != "--sound" and options.same_file(path, wish.source):
            raise ImpastoError(f"{path} is IN and {role} at once; choose another name")
    check_print(wish.out, wish.force or parts_of(wish.out).is_dir(), wish.bits)
    if wish.save is not None:
        from impasto.engine.files import check_writable

        check_reel(wish.save)
        check_writable(wish.save, wish.force)


def _paint(wish: VideoWish, stop: Any, teller: Silent) -> bool:
    """Make the film; False if it was stopped."""
    from impasto.engine.motion.flow import tools
    from impasto.engine.motion.footage import footage
    from impasto.engine.motion.production import Production, Take, Workshop

    tools()
    source = footage(wish.source, wish.rate, wish.max_pixels)
    style = _style(wish)
    take = Take(wish.first, wish.last, wish.rate or source.rate, wish.hold)
    first = next(source.shots(take.first, take.last, take.rate), None)
    if first is None:
        raise ImpastoError(f"{wish.source} has no pictures from {float(wish.first):g} s on; choose an earlier --from")
    picture = first.see()
    shop = Workshop(parts_of(wish.out), _job(wish, style, take), wish.afresh)
    if shop.goes_on and isinstance(teller, Bar):
        teller.say("going on where it was interrupted")
    width, height = options.output_size(picture.width, picture.height, wish.size)
    production = Production(
        source, take, _filmer(wish, style), shop, print_of(wish, shop.folder, (height, width), take.rate),
        (height, width), background=ground_of(wish), bits=wish.bits, keeps=wish.save is not None, threads=wish.threads,
    )  # fmt: skip
    return finish(wish, production, stop, teller, source)


def finish(wish: VideoWish, production: "Production", stop: Any, teller: Silent, source: "Footage | None") -> bool:
    """Have it made, and tell; False if it was stopped."""
    prepare(teller)
    stop.gently = True
    frames = 0
    try:
        for event in production.run(lambda: stop.requested):
            frames = event.number
            tell(teller, event)
        if stop.requested:
            return False
        stop.gently = False
        production.print.end(sound_of(wish))
        if wish.save is not None:
            production.keep_strokes(wish.save, wish.force)
        production.close()
    finally:
        teller.clear()
    for warning in () if source is None else source.warnings:
        click.echo(f"warning: {warning}", err=True)
    summary(wish, frames)
    return True


def _style(wish: VideoWish) -> "Style":
    from impasto.engine.motion.films import film_style

    style = film_style(wish.style, [*wish.overrides, *wish.look.overrides()])
    if style.has_lines or style.absorbs:
        raise ImpastoError(
            f"a film cannot be painted in {wish.style}, whose strokes let the paper through; choose a style that covers"
        )
    return style


def _filmer(wish: VideoWish, style: "Style") -> "Filmer":
    from impasto.engine.motion.films import Filmer
    from impasto.engine.order import Order

    find, given = regions_for(wish)

    def order_of(picture: Any, number: int) -> "Order":
        return Order(
            picture, style, strokes=wish.strokes, seed=wish.seed, regions=find(picture, number),
            working_size=wish.working_size, effort=wish.effort, threads=wish.threads,
        ).with_tip_read()  # fmt: skip

    return Filmer(order_of, given)


def _job(wish: VideoWish, style: "Style", take: Any) -> dict[str, Any]:
    """All that decides what becomes of the film, as plain data."""
    words = {
        name: getattr(wish, name) for name in ("strokes", "seed", "size", "working_size", "effort", "quality", "bits")
    }
    return {
        **words, "source": known(wish.source), "style": style.model_dump(mode="json"), "out": wish.out.name,
        "take": [str(take.first), str(take.last), str(take.rate), take.hold], "background": wish.background,
        "regions": wish.regions.method, "masks": [[name, str(path)] for name, path in wish.regions.mask],
    }  # fmt: skip
