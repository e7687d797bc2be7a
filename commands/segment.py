"""`impasto segment`: what regions there are in a photo, to look at and to use as masks."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from impasto.commands import options
from impasto.commands.region_options import MethodOption
from impasto.engine.errors import ImpastoError
from impasto.engine.segment import AUTO, DEFAULT_METHOD, NAMING_METHOD, SEGMENTERS

if TYPE_CHECKING:
    from impasto.engine.pictures.io import Picture
    from impasto.engine.segment import Regions

_ABOUT = [f"{name}: {about[0].lower()}{about[1:]}" for name in SEGMENTERS.ours if (about := SEGMENTERS.about(name))]


class NamedFile(click.ParamType):
    """NAME=FILE."""

    name = "name=file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """Part the name from the file."""
        if isinstance(value, tuple):
            return value
        name, equals, path = value.partition("=")
        if not (name and equals and path):
            self.fail(f"{value!r} is not NAME=FILE, such as face=face.png.", param, ctx)
        return name, Path(path)


@click.command(short_help="Find the regions of a photo.")
@click.argument("photo", type=options.FILE)
@click.option(
    "-o",
    "--output",
    "out",
    type=options.FILE,
    metavar="FILE",
    help="Write the photo with its regions in colours, and a legend.",
)
@click.option(
    "--masks",
    "folder",
    type=options.FILE,
    metavar="FOLDER",
    help="Write each region as a soft mask, a grey PNG of the photo's size, into this folder.",
)
@click.option(
    "--method",
    type=MethodOption(),
    default=AUTO,
    show_default=True,
    help=f"{' '.join(_ABOUT)} masks: your masks alone. auto: {NAMING_METHOD} if a network is there, else "
    f"{DEFAULT_METHOD}.",
)
@click.option(
    "--model",
    metavar="NAME|FOLDER",
    help=f"The network for {NAMING_METHOD}: one of `impasto models list`, an id on the hub or a folder.",
)
@click.option(
    "--mask",
    "masks",
    type=NamedFile(),
    multiple=True,
    metavar="NAME=FILE",
    help="A region of your own: a grey picture or one with alpha. May be given often; the later lie on top.",
)
@click.option(
    "--labels",
    type=options.FILE,
    metavar="FILE",
    help="Regions of your own: a picture in which each region has its own colour, and black is none.",
)
@click.option(
    "--interest",
    type=options.FILE,
    metavar="FILE",
    help="Write what viewers look at, faces and things, as a grey picture of the photo's size: white is most. Regions "
    "are looked for only if something is said about them as well.",
)
@click.option("--faces/--no-faces", default=True, help=f"Whether {DEFAULT_METHOD} makes each face a region; it does.")
@click.option("--order", metavar="NAME,NAME", help="Painting order from back to front; others stay behind these.")
@click.option(
    "--device", default="auto", show_default=True, metavar="NAME", help="Where a network runs: auto, cpu or cuda."
)
@click.option("--allow-pickle", is_flag=True, help="Take a network's weights even if they are pickled.")
@options.max_pixels
@options.force
@options.as_json
def segment(
    photo: Path,
    out: Path | None,
    folder: Path | None,
    method: str,
    model: str | None,
    masks: tuple[tuple[str, Path], ...],
    labels: Path | None,
    interest: Path | None,
    faces: bool,
    order: str | None,
    device: str,
    allow_pickle: bool,
    max_pixels: int,
    force: bool,
    as_json: bool,
) -> None:
    """Find the regions of PHOTO, list them from back to front, and show (-o) or keep (--masks) them."""
    if masks and labels is not None:
        raise click.UsageError("give --mask or --labels, not both.")
    from impasto.engine.pictures.io import check_output, load_picture, save_picture
    from impasto.engine.segment import segment as find_regions
    from impasto.engine.segment.showing import overlay, save_masks

    if out is not None:
        _refuse_inputs(out, [photo, *(path for _, path in masks), *([labels] if labels else [])])
        check_output(out, force)
    if interest is not None:
        inputs = [photo, *(path for _, path in masks), *(path for path in (labels, out) if path is not None)]
        _refuse_inputs(interest, inputs)
        check_output(interest, force)
    if folder is not None and folder.exists() and not folder.is_dir():
        raise ImpastoError(f"{folder} is not a folder; name another one for the masks")
    picture = load_picture(photo, max_pixels)
    started = time.monotonic()
    own = _own(picture, masks, labels, max_pixels)
    if interest is not None:
        from impasto.engine.painter.wanted import looked_at

        save_picture(interest, looked_at(picture, own), overwrite=force)
        if not (as_json or any((out, folder, masks, labels, order, model)) or method != AUTO):
            click.echo(f"looked at {photo} in {time.monotonic() - started:.1f} s -> {interest}", err=True)
            return
    regions = find_regions(
        picture,
        method,
        model=model,
        masks=own,
        order=None if order is None else [name.strip() for name in order.split(",")],
        device=device,
        allow_pickle=allow_pickle,
        faces=faces,
    )
    seconds = time.monotonic() - started
    files = [] if folder is None else save_masks(regions, folder, picture.height, picture.width, force)
    if out is not None:
        save_picture(out, overlay(picture, regions), overwrite=force)
    if as_json:
        click.echo(
            options.json_text(_facts(photo, picture, regions, seconds, {"overlay": out, "interest": interest}, files))
        )
        return
    for warning in regions.warnings:
        click.echo(f"warning: {warning}", err=True)
    for number, (region, share) in enumerate(zip(regions.regions, regions.shares, strict=True), 1):
        click.echo(f"{number:3}  {share:6.1%}  {region.kind:5}  {region.name}")
    kept = "".join(f" -> {path}" for path in (out, folder, interest) if path is not None)
    count = f"{len(regions)} region{'s' if len(regions) > 1 else ''}"
    click.echo(f"found {count} in {photo} by {regions.method} in {seconds:.1f} s{kept}", err=True)


def _refuse_inputs(out: Path, inputs: list[Path]) -> None:
    for path in inputs:
        if options.same_file(path, out):
            raise ImpastoError(f"{out} is one of the pictures to read; choose another name for the output")


def _own(
    picture: "Picture", masks: tuple[tuple[str, Path], ...], labels: Path | None, max_pixels: int
) -> "Regions | None":
    from impasto.engine.segment.masks import read_mask, regions_of_labels, regions_of_masks
    from impasto.engine.segment.segmenting import SIZE

    height, width = picture.height, picture.width
    if labels is not None:
        return regions_of_labels(labels, height, width, SIZE, max_pixels=max_pixels)
    if not masks:
        return None
    return regions_of_masks([read_mask(name, path, max_pixels) for name, path in masks], height, width, SIZE)


def _facts(
    photo: Path,
    picture: "Picture",
    regions: "Regions",
    seconds: float,
    written: dict[str, Path | None],
    files: list[Path],
) -> dict[str, Any]:
    return {
        "photo": photo,
        "width": picture.width,
        "height": picture.height,
        "method": regions.method,
        "seconds": round(seconds, 3),
        **written,
        "warnings": list(regions.warnings),
        "regions": [
            {
                "order": row + 1,
                "name": region.name,
                "kind": region.kind,
                "share": round(float(share), 6),
                "confidence": round(region.confidence, 4),
                "mask": files[row] if files else None,
            }
            for row, (region, share) in enumerate(zip(regions.regions, regions.shares, strict=True))
        ],
    }
