"""Region masks refined by the photo's own edges: which region each pixel of a finer size is of.

Near a border the colours of its two sides say more than a coarse mask does. So around each of the masks' pixels there
the first region's share is fitted as a linear function of the photo's colours (the guided filter of He, Sun and Tang,
fitted on the small picture and evaluated on the large one), and each finer pixel is of the region that this and the
coarse border together speak for. The latter's voice grows with the distance, so that no border strays far along an edge
that is none of its own, and where there is no edge it alone decides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from impasto.engine.compiling import inner, kernel
from impasto.engine.painting.borders import Borders, bands_of, cleaned, spread_out
from impasto.engine.painting.spreading import NONE, REACH
from impasto.engine.parallel import on_all
from impasto.protocol.limits import LARGEST_MASK_SIDE

f4 = np.float32
_SIGMA = 1.6  # of what is fitted, pixels of the masks
_NOISE = f4(0.01**2)  # variance of colours (0..1) that says nothing,
_WITHIN = f4(4)  # and so many times what there is within a pixel of the masks
_LOYAL = f4(3)  # what the coarse border's word counts at most, the colours' being 1; it counts little nearby
_LEAST = 1.1  # how many times finer than the masks a photo is of which they learn anything


def refined_labels(
    masks: NDArray[np.uint8], rgb: NDArray[np.uint8], threads: int | None = None
) -> NDArray[np.uint8] | None:
    """Which region has each pixel of a photo, as labels (H, W) of up to 4096 pixels a side.

    masks: uint8 (K, h, w) that sum to 255; rgb: the photo, uint8 (height, width, 3). A label is `NONE` where borders
    are soft. None if there is nothing to be refined: the photo is no finer than the masks, or there is no hard border.
    """
    count, tall, wide = masks.shape
    scale = min(1.0, LARGEST_MASK_SIDE / max(rgb.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in rgb.shape[:2])
    if not 1 < count <= NONE or height < _LEAST * tall or width < _LEAST * wide:
        return None
    borders = Borders(masks, threads)
    if not borders.hard[borders.steps].any():
        return None
    coarse = np.zeros((tall, wide, 4), f4)
    far = ~spread_out(borders.mixed, REACH)
    on_all(lambda rows: _shrink(rgb, far, rows.start, rows.stop, coarse), list(bands_of(tall)), threads)
    fit = np.zeros((tall, wide, 4), f4)
    fit[..., 3] = 1
    field, weights, rgb = borders.field, _weights(), np.require(rgb, np.uint8, ["C", "W"])
    on_all(
        lambda rows: _fit(
            coarse, borders.one, borders.two, borders.part, borders.mixed, field.first, field.second, weights,
            rows.start, rows.stop, fit,
        ), list(bands_of(tall)), threads,
    )  # fmt: skip
    labels = np.empty((height, width), np.uint8)
    blur = round(rgb.shape[0] / tall / 4)
    on_all(
        lambda rows: _label(
            rgb, blur, borders.plain, borders.hard, field.first, field.second, field.share, fit,
            rows.start, rows.stop, labels,
        ), list(bands_of(height)), threads,
    )  # fmt: skip
    return cleaned(cleaned(labels, threads), threads)


def try_kernels() -> None:
    """Compile what this module and masks at larger sizes need, or load it."""
    masks = np.full((2, 8, 8), 255, np.uint8)
    masks[0, :4], masks[1, 4:] = 0, 0
    labels = refined_labels(masks, np.zeros((16, 16, 3), np.uint8), 1)
    Borders(masks, 1).spread(12, 12, labels, 1)


def _weights() -> NDArray[np.float32]:
    return np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / _SIGMA) ** 2).astype(f4)


@inner
def _colour_at(picture, y, x, blur, colour):
    """The mean colour 0..1 around a pixel."""
    height, width = picture.shape[:2]
    for c in range(3):
        colour[c] = f4(0)
    for v in range(max(y - blur, 0), min(y + blur + 1, height)):
        for u in range(max(x - blur, 0), min(x + blur + 1, width)):
            for c in range(3):
                colour[c] += f4(picture[v, u, c])
    tall = min(y + blur + 1, height) - max(y - blur, 0)
    area = f4(255 * tall * (min(x + blur + 1, width) - max(x - blur, 0)))
    for c in range(3):
        colour[c] /= area


@kernel
def _shrink(picture, far, top, bottom, small):
    """The colours 0..1 of the rows top..bottom of a small picture (h, w, 4), but where it is far from borders.

    And the variance of what is averaged.
    """
    height, width = small.shape[:2]
    tall, wide = picture.shape[0] / height, picture.shape[1] / width
    for y in range(top, bottom):
        for x in range(width):
            if far[y, x]:
                continue
            red, green, blue, squares, count = 0, 0, 0, 0, 0
            for v in range(int(y * tall), max(int((y + 1) * tall), int(y * tall) + 1)):
                for u in range(int(x * wide), max(int((x + 1) * wide), int(x * wide) + 1)):
                    r, g, b = int(picture[v, u, 0]), int(picture[v, u, 1]), int(picture[v, u, 2])
                    red, green, blue, squares = red + r, green + g, blue + b, squares + r * r + g * g + b * b
                    count += 255
            r, g, b = red / count, green / count, blue / count
            small[y, x, 0], small[y, x, 1], small[y, x, 2] = r, g, b
            small[y, x, 3] = max(squares / (255 * count) - r * r - g * g - b * b, 0) / 3


@kernel
def _fit(picture, one, two, part, mixed, first, second, weights, top, bottom, fit):
    """At each mixed pixel of the rows top..bottom, fit (h, w, 4): the first region's share as a function of colours.

    It is fit[:3] · colour + fit[3], of what both regions that meet there have of the pixels around.
    """
    height, width = one.shape
    s = np.zeros(15)  # weight; r, g, b; share; rr, rg, rb, gg, gb, bb; share times r, g, b; variance
    for y in range(top, bottom):
        for x in range(width):
            a, b = first[y, x], second[y, x]
            if not mixed[y, x] or a == b:
                continue
            s[:] = 0
            for dy in range(-REACH, REACH + 1):
                v = min(max(y + dy, 0), height - 1)
                for dx in range(-REACH, REACH + 1):
                    u = min(max(x + dx, 0), width - 1)
                    p = f4(part[v, u]) / f4(255)
                    own, other = f4(0), f4(0)
                    if one[v, u] == a:
                        own += p
                    elif one[v, u] == b:
                        other += p
                    if two[v, u] == a:
                        own += f4(1) - p
                    elif two[v, u] == b:
                        other += f4(1) - p
                    if own + other <= f4(0):
                        continue
                    weight = weights[dy + REACH] * weights[dx + REACH] * (own + other)
                    share = own / (own + other)
                    red, green, blue = picture[v, u, 0], picture[v, u, 1], picture[v, u, 2]
                    s[0] += weight
                    s[1] += weight * red
                    s[2] += weight * green
                    s[3] += weight * blue
                    s[4] += weight * share
                    s[5] += weight * red * red
                    s[6] += weight * red * green
                    s[7] += weight * red * blue
                    s[8] += weight * green * green
                    s[9] += weight * green * blue
                    s[10] += weight * blue * blue
                    s[11] += weight * share * red
                    s[12] += weight * share * green
                    s[13] += weight * share * blue
                    s[14] += weight * picture[v, u, 3]
            if s[0] <= 0:
                continue
            s /= s[0]
            noise = _NOISE + _WITHIN * s[14]
            xx, xy, xz = s[5] - s[1] * s[1] + noise, s[6] - s[1] * s[2], s[7] - s[1] * s[3]
            yy, yz, zz = s[8] - s[2] * s[2] + noise, s[9] - s[2] * s[3], s[10] - s[3] * s[3] + noise
            cx, cy, cz = s[11] - s[4] * s[1], s[12] - s[4] * s[2], s[13] - s[4] * s[3]
            # the inverse of a symmetric matrix, by its cofactors
            i, j, k = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
            m, n, o = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
            size = xx * i + xy * j + xz * k
            red = (i * cx + j * cy + k * cz) / size
            green = (j * cx + m * cy + n * cz) / size
            blue = (k * cx + n * cy + o * cz) / size
            fit[y, x, 0], fit[y, x, 1], fit[y, x, 2] = red, green, blue
            fit[y, x, 3] = s[4] - red * s[1] - green * s[2] - blue * s[3]


@kernel
def _label(picture, blur, plain, hard, first, second, share, fit, top, bottom, labels):
    """The labels of the rows top..bottom: of the region that colours and the coarse border speak for together."""
    tall, wide = first.shape
    height, width = labels.shape
    colour = np.empty(3, f4)
    regions, votes = np.empty(8, np.int64), np.empty(8, f4)
    for row in range(top, bottom):
        at = (row + 0.5) * tall / height - 0.5
        y = int(np.floor(at))
        dv = f4(at - y)
        v, y = min(y + 1, tall - 1), max(y, 0)
        nearest_y = min(int((row + 0.5) * tall / height), tall - 1)
        for column in range(width):
            at = (column + 0.5) * wide / width - 0.5
            x = int(np.floor(at))
            du = f4(at - x)
            u, x = min(x + 1, wide - 1), max(x, 0)
            nearest_x = min(int((column + 0.5) * wide / width), wide - 1)
            if plain[nearest_y, nearest_x]:
                labels[row, column] = first[nearest_y, nearest_x]
                continue
            if max(max(hard[y, x], hard[y, u]), max(hard[v, x], hard[v, u])) == 0:
                labels[row, column] = NONE
                continue
            k = first[y, x]
            if k == first[y, u] == first[v, x] == first[v, u] and (
                min(min(share[y, x], share[y, u]), min(share[v, x], share[v, u])) > 247
            ):
                labels[row, column] = k
                continue
            seen_y = min(int((row + 0.5) * picture.shape[0] / height), picture.shape[0] - 1)
            seen_x = min(int((column + 0.5) * picture.shape[1] / width), picture.shape[1] - 1)
            _colour_at(picture, seen_y, seen_x, blur, colour)
            count = 0
            for tap in range(4):
                i, j = (y if tap < 2 else v), (x if tap % 2 == 0 else u)
                weight = (f4(1) - dv if tap < 2 else dv) * (f4(1) - du if tap % 2 == 0 else du)
                seen = fit[i, j, 3]
                for c in range(3):
                    seen += fit[i, j, c] * colour[c]
                seen = min(max(seen, f4(0)), f4(1))
                lead = f4(2) * f4(share[i, j]) / f4(255) - f4(1)
                loyal = f4(0.5) * _LOYAL * lead * lead * lead
                for side in range(2):
                    k = first[i, j] if side == 0 else second[i, j]
                    vote = seen + loyal if side == 0 else f4(1) - seen - loyal
                    n = 0
                    while n < count and regions[n] != k:
                        n += 1
                    if n == count:
                        regions[n], votes[n] = k, f4(0)
                        count += 1
                    votes[n] += weight * vote
            best = 0
            for n in range(1, count):
                if votes[n] > votes[best] or (votes[n] == votes[best] and regions[n] < regions[best]):
                    best = n
            labels[row, column] = regions[best]
