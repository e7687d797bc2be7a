"""What superpixels look like: colour, texture, position, and what EfficientNet-Lite0 sees in them."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage, sparse

from impasto.engine.segment.superpixels import Graph, pool

if TYPE_CHECKING:
    from impasto.engine.segment.networks.lite0 import Lite0

# Shares of the whole variance, found on the study's photos (NETWORKS.md).
_COLOUR, _TEXTURE, _POSITION, _DEEP = 1.0, 0.4, 0.35, 1.6
_LIGHTNESS = 0.7  # shadows part areas less than hues do
_COMPONENTS = 24
_STAGES = (2, 4, 5)  # of the network: strides 8, 16 and 32
_SCALES = (1.0, 0.5)
_STEP = 4  # pixels between the samples of the network's maps
_one_at_a_time = threading.Lock()


def descriptors(lab: np.ndarray, graph: Graph, maps: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Describe each superpixel: looks (N, D) float64 and position (N, 2), of comparable variance.

    lab: the picture (H, W, 3) in CIELAB; maps: `network_maps` of it. Without them, colour and texture are all.
    """
    mean = graph.pooled(lab)
    colour = _scaled(mean * (_LIGHTNESS, 1, 1), graph.area, _COLOUR)
    texture = _scaled(_diffused(_texture(lab, graph, mean), colour, graph, 2), graph.area, _TEXTURE)
    parts = [colour, texture]
    if maps:
        with one_thread():
            for values in maps:
                seen = _principal(_diffused(_sampled(values, graph), colour, graph, 6), graph.area)
                parts.append(_scaled(seen, graph.area, _DEEP / np.sqrt(len(maps))))
    height, width = graph.labels.shape
    place = np.moveaxis(np.indices((height, width)), 0, -1) / max(height, width)
    return np.concatenate(parts, 1), _scaled(graph.pooled(place), graph.area, _POSITION)


def _texture(lab: np.ndarray, graph: Graph, mean: np.ndarray) -> np.ndarray:
    """How much colours vary in a superpixel, and how much of that is fine: (N, 4)."""
    deviation = np.sqrt(np.maximum(graph.pooled(lab**2) - mean**2, 0))
    fine = np.abs(lab[..., 0] - ndimage.gaussian_filter(lab[..., 0], 1))
    return np.log1p(np.concatenate([deviation, graph.pooled(fine[..., None])], 1))


def _scaled(values: np.ndarray, area: np.ndarray, deviation: float) -> np.ndarray:
    """Centre values (N, C) and set their standard deviation, all channels taken together."""
    weight = (area / area.sum())[:, None]
    values = values - (weight * values).sum(0)  # not a matrix product, whose bits depend on the number of threads
    total = np.sqrt((weight * values**2).sum())
    # What does not vary beyond rounding says nothing; blown up it would be noise.
    return values * (deviation / total) if total > 1e-6 else np.zeros_like(values)


def _principal(values: np.ndarray, area: np.ndarray) -> np.ndarray:
    """The strongest principal components (N, 24) of values (N, C), or all C of them if those are fewer."""
    import torch

    weight = (area / area.sum())[:, None]
    values = values - (weight * values).sum(0)
    centred = torch.from_numpy(values)
    # Of the small covariance, not of the values: exact enough, and the cost does not grow with N.
    _, axes = torch.linalg.eigh((torch.from_numpy(values * weight)).T @ centred)
    return (centred @ axes.flip(1)[:, :_COMPONENTS]).numpy()


def _diffused(values: np.ndarray, colour: np.ndarray, graph: Graph, times: int) -> np.ndarray:
    """Average values (N, C) over neighbours of like colour: the network's maps are coarse and bleed over edges."""
    if not len(graph.pairs):
        return values
    a, b = graph.pairs.T
    distance = ((colour[a] - colour[b]) ** 2).sum(1)
    like = np.exp(-distance / (np.median(distance) + 1e-9))
    own = np.arange(len(graph.area))
    weight = np.concatenate([like * graph.area[b], like * graph.area[a], graph.area * 0.3])
    where = np.concatenate([a, b, own]), np.concatenate([b, a, own])
    step = sparse.csr_array((weight, where), shape=(len(own), len(own)))
    step = sparse.diags_array(1 / step.sum(1)) @ step
    for _ in range(times):
        values = step @ values
    return values


def _sampled(values: np.ndarray, graph: Graph) -> np.ndarray:
    """Means (N, C) over the superpixels of maps (⌈H/4⌉, ⌈W/4⌉, C), whose samples lie every 4 pixels."""
    labels = graph.labels[_STEP // 2 :: _STEP, _STEP // 2 :: _STEP]
    rows, columns = (min(a, b) for a, b in zip(labels.shape, values.shape[:2], strict=True))
    labels = labels[:rows, :columns]
    counts = np.bincount(labels.ravel(), minlength=len(graph.area)).astype(np.float64)
    means = pool(labels, values[:rows, :columns], np.maximum(counts, 1))
    means[counts == 0] = means[counts > 0].mean(0)  # slivers that no sample hits
    return means


def network_maps(network: "Lite0", rgb: np.ndarray) -> list[np.ndarray]:
    """What the network sees in a picture (H, W, 3), float32 sRGB in 0..1.

    Returns some maps (⌈H/4⌉, ⌈W/4⌉, C) float32, of unit length at every pixel.
    """
    import torch
    from torch.nn import functional

    height, width = rgb.shape[:2]
    small = -(-height // _STEP), -(-width // _STEP)
    maps = []
    with one_thread(), torch.inference_mode():
        picture = torch.from_numpy(rgb).permute(2, 0, 1)[None]
        for scale in _SCALES:
            size = [max(1, round(side * scale / 32)) * 32 for side in (height, width)]
            seen = functional.interpolate(picture, size, mode="bilinear", antialias=True)
            stages = network.features(seen, max(_STAGES) + 1)
            for stage in _STAGES:
                values = functional.normalize(stages[stage], dim=1)
                values = functional.interpolate(values, small, mode="bilinear")
                maps.append(values[0].permute(1, 2, 0).numpy())
    return maps


@contextmanager
def one_thread() -> Iterator[None]:
    """Have torch compute in one thread: sums in another order would be other bits, so regions on another machine."""
    import torch

    with _one_at_a_time:  # what is set holds for all threads, and has to be set back
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)
