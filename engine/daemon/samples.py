"""A few strokes of each medium as a small picture, for lists to choose from."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from impasto.engine.media import FLAT, MEDIA, Absorbing, Medium, Textured, absorbs
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.wash.pigments import listed

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


# on paper: a wash and two over it, as broad as in paintings; then what is drawn, in lines
_WASHES = np.array(
    [
        [0.08, 0.10, 0.36, 0.05, 0.60, 0.12, 0.050, 0.056, 0.8, 0.9, 0.98, 0.80, 0.42],
        [0.10, 0.26, 0.40, 0.32, 0.68, 0.24, 0.058, 0.050, 0.9, 0.8, 0.45, 0.62, 0.84],
        [0.52, 0.07, 0.74, 0.16, 0.92, 0.28, 0.046, 0.060, 0.9, 0.9, 0.90, 0.44, 0.38],
        [0.26, 0.30, 0.34, 0.18, 0.40, 0.06, 0.013, 0.011, 1.0, 1.0, 0.30, 0.34, 0.50],
        [0.72, 0.29, 0.80, 0.20, 0.92, 0.09, 0.011, 0.008, 1.0, 1.0, 0.40, 0.20, 0.22],
    ],
    np.float32,
)
_LINE = 0.0022, 0.0016  # radii
_DARK = 0.16, 0.15, 0.17


def _drawn(broad: bool) -> np.ndarray:
    """Hatching in three tones, the third crossed, with a contour; broad: some strokes of a stick's side beneath."""
    rows = [
        [0.05, 0.33, 0.45, 0.36, 0.95, 0.30, *_LINE, 1, 1, *_DARK],
        [0.07, 0.06, 0.50, 0.02, 0.93, 0.07, *_LINE, 1, 1, *_DARK],
    ]
    for tone, (left, right) in enumerate(((0.08, 0.34), (0.37, 0.63), (0.66, 0.92))):
        for x in np.arange(left, right, 0.034 - 0.008 * tone):
            rows.append([x, 0.30, x + 0.03, 0.19, x + 0.05, 0.08, *_LINE, 0.9, 0.7, *_DARK])
        for y in np.arange(0.1, 0.3, 0.022) if tone == 2 else ():
            rows.append([left, y + 0.02, 0.5 * (left + right), y, right, y - 0.01, *_LINE, 0.8, 0.8, *_DARK])
    if broad:
        rows = [
            [0.08, 0.15, 0.4, 0.12, 0.70, 0.20, 0.05, 0.06, 0.35, 0.5, *_DARK],
            [0.40, 0.26, 0.7, 0.28, 0.93, 0.20, 0.06, 0.05, 0.7, 0.9, *_DARK],
            *rows[:2],
            *([x, 0.28, x + 0.05, 0.2, x + 0.08, 0.1, 0.006, 0.004, 1, 0.7, *_DARK] for x in np.arange(0.1, 0.5, 0.07)),
        ]
    return np.array(rows, np.float32)


def _dabs() -> np.ndarray:
    """Dots side by side, whose colours turn from cool to warm."""
    chance = np.random.default_rng(3)
    rows = []
    for y in np.arange(0.03, 0.37, 0.045):
        for x in np.arange(0.02, 1.0, 0.045):
            at = np.array([x, y]) + chance.uniform(-0.012, 0.012, 2)
            warm = np.clip(x + chance.normal(0, 0.25), 0, 1)
            colour = (1 - warm) * np.array([0.20, 0.42, 0.62]) + warm * np.array([0.93, 0.66, 0.28])
            colour = np.clip(colour + chance.normal(0, 0.08, 3), 0.05, 0.95)
            rows.append([*(at - 0.003), *at, *(at + 0.003), 0.02, 0.02, 1, 1, *colour])
    return np.array(rows, np.float32)


def painting_of(kind: str) -> Painting:
    """Those strokes as a painting in a medium; what lets the paper through in strokes of its own, on paper."""
    width, height = SAMPLE
    style = {} if kind == FLAT else {"medium": {"kind": kind}}
    strokes, ground = Strokes.of(_STROKES), (0.25, 0.25, 0.31, 1.0)
    if _is_of_dabs(kind):
        strokes = Strokes.of(np.concatenate([_STROKES[:3], _dabs()]))
    elif absorbs(kind):
        medium = MEDIA[kind]
        made = medium.nature.made if issubclass(medium, Absorbing) else ""
        table = _WASHES if made == "wash" else _drawn(made == "stick")
        if issubclass(medium, Absorbing) and len(listed(medium.nature.pigments)) == 1:
            table = table.copy()
            table[:, 10:] = table[:, 10:].mean(1, keepdims=True)
        fine = (table[:, 6] < 0.02).astype(np.int16)
        strokes, ground = Strokes.of(table, pass_index=fine), (0.984, 0.976, 0.945, 1.0)
    return Painting(
        strokes=strokes, width=width, height=height, style=style, seed=0, background=ground, softness=0.006, edge=0.05,
    )  # fmt: skip


def _is_of_dabs(kind: str) -> bool:
    """Is it paint whose strokes are each of a hue of its own?"""
    medium = Medium if kind == FLAT else MEDIA[kind]
    return issubclass(medium, Textured) and medium.usual.broken > 0


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
