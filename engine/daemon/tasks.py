"""What jobs are: from a job's folder to the engine and back into the folder. No sockets here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engine.commission import Care, veiled
from engine.daemon.memory import fitted
from engine.daemon.planes import masks_of, picture_of
from engine.errors import ImpastoError
from engine.export.layers import Stack
from engine.painter import Painter
from engine.painting import Painting
from engine.pictures import Picture
from engine.regions import Region, Regions, segment
from engine.repainting import Repainter
from engine.styles import validate_style, varied

Tell = Callable[..., None]  # event, **fields: something the client should hear

CHECKPOINT, RESULT, PIXELS = "checkpoint.impasto", "result.impasto", "pixels.rgba"


def begin_painting(
    folder: Path, fields: dict[str, Any], options: dict[str, Any], tell: Tell
) -> tuple[Painter, list[str]]:  # fmt: skip
    """The painter of a job, going on from its checkpoint if there is one, and what the user should know."""
    picture = picture_of(fields["picture"], folder / "picture.raw")
    if fields["selection"] is not None:
        mask = masks_of(fields["selection"], folder / "selection.raw")[0]
        picture = veiled(picture, mask)
    if (folder / CHECKPOINT).exists():
        try:
            return Painter.resume(Painting.load(folder / CHECKPOINT), picture, **options), []
        except ImpastoError:
            (folder / CHECKPOINT).unlink()  # damaged: better anew than never
    if fields["resume"] is not None:
        return Painter.resume(Painting.load(folder / "resume.raw"), picture, **options), []
    wanted = fields["brush"], fields["looseness"]
    style = varied(validate_style(fields["style"], "the style"), *wanted)
    working_size, told = fitted(picture.width, picture.height, fields["working_size"], fields["fit"])
    regions, cares = _regions(folder, fields)
    cares = {name: care.varied(*wanted) for name, care in cares.items()}
    if regions is None and fields["find"] is not None:
        regions = segment(picture, fields["find"], model=fields["model"], size=working_size)
        told += regions.warnings
        tell("regions", **_described(regions))
    painter = Painter(
        picture, style, strokes=fields["strokes"], seed=fields["seed"], regions=regions, cares=cares,
        working_size=working_size, **options,
    )  # fmt: skip
    return painter, told


def begin_repainting(
    folder: Path, fields: dict[str, Any], options: dict[str, Any], tell: Tell
) -> tuple[Repainter, list[str]]:  # fmt: skip
    """The repainter of a job; one that was interrupted begins anew."""
    picture = picture_of(fields["picture"], folder / "picture.raw")
    mask = masks_of(fields["mask"], folder / "mask.raw")[0]
    old = Painting.load(folder / "painting.raw")
    style = varied(validate_style(fields["style"], "the style"), fields["brush"], fields["looseness"])
    options = {k: v for k, v in options.items() if k != "checkpoint_every"}
    repainter = Repainter(
        old, picture, mask, style, strokes=fields["strokes"], name=fields["name"], seed=fields["seed"],
        working_size=fields["working_size"], **options,
    )  # fmt: skip
    return repainter, []


def render_painting(folder: Path, fields: dict[str, Any], threads: int | None, tell: Tell) -> dict[str, Any]:
    """Render a painting at a size; returns the facts of the result."""
    painting = Painting.load(folder / "painting.raw")
    return _keep_pixels(folder, painting, fields["height"], fields["width"], fields["layers"], threads, tell)


def keep_painting(folder: Path, painting: Painting, layers: str, threads: int | None, tell: Tell) -> dict[str, Any]:
    """Write the painting and its pixels into the job's folder; returns the facts of the result."""
    painting.save(folder / RESULT, overwrite=True)
    facts = _keep_pixels(folder, painting, painting.height, painting.width, layers, threads, tell)
    return {"painting": (folder / RESULT).stat().st_size, **facts}


def segment_picture(folder: Path, fields: dict[str, Any]) -> dict[str, Any]:
    """Find regions and write their masks; returns the facts of the result."""
    from engine.areas import quantised

    picture: Picture = picture_of(fields["picture"], folder / "picture.raw")
    regions = segment(picture, fields["method"], model=fields["model"], size=fields["size"])
    masks = quantised(regions.masks)
    masks.tofile(folder / "regions.raw8")
    return {**_described(regions), "warnings": list(regions.warnings), "height": regions.height, "width": regions.width}


def _described(regions: Regions) -> dict[str, Any]:
    found = [
        {"name": r.name, "kind": r.kind, "confidence": r.confidence, "share": float(share)}
        for r, share in zip(regions.regions, regions.shares, strict=True)
    ]
    return {"method": regions.method, "found": found}


def _regions(folder: Path, fields: dict[str, Any]) -> tuple[Regions | None, dict[str, Care]]:
    wanted = fields["regions"]
    if wanted is None and fields["masks"] is None:
        return None, {}
    if wanted is None or fields["masks"] is None or len(wanted) != fields["masks"]["count"]:
        raise ImpastoError("regions and masks are not as many; send a mask for each region")
    masks = masks_of(fields["masks"], folder / "masks.raw")
    if (masks.sum(0, dtype=np.uint32) != 255).any():
        raise ImpastoError("the masks do not sum to 255 at every pixel; share each pixel out")
    try:
        regions = Regions(masks / np.float32(255), tuple(Region(r["name"], r["kind"]) for r in wanted), "client")
    except ValueError as error:
        raise ImpastoError(f"these are no regions: {error}") from error
    cares = {}
    for region in wanted:
        style = None if region["style"] is None else validate_style(region["style"], f"the style of {region['name']}")
        cares[region["name"]] = Care(style, region["strokes"], region["detail"])
    return regions, cares


def _keep_pixels(
    folder: Path, painting: Painting, height: int, width: int, layers: str, threads: int | None, tell: Tell
) -> dict[str, Any]:
    painting.render(height, width, threads=threads).tofile(folder / PIXELS)
    facts: dict[str, Any] = {"width": width, "height": height, "strokes": len(painting.strokes), "layers": []}
    if layers == "none":
        return facts
    if layers == "regions":  # a stack puts every pass in a layer of its own
        from dataclasses import replace

        strokes = painting.strokes
        painting = replace(painting, strokes=replace(strokes, pass_index=np.zeros_like(strokes.pass_index)))
    stack = Stack(painting, height, width, threads=threads)
    names = painting.areas.names if painting.areas is not None else ()
    for number, plane in enumerate(stack.planes()):
        layer = stack.layers[number]
        file = f"layer-{number:04}.rgba"
        np.ascontiguousarray(plane).tofile(folder / file)
        group = None if layer.region is None or not names else names[layer.region]
        place = {"x": layer.left, "y": layer.top, "width": layer.width, "height": layer.height}
        facts["layers"].append({"file": file, "name": layer.name, "group": group, **place})
        tell("layer", **facts["layers"][-1])
    return facts
