"""What the tests of the layers share: paintings of every kind, and layers put together again, written plainly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.engine.export.layers import Layer, Stack

HOSTILE = ("<&\"'>", "雪" * 60, "𝔘" * 60, "a\u0301]]>", "..", "CON", "-", "a   b%n")

CASES: dict[str, dict[str, Any]] = {
    "as a whole": {},
    "one region": {"regions": 1},
    "several": {"regions": 7, "passes": 4},
    "all kinds of edges": {"regions": 6, "edges": ("strict", "filter", "loose")},
    "very soft": {"regions": 5, "soft": 9.0},
    "hard": {"regions": 5, "soft": 0.01},
    "sixty": {"regions": 60, "strokes": 120, "size": (96, 96)},
    "some without strokes": {"regions": 6, "empty": (0, 3, 5)},
    "hostile names": {"regions": 9, "names": HOSTILE},
    "on nothing": {"regions": 4, "background": (0.0, 0.0, 0.0, 0.0)},
    "on glass": {"regions": 4, "background": (0.2, 0.9, 0.4, 0.5)},
    "as a whole on nothing": {"background": (0.0, 0.0, 0.0, 0.0)},
    "masked": {"regions": 4, "mask": True},
    "masked on nothing": {"regions": 4, "mask": True, "background": (0.0, 0.0, 0.0, 0.0)},
    "as a whole, masked": {"mask": True},
    "over a blur": {"regions": 4, "under": True},
    "masked over a blur": {"regions": 4, "under": True, "mask": True},
    "opaque strokes": {"regions": 4, "opacity": 1.0},
    "faint strokes": {"regions": 4, "opacity": 0.05, "strokes": 300},
}


def over(canvas: NDArray[np.float64], layer: Layer, plane: NDArray[np.uint8], rounded: bool) -> None:
    """Lay a layer over a canvas (h, w, 4) in 0..255, straight; rounded: to whole numbers, as programs keep them."""
    below = canvas[layer.top : layer.top + layer.height, layer.left : layer.left + layer.width]
    alpha = plane[..., 3:].astype(np.float64)
    total = below[..., 3:] + (255 - below[..., 3:]) * alpha / 255
    share = np.divide(alpha, total, out=np.zeros_like(total), where=total > 0)
    below[..., :3] += (plane[..., :3] - below[..., :3]) * share
    below[..., 3:] = total
    if rounded:
        np.rint(below, out=below)


def together(stack: Stack, planes: list[NDArray[np.uint8]], rounded: bool = True) -> NDArray[np.float64]:
    """What layers give over each other: (h, w, 4) in 0..255, straight, colour 0 where alpha is."""
    canvas = np.zeros((stack.height, stack.width, 4))
    for layer, plane in zip(stack.layers, planes, strict=True):
        over(canvas, layer, plane, rounded)
    canvas[np.rint(canvas[..., 3]) == 0] = 0
    return canvas


def whole_plane(stack: Stack, number: int, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A layer on the whole canvas."""
    layer = stack.layers[number]
    canvas = np.zeros((stack.height, stack.width, 4), np.uint8)
    canvas[layer.top : layer.top + layer.height, layer.left : layer.left + layer.width] = plane
    return canvas


def multiplied(stack: Stack, planes: list[NDArray[np.uint8]], rounded: bool, grouped: bool) -> NDArray[np.float64]:
    """What layers give that are multiplied as SVG says: (h, w, 4) in 0..255, straight.

    rounded: to whole numbers after each, as programs keep them; grouped: each group is put together by itself first.
    """
    canvas = np.zeros((stack.height, stack.width, 4))

    def lay(below: NDArray[np.float64], source: NDArray[Any], blending: str) -> None:
        a, b = source[..., 3:] / 255.0, below[..., 3:] / 255
        mixed = source[..., :3] * below[..., :3] / 255 if blending == "multiply" else source[..., :3]
        mixed = np.rint(mixed) if rounded else mixed
        colours = (1 - a) * b * below[..., :3] + a * (1 - b) * source[..., :3] + a * b * mixed
        total = a + b - a * b
        below[..., :3] = np.divide(colours, total, out=np.zeros_like(colours), where=total > 0)
        below[..., 3:] = total * 255
        if rounded:
            np.rint(below, out=below)

    for name, numbers in stack.groups:
        whole = np.zeros_like(canvas) if grouped and name is not None else canvas
        for number in numbers:
            layer = stack.layers[number]
            place = np.s_[layer.top : layer.top + layer.height, layer.left : layer.left + layer.width]
            lay(whole[place], planes[number], layer.blending)
        if whole is not canvas:
            lay(canvas, whole, "multiply")
    return canvas


def over_white(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Straight pixels (h, w, 4) in 0..255 on white, (h, w, 3)."""
    alpha = pixels[..., 3:] / 255.0
    return pixels[..., :3] * alpha + 255 * (1 - alpha)
