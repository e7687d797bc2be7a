"""From labels to soft masks: borders drawn to the picture's own edges, then feathered by a pixel or two.

Both by votes: the pixels around one vote for their regions, the nearer and the more alike in colour the louder (a joint
bilateral filter of the labels). Only pixels near a border are asked.
"""

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from impasto.engine.parallel import in_parts, on_all
from impasto.engine.segment.colours import enlarged
from impasto.engine.segment.voting import count_votes

Rounds = tuple[tuple[int, int], ...]

_USUAL_SIZE = 512  # longer side for which the radii below are meant
_FAR: Rounds = ((12, 4), (12, 4))  # radius, and distance between the pixels asked
_NEAR: Rounds = ((6, 2), (6, 2), (3, 1))
_SNAP_COLOUR = 9.0  # in CIELAB; less keeps to faint edges, more smooths borders
_FEATHER_RADIUS, _FEATHER_SPREAD = 2, 0.9  # pixels, at any size
_FEATHER_COLOUR = 14.0
_AT_A_TIME = 1 << 14  # pixels that one thread counts the votes of


def soft_masks(labels: np.ndarray, lab: np.ndarray, count: int, room: int = 0) -> np.ndarray:
    """Soft masks (count, H, W) float32 of labels in 0..count-1, at any size, along the edges of a picture (H, W, 3).

    lab: the picture in CIELAB; count: 256 at most; room: how many masks of zeros come after them, for the caller to
    fill. The masks sum to one up to rounding. A label that is used keeps at least some pixels.
    """
    labels = enlarged(labels.astype(np.uint8), *lab.shape[:2])
    return _feathered(_snapped(labels, lab), lab, count, room)


def _snapped(labels: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """Move the borders between labels (H, W) uint8 to the edges of a picture (H, W, 3) in CIELAB.

    Where there is no edge they become smooth: superpixels and networks leave steps there. No label is lost.
    """
    scale = max(1, round(max(labels.shape) / _USUAL_SIZE))
    count = int(labels.max()) + 1
    coarse, middle = labels, slice(scale // 2, None, scale)
    if min(labels.shape) > scale:  # far moves look at few pixels of each neighbourhood, so they need no more
        coarse = _moved(labels[middle, middle], lab[middle, middle], count, _FAR, 1)
        coarse = enlarged(coarse, *labels.shape)
    moved = _moved(coarse, lab, count, _NEAR, scale)
    kept = np.bincount(moved.ravel(), minlength=count) > 0
    return moved if kept[np.unique(labels)].all() else np.where(kept[labels], moved, labels)


def _moved(labels: np.ndarray, lab: np.ndarray, count: int, rounds: Rounds, scale: int) -> np.ndarray:
    moved, widest = labels, max(radius for radius, _ in rounds) * scale
    colours = _with_margin(lab, widest)
    for radius, step in rounds:
        reach, after = radius * scale, moved.copy()

        def elect(pixels: np.ndarray, votes: np.ndarray, after: np.ndarray = after) -> None:
            after.ravel()[pixels] = votes.argmax(1)

        _vote(moved, colours, count, reach, step * scale, reach / 2, _SNAP_COLOUR, elect)
        moved = after
    return moved


def _feathered(labels: np.ndarray, lab: np.ndarray, count: int, room: int) -> np.ndarray:
    """Soft masks (count + room, H, W) float32 that sum to one, of labels (H, W) uint8 and the picture in CIELAB."""
    masks = np.empty((count + room, *labels.shape), np.float32)
    on_all(lambda label: np.equal(labels, label, out=masks[label], casting="unsafe"), range(len(masks)))

    def share_out(pixels: np.ndarray, votes: np.ndarray) -> None:
        masks.reshape(len(masks), -1)[:count, pixels] = (votes / votes.sum(1, keepdims=True)).T

    colours = _with_margin(lab, _FEATHER_RADIUS)
    _vote(labels, colours, count, _FEATHER_RADIUS, 1, _FEATHER_SPREAD, _FEATHER_COLOUR, share_out)
    return masks


def _vote(
    labels: np.ndarray, colours: np.ndarray, count: int, radius: int, step: int, spread: float, colour: float,
    counted: Callable[[np.ndarray, np.ndarray], None],
) -> None:  # fmt: skip
    """Have the pixels with another label within `radius` voted on; each is in one call of `counted`, from any thread.

    labels: (H, W) uint8; colours: CIELAB, with a margin of `radius` or more; counted: told flat indices (N,) of pixels,
    and the votes (N, count) float32 there. Asked are the pixels on a grid of `step` around each, in a disc of `radius`;
    `spread` and `colour` are the standard deviations in pixels and in CIELAB. The pixel's own vote counts fully, so
    some vote is always cast.
    """
    extremes = ndimage.maximum_filter, ndimage.minimum_filter
    most, least = on_all(lambda extreme: extreme(labels, 2 * radius + 1, mode="nearest"), extremes)
    pixels = np.flatnonzero(most != least)
    # With a margin around, no neighbour has to be checked for lying outside.
    margin = (colours.shape[0] - labels.shape[0]) // 2
    padded = _with_margin(labels, margin)
    reach = range(-(radius // step) * step, radius + 1, step)
    asked = np.array([(dy, dx) for dy in reach for dx in reach if dy * dy + dx * dx <= radius * radius])
    steps = asked @ (padded.shape[1], 1)
    near = np.exp(-(asked**2).sum(1) / (2 * spread * spread)).astype(np.float32)
    alike = np.float32(1 / (2 * colour * colour))
    flat = padded.ravel(), colours.reshape(-1, 3)

    def count_some(part: slice) -> None:
        some = pixels[part]
        rows, columns = np.divmod(some, labels.shape[1])
        votes = np.zeros((len(some), count), np.float32)
        count_votes((rows + margin) * padded.shape[1] + columns + margin, *flat, steps, near, alike, votes)
        counted(some, votes)

    in_parts(len(pixels), _AT_A_TIME, count_some)


def _with_margin(pixels: np.ndarray, margin: int) -> np.ndarray:
    """Pixels (H, W, …) with those of the border again around them."""
    return np.pad(pixels, [(margin, margin)] * 2 + [(0, 0)] * (pixels.ndim - 2), mode="edge")
