"""`impasto plugin`: bring the plugin to Krita or GIMP, see whether it is there, take it away, pack it."""

from pathlib import Path

import click

from impasto.commands import options

KRITA, GIMP = "krita", "gimp"


def for_editor(about: str, usual: str | None = KRITA):
    """The option `--editor`."""
    return click.option("--editor", type=click.Choice([KRITA, GIMP]), default=usual, help=about)


@click.group(short_help="Install Impasto in Krita or GIMP.")
def plugin() -> None:
    """Bring Impasto to Krita, or to GIMP 3. Close Krita before you install or uninstall."""


@plugin.command(short_help="Install it where Krita or GIMP looks.")
@for_editor("For which program; by default Krita.")
def install(editor: str) -> None:
    """Install the plugin for every Krita of yours, and enable it; or for every GIMP 3 that you have started."""
    if editor == GIMP:
        from impasto.plugin_gimp import installer as for_gimp

        for gimp in for_gimp.chosen_places():
            for_gimp.install(gimp)
            click.echo(f"installed in {gimp.plugins} for {gimp.name}")
        click.echo("start GIMP, again if it runs: Filters > Artistic > Impasto paints the layer")
        return
    from impasto.plugin_krita.installer import chosen_places, environment, install

    for place in chosen_places():
        install(place)
        click.echo(f"installed in {place.plugins} for {place.name}")
    how = "from the menu or another shell, since an environment is active in this one" if environment() else "now"
    click.echo(f"start Krita {how}: Settings > Dockers > Impasto shows the docker, Tools > Scripts > Impasto the menu")


@plugin.command(short_help="Is it installed?")
@for_editor("Of which program; by default Krita, and GIMP where it was ever started.", None)
@options.as_json
def status(editor: str | None, as_json: bool) -> None:
    """Say for each Krita and GIMP whether the plugin is there, enabled and up to date."""
    from impasto.plugin_gimp.gimps import gimp_folders
    from impasto.plugin_gimp.installer import status as status_of_gimp
    from impasto.plugin_krita.installer import chosen_places, environment, status

    found = [] if editor == GIMP else [status(place) for place in chosen_places()]
    found += [] if editor == KRITA else [status_of_gimp(gimp) for gimp in gimp_folders()]
    if as_json:
        click.echo(options.json_text(found))
        return
    if not found:
        click.echo("no GIMP 3 of yours was ever started; start it once, then run impasto plugin install --editor gimp")
    for facts in found:
        again = "run impasto plugin install" + ("" if "krita" in facts else " --editor gimp")
        if facts["installed"] is None:
            words = f"not installed; {again}"
        else:
            words = f"version {facts['installed']}, {'enabled' if facts['enabled'] else 'not enabled'}"
            words += "" if facts["current"] else f"; another version than this one, {again}"
            words += "" if facts["engine"] else f"; its engine is gone, {again}"
        click.echo(f"{facts.get('krita') or facts['gimp']} ({facts['folder']}): {words}")
    if editor != GIMP and (active := environment()):
        click.echo(
            f"the environment {active} is active: start Krita from the menu or another shell, else it finds no plugin"
        )


@plugin.command(short_help="Take it away.")
@for_editor("From which program; by default Krita.")
@click.option("--purge", is_flag=True, help="Jobs, keys, caches, settings and the engine that Krita installed, too.")
def uninstall(editor: str, purge: bool) -> None:
    """Take the plugin away from every Krita, or GIMP, and say what stays. Documents keep their paintings."""
    from impasto.plugin_krita import leavings
    from impasto.plugin_krita.installer import chosen_places, uninstall

    places = chosen_places()
    if purge:
        _require_no_other(editor)
    if editor == GIMP:
        from impasto.plugin_gimp.gimps import gimp_folders
        from impasto.plugin_gimp.installer import uninstall as uninstall_of_gimp

        for gimp in gimp_folders():
            click.echo(f"{'removed from' if uninstall_of_gimp(gimp) else 'was not in'} {gimp.plugins}")
    for place in places if editor == KRITA else ():
        click.echo(f"{'removed from' if uninstall(place) else 'was not in'} {place.plugins}")
    if purge:
        leavings.purge(places)
        click.echo("removed what it had left; styles of your own and paintings in documents stay")
        return
    stays = [f"{each.what} in {each.place}: {each.size / 1e6:.1f} MB" for each in leavings.leavings()]
    stays += [f"its settings in {place.settings}" for place in places if leavings.has_settings(place)]
    if (process := leavings.engine_process()) is not None:
        stays.append(f"an engine that is running (process {process}); impasto serve stop ends it")
    if stays:
        click.echo("\n".join(["what stays:", *(f"  {line}" for line in stays)]))
        click.echo("impasto plugin uninstall --purge removes that, too, but no styles of your own and no paintings")


def _require_no_other(editor: str) -> None:
    """Raise ImpastoError if another editor still has the plugin, which needs what a purge takes away."""
    from impasto.engine.errors import ImpastoError
    from impasto.plugin_gimp.gimps import gimp_folders
    from impasto.plugin_krita.installer import chosen_places

    other = KRITA if editor == GIMP else GIMP
    for place in gimp_folders() if other == GIMP else chosen_places():
        if place.plugin.exists():
            first = "impasto plugin uninstall" + (" --editor gimp" if other == GIMP else "")
            raise ImpastoError(f"{place.name} has the plugin still, and needs what this removes; run {first} first")


@plugin.command("zip", short_help="Pack it for any machine.")
@for_editor("For which program; by default Krita.")
@click.argument("file", type=options.FILE, metavar="FILE.zip")
@options.force
def pack(editor: str, file: Path, force: bool) -> None:
    """Pack the plugin for every system into FILE.zip, for Krita's "Import Python Plugin from File…", or to be unpacked
    into GIMP's folder for plug-ins."""
    if editor == GIMP:
        from impasto.plugin_gimp.installer import pack
    else:
        from impasto.plugin_krita.installer import pack

    size = pack(file, force)
    click.echo(f"packed {size / 1e6:.1f} MB -> {file}")
