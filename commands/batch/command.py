"""`impasto batch`: from any number of photos to paintings, as many at a time as there are cores and memory."""

from pathlib import Path
from typing import Any

import click

from impasto.commands import options
from impasto.commands.exporting import export_options
from impasto.commands.many_options import MANY, ManyWish, many_options
from impasto.commands.stopping import STOPPED, Stop
from impasto.commands.wish import how_to_paint
from impasto.engine.errors import ImpastoError

BAD = 1  # exit code: some could not be painted
NONE = "none"


def _several_styles(command: Any) -> Any:
    """Say of --style that there may be several, and that nothing is told of why one was chosen."""
    for parameter in command.params:
        if parameter.name == "style":
            parameter.metavar, parameter.help = (
                "NAME|FILE,…",
                f"{parameter.help} Several, parted by commas: one picture of each.",
            )
    return command


@click.command(short_help="Paint many photos.")
@click.argument("photos", nargs=-1, required=True, metavar="PHOTOS…")
@click.option(
    "-o",
    "--output",
    "folder",
    type=options.FILE,
    metavar="FOLDER",
    required=True,
    help="Where the paintings go; made if it is not there.",
)
@click.option(
    "-r", "--recursive", is_flag=True, help="Look into folders in folders, too; paintings lie in the same ones."
)
@click.option(
    "--as",
    "suffix",
    metavar="SUFFIX",
    default="png",
    show_default=True,
    help="What each picture is written as: any ending that paint's -o takes, such as jpg, ora, svg or mp4; or none.",
)
@click.option("--save", is_flag=True, help="Keep each painting itself as well, as NAME.impasto.")
@click.option("--layers", is_flag=True, help="Write each one's layers into a folder NAME-layers.")
@click.option("--process", is_flag=True, help="Write how each one came about into a folder NAME-process.")
@click.option("--distribution", is_flag=True, help="Write where each one's strokes went as NAME-strokes.png.")
@click.option("--sheet", type=options.FILE, metavar="FILE", help="Write a contact sheet of all paintings.")
@click.option(
    "--settings",
    type=options.FILE,
    metavar="FILE",
    help="A .csv table or a .toml file that says of single photos what is different: any of these options.",
)
@how_to_paint
@export_options
@many_options
@click.option(
    "--threads",
    type=click.IntRange(1, 256),
    metavar="NUMBER",
    show_default="the cores, shared out",
    help="How many cores each of them uses; no result depends on it.",
)
@options.device
@options.quality
@options.force
@click.option("--skip-existing", is_flag=True, help="Leave alone, without a word, pictures that are there already.")
@options.events_as_json
@options.quiet
@click.pass_context
def batch(context: click.Context, photos: tuple[str, ...], folder: Path, **given: Any) -> None:
    """Paint all PHOTOS: files, folders, patterns such as 'trip/*.jpg', or - for a list of names on stdin.

    The same command goes on after an interruption, paints what was added since, and leaves alone what is done. What
    cannot be painted is told at the end, and the exit code is then 1.
    """
    from impasto.commands.batch.ledger import THUMBS, Ledger
    from impasto.commands.batch.photos import gather
    from impasto.commands.batch.plan import Batch, BatchOutputs
    from impasto.commands.batch.rows import read_rows
    from impasto.commands.batch.running import carry_out, refuse_clashes, sort_out
    from impasto.commands.batch.telling import Tally

    stop: Stop = context.obj
    said = {name: given.pop(name) for name in ("recursive", "sheet", "settings", "skip_existing")}
    many = ManyWish(**{name: given.pop(name) for name in MANY})
    kept = {name: given.pop(name) for name in ("save", "layers", "process", "distribution")}
    suffix = _suffix(given.pop("suffix"), any(kept.values()))
    force, quiet, as_json, threads = given["force"], given["quiet"], given["as_json"], given["threads"]
    outputs = BatchOutputs(folder, suffix, **kept)
    rows = read_rows(said["settings"])
    found = gather(photos, folder, said["recursive"])
    _make(folder)
    if said["sheet"] is not None:
        from impasto.engine.pictures.io import check_output

        check_output(said["sheet"], overwrite=True)
    ledger = Ledger(folder)
    pictures = list(Batch(given, rows, outputs, force).pictures(found.photos))
    work = sort_out(iter(pictures), ledger, force, said["skip_existing"])
    refuse_clashes(work.clashes)
    if not quiet:
        _say_before(rows, found, pictures)
    tally = Tally(len(work.left), len(work.before), stop, as_json=as_json, quiet=quiet)
    thumbs = folder / THUMBS if said["sheet"] is not None else None
    moved: dict[str, Any] = {}
    if work.left:
        with many.runner(len(work.left), threads, tally.warn) as runner:
            try:
                carry_out(work, runner, ledger, tally, stop, thumbs=thumbs, force=force)
            except ImpastoError as error:
                so_far = f"{tally.done} of {tally.total} are painted, and the same command goes on"
                raise ImpastoError(f"{str(error).removesuffix('.')}; {so_far}") from error
            finally:
                tally.clear()
                moved = _moved(runner)
    stopped = stop.requested
    if said["sheet"] is not None and thumbs is not None and not stopped:
        from impasto.commands.batch.sheet import write_sheet

        tally.finish(sheets=write_sheet(said["sheet"], pictures, thumbs), **moved)
    else:
        tally.finish(stopped=stopped, **moved)
    _say_after(tally, folder, moved, stopped, quiet or as_json, as_json)
    if stopped:
        context.exit(STOPPED)
    if tally.bad:
        context.exit(BAD)


