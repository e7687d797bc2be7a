"""A picture as some hundred superpixels and the graph of which touch, with how strong the edge between them is."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install

SUPERPIXELS = 600
_SMALLEST = 48  # pixels a superpixel should have; fewer of them in small pictures
_COMPACTNESS = 12.0
_NEUTRAL = 0.75  # mean strength that edges are scaled to; see `Graph.strength`


@dataclass(frozen=True, eq=False)
class Graph:
    """Superpixels and their borders."""

    labels: np.ndarray
    """(H, W) int64 in 0..N-1, every one of them used."""
    area: np.ndarray
    """(N,) float64, pixels."""
    pairs: np.ndarray
    """(E, 2) int64, superpixels that touch, the smaller first, in lexical order."""
    length: np.ndarray
    """(E,) float64, how many pixels of the one meet the other."""
    strength: np.ndarray
    """(E,) float64 ≥ 0, mean strength of the edge along the border; its mean over all borders is 0.75."""
    gradient: np.ndarray
    """(E,) float64 ≥ 0, mean gradient along the border, in CIELAB per pixel."""

    def pooled(self, values: np.ndarray) -> np.ndarray:
        """Means (N, C) float64 of values (H, W, C) over the superpixels."""
        return pool(self.labels, values, self.area)


def pool(labels: np.ndarray, values: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Sums (N, C) of values (H, W, C) by label (H, W), divided by area (N,)."""
    flat = labels.ravel()
    channels = [np.bincount(flat, values[..., c].ravel(), len(area)) for c in range(values.shape[-1])]
    return np.stack(channels, 1) / area[:, None]


def superpixels(rgb: np.ndarray, lab: np.ndarray) -> Graph:
    """Cut a picture (H, W, 3), float32 sRGB in 0..1, whose CIELAB is `lab`, into superpixels.

    SLIC (Achanta et al. 2012) of scikit-image. The same picture gives the same superpixels.
    Raises ImpastoError if scikit-image is not installed.
    """
    try:
        from skimage.segmentation import slic
    except ImportError as error:
        raise ImpastoError(
            f"finding regions needs scikit-image, which is not installed; {install('regions')}"
        ) from error
    height, width = rgb.shape[:2]
    wanted = int(np.clip(height * width // _SMALLEST, 1, SUPERPIXELS))
    labels = slic(
        rgb,
        n_segments=wanted,
        compactness=_COMPACTNESS,
        sigma=1.0,
        max_num_iter=6,
        start_label=0,
        channel_axis=-1,
    )
    labels = np.unique(labels, return_inverse=True)[1].reshape(height, width)
    return _graph(labels, lab)


def _graph(labels: np.ndarray, lab: np.ndarray) -> Graph:
    area = np.bincount(labels.ravel()).astype(np.float64)
    here, there = _neighbours(labels)
    border = here != there
    here, there = here[border], there[border]
    keys, which = np.unique(np.minimum(here, there) * len(area) + np.maximum(here, there), return_inverse=True)
    length = np.bincount(which, minlength=len(keys)).astype(np.float64)

    def along(values: np.ndarray) -> np.ndarray:
        strongest = np.maximum(*_neighbours(values))[border]
        return np.bincount(which, strongest, len(keys)) / length

    strength = along(_edges(lab))
    if len(keys):
        mean = (strength * length).sum() / length.sum()
        strength = strength * _NEUTRAL / mean if mean > 0 else np.full(len(keys), _NEUTRAL)
    pairs = np.stack([keys // len(area), keys % len(area)], 1)
    return Graph(labels, area, pairs, length, strength, along(_gradient(lab, 2)))


def _edges(lab: np.ndarray) -> np.ndarray:
    """How much of an edge every pixel is: (H, W) in 0..1 of CIELAB (H, W, 3), ½ at twice the median gradient."""
    gradient = _gradient(lab, 1)
    return gradient / (gradient + max(2 * float(np.median(gradient)), 1e-6))


def _gradient(lab: np.ndarray, blur: float) -> np.ndarray:
    """(H, W) float32 in CIELAB per pixel."""
    smooth = ndimage.gaussian_filter(lab, (blur, blur, 0))
    down, across = (ndimage.sobel(smooth, axis) / 8 for axis in (0, 1))
    return np.sqrt((down**2 + across**2).sum(-1))


def _neighbours(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of pixels side by side and one above the other."""
    here = np.concatenate([values[:, :-1].ravel(), values[:-1].ravel()])
    there = np.concatenate([values[:, 1:].ravel(), values[1:].ravel()])
    return here, there
