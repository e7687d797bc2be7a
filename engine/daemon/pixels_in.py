"""Planes as they travel, as the pictures and masks that the engine knows. Sizes are checked first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.protocol.limits import LARGEST_PICTURE

if TYPE_CHECKING:
    from impasto.engine.pictures.io import Picture

_DEPTHS = {"u8": ("<u1", 255.0), "u16": ("<u2", 65535.0), "f32": ("<f4", 1.0)}


def plane_bytes(plane: dict[str, Any]) -> int:
    """How many bytes a plane's description promises. Raises ImpastoError for one that contradicts itself."""
    row = plane["width"] * plane["channels"] * np.dtype(_DEPTHS[plane["depth"]][0]).itemsize
    if plane["stride"] < row:
        raise ImpastoError(
            f"a row of {plane['width']} pixels has {row} bytes, not {plane['stride']}; correct the stride"
        )
    if plane["width"] * plane["height"] > LARGEST_PICTURE:
        raise ImpastoError(f"a picture has at most {LARGEST_PICTURE} pixels; send a smaller one")
    return plane["stride"] * (plane["height"] - 1) + row


def result_bytes(kind: str, fields: dict[str, Any]) -> int:
    """About how many bytes the pixels of a job's result take, and those of its layers, if they are asked for."""
    size = fields.get("picture") if kind in ("paint", "repaint", "follow") else fields if kind == "render" else None
    if size is None:
        return 0
    pictures = (1 if fields.get("layers", "none") == "none" else 2) + (fields.get("stages") or 0)
    return 4 * size["width"] * size["height"] * pictures


def bytes_of(path: Path, most: int, sentence: str) -> bytes:
    """What a client sent that is read whole. Raises ImpastoError, with that sentence, for more bytes than `most`."""
    if path.stat().st_size > most:
        raise ImpastoError(sentence)
    return path.read_bytes()


def picture_of(plane: dict[str, Any], path: Path) -> Picture:
    """The picture in a plane: grey, grey with alpha, RGB or RGBA, straight, as 8-bit sRGB.

    Raises ImpastoError if the file has another size than the description.
    """
    from impasto.engine.pictures.io import Picture  # not above: the daemon, which has no pictures, loads this file, too

    size = plane_bytes(plane)
    if path.stat().st_size != size:
        raise ImpastoError(f"the picture has {path.stat().st_size} bytes instead of {size}; send it whole")
    kind, white = _DEPTHS[plane["depth"]]
    item = np.dtype(kind).itemsize
    data = np.memmap(path, np.uint8, "r")
    shape, steps = (
        (plane["height"], plane["width"], plane["channels"]),
        (plane["stride"], plane["channels"] * item, item),
    )
    values = np.ndarray(shape, kind, data, strides=steps)
    colours = plane["channels"] - 1 + plane["channels"] % 2  # 1, 1, 3, 3
    rgb = np.empty((*shape[:2], 3), np.uint8)
    for top in range(0, shape[0], 256):  # floats of a few rows at a time
        rgb[top : top + 256] = _eight_bits(values[top : top + 256, :, :colours], white, plane["space"])
    alpha = None
    if plane["channels"] in (2, 4):
        alpha = _eight_bits(values[..., -1:], white, "srgb")[..., 0]
        alpha = None if alpha.min() == 255 else np.ascontiguousarray(alpha)
    return Picture(rgb, alpha)


def masks_of(masks: dict[str, Any], path: Path) -> np.ndarray:
    """Masks (count, height, width) uint8. Raises ImpastoError if the file has another size than the description."""
    shape = (masks["count"], masks["height"], masks["width"])
    if path.stat().st_size != shape[0] * shape[1] * shape[2]:
        raise ImpastoError(f"the masks have {path.stat().st_size} bytes instead of {np.prod(shape)}; send them whole")
    return np.memmap(path, np.uint8, "r", shape=shape)  # they may be more than there is room for


def _eight_bits(values: np.ndarray, white: float, space: str) -> np.ndarray:
    if values.dtype == np.uint8 and space == "srgb":
        return values
    plain = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0)
    plain = (plain / np.float32(white)).clip(0, 1)
    if space == "linear":
        plain = np.where(plain <= 0.0031308, plain * 12.92, 1.055 * plain ** (1 / 2.4) - 0.055)
    return np.rint(plain * 255).astype(np.uint8)
