"""PSD, for Photoshop and whatever reads it: a group for each region, a layer for each pass. It takes psd-tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.export.writer import WriteOptions, Writer
from impasto.engine.files import atomic_write
from impasto.engine.installing import install

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from impasto.engine.export.layers import Stack
    from impasto.engine.painting.painting import Painting

EXTRA = "export"
MOST_SIDE = 30_000  # pixels; the format's own limit


def _check(path: Path, height: int, width: int) -> None:
    _tools(path)
    if max(height, width) > MOST_SIDE:
        raise ImpastoError(f"{path} cannot be {width}×{height}: PSD ends at {MOST_SIDE} pixels; save it as .ora")


def _tools(path: Path) -> Any:
    """The package that knows the format. Raises ImpastoError if it is missing, or too old to write."""
    try:
        import psd_tools

        if hasattr(psd_tools.PSDImage, "create_pixel_layer"):
            return psd_tools
    except ImportError:
        pass
    raise ImpastoError(f"{path} takes more than is installed; {install(EXTRA)} with Python 3.11 or later, or save .ora")


def _write(painting: Painting, path: Path, height: int, width: int, options: WriteOptions) -> None:
    from impasto.engine.export.stacks import stack_of

    _check(path, height, width)
    stack = stack_of(painting, height, width, background=options.background, threads=options.threads)
    document = _document(_tools(path), stack)
    with atomic_write(path, options.overwrite) as file:
        document.save(file)


def _document(tools: Any, stack: Stack) -> Any:
    """The document of a stack; psd-tools keeps all of it in memory, packed layer by layer."""
    from PIL import Image

    from impasto.engine.export.layers import tree_of

    blend = tools.constants.BlendMode
    modes = {"normal": blend.NORMAL, "multiply": blend.MULTIPLY}
    document = tools.PSDImage.new("RGBA", (stack.width, stack.height))
    whole = np.empty((stack.height, stack.width, 4), np.uint8)
    planes = [np.zeros((layer.height, layer.width, 4), np.uint8) for layer in stack.layers]
    for top, bottom, band, parts in stack.bands():
        whole[top:bottom] = band
        for number, part in parts:
            begin = max(top - stack.layers[number].top, 0)
            planes[number][begin : begin + len(part)] = part
    lowest = True
    for name, layers in tree_of(stack):
        group = document
        if name is not None:
            multiplied = any(stack.layers[n].blending == "multiply" for n, _ in layers)
            group = document.create_group(blend_mode=modes["multiply" if multiplied else "normal"])
            group.name = name  # not as an argument, which must be in Mac Roman
        for place, (n, title) in enumerate(layers):
            layer = stack.layers[n]
            # nothing lies under the lowest of a group, and programs differ in what multiplying makes of that
            mode = "normal" if place == 0 and (lowest or name is not None) else layer.blending
            group.create_pixel_layer(
                Image.fromarray(planes[n]), name=title, top=layer.top, left=layer.left, blend_mode=modes[mode]
            )
        lowest = lowest and not layers
    listed = document._record.layer_and_mask_information.layer_info
    if listed is not None:
        listed.layer_count = -abs(listed.layer_count)  # which says that the merged picture has alpha
    document._record.image_data.set_data([plane.tobytes() for plane in _matted(whole)], document._record.header)
    return document


def _matted(whole: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The merged picture as PSD has it: planes (4, h, w), colours as they are on white, and alpha."""
    alpha = whole[..., 3:].astype(np.uint16)
    matted = whole.copy()
    matted[..., :3] = (whole[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255
    return np.ascontiguousarray(matted.transpose(2, 0, 1))


WRITER = Writer(_write, (".psd",), _check)
