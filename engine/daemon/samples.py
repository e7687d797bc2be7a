"""A few strokes of each medium as a small picture, for lists to choose from."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from impasto.engine.media import FLAT
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes

SAMPLE = 192, 72  # pixels: width and height
LARGEST = 8 << 10  # bytes of PNG

# x0 y0 x1 y1 x2 y2 r0 r2 t0 t2 and colour: a dark ground, and three strokes of a full brush over each other
_STROKES = np.array(
    [
        [-0.10, 0.06, 0.5, 0.08, 1.10, 0.05, 0.11, 0.11, 1, 1, 0.28, 0.27, 0.33],
        [-0.10, 0.19, 0.5, 0.17, 1.10, 0.20, 0.11, 0.11, 1, 1, 0.25, 0.25, 0.31],
        [-0.10, 0.33, 0.5, 0.32, 1.10, 0.34, 0.11, 0.11, 1, 1, 0.22, 0.22, 0.28],
        [0.10, 0.30, 0.42, 0.12, 0.90, 0.27, 0.055, 0.050, 1, 1, 0.20, 0.42, 0.62],
        [0.08, 0.10, 0.50, 0.24, 0.93, 0.09, 0.060, 0.052, 1, 1, 0.93, 0.72, 0.30],
        [0.55, 0.30, 0.66, 0.20, 0.70, 0.07, 0.045, 0.038, 1, 1, 0.86, 0.33, 0.22],
    ],
    np.float32,
)


def painting_of(kind: str) -> Painting:
    """Those strokes as a painting in a medium."""
    width, height = SAMPLE
    style = {} if kind == FLAT else {"medium": {"kind": kind}}
    return Painting(
        strokes=Strokes.of(_STROKES), width=width, height=height, style=style, seed=0,
        background=(0.25, 0.25, 0.31, 1.0), softness=0.006, edge=0.05,
    )  # fmt: skip


def sample_of(kind: str, threads: int | None = None) -> bytes:
    """A medium's picture: a PNG of `SAMPLE` pixels, at most `LARGEST` bytes.

    Raises ImpastoError if there is no medium of that name.
    """
    width, height = SAMPLE
    pixels = painting_of(kind).render(height, width, threads=threads)
    whole, data = Image.fromarray(np.ascontiguousarray(pixels[..., :3])), b""
    for colours in (0, 64, 32, 16, 8):  # bristles take more bytes than flat paint
        stream = io.BytesIO()
        picture = whole.quantize(colours, dither=Image.Dither.NONE) if colours else whole
        picture.save(stream, "PNG", optimize=True)
        data = stream.getvalue()
        if len(data) <= LARGEST:
            break
    return data
