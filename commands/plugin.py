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
    from impasto.plugin_krita.installer import chosen_places, environment, install

    for place in chosen_places():
        install(place)
        click.echo(f"installed in {place.plugins} for {place.name}")
    how = "from the menu or another shell, since an environment is active in this one" if environment() else "now"
    click.echo(f"start Krita {how}: Settings > Dockers > Impasto shows the docker, Tools > Scripts > Impasto the menu")


@plugin.command(short_help="Is it installed?")
@options.as_json
def status(as_json: bool) -> None:
    """Say for each Krita whether the plugin is there, enabled and up to date."""
    from impasto.plugin_krita.installer import chosen_places, environment, status

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
    if active := environment():
        click.echo(
            f"the environment {active} is active: start Krita from the menu or another shell, else it finds no plugin"
        )


@plugin.command(short_help="Take it away.")
@click.option("--purge", is_flag=True, help="Jobs, keys, caches, settings and the engine that Krita installed, too.")
def uninstall(purge: bool) -> None:
    """Take the plugin away from every Krita of yours, and say what stays. Documents keep their paintings."""
    from impasto.plugin_krita import leavings
    from impasto.plugin_krita.installer import chosen_places, uninstall

    places = chosen_places()
    for place in places:
        click.echo(f"{'removed from' if uninstall(place) else 'was not in'} {place.plugins}")
    if purge:
        leavings.purge(places)
        click.echo("removed what it had left; styles of your own and paintings in documents stay")
        return
    stays = [f"{each.what} in {each.place}: {each.size / 1e6:.1f} MB" for each in leavings.leavings()]
    stays += [f"its settings in {place.settings}" for place in places if leavings.has_settings(place)]
    if stays:
        click.echo("\n".join(["what stays:", *(f"  {line}" for line in stays)]))
        click.echo("impasto plugin uninstall --purge removes that, too, but no styles of your own and no paintings")


@plugin.command("zip", short_help="Pack it for any machine.")
@click.argument("file", type=options.FILE, metavar="FILE.zip")
@options.force
def pack(file: Path, force: bool) -> None:
    """Pack the plugin for every system into FILE.zip, for Krita's "Import Python Plugin from File…"."""
    from impasto.plugin_krita.installer import pack

    size = pack(file, force)
    click.echo(f"packed {size / 1e6:.1f} MB -> {file}")
