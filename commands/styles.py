"""`impasto styles`: the styles there are, one style's values, what every value means, and a style of a picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.commands.examples import ExampleWish, making_options
from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from impasto.engine.styles import Style


@click.command(short_help="List the styles, or show one.")
@click.argument("name", metavar="[NAME|FILE]", required=False)
@click.option("--explain", is_flag=True, help="List every setting a style has, its range and meaning.")
@making_options
@click.option("-o", "--output", "out", type=options.FILE, metavar="FILE.toml", help="Write the style into this file.")
@click.option("--keep", metavar="NAME", help="Keep the style as one of your own, which is found by this name.")
@options.max_pixels
@options.force
@options.as_json
@click.pass_context
def styles(
    context: click.Context, name: str | None, explain: bool, as_json: bool, out: Path | None, keep: str | None,
    max_pixels: int, force: bool, **example: Any,
) -> None:  # fmt: skip
    """List the styles, or show all values of one, to save as a .toml file and make your own style of.

    With --from, the style is made of a picture; -o and --keep save it, or the one that is named.
    """
    wish = ExampleWish(**example, asked_by="--from")
    if name is not None and explain:
        raise click.UsageError("--explain tells of all styles alike; leave the name out.")
    if name is None and wish.style_image is None and (out is not None or keep is not None):
        raise click.UsageError("say what to save: the NAME of a style, or --from PICTURE.")
    wish.check()
    if name is not None or wish.style_image is not None:
        from impasto.engine.styles.own import toml_text

        style = wish.style(name, (), max_pixels)
        if out is not None or keep is not None:
            _save(style, out, keep, force)
            return
        values = style.model_dump(mode="json")
        click.echo(options.json_text(values) if as_json else toml_text(values), nl=as_json)
        return
    found = list(_settings()) if explain else _listed()
    if as_json:
        click.echo(options.json_text(found))
        return
    page = context.make_formatter()
    page.write_dl([_explained(each) if explain else _summed_up(each) for each in found], col_max=24)
    click.echo(page.getvalue(), nl=False)


def _save(style: "Style", out: Path | None, keep: str | None, force: bool) -> None:
    """Write a style into a file, among the user's own, or both. Raises ImpastoError where it may or can not be."""
    from impasto.engine.files import atomic_write
    from impasto.engine.styles.own import keep_style, own_file, toml_text

    values = style.model_dump(mode="json")
    if out is not None:
        if out.suffix != ".toml":
            raise ImpastoError(f"{out} cannot be a style; give it the extension .toml")
        with atomic_write(out, force) as file:
            file.write(toml_text({**values, "name": out.stem if keep is None else keep}).encode())
        click.echo(f"{out}: paint with it by --style {options.command_text(out).removeprefix('impasto ')}", err=True)
    if keep is not None:
        keep_style(keep, values, force)
        click.echo(f"{own_file(keep)}: paint with it by --style {keep}", err=True)


def _listed() -> list[dict[str, Any]]:
    """The styles there are; says which of the user's own are broken."""
    from impasto.engine.styles import loaded_styles

    styles, troubles = loaded_styles()
    for trouble in troubles:
        click.echo(f"warning: {trouble}", err=True)
    return [
        {"name": s.name, "description": s.description, "strokes": s.strokes, "passes": len(s.passes)} for s in styles
    ]


def _summed_up(style: dict[str, Any]) -> tuple[str, str]:
    passes = f"{style['passes']} pass{'es' if style['passes'] > 1 else ''}"
    return style["name"], f"{style['description']} {style['strokes']} strokes in {passes}.".lstrip()


def _settings() -> Iterator[dict[str, Any]]:
    """Every setting: what it is called in --set and what the model of a style knows about it."""
    from impasto.engine.media import MEDIA
    from impasto.engine.styles import Style

    schema = Style.model_json_schema()
    schema["$defs"]["MediumSettings"]["properties"]["kind"]["enum"] = list(MEDIA.names)
    return _described(schema, schema["$defs"], "")


def _described(schema: dict[str, Any], parts: dict[str, Any], prefix: str) -> Iterator[dict[str, Any]]:
    for key, field in schema["properties"].items():
        given = [each for each in field.get("anyOf", ()) if each.get("type") != "null"]  # one that may be left out
        tables = [each for each in given if "$ref" in each]  # a plain name does as well
        field = {**field, **(tables or given)[0]} if given else field
        part = field.get("$ref") or field.get("items", {}).get("$ref")
        if part is None:
            value = (field.get("prefixItems") or [field])[0]
            yield {
                "name": prefix + key,
                "type": field["type"],
                "items": field.get("items", {}).get("type"),
                "choices": field.get("enum"),
                **{k: value.get(k) for k in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")},
                "default": field.get("default"),
                "description": field.get("description", ""),
            }
        else:
            name = f"{prefix}{key}.{'N.' if 'items' in field else ''}"
            yield from _described(parts[part.rsplit("/", 1)[1]], parts, name)


def _explained(setting: dict[str, Any]) -> tuple[str, str]:
    kinds = {"array": "two numbers", "boolean": "true or false", "integer": "whole number", "string": "text"}
    facts: str = kinds.get(setting["type"], "number")
    if setting["items"] == "string":
        facts = "list of texts"
    if setting["choices"]:
        facts = " or ".join(setting["choices"])
    if setting["minimum"] is not None:
        facts += f" from {setting['minimum']:g}"
    if setting["exclusiveMinimum"] is not None:
        facts += f" above {setting['exclusiveMinimum']:g}"
    if setting["maximum"] is not None:
        facts += f" to {setting['maximum']}"
    if setting["default"] not in (None, ""):
        facts += f"; default {options.json_text(setting['default'])}"
    return setting["name"], f"{setting['description']} [{facts}]".lstrip()
