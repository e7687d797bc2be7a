"""Settings of single photos, from a table (.csv) or a .toml file: any option that says how one is painted."""

import csv
import io
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from impasto.commands import options
from impasto.commands.exporting import export_options
from impasto.commands.wish import how_to_paint
from impasto.engine.errors import ImpastoError

PHOTO, NAME = "photo", "name"
_LARGEST = 16 << 20  # bytes
_YES, _NO = ("1", "yes", "true", "on"), ("0", "no", "false", "off")


@click.command(add_help_option=False)
@how_to_paint
@export_options
@options.quality
def _one(**_: Any) -> None:
    """What may be said of a single photo."""


_SAID = {parameter.opts[-1][2:]: parameter for parameter in _one.params}


@dataclass(frozen=True)
class SettingsRow:
    """What is said of the photos that fit `pattern`. given: by options' names; name: what the painting is called."""

    where: str
    pattern: str
    given: dict[str, Any]
    name: str | None = None

    def fits(self, photo: Path, beside: Path) -> bool:
        """Is the photo meant? By its name, its path or its path from the table's folder; * and ? fit anything."""
        forms = {photo.name, photo.as_posix(), photo.absolute().as_posix()}
        if photo.absolute().is_relative_to(beside.absolute()):
            forms.add(photo.absolute().relative_to(beside.absolute()).as_posix())
        return any(form == self.pattern or fnmatchcase(form, self.pattern) for form in forms)


@dataclass(frozen=True)
class Rows:
    """A file of settings."""

    beside: Path
    rows: tuple[SettingsRow, ...] = ()

    def of(self, photo: Path) -> list[SettingsRow]:
        """What is said of a photo; later rows count more."""
        return [row for row in self.rows if row.fits(photo, self.beside)]

    def unused(self, photos: Iterable[Path]) -> list[SettingsRow]:
        """Rows that fit no photo."""
        left = list(self.rows)
        for photo in photos:
            left = [row for row in left if not row.fits(photo, self.beside)]
            if not left:
                break
        return left


def read_rows(path: Path | None) -> Rows:
    """The settings in a file. Raises ImpastoError for a file, a photo, a setting or a value that is none."""
    from impasto.engine.files import open_input

    if path is None:
        return Rows(Path())
    with open_input(path) as stream:
        data = stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ImpastoError(f"{path} has over {_LARGEST >> 20} MB; part it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImpastoError(f"{path} is not in UTF-8; save it as such") from error
    kind = path.suffix.lower()
    if kind == ".toml":
        return Rows(path.parent, tuple(_of_toml(path, text)))
    if kind in (".csv", ".tsv"):
        return Rows(path.parent, tuple(_of_table(path, text)))
    raise ImpastoError(f"{path} cannot be read as settings; give a .csv, .tsv or .toml file")


def merged(given: dict[str, Any], rows: Iterable[SettingsRow]) -> tuple[dict[str, Any], str | None]:
    """What is asked for of one photo: what is said of all, then by its rows; and its own name, if it has one.

    Of options that may be given often, all that is said counts.
    """
    result, name = dict(given), None
    for row in rows:
        name = row.name or name
        for key, value in row.given.items():
            result[key] = (*result[key], *value) if isinstance(value, tuple) and _is_multiple(key) else value
    return result, name


def _is_multiple(key: str) -> bool:
    return any(parameter.name == key and getattr(parameter, "multiple", False) for parameter in _one.params)


def _of_toml(path: Path, text: str) -> Iterable[SettingsRow]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # pyright: ignore[reportMissingImports]
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ImpastoError(f"{path} is no TOML ({error}); mend it") from error
    for pattern, table in data.items():
        if not isinstance(table, dict):
            raise ImpastoError(f'{path}: {pattern} is not a photo\'s table; write ["photo.jpg"] and its settings below')
        where = f"{path}, {pattern}"
        said = {key: value if isinstance(value, list) else [value] for key, value in table.items()}
        words = {key: [_text(where, key, value) for value in values] for key, values in said.items()}
        yield _row(where, path.parent, pattern, words)


def _of_table(path: Path, text: str) -> Iterable[SettingsRow]:
    head = text.partition("\n")[0]
    comma = "\t" if "\t" in head else ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if PHOTO not in names:
            raise ImpastoError(f"{path} has no column {PHOTO}; its first line names the columns")
        for cells in reader:
            where = f"{path}, line {reader.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(names):
                raise ImpastoError(f"{where} has {len(cells)} cells for {len(names)} columns; put quotes around commas")
            said = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
            pattern = said.pop(PHOTO, "")
            if not pattern:
                raise ImpastoError(f"{where} names no photo; fill its column {PHOTO}")
            words = {
                key: [part.strip() for part in cell.split("|")] if _is_multiple_option(key) else [cell]
                for key, cell in said.items()
            }
            yield _row(where, path.parent, pattern, words)
    except csv.Error as error:
        raise ImpastoError(f"{path}, line {reader.line_num} cannot be read ({error}); mend it") from error


def _is_multiple_option(key: str) -> bool:
    return getattr(_SAID.get(key.replace("_", "-")), "multiple", False)


def _text(where: str, key: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value)
    raise ImpastoError(f"{where}: {key} cannot be a {type(value).__name__}; give text, a number or a list of them")


def _row(where: str, folder: Path, pattern: str, said: dict[str, list[str]]) -> SettingsRow:
    words, name = [], None
    for key, values in said.items():
        option = key.strip().replace("_", "-")
        if option == NAME:
            name = _own_name(where, values[-1])
        elif option not in _SAID:
            known = ", ".join([NAME, *sorted(_SAID)])
            raise ImpastoError(f"{where}: there is no setting {key}; there are {known}")
        elif getattr(_SAID[option], "is_flag", False):
            if values[-1].lower() not in (*_YES, *_NO):
                raise ImpastoError(f"{where}: {key} is {values[-1]!r}; write yes or no")
            words += [f"--{option}"] if values[-1].lower() in _YES else []
        else:
            words += [f"--{option}={value}" for value in values]
    try:
        context = _one.make_context("row", words)
    except click.ClickException as error:
        raise ImpastoError(f"{where}: {error.format_message().removesuffix('.')}") from error
    given = {
        key: _from(folder, key, value)
        for key, value in context.params.items()
        if context.get_parameter_source(key) == ParameterSource.COMMANDLINE
    }
    return SettingsRow(where, pattern.replace("\\", "/"), given, name)


def _own_name(where: str, name: str) -> str:
    if name in (".", "..") or any(letter in name for letter in '/\\:*?"<>|\0'):
        raise ImpastoError(f"{where}: {name!r} is no file's name; give one without folder and suffix")
    return name


def _from(folder: Path, key: str, value: Any) -> Any:
    """Files that a settings file names lie beside it."""
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, tuple):
        return type(value)(_from(folder, "", part) for part in value) if type(value) is tuple else value
    if key == "style" and isinstance(value, str):
        return ",".join(_style_from(folder, name) for name in value.split(","))
    return value


def _style_from(folder: Path, name: str) -> str:
    return str(folder / name) if (folder / name).is_file() else name
