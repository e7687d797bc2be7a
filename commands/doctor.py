"""`impasto doctor`: is everything there that an installation needs, and what is to be done if not?"""

from dataclasses import asdict

import click

from impasto.commands import options

MARKS = {"good": "ok", "hint": "--", "bad": "!!"}


@click.command(short_help="Check the installation.")
@options.as_json
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Check all that Impasto needs: Python, folders, painting itself, the engine, Krita's plugin, GPU, networks.

    Says what is wrong and what to do; exits with 1 if something is. Your own folder's name is left out, so that this
    can be sent to others.
    """
    from impasto.commands.checks import BAD, findings, without_home

    found = []
    for finding in findings():
        found.append(finding)
        if as_json:
            continue
        remedy = f"\n     {finding.remedy}" if finding.remedy else ""
        click.echo(without_home(f"{MARKS[finding.state]}  {finding.name}: {finding.says}{remedy}"))
    if as_json:
        click.echo(without_home(options.json_text([asdict(finding) for finding in found])))
    if any(finding.state == BAD for finding in found):
        context.exit(1)
