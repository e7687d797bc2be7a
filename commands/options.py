"""Options that several commands have, and the small things that all of them do alike."""

import json
import math
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from impasto.protocol.limits import EFFORTS, LARGEST_SIDE, LARGEST_WORKING_SIZE

FILE = click.Path(path_type=Path, readable=False)  # the engine has better words for what is wrong with it

force = click.option("--force", is_flag=True, help="Replace files that already exist.")
quality = click.option(
    "--quality",
    type=click.IntRange(1, 100),
    metavar="NUMBER",
    default=95,
    show_default=True,
    help="How faithful a JPEG or WebP is.",
)
size = click.option(
    "--size",
    type=click.IntRange(1, LARGEST_SIDE),
    metavar="PIXELS",
    show_default="the photo's",
    help="Longer side of the picture.",
)
threads = click.option(
    "--threads",
    type=click.IntRange(1, 256),
    metavar="NUMBER",
    show_default="all cores",
    help="How many cores to use; the result does not depend on it.",
)
device = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where strokes are painted: a GPU if one works (auto), the CPU, or the GPU (cuda, on AMD's as well).",
)
output = click.option(
    "-o",
    "--output",
    "out",
    type=FILE,
    metavar="FILE",
    help="The picture to write: PNG, JPEG, WebP, TIFF or BMP, .ora or .psd for a document with layers, "
    "strokes as .svg, .json or .npz, or a film as .mp4, .webm or .gif.",
)
working_size = click.option(
    "--working-size",
    type=click.IntRange(64, LARGEST_WORKING_SIZE),
    default=1024,
    show_default=True,
    metavar="PIXELS",
    help="Longer side of the canvas the strokes are fitted on: more is finer and slower.",
)
effort = click.option(
    "--effort",
    type=click.Choice(EFFORTS),
    default="normal",
    show_default=True,
    help="What it may take: draft is a quick look in about half of normal's time, high comes closer to the photo in up "
    "to four times as long.",
)
max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(1),
    default=100_000_000,
    show_default=True,
    metavar="NUMBER",
    help="Refuse photos of more pixels.",
)
seed = click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    metavar="NUMBER",
    show_default=True,
    help="Another number gives another painting, the same one the same.",
)
interest = click.option(
    "--interest",
    type=click.FloatRange(0, 2),
    metavar="NUMBER",
    show_default="the style's, 1",
    help="How many more strokes, and finer ones, go to faces and things that viewers look at: 0 none, up to 2; there "
    "are as many in all.",
)
detail_map = click.option(
    "--detail-map",
    type=FILE,
    metavar="FILE",
    help="A picture spread over the photo, in grey: where it is white strokes are at least twice as close and finer, "
    "where it is black at most half as close; mid-grey is as usual. There are as many in all.",
)
flow = click.option(
    "--flow",
    type=FILE,
    metavar="FILE",
    help="A picture of strokes, spread over the photo, that say where brush strokes go: along them, either way, as far "
    "as they are opaque.",
)
brush = click.option(
    "--brush",
    type=click.FloatRange(0.5, 2),
    default=1.0,
    show_default=True,
    metavar="FACTOR",
    help="Scale the style's brush by this factor.",
)
looseness = click.option(
    "--looseness",
    type=click.FloatRange(-1, 1),
    default=0.0,
    show_default=True,
    metavar="NUMBER",
    help="A looser hand than the style's (up to 1) or a tighter one (down to -1).",
)
preview = click.option(
    "--preview",
    type=FILE,
    metavar="FOLDER",
    help="Put numbered PNG pictures there while painting, after those there are.",
)
preview_every = click.option(
    "--preview-every",
    type=click.FloatRange(0),
    default=1.0,
    metavar="SECONDS",
    show_default=True,
    help="At most one preview in this time.",
)
events_as_json = click.option("--json", "as_json", is_flag=True, help="Tell what happens as lines of JSON on stdout.")
quiet = click.option("--quiet", is_flag=True, help="Tell nothing but what goes wrong.")
layers = click.option(
    "--layers",
    type=FILE,
    metavar="FOLDER",
    help="Write each pass of each region as a PNG there; laid over each other, or multiplied, they are the painting.",
)
process = click.option(
    "--process",
    type=FILE,
    metavar="FOLDER",
    help="Write how the painting comes about as PNGs there: after each pass, and each region alone.",
)
distribution = click.option(
    "--distribution",
    type=FILE,
    metavar="FILE",
    help="Write a plot of where the strokes went, by pass and by region.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for other programs.")


