"""Strokes as SVG, for Inkscape, Illustrator and browsers: a closed outline each, grouped by region and pass.

What is drawn is the flat picture. Each outline has its stroke's numbers beside it, in attributes of our own, and the
rest of the painting is in the metadata: an untouched file is read again without loss, a changed one as it is drawn.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from impasto.engine.export.writer import WriteOptions, Writer
from impasto.engine.files import atomic_write

if TYPE_CHECKING:
    from impasto.engine.export.outlines import Shown
    from impasto.engine.painting.painting import Painting

NAMESPACE = "urn:impasto:strokes"
SAME = 0.02  # opacities of both ends that differ less are one
_LONGEST_MASK = 2048  # pixels of the longer side
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" xmlns:impasto="{namespace}" '
    'width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
)


def digits_of(side: int) -> int:
    """Digits after the point of coordinates on a canvas of so many pixels: finer than 1e-5 of it."""
    return max(0, int(np.ceil(5 - np.log10(side))))


def opacity_text(value: float) -> str:
    """An opacity as it is written."""
    return f"{value:.3f}"


def colour_text(colour: np.ndarray) -> str:
    """A colour 0..1 as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*np.rint(colour * 255).astype(int).clip(0, 255).tolist())


def _write(painting: Painting, path: Path, height: int, width: int, options: WriteOptions) -> None:
    if options.plot is not None:
        from impasto.engine.export.plotting import write_plot

        write_plot(painting, path, height, width, options)
        return
    with atomic_write(path, options.overwrite) as file:
        for part in _document(painting, height, width, options):
            file.write(part.encode())


def _document(painting: Painting, height: int, width: int, options: WriteOptions) -> Iterator[str]:
    from impasto.engine.export.outlines import edges_of, paths, shown
    from impasto.engine.painting.exchange import parts_of, to_text
    from impasto.engine.painting.materials import plain
    from impasto.engine.painting.painting import on_ground

    parts = parts_of(painting, options.background)
    flat = plain(on_ground(painting, options.background))
    side, table = max(height, width), painting.strokes.table
    seen = shown(table, edges_of(flat, side))
    others = {"recipe": parts.recipe, "others": to_text(parts.others), "made_for": parts.made_for, "side": side}
    yield _HEAD.format(namespace=NAMESPACE, width=width, height=height)
    yield f"<metadata><impasto:painting>{escape(json.dumps(others, allow_nan=False))}</impasto:painting></metadata>\n"
    yield "<defs>\n"
    yield from _gradients(painting, seen, side)
    masks: dict[int | None, str] = {}
    for region, mask in _masks(flat, height, width, options.threads):
        masks[region] = f' mask="url(#mask-{_name(region)})"'
        yield mask
    yield f'</defs>\n<g id="painting"{masks.get(None, "")}>\n'
    yield _ground(flat, height, width)
    outlines = paths(table, seen.radii, side, digits_of(side))
    yield from _groups(painting, outlines, seen, masks)
    yield "</g>\n</svg>\n"


def _groups(painting: Painting, outlines: list[str], seen: Shown, masks: dict[int | None, str]) -> Iterator[str]:
    """The groups of regions and passes, back to front."""
    from impasto.engine.export.layers import layers_of_strokes

    strokes, names = painting.strokes, ["painting"] if painting.regions is None else painting.regions.names
    layer_of, blend = layers_of_strokes(painting), ' style="mix-blend-mode:multiply"' if painting.absorbs else ""
    numbers = [" ".join(row) for row in strokes.table.astype(str).tolist()]
    for region, name in enumerate(names):
        own = np.ones(len(strokes), bool) if painting.regions is None else strokes.region == region
        yield (
            f'<g id="region-{region}" inkscape:groupmode="layer" inkscape:label={quoteattr(name)} '
            f'impasto:region="{region}"{masks.get(region, "")}{blend}>\n<title>{escape(name)}</title>\n'
        )
        for rank in np.unique(layer_of[own]).tolist():
            yield (
                f'<g id="region-{region}-pass-{rank}" inkscape:groupmode="layer" inkscape:label="pass {rank + 1}" '
                f'impasto:pass="{rank}">\n<title>pass {rank + 1}</title>\n'
            )
            for k in np.flatnonzero(own & (layer_of == rank)).tolist():
                of = f"{strokes.region[k]} {strokes.pass_index[k]}"
                yield (
                    f'<path id="stroke-{strokes.id[k]}" d="{outlines[k]}" {_fill(painting, seen, k)}{blend} '
                    f'impasto:of="{of}" impasto:stroke="{numbers[k]}"/>\n'
                )
            yield "</g>\n"
        yield "</g>\n"


