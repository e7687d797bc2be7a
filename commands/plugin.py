"""`impasto plugin`: bring the plugin to Krita, see whether it is there, take it away, pack it."""

from pathlib import Path

import click

from impasto.commands import options


@click.group(short_help="Install Impasto in Krita.")
def plugin() -> None:
    """Bring Impasto to Krita. Close Krita before you install or uninstall."""


@plugin.command(short_help="Install it where Krita looks.")
def install() -> None:
    """Install the plugin for every Krita of yours, and enable it."""
    from impasto.plugin_krita.installer import chosen_places, install

    for place in chosen_places():
        install(place)
        click.echo(f"installed in {place.plugins} for {place.name}")
    click.echo("start Krita: Settings > Dockers > Impasto shows the docker, Tools > Scripts > Impasto the menu")


@plugin.command(short_help="Is it installed?")
@options.as_json
def status(as_json: bool) -> None:
    """Say for each Krita whether the plugin is there, enabled and up to date."""
    from impasto.plugin_krita.installer import chosen_places, status

    found = [status(place) for place in chosen_places()]
    if as_json:
        click.echo(options.json_text(found))
        return
    for facts in found:
        if facts["installed"] is None:
            words = "not installed; run impasto plugin install"
        else:
            words = f"version {facts['installed']}, {'enabled' if facts['enabled'] else 'not enabled'}"
            words += "" if facts["current"] else "; another version than this one, run impasto plugin install"
            words += "" if facts["engine"] else "; its engine is gone, run impasto plugin install"
        click.echo(f"{facts['krita']} ({facts['folder']}): {words}")


@plugin.command(short_help="Take it away.")
def uninstall() -> None:
    """Take the plugin away from every Krita of yours."""
    from impasto.plugin_krita.installer import chosen_places, uninstall

    for place in chosen_places():
        click.echo(f"{'removed from' if uninstall(place) else 'was not in'} {place.plugins}")


@plugin.command("zip", short_help="Pack it for any machine.")
@click.argument("file", type=options.FILE, metavar="FILE.zip")
@options.force
def pack(file: Path, force: bool) -> None:
    """Pack the plugin for every system into FILE.zip, for Krita's "Import Python Plugin from File…"."""
    from impasto.plugin_krita.installer import pack

    size = pack(file, force)
    click.echo(f"packed {size / 1e6:.1f} MB -> {file}")