class Ground(click.ParamType):
    """A background: one of the given names, or #rrggbb."""

    name = "background"

    def __init__(self, *names: str) -> None:
        """Names that are allowed besides #rrggbb."""
        self.names = (*names, "#rrggbb")

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What --help shows."""
        return f"[{'|'.join(self.names)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check it."""
        if value not in self.names[:-1] and not re.fullmatch("#[0-9a-fA-F]{6}", value):
            self.fail(f"{value!r} is not one of {', '.join(self.names)}.", param, ctx)
        return value


def device_of(name: str, quiet: bool) -> str:
    """The device that --device means here; says why, if a GPU that is there is not used."""
    from impasto.engine.raster.devices import chosen

    device, told = chosen(name)
    if told is not None and not quiet:
        click.echo(told, err=True)
    return device


def interest_of(said: float | None) -> list[str]:
    """What --interest changes in a style."""
    return [] if said is None else [f"attention.interest={said}"]


def read_detail_map(path: Path | None, max_pixels: int) -> Any:
    """The grey of the picture that --detail-map names, uint8 (h, w); mid-grey where it is see-through."""
    if path is None:
        return None
    from impasto.engine.painter.wanted import read_detail

    return read_detail(path, max_pixels)


def read_flow(path: Path | None, max_pixels: int) -> Any:
    """The picture of strokes that --flow names, an `engine.pictures.io.Picture`."""
    if path is None:
        return None
    from impasto.engine.painter import drawn_flow

    return drawn_flow.read_flow(path, max_pixels)


def same_file(a: Path, b: Path) -> bool:
    """Do both names mean one file, be it there already or not?"""
    with suppress(OSError):
        return a.samefile(b)
    return os.path.normcase(os.path.realpath(a)) == os.path.normcase(os.path.realpath(b))


def output_size(width: int, height: int, longer: int | None) -> tuple[int, int]:
    """Width and height of a picture whose longer side is to be `longer`, its own size if None."""
    if longer is None:
        return width, height
    most = max(width, height)
    width, height = (max(1, (2 * longer * side + most) // (2 * most)) for side in (width, height))
    return width, height


def json_text(value: Any) -> str:
    """Strict JSON on one line, in ASCII: what is no finite number is null."""
    return json.dumps(_plain(value), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path | str):  # a name that is no Unicode would be half a surrogate pair
        return str(value).encode("utf-8", "backslashreplace").decode()
    if hasattr(value, "item"):  # a NumPy number
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def command_text(*words: str | Path | int | float) -> str:
    """A command to paste into the shell."""
    if sys.platform == "win32":
        from subprocess import list2cmdline as join
    else:
        from shlex import join
    return join(["impasto", *map(str, words)])


def plain_path(path: Path) -> Path | str:
    """The path as a word of a command that is not taken for an option."""
    return os.path.join(os.curdir, path) if str(path).startswith("-") else path  # noqa: PTH118 (Path drops ./)


def engine_address(command: Any) -> Any:
    """--engine and --engine-key: which engine is asked, this user's own by default."""
    address = click.option(
        "--engine", metavar="ADDRESS", show_default="your own", help="The engine to ask, such as tcp://HOST:PORT."
    )
    key = click.option("--engine-key", metavar="KEY|FILE", help="Its public key; your own by default.")
    return address(key(command))
