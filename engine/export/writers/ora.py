"""OpenRaster: one file with every layer, for Krita, MyPaint, GIMP and whatever else knows layers.

A zip of PNGs and of stack.xml, which tells how they lie; https://www.openraster.org.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from impasto.engine.export.layers import Layer, Stack, tree_of
from impasto.engine.export.png import Gallery
from impasto.engine.export.writer import WriteOptions, Writer
from impasto.engine.files import AnyPath, atomic_write, check_writable
from impasto.engine.painting.archive import pack_image

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting

_MIMETYPE = b"image/openraster"
_THUMBNAIL = 256  # pixels a side, at most: the format's rule


def write_ora(path: AnyPath, stack: Stack, *, overwrite: bool = False) -> None:
    """Write the layers to one OpenRaster file: a group for each region, in it a layer for each pass, or, of one pass,
    that layer alone, called as the region.

    Layers of what absorbs are multiplied, within each group and so that the group is multiplied by what lies below.

    The merged image in it is what `Painting.render` gives. The file is there whole or not at all, and equal paintings
    give equal bytes. Memory does not grow with the picture; a temporary file as large as the result is needed.

    Raises ImpastoError if the file exists, though `overwrite` is False, or cannot be written.
    """
    check_writable(path, overwrite)
    merged = len(stack.layers)
    sizes = [(layer.height, layer.width) for layer in stack.layers]
    with Gallery([*sizes, (stack.height, stack.width)], stack.threads) as gallery:
        for _, _, whole, parts in stack.bands():
            gallery.add([*parts, (merged, whole)])
        gallery.end()
        with atomic_write(Path(path), overwrite) as file, ZipFile(file, "w") as archive:
            _add(archive, "mimetype", [_MIMETYPE])  # first and not packed, so that the file can be known by it
            _add(archive, "stack.xml", [stack_xml(stack).encode()], ZIP_DEFLATED)
            for number in range(len(stack.layers)):
                _add(archive, _source(number), gallery.read(number), size=gallery.size(number))
            _add(archive, "mergedimage.png", gallery.read(merged), size=gallery.size(merged))
            _add(archive, "Thumbnails/thumbnail.png", [_thumbnail(stack)])


def stack_xml(stack: Stack) -> str:
    """The document that tells how the layers lie; topmost first."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<image version="0.0.5" w="{stack.width}" h="{stack.height}" xres="72" yres="72">',
        "  <stack>",
    ]
    lowest = True
    entries: list[str] = []  # from the lowest on
    for name, layers in tree_of(stack):
        inside = [
            _entry(n, title, stack.layers[n], place == 0 and (lowest or name is not None))
            for place, (n, title) in enumerate(layers)
        ]
        if name is None:
            entries += inside
        else:
            multiplied = any(stack.layers[n].blending == "multiply" for n, _ in layers)
            how = _PLAIN.format(_OPERATORS["multiply" if multiplied else "normal"])
            how += ' isolation="isolate"' if multiplied else ""  # which the operator implies, but not to Krita
            entries += ["</stack>", *(f"  {entry}" for entry in inside), f"<stack name={quoteattr(name)} {how}>"]
        lowest = lowest and not layers
    lines += [f"    {entry}" for entry in reversed(entries)]
    return "\n".join([*lines, "  </stack>", "</image>", ""])


_PLAIN = 'opacity="1.0" visibility="visible" composite-op="{}"'
_OPERATORS = {"normal": "svg:src-over", "multiply": "svg:multiply"}


def _entry(number: int, title: str, layer: Layer, lowest: bool) -> str:
    """A layer in the document; lowest: nothing lies under it, and programs differ in what multiplying makes of that."""
    how = _PLAIN.format(_OPERATORS["normal" if lowest else layer.blending])
    return f'<layer name={quoteattr(title)} src="{_source(number)}" x="{layer.left}" y="{layer.top}" {how}/>'


def _source(number: int) -> str:
    return f"data/layer-{number:04}.png"


def _thumbnail(stack: Stack) -> bytes:
    scale = min(1.0, _THUMBNAIL / max(stack.height, stack.width))
    height, width = (max(1, round(side * scale)) for side in (stack.height, stack.width))
    return pack_image(stack.painting.render(height, width, threads=stack.threads))


def _add(archive: ZipFile, name: str, parts: Iterable[bytes], method: int = ZIP_STORED, size: int = 0) -> None:
    """Add a member that depends on nothing but its bytes: no clock, no operating system, no user."""
    info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    info.external_attr = 0o644 << 16
    info.compress_type = method
    info.file_size = size  # tells whether it needs the long form, before it is written
    with archive.open(info, "w") as member:
        for part in parts:
            member.write(part)


def _write(painting: Painting, path: Path, height: int, width: int, options: WriteOptions) -> None:
    from impasto.engine.export.stacks import stack_of  # with the kernels, which whoever asks for suffixes need not load

    stack = stack_of(painting, height, width, background=options.background, threads=options.threads)
    write_ora(path, stack, overwrite=options.overwrite)


WRITER = Writer(_write, (".ora",))
