"""What jobs are: from a job's folder to the engine and back into the folder. No sockets here."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from impasto.engine.daemon.memory import fitted
from impasto.engine.daemon.pixels_in import bytes_of, masks_of, picture_of
from impasto.engine.daemon.region_cache import RegionCache
from impasto.engine.daemon.spool import CHECKPOINT, RESULT, TIP, UNREAD
from impasto.engine.daemon.stages import DRAWN, keep_shapes, keep_stages
from impasto.engine.errors import ImpastoError
from impasto.engine.export.layers import Parts
from impasto.engine.export.multiplied import Multiplied
from impasto.engine.export.stacks import planned_layers, stack_of
from impasto.engine.imports.redrawing import MOST_BYTES, redrawn
from impasto.engine.order import Order
from impasto.engine.painter.budget import RegionSettings, kept_size, left_out, with_alpha_mask
from impasto.engine.painter.retry import RetryingPainter
from impasto.engine.painting.look import with_look
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import Region, Regions
from impasto.engine.segment.masks import regions_of_planes, same_aspect
from impasto.engine.styles import OWN_FOLDER, Style, validate_style, varied
from impasto.engine.texture.strips import COLUMNS, ROWS
from impasto.engine.texture.tips import load_tip
from impasto.protocol.places import home_path

Tell = Callable[..., None]  # event, **fields: something the client should hear
Rhythm = Mapping[str, float | None]  # preview_every and checkpoint_every, as `Order.painter` takes them

PIXELS, LAYER = "pixels.rgba", "layer-{:04}.rgba"


def begin_painting(
    folder: Path, fields: dict[str, Any], where: dict[str, Any], rhythm: Rhythm, tell: Tell, region_cache: RegionCache
) -> tuple[RetryingPainter, list[str]]:  # fmt: skip
    """The painter of a job, going on from its checkpoint if there is one, and what the user should know.

    where: the device and the threads to paint with; rhythm: seconds between previews and between checkpoints.
    """
    picture = picture_of(fields["picture"], folder / "picture.raw")
    if fields["selection"] is not None:
        mask = masks_of(fields["selection"], folder / "selection.raw")[0]
        picture = with_alpha_mask(picture, mask)
    picture, regions, region_settings = _regions(folder, fields, picture)
    begun = _begun(folder, fields, tell)
    if begun is not None:
        try:
            return Order.resuming(begun, picture, **where).painter(**rhythm), []
        except ImpastoError:
            if not (folder / CHECKPOINT).exists():
                raise
            _begin_again(folder, tell)
            return begin_painting(folder, fields, where, rhythm, tell, region_cache)
    wanted = fields["brush"], fields["looseness"]
    style = varied(_of_interest(validate_style(fields["style"], "the style"), fields), *wanted)
    working_size, told = fitted(picture.width, picture.height, fields["working_size"], fields["fit"])
    region_settings = {name: its.varied(*wanted) for name, its in region_settings.items()}
    if regions is None and fields["find"] is not None:
        regions = region_cache.segment(picture, fields["find"], model=fields["model"], size=working_size)
        told += regions.warnings
        tell("regions", **_described(regions))
    order = Order(
        picture, style, strokes=fields["strokes"], seed=fields["seed"], regions=regions,
        region_settings=region_settings, working_size=working_size, effort=fields["effort"], may_shrink=fields["fit"],
        tip=_tip(folder, fields), detail=_detail(folder, fields), flow=_flow(folder, fields), **where,
    )  # fmt: skip
    return order.with_tip_read(home_path() / OWN_FOLDER).painter(**rhythm), told


def _begun(folder: Path, fields: dict[str, Any], tell: Tell) -> Painting | None:
    """The painting to go on with: the job's checkpoint, else the one the client sent, if any."""
    if (folder / CHECKPOINT).exists():
        try:
            return Painting.load(folder / CHECKPOINT)
        except ImpastoError:
            _begin_again(folder, tell)
    return None if fields["resume"] is None else sent(folder / "resume.raw")


def _begin_again(folder: Path, tell: Tell) -> None:
    """Set a checkpoint that is not understood aside, until the job is done: better from the beginning than never."""
    (folder / CHECKPOINT).rename(folder / f"checkpoint-{time.time_ns()}{UNREAD}")
    what = "what was painted before cannot be read; the painting begins again"
    print(what, file=sys.stderr)  # noqa: T201
    tell("fitted", what=what)


def sent(path: Path) -> Painting:
    """A painting from the client, who should not hear where it lies here."""
    try:
        return Painting.load(path)
    except ImpastoError as error:
        raise ImpastoError(str(error).replace(str(path), "the painting that was sent")) from error