_several_styles(batch)


def _suffix(said: str, others: bool) -> str | None:
    """The ending of each picture's file. Raises ImpastoError for one that nothing writes."""
    from impasto.engine.export import suffixes

    if said.lower() == NONE:
        if not others:
            raise ImpastoError("--as none leaves nothing to write; add --save, or name an ending")
        return None
    suffix = f".{said.lower().removeprefix('.')}"
    if suffix not in suffixes():
        raise ImpastoError(f"--as {said} cannot be written; name one of {' '.join(suffixes())}")
    return suffix


def _moved(runner: Any) -> dict[str, Any]:
    """What went over the network, of a runner that has one."""
    moved = getattr(runner, "moved", None)
    if moved is None:
        return {}
    return {"moved": {"sent": moved.sent, "received": moved.received, "files": moved.files}}


def _make(folder: Path) -> None:
    from impasto.engine.files import check_writable

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImpastoError(f"{folder} cannot be made ({error.strerror}); choose another folder") from error
    check_writable(folder / ".impasto-batch.jsonl", overwrite=True)


def _say_before(rows: Any, found: Any, pictures: list[Any]) -> None:
    for row in rows.unused(photo.path for photo in found.photos):
        click.echo(f"warning: {row.where}: none of the photos is {row.pattern}", err=True)
    if found.passed:
        others = "1 other file is" if found.passed == 1 else f"{found.passed} other files are"
        click.echo(f"{others} passed over", err=True)


def _say_after(tally: Any, folder: Path, moved: dict[str, Any], stopped: bool, quiet: bool, as_json: bool) -> None:
    from impasto.commands.progress import time_text

    for name, why in () if as_json else tally.bad.items():
        click.echo(f"not painted: {name}: {why}", err=True)
    if quiet:
        return
    for warning, times in tally.warnings.items():
        click.echo(f"{warning}{f' ({times} times)' if times > 1 else ''}", err=True)
    if moved:
        sent, files, received = (moved["moved"][name] for name in ("sent", "files", "received"))
        click.echo(
            f"moved {sent / 1e6:.1f} MB to the cluster, {files} files, and {received / 1e6:.1f} MB back", err=True
        )
    before = f", {tally.before} were there already" if tally.before else ""
    bad = f", {len(tally.bad)} could not be painted" if tally.bad else ""
    verb = "stopped: painted" if stopped else "painted"
    counts = f"{verb} {tally.done} of {tally.total} pictures in {time_text(tally.seconds)}{before}{bad}"
    click.echo(f"{counts} -> {folder}", err=True)
    if stopped:
        click.echo("the same command goes on", err=True)
