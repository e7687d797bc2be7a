"""`python -m tests.mutations [NAME…]`: is each line of `list.toml` missed when it is wrong?

One line at a time is changed in a scratch copy of the working tree, and the tests that the list names for it are run
there. Exit status 0 if all were noticed; 1 if any survived, no longer applies or only keeps its tests from starting; 2
if the tests fail without any mutation. Names may hold wildcards, as in `'daemon-*'`.
"""

import fnmatch
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

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
def _scratch(root: Path) -> Iterator[Scratch]:
    try:
        with Scratch(root, Path(tempfile.gettempdir())) as scratch:
            yield scratch
    except BlockingIOError as error:
        raise click.ClickException("another run has the copy; let it end, or set TMPDIR to another folder.") from error


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="Show the mutations and run none.")
@click.option("--root", type=click.Path(path_type=Path, exists=True), default=ROOT, help="The tree to be tested.")
@click.option("--file", "toml", type=click.Path(path_type=Path), default=Path(__file__).with_name("list.toml"))
@click.option("--unchecked", is_flag=True, help="Do not first run the tests without any mutation.")
def main(names: tuple[str, ...], only_list: bool, root: Path, toml: Path, unchecked: bool) -> None:
    """See the module."""
    mutations = chosen(read_list(toml), names)
    if only_list:
        for mutation in mutations:
            click.echo(f"{mutation.name}  {mutation.file}: {mutation.hurts}")
        return
    with _scratch(root) as scratch:
        if not unchecked:
            tests = list(dict.fromkeys(test for mutation in mutations for test in mutation.tests))
            click.echo(f"{len(tests)} tests or files of them without any mutation …")
            verdict = scratch.run(tests)
            if verdict.survived is False:
                click.echo(f"they fail as they are: {verdict.said}")
                sys.exit(2)
        survivors, begun = [], time.monotonic()
        for number, mutation in enumerate(mutations, 1):
            verdict = scratch.tried(mutation)
            if not verdict.noticed:
                survivors.append(mutation)
            left = time_left(begun, number, len(mutations))
            click.echo(f"{number}/{len(mutations)} {mutation.name}: {verdict.said} ({verdict.seconds:.0f} s{left})")
    for mutation in survivors:
        click.echo(f"\nSURVIVED {mutation.name} in {mutation.file}\n  - {mutation.old}\n  + {mutation.new}")
        click.echo(f"  {mutation.hurts}\n  nobody minds in {' '.join(mutation.tests)}")
    click.echo(f"\n{len(mutations) - len(survivors)} of {len(mutations)} mutations were noticed.")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
