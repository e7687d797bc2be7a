"""`impasto paint`: from a photo to a painting, with what is told and kept on the way."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from impasto.commands import options
from impasto.commands.examples import EXAMPLE
from impasto.commands.exporting import EXPORTS, export_options
from impasto.commands.extras import write_extras
from impasto.commands.loading import without_collecting
from impasto.commands.outputs import Keeper, check_files
from impasto.commands.progress import Bar, Lines, Silent, announce
from impasto.commands.stopping import STOPPED, Stop
from impasto.commands.wish import AREAS, EXTRAS, LOOK, Wish, how_to_paint, prepared, styled, wish_of
from impasto.commands.wording import check_words
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.daemon.remote import RemotePainter
    from impasto.engine.painter.events import Finished
    from impasto.engine.painter.retry import RetryingPainter
    from impasto.protocol.client import Client

CHECKPOINT_EVERY = 15.0  # seconds
NO_ENGINE = ("absent", "elsewhere", "home", "unreachable", "version")  # why one that is not insisted on does not paint

# What a painting that was begun has fixed, and what may change when it is gone on with.
FIXED = (
    "style", "style_words", "guide", "overrides", "interest", "detail_map", "flow", "brush", "looseness", "strokes",
    "seed", "working_size", "effort", "background", *EXAMPLE, *LOOK, *AREAS,
)  # fmt: skip
FREE = (
    "engine", "engine_key", "size", "quality", "max_pixels", "threads", "device", "preview", "preview_every", *EXTRAS,
    *EXPORTS,
)  # fmt: skip


@click.command(short_help="Paint a photo.")
@click.argument("photo", type=options.FILE)
@options.output
@how_to_paint
@options.preview
@options.preview_every
@click.option(
    "--save",
    type=options.FILE,
    metavar="FILE.impasto",
    help="Keep the painting itself, also while it is unfinished, to go on with it or render it at any size.",
)
@click.option("--resume", type=options.FILE, metavar="FILE.impasto", help="Go on with a painting that was stopped.")
@options.layers
@options.process
@options.distribution
@export_options
@click.option(
    "--engine",
    default="local",
    metavar="local|auto|ADDRESS",
    show_default=True,
    help="Who paints: this process; a running `impasto serve` if there is one (auto); or the one at tcp://HOST:PORT.",
)
@click.option("--engine-key", metavar="KEY|FILE", help="The public key of the engine at ADDRESS; your own by default.")
@options.threads
@options.device
@options.quality
@options.force
@options.events_as_json
@options.quiet
@click.pass_context
def paint(context: click.Context, **given: Any) -> None:
    """Paint PHOTO with brush strokes, and write the picture (-o), the painting itself (--save) or both.

    Ctrl-C stops and keeps what is painted so far, and tells how to go on; a second Ctrl-C ends at once.
    """
    wish = wish_of(given)
    _refuse_fixed(context, wish)
    check_words(wish)
    with without_collecting():
        check_files(wish)
        wish.example.check(wish.style, (wish.out, wish.save))
        files = {
            "the photo": wish.photo, "-o": wish.out, "--save": wish.save, "--resume": wish.resume,
            "--style-image": wish.example.style_image,
        }  # fmt: skip
        wish.extras.check(files, wish.force)
        painter, size = _begin(wish)
    teller = Lines(context.obj) if wish.as_json else announce(wish.quiet)
    keeper = Keeper(wish, size, _rest(context, wish), teller)
    try:
        done = carry_out(painter, context.obj, teller, keeper)
        if done.cancelled and isinstance(teller, Bar):
            teller.say("stopping, and keeping what is painted")
        files = keeper.deliver(done)
        if wish.extras and not done.cancelled:
            files += write_extras(done.painting, wish.extras, size, force=wish.force, threads=wish.threads)
    finally:
        teller.clear()
    teller.hear(done, files=files)
    if not (wish.quiet or wish.as_json):
        click.echo(_summary(wish, done, painter.total, files), err=True)
    if done.cancelled:
        click.echo(keeper.way_on(done), err=True)
        context.exit(STOPPED)


def _refuse_fixed(context: click.Context, wish: Wish) -> None:
    if wish.resume is None:
        return
    given = [_option(context, name) for name in FIXED if _is_given(context, name)]
    if given:
        what = " and ".join(given)
        raise ImpastoError(f"{wish.resume} has been begun and keeps what it began with; leave {what} out")


def _begin(wish: Wish) -> tuple["RetryingPainter | RemotePainter", tuple[int, int]]:
    """The painter, and the width and height of the picture to be."""
    ready = prepared(styled(wish))
    wish = ready.styled.wish
    client = connected(wish)
    order = ready.order(lambda said: None if wish.quiet else click.echo(said, err=True))
    if client is not None:
        from impasto.engine.daemon.remote import RemotePainter

        return RemotePainter(client, order, previews=wish.preview is not None), ready.size
    painter = replace(order, device=options.device_of(wish.device, wish.quiet or wish.as_json)).painter(
        preview_every=wish.preview_every if wish.preview else None,
        checkpoint_every=CHECKPOINT_EVERY if wish.save else None,
    )
    return painter, ready.size


def connected(wish: Wish) -> "Client | None":
    """The connection to the engine that is to paint, or None if that is this process."""
    if wish.engine == "local":
        return None
    try:
        from impasto.protocol import ProtocolError
        from impasto.protocol.client import Client
        from impasto.protocol.places import read_runtime
    except ImportError as error:
        from impasto.engine.installing import install

        raise ImpastoError(f"--engine needs more: {install('daemon')}") from error
    if wish.engine != "auto" and not wish.engine.startswith("tcp://"):
        raise ImpastoError(f"--engine {wish.engine} is not an address; write local, auto or tcp://HOST:PORT")
    try:
        return Client(None if wish.engine == "auto" else wish.engine, wish.engine_key)
    except ProtocolError as error:
        if wish.engine != "auto" or error.code not in NO_ENGINE:
            raise ImpastoError(str(error)) from error
        if not wish.quiet and (error.code != "absent" or read_runtime() is not None):  # there was one, and should be
            what = "the engine has ended without a word" if error.code == "absent" else error.sentence
            click.echo(f"{what}; painting here", err=True)
        return None


def carry_out(painter: "RetryingPainter | RemotePainter", stop: Stop, teller: Silent, keeper: Keeper) -> "Finished":
    """Paint, and tell and keep what is said on the way."""
    from impasto.engine.painter.events import Checkpointed, Finished, Fitted, Preview, Started

    for event in painter.paint(lambda: stop.requested):
        if isinstance(event, Finished):
            stop.gently = False
            return event
        if isinstance(event, Started):
            stop.gently = True  # from here on there is something to keep
        if isinstance(event, Preview):
            keeper.keep_preview(event)
        elif isinstance(event, Checkpointed):
            keeper.keep_checkpoint(event)
        elif isinstance(event, Fitted) and not isinstance(teller, Lines):
            teller.clear()
            click.echo(event.what, err=True)
        else:
            teller.hear(event)
    raise AssertionError("a painter ends with Finished")


def _summary(wish: Wish, done: "Finished", total: int, files: list[Path]) -> str:
    strokes = f"{done.strokes} of {total}" if done.cancelled else f"{done.strokes}"
    regions = "" if done.painting.regions is None else f" in {len(done.painting.regions)} regions"
    loss = f", loss {done.loss:.4f}" if done.loss == done.loss else ""  # lines have none
    return (
        f"{'stopped painting' if done.cancelled else 'painted'} {wish.photo} in style "
        f"{done.painting.style['name']}: {strokes} strokes{regions} in {done.seconds:.1f} s"
        f"{loss} -> {', '.join(map(str, files))}"
    )


def _rest(context: click.Context, wish: Wish) -> list[str | Path | int | float]:
    """What the command that goes on has to say again."""
    words: list[str | Path | int | float] = []
    if wish.save is not None:
        words += ["--save", options.plain_path(wish.save)]
    if wish.out is not None:
        words += ["-o", options.plain_path(wish.out), "--force"]
    for name in FREE:
        if _is_given(context, name):
            value = getattr(wish.extras if name in EXTRAS else wish.exports if name in EXPORTS else wish, name)
            words += [_option(context, name), options.plain_path(value) if isinstance(value, Path) else value]
    return words


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) == ParameterSource.COMMANDLINE


def _option(context: click.Context, name: str) -> str:
    return next(p.opts[-1] for p in context.command.params if p.name == name)
