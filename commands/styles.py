"""`impasto styles`: the styles there are, one style's values, and what every value means."""

from collections.abc import Iterator
from typing import Any

import click

from impasto.commands import options


@click.command(short_help="List the styles, or show one.")
@click.argument("name", metavar="[NAME|FILE.toml]", required=False)
@click.option("--explain", is_flag=True, help="List every setting a style has, its range and meaning.")
@options.as_json
@click.pass_context
def styles(context: click.Context, name: str | None, explain: bool, as_json: bool) -> None:
    """List the styles, or show all values of one, to save as a .toml file and make your own style of."""
    if name is not None and explain:
        raise click.UsageError("--explain tells of all styles alike; leave the name out.")
    if name is not None:
        from impasto.engine.styles import load_style
        from impasto.engine.styles.own import toml_text

        values = load_style(name).model_dump(mode="json")
        click.echo(options.json_text(values) if as_json else toml_text(values), nl=as_json)
        return
    found = list(_settings()) if explain else _listed()
    if as_json:
        click.echo(options.json_text(found))
        return
    page = context.make_formatter()
    page.write_dl([_explained(each) if explain else _summed_up(each) for each in found], col_max=24)
    click.echo(page.getvalue(), nl=False)


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