def _fill(painting: Painting, seen: Shown, k: int) -> str:
    first, last = seen.opacities[k]
    if abs(first - last) >= SAME:
        return f'fill="url(#fade-{painting.strokes.id[k]})"'
    opacity = f' fill-opacity="{opacity_text((first + last) / 2)}"' if first + last < 2 else ""
    return f'fill="{colour_text(painting.strokes.table[k, 10:13])}"{opacity}'


def _gradients(painting: Painting, seen: Shown, side: int) -> Iterator[str]:
    """For each stroke that fades along its way, how."""
    digits, table = digits_of(side), painting.strokes.table
    for k in np.flatnonzero(np.abs(seen.opacities[:, 0] - seen.opacities[:, 1]) >= SAME).tolist():
        x1, y1, x2, y2 = (f"{table[k, column] * side:.{digits}f}" for column in (0, 1, 4, 5))
        colour, (first, last) = colour_text(table[k, 10:13]), map(opacity_text, seen.opacities[k].tolist())
        yield (
            f'<linearGradient id="fade-{painting.strokes.id[k]}" gradientUnits="userSpaceOnUse" '
            f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}">'
            f'<stop offset="0" stop-color="{colour}" stop-opacity="{first}"/>'
            f'<stop offset="1" stop-color="{colour}" stop-opacity="{last}"/></linearGradient>\n'
        )


def _masks(flat: Painting, height: int, width: int, threads: int | None) -> Iterator[tuple[int | None, str]]:
    """What cuts each region, by its index, and the whole, None; those that nothing cuts are left out."""
    from impasto.engine.painting.composer import Composer

    scale = min(1.0, _LONGEST_MASK / max(height, width))
    rows, columns = max(1, round(height * scale)), max(1, round(width * scale))
    if flat.mask is not None:
        yield None, _mask(None, flat.mask, height, width)
    for region, share in enumerate(Composer(flat, rows, columns, threads).shares(0, rows)):
        if share is not None:
            plane = np.zeros((rows, columns), np.uint8)
            plane[share.top : share.bottom, share.left : share.right] = np.rint(share.pixels * 255)
            yield region, _mask(region, plane, height, width)


def _mask(region: int | None, plane: np.ndarray, height: int, width: int) -> str:
    return (
        f'<mask id="mask-{_name(region)}" maskUnits="userSpaceOnUse" x="0" y="0" width="{width}" height="{height}">'
        f"{_image(plane, height, width)}</mask>\n"
    )


def _name(region: int | None) -> str:
    return "all" if region is None else str(region)


def _ground(flat: Painting, height: int, width: int) -> str:
    """What lies under the strokes."""
    if flat.underpainting is not None:
        return _image(flat.underpainting, height, width, ' id="background"') + "\n"
    *colour, alpha = flat.background
    if alpha == 0:
        return ""
    return (
        f'<rect id="background" impasto:ground="1" width="{width}" height="{height}" '
        f'fill="{colour_text(np.array(colour))}" fill-opacity="{opacity_text(alpha)}"/>\n'
    )


def _image(pixels: np.ndarray, height: int, width: int, more: str = "") -> str:
    from impasto.engine.painting.archive import pack_image

    data = base64.b64encode(pack_image(pixels)).decode()
    return (
        f'<image{more} width="{width}" height="{height}" preserveAspectRatio="none" '
        f'xlink:href="data:image/png;base64,{data}"/>'
    )


WRITER = Writer(_write, (".svg",))
