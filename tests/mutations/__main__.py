"""`python -m tests.mutations [NAME…]`: is each line of `list.toml` missed when it is wrong?

One line at a time is changed in a scratch copy of the working tree, and the tests that the list names for it are run
there until one fails, which has to pass without the mutation. Exit status 0 if all were noticed; 1 if any survived, no
longer applies, only keeps its tests from starting, or if the test that failed always does. Names may hold wildcards, as
in `'daemon-*'`. The whole list takes hours: with `--kept FILE` a run that was stopped goes on where it was.
"""

import fnmatch
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from .kept import Kept
from .mutation import Mutation, read_list
from .scratch import Scratch

ROOT = Path(__file__).resolve().parents[2]


def chosen(mutations: list[Mutation], names: tuple[str, ...]) -> list[Mutation]:
    """Those of the given names, all without. Raises click.UsageError for a name that none has."""
    for name in names:
        if not any(fnmatch.fnmatch(mutation.name, name) for mutation in mutations):
            raise click.UsageError(f"there is no mutation {name!r}; --list shows them.")
    return [m for m in mutations if not names or any(fnmatch.fnmatch(m.name, name) for name in names)]


def time_left(begun: float, done: int, count: int) -> str:
    """How long the rest will take if it takes as long as what is done."""
    minutes = (time.monotonic() - begun) / done * (count - done) / 60
    return f", {minutes:.0f} min left" if done < count else ""


@contextmanager
def _scratch(root: Path, passing: set[str]) -> Iterator[Scratch]:
    try:
        with Scratch(root, Path(tempfile.gettempdir()), passing) as scratch:
            yield scratch
    except BlockingIOError as error:
        raise click.ClickException("another run has the copy; let it end, or set TMPDIR to another folder.") from error


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="Show the mutations and run none.")
@click.option("--root", type=click.Path(path_type=Path, exists=True), default=ROOT, help="The tree to be tested.")
@click.option("--file", "toml", type=click.Path(path_type=Path), default=Path(__file__).with_name("list.toml"))
@click.option("--kept", type=click.Path(path_type=Path), help="What was found, for the next run to go on from.")
def main(names: tuple[str, ...], only_list: bool, root: Path, toml: Path, kept: Path | None) -> None:
    """See the module."""
    listed = read_list(toml)
    mutations = chosen(listed, names)
    if only_list:
        for mutation in mutations:
            click.echo(f"{mutation.name}  {mutation.file}: {mutation.hurts}")
        return
    found = Kept(kept, root)
    known = {mutation.name: verdict for mutation in mutations if (verdict := found.known(mutation))}
    noticed = {name: verdict.noticed for name, verdict in known.items()}
    waiting = [mutation for mutation in mutations if mutation.name not in known]
    if len(waiting) < len(mutations):
        click.echo(f"{len(mutations) - len(waiting)} are as they were when they were tried; {len(waiting)} are left.")
    passing = {verdict.said for mutation in listed if (verdict := found.known(mutation)) and verdict.noticed}
    with _scratch(root, passing) as scratch:
        begun = time.monotonic()
        for number, mutation in enumerate(waiting, 1):
            verdict = scratch.tried(mutation)
            found.keep(mutation, verdict)
            left = time_left(begun, number, len(waiting))
            click.echo(f"{number}/{len(waiting)} {mutation.name}: {verdict.said} ({verdict.seconds:.0f} s{left})")
            noticed[mutation.name] = verdict.noticed
    survivors = [mutation for mutation in mutations if not noticed[mutation.name]]
    for mutation in survivors:
        click.echo(f"\nSURVIVED {mutation.name} in {mutation.file}\n  - {mutation.old}\n  + {mutation.new}")
        click.echo(f"  {mutation.hurts}\n  nobody minds in {' '.join(mutation.tests)}")
    click.echo(f"\n{len(mutations) - len(survivors)} of {len(mutations)} mutations were noticed.")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
