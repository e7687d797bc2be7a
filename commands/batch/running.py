"""Carrying a batch out: tasks are handed to a runner, and what comes back is written here and nowhere else."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.commands.batch.ledger import Ledger
from impasto.commands.batch.picture import PaintedPicture
from impasto.commands.batch.plan import Planned
from impasto.commands.batch.telling import Tally
from impasto.commands.stopping import Stop
from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write

if TYPE_CHECKING:
    from impasto.engine.many.task import PaintTask, Runner


@dataclass
class Work:
    """The pictures that are to be painted, by their keys, and those that were painted before."""

    left: dict[str, Planned] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    clashes: list[Path] = field(default_factory=list)


def sort_out(pictures: Iterator[Planned], ledger: Ledger, force: bool, skip: bool) -> Work:
    """What is left to be painted. skip: leave pictures alone of which any output is there."""
    work = Work()
    for picture in pictures:
        key = picture.key()
        if ledger.is_done(key):
            work.before.append(key)
        elif (clash := picture.clash(key, ledger, force)) is None:
            work.left[key] = picture
        elif skip:
            work.before.append(key)
        else:
            work.clashes.append(clash)
    return work


def carry_out(
    work: Work, runner: "Runner", ledger: Ledger, tally: Tally, stop: Stop, *, thumbs: Path | None, force: bool
) -> None:
    """Paint all that is left, and write it.

    thumbs: the folder for small pictures for a contact sheet, None if none is wanted.
    Raises ImpastoError if nothing can be written or nobody paints any more; what was painted until then stays.
    """
    from impasto.engine.many.task import Begun, Ended, Going, Readied

    def tasks() -> Iterator["PaintTask"]:
        for key, picture in work.left.items():
            yield picture.task(key, thumbs is not None)

    stop.gently = True  # from here on there is something to keep
    for happened in runner.run(tasks(), lambda: stop.requested):
        task = happened.task
        if isinstance(happened, Readied):
            tally.preparing(happened.what)
        elif task is None:
            continue
        elif isinstance(happened, Begun):
            tally.begun(task.name)
        elif isinstance(happened, Going):
            tally.going(task.name, happened.share)
        elif isinstance(happened, Ended) and happened.trouble is not None:
            tally.failed(task.name, happened.trouble)
        elif isinstance(happened, Ended):
            _keep(task, happened.result, ledger, tally, thumbs, force)


def _keep(
    task: "PaintTask", painted: PaintedPicture, ledger: Ledger, tally: Tally, thumbs: Path | None, force: bool
) -> None:
    files = ledger.keep(task.key, painted.files, force)
    if thumbs is not None and painted.thumb is not None:
        thumbs.mkdir(exist_ok=True)
        with atomic_write(thumbs / f"{task.key}.png", overwrite=True) as stream:
            stream.write(painted.thumb)
    tally.ended(
        task.name, files=files, style=painted.style, strokes=painted.strokes, loss=painted.loss,
        seconds_of_it=painted.seconds, warnings=list(painted.warnings),
    )  # fmt: skip


def refuse_clashes(clashes: list[Path]) -> None:
    """Raise ImpastoError if outputs are in the way."""
    if clashes:
        more = f" and {len(clashes) - 1} more" if len(clashes) > 1 else ""
        raise ImpastoError(
            f"{clashes[0]}{more} already exist{'' if more else 's'}, painted otherwise or not by this; add --force to "
            f"replace what is there, --skip-existing to leave it, or choose another folder"
        )