def _tip(folder: Path, fields: dict[str, Any]) -> np.ndarray | None:
    """The brush's tip that came with a job, if one did."""
    if fields["tip"] is None:
        return None
    path = folder / TIP
    if fields["tip"]["kind"] == "file":
        try:
            return load_tip(path)
        except ImpastoError as error:
            raise ImpastoError(str(error).replace(str(path), "the tip that was sent")) from error
    if path.stat().st_size != ROWS * COLUMNS:
        raise ImpastoError(f"a tip's stroke is {ROWS} × {COLUMNS} bytes; send these, or the tip's file")
    return np.fromfile(path, np.uint8).reshape(ROWS, COLUMNS)


def _of_interest(style: Style, fields: dict[str, Any]) -> Style:
    """A style with as much interest as the client asks for, if it does."""
    if fields.get("interest") is None:
        return style
    return style.model_copy(update={"attention": style.attention.model_copy(update={"interest": fields["interest"]})})


def _detail(folder: Path, fields: dict[str, Any]) -> np.ndarray | None:
    """The detail map that came with a job, if one did."""
    if fields.get("detail") is None:
        return None
    return np.array(masks_of(fields["detail"], folder / "detail.raw")[0])


def _flow(folder: Path, fields: dict[str, Any]) -> Picture | None:
    """The picture of strokes that came with a job and say where brush strokes go, if one did."""
    if fields.get("flow") is None:
        return None
    return picture_of(fields["flow"], folder / "flow.raw")


def begin_repainting(folder: Path, fields: dict[str, Any], where: dict[str, Any], rhythm: Rhythm) -> RetryingPainter:
    """The repainter of a job; one that was interrupted starts from the beginning."""
    picture = picture_of(fields["picture"], folder / "picture.raw")
    mask = masks_of(fields["mask"], folder / "mask.raw")[0]
    old = sent(folder / "painting.raw")
    plain = _of_interest(validate_style(fields["style"], "the style"), fields)
    style = varied(plain, fields["brush"], fields["looseness"])
    order = Order(
        picture, style, strokes=fields["strokes"], seed=fields["seed"], working_size=fields["working_size"],
        effort=fields["effort"], painting=old, mask=mask, name=fields["name"], tip=_tip(folder, fields),
        detail=_detail(folder, fields), flow=_flow(folder, fields), **where,
    )  # fmt: skip
    return order.with_tip_read(home_path() / OWN_FOLDER).painter(**rhythm)


def render_painting(folder: Path, fields: dict[str, Any], threads: int | None, tell: Tell) -> dict[str, Any]:
    """Render a painting at a size, maybe in another look or with other strokes, which it then keeps.

    Returns the facts of the result.
    """
    painting = sent(folder / "painting.raw")
    kept: dict[str, Any] = {}
    given = painting
    if fields["medium"] or fields["light"]:
        painting = with_look(painting, fields["medium"] or {}, fields["light"] or {})
    if fields.get("drawn") is not None:
        too_much = f"the shapes have more than {MOST_BYTES >> 20} MB; leave out what was added last"
        drawn = bytes_of(folder / DRAWN, MOST_BYTES, too_much)
        painting = redrawn(painting, drawn, fields["height"], fields["width"])
    if painting is not given:
        painting = painting.fitted(threads)
        painting.save(folder / RESULT, overwrite=True)
        kept = {"painting": (folder / RESULT).stat().st_size}
    if fields.get("shapes"):
        kept["shapes"] = keep_shapes(folder, painting, fields["height"], fields["width"])
        painting = replace(painting, strokes=Strokes.empty(), refit=None, checkpoint=None)
    if fields.get("stages"):
        begun, count = time.monotonic(), fields["stages"]

        def told(done: int, of: int) -> None:
            seconds = time.monotonic() - begun
            left = seconds * (of / done - 1)
            tell("progress", index=1, of=1, iteration=done, iterations=of, loss=None, fraction=done / of,
                 seconds=seconds, seconds_left=left)  # fmt: skip

        kept["stages"] = keep_stages(folder, painting, fields["height"], fields["width"], count, threads, told)
    return kept | _keep_pixels(folder, painting, fields["height"], fields["width"], fields, threads, tell)


def planned(blank: Painting, fields: dict[str, Any]) -> dict[str, Any]:
    """What a client is told of the layers of a painting that will be multiplied, before there is a stroke."""
    if fields["layers"] == "none" or not fields.get("multiply") or not blank.absorbs:
        return {}
    return {"layers": planned_layers(blank, fields["layers"])}


def keep_painting(
    folder: Path, painting: Painting, fields: dict[str, Any], threads: int | None, tell: Tell
) -> dict[str, Any]:
    """Write the painting and its pixels into the job's folder; returns the facts of the result."""
    painting.save(folder / RESULT, overwrite=True)
    facts = _keep_pixels(folder, painting, painting.height, painting.width, fields, threads, tell)
    return {"painting": (folder / RESULT).stat().st_size, **facts}


