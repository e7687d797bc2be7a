"""From labels to soft masks: borders drawn to the picture's own edges, then feathered by a pixel or two.

Both by votes: the pixels around one vote for their regions, the nearer and the more alike in colour the louder (a joint
bilateral filter of the labels). Only pixels near a border are asked.
"""

import numpy as np
from scipy import ndimage

from engine.cores import in_parts
from engine.regions.pixels import cielab, enlarged
from engine.regions.voting import count_votes

Rounds = tuple[tuple[int, int], ...]

_USUAL_SIZE = 512  # longer side for which the radii below are meant
_FAR: Rounds = ((12, 4), (12, 4))  # radius, and distance between the pixels asked
_NEAR: Rounds = ((6, 2), (6, 2), (3, 1))
_SNAP_COLOUR = 9.0  # in CIELAB; less keeps to faint edges, more smooths borders
_FEATHER_RADIUS, _FEATHER_SPREAD = 2, 0.9  # pixels, at any size
_FEATHER_COLOUR = 14.0
_AT_A_TIME = 1 << 14  # pixels that one thread counts the votes of


def soft_masks(labels: np.ndarray, rgb: np.ndarray, count: int) -> np.ndarray:
    """Soft masks (count, H, W) float32 of labels in 0..count-1 at any size, along the edges of a picture (H, W, 3).

    The masks sum to one up to rounding. A label that is used keeps at least some pixels.
    """
    lab = cielab(rgb)
    return feathered(snapped(enlarged(labels, *rgb.shape[:2]), lab), lab, count)


def snapped(labels: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """Move the borders between labels (H, W) of integers to the edges of a picture (H, W, 3) in CIELAB.

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
    return np.where(kept[labels], moved, labels)


def _moved(labels: np.ndarray, lab: np.ndarray, count: int, rounds: Rounds, scale: int) -> np.ndarray:
    moved = labels.copy()
    for radius, step in rounds:
        pixels, votes = _votes(moved, lab, count, radius * scale, step * scale, radius * scale / 2, _SNAP_COLOUR)
        moved.ravel()[pixels] = votes.argmax(1)
    return moved


def feathered(labels: np.ndarray, lab: np.ndarray, count: int) -> np.ndarray:
    """Soft masks (count, H, W) float32 that sum to one, of labels (H, W) in 0..count-1 and the picture in CIELAB."""
    masks = (labels[None] == np.arange(count)[:, None, None]).astype(np.float32)
    pixels, votes = _votes(labels, lab, count, _FEATHER_RADIUS, 1, _FEATHER_SPREAD, _FEATHER_COLOUR)
    masks.reshape(count, -1)[:, pixels] = (votes / votes.sum(1, keepdims=True)).T
    return masks


def _votes(
    labels: np.ndarray, lab: np.ndarray, count: int, radius: int, step: int, spread: float, colour: float
) -> tuple[np.ndarray, np.ndarray]:
    """Flat indices (N,) of the pixels with another label within `radius`, and the votes (N, count) float32 there.

    Asked are the pixels on a grid of `step` around each, in a disc of `radius`; `spread` and `colour` are the
    standard deviations in pixels and in CIELAB. The pixel's own vote counts fully, so some vote is always cast.
    """
    size = 2 * radius + 1
    labels = labels.astype(np.uint8)
    near = ndimage.maximum_filter(labels, size, mode="nearest") != ndimage.minimum_filter(labels, size, mode="nearest")
    pixels = np.flatnonzero(near)
    # With a margin around, no neighbour has to be checked for lying outside.
    padded = np.pad(labels, radius, mode="edge")
    colours = np.pad(lab.astype(np.float32), ((radius, radius), (radius, radius), (0, 0)), mode="edge")
    rows, columns = np.divmod(pixels, labels.shape[1])
    at = (rows + radius) * padded.shape[1] + columns + radius
    reach = range(-(radius // step) * step, radius + 1, step)
    asked = np.array([(dy, dx) for dy in reach for dx in reach if dy * dy + dx * dx <= radius * radius])
    steps = asked @ (padded.shape[1], 1)
    far = ((asked**2).sum(1) / (2 * spread * spread)).astype(np.float32)
    votes = np.zeros((len(pixels), count), np.float32)

    alike = np.float32(1 / (2 * colour * colour))
    flat = padded.ravel(), colours.reshape(-1, 3)
    in_parts(len(at), _AT_A_TIME, lambda part: count_votes(at[part], *flat, steps, far, alike, votes[part]))
    return pixels, votes
