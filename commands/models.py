"""`impasto models`: the networks that can be used, fetching one, and whether those fetched are as they came."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.commands.progress import Bar, announce, bar_text, columns
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.segment.networks.models import Model


@click.group(short_help="List, fetch and check the networks that find regions.")
def models() -> None:
    """List, fetch and check the networks that can find regions. None is needed: the default comes with Impasto."""


@models.command("list", short_help="List the networks there are.")
@options.as_json
@click.pass_context
def list_models(context: click.Context, as_json: bool) -> None:
    """List the networks Impasto knows, and which of them are on this computer."""
    from impasto.engine.segment.networks.models import folder_of, is_there, manifest

    known = manifest().values()
    if as_json:
        click.echo(options.json_text([_facts(model) | {"folder": folder_of(model)} for model in known]))
        return
    page = context.make_formatter()
    page.write_dl(
        [
            (
                model.name,
                f"{model.purpose} {model.megabytes:g} MB; licence: {model.licence}. "
                f"{'On this computer.' if is_there(model) else 'Not fetched.'}",
            )
            for model in known
        ],
        col_max=36,
    )
    click.echo(page.getvalue(), nl=False)


@models.command(short_help="Bring a network to this computer.")
@click.argument("name")
@click.option("--endpoint", metavar="ADDRESS", help="The hub, or a mirror of it; else the environment's HF_ENDPOINT.")
@click.option("--allow-pickle", is_flag=True, help="Take weights that there are only as pickles, which can run code.")
@click.option("--force", is_flag=True, help="Fetch it even if it is there.")
def fetch(name: str, endpoint: str | None, allow_pickle: bool, force: bool) -> None:
    """Bring the network NAME, of `impasto models list` or an id on the hub (owner/name), to this computer.

    A download that broke off goes on when this is run again. What came is checked.
    """
    from impasto.engine.segment.networks.hub import fetch as bring

    line = announce()
    try:
        folder = bring(name, endpoint, allow_pickle, force, tell=_teller(line))
    finally:
        line.clear()
    click.echo(f"{name} is in {folder}", err=True)


@models.command(short_help="Check that fetched networks are as they came.")
@click.argument("names", nargs=-1)
@options.as_json
@click.pass_context
def verify(context: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Compare the files of the networks NAMES, or of all that are here, with their checksums.

    Those are the manifest's, or what came when the network was fetched. Exit code 2 if any differs.
    """
    from impasto.engine.segment.networks.models import RECORD, find_model, manifest, store
    from impasto.engine.segment.networks.models import verify as problems_of

    if names:
        chosen = [find_model(name) for name in names]
    else:
        fetched = sorted(path.parent.name for path in store().glob(f"*/{RECORD}"))
        chosen = [model for model in manifest().values() if model.name in fetched or _package_there(model)]
        chosen += [find_model(name.replace("--", "/", 1)) for name in fetched if name not in manifest()]
    found = {model.name: problems_of(model) for model in chosen}
    if as_json:
        click.echo(options.json_text(found))
    else:
        for name, problems in found.items():
            click.echo(f"{name}: {'; '.join(problems) or 'as it came'}")
        if not found:
            click.echo("no network has been fetched", err=True)
    if bad := [name for name, problems in found.items() if problems]:
        raise ImpastoError(f"{', '.join(bad)} changed since coming; run `impasto models fetch {bad[0]} --force`")


def _package_there(model: "Model") -> bool:
    from impasto.engine.segment.networks.models import is_there

    return bool(model.package) and is_there(model)


def _facts(model: "Model") -> dict[str, Any]:
    from impasto.engine.segment.networks.models import is_there

    return {
        "name": model.name,
        "task": model.task,
        "hub": model.hub or None,
        "revision": model.revision if model.hub else None,
        "package": model.package or None,
        "url": model.url or None,
        "licence": model.licence,
        "megabytes": model.megabytes,
        "purpose": model.purpose,
        "files": [dict(file) for file in model.files],
        "here": is_there(model),
    }


def _teller(line: Any) -> Callable[[str, int, int], None] | None:
    if not isinstance(line, Bar):
        return None
    return lambda name, there, size: line.say(
        bar_text(there / max(size, 1), [Path(name).name, f"{there / 1e6:.0f} of {size / 1e6:.0f} MB"], columns())
    )