def segment_picture(folder: Path, fields: dict[str, Any], region_cache: RegionCache) -> dict[str, Any]:
    """Find regions and write their masks; returns the facts of the result."""
    from impasto.engine.painting.region_masks import quantised

    picture: Picture = picture_of(fields["picture"], folder / "picture.raw")
    regions = region_cache.segment(picture, fields["method"], model=fields["model"], size=fields["size"])
    masks = quantised(regions.masks)
    masks.tofile(folder / "regions.raw8")
    return {**_described(regions), "warnings": list(regions.warnings), "height": regions.height, "width": regions.width}


def _described(regions: Regions) -> dict[str, Any]:
    found = [
        {"name": r.name, "kind": r.kind, "confidence": r.confidence, "share": float(share)}
        for r, share in zip(regions.regions, regions.shares, strict=True)
    ]
    return {"method": regions.method, "found": found}


def _regions(
    folder: Path, fields: dict[str, Any], picture: Picture
) -> tuple[Picture, Regions | None, dict[str, RegionSettings]]:  # fmt: skip
    """The client's regions, if it has any, without those left out, which the picture is not painted in either."""
    wanted, given = fields["regions"], fields["masks"]
    if wanted is None and given is None:
        return picture, None, {}
    if not wanted or given is None:
        raise ImpastoError("regions and masks belong together; send a mask for each region")
    masks = masks_of(given, folder / "masks.raw")
    size, shape = (picture.height, picture.width), masks.shape[1:]
    if not same_aspect(shape, size):
        raise ImpastoError(
            f"the masks are {shape[1]}×{shape[0]} and the picture {size[1]}×{size[0]}; make masks of its aspect"
        )
    try:
        named = [
            (Region(r["name"], r["kind"]), [k] if r["planes"] is None else r["planes"]) for k, r in enumerate(wanted)
        ]
        regions = regions_of_planes(masks, given["over"], named, *kept_size(len(masks), *shape))
    except ValueError as error:
        raise ImpastoError(f"these are no regions: {error}") from error
    picture, regions = left_out(picture, regions, [r["name"] for r in wanted if r["skip"]])
    region_settings = {}
    for region in wanted:
        style = None if region["style"] is None else validate_style(region["style"], f"the style of {region['name']}")
        style = None if style is None else _of_interest(style, fields)
        if not region["skip"]:
            region_settings[region["name"]] = RegionSettings(style, region["strokes"], region["detail"])
    return picture, regions, region_settings


def _keep_pixels(
    folder: Path, painting: Painting, height: int, width: int, fields: dict[str, Any], threads: int | None, tell: Tell
) -> dict[str, Any]:  # fmt: skip
    pixels = painting.render(height, width, threads=threads)
    pixels.tofile(folder / PIXELS)
    facts: dict[str, Any] = {"width": width, "height": height, "strokes": len(painting.strokes), "layers": []}

    def tell_layer(file: str, name: str, group: str | None, blending: str, box: tuple[int, int, int, int]) -> None:
        x, y, across, down = box
        place = {"x": x, "y": y, "width": across, "height": down}
        facts["layers"].append({"file": file, "name": name, "group": group, "blending": blending, **place})
        tell("layer", **facts["layers"][-1])

    if fields["layers"] == "none":
        return facts
    if painting.absorbs and "mask" in fields and painting.regions is not None:
        new = _only_new(painting, pixels, threads)
        new.tofile(folder / LAYER.format(0))
        tell_layer(LAYER.format(0), "pass 1", painting.regions.names[-1], "normal", (0, 0, width, height))
        return facts
    if painting.absorbs and not fields.get("multiply"):  # all that a client can do who knows but one blending
        tell_layer(PIXELS, "background", None, "normal", (0, 0, width, height))
        return facts
    parts: Parts = "regions" if fields["layers"] == "regions" else "passes"
    stack = stack_of(painting, height, width, threads=threads, parts=parts)
    if isinstance(stack, Multiplied):
        stack.clipped = True
    names = painting.regions.names if painting.regions is not None else ()
    for number, plane in enumerate(stack.planes()):
        layer = stack.layers[number]
        np.ascontiguousarray(plane).tofile(folder / LAYER.format(number))
        group = None if layer.region is None or not names else names[layer.region]
        box = (layer.left, layer.top, layer.width, layer.height)
        tell_layer(LAYER.format(number), layer.name, group, layer.blending, box)
    return facts


def _only_new(painting: Painting, pixels: np.ndarray, threads: int | None) -> np.ndarray:
    """Of a painting's pixels (h, w, 4) those that its last region has a part in, with a soft edge.

    Where washes were repainted, those beneath are gone, which no layer above these can make undone but by covering it.
    Where little is new the picture is much as it was, so the edge is where a quarter is.
    """
    assert painting.regions is not None
    mask = painting.regions.resized(pixels.shape[0], pixels.shape[1], threads)[-1]
    shown = pixels.copy()
    share = np.zeros(pixels.shape[:2], np.float32)
    share[mask.top : mask.bottom, mask.left : mask.right] = (mask.pixels * (4 / 255)).clip(0, 1)
    shown[..., 3] = np.rint(shown[..., 3] * share)
    shown[shown[..., 3] == 0] = 0
    return shown
