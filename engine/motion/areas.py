"""Regions from frame to frame: found once in a scene and carried along the flow, or given for each frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.motion.flow import Motion, tools
from impasto.engine.painter.budget import kept_masks
from impasto.engine.painting.region_masks import RegionMasks, quantised
from impasto.engine.segment.regions import Regions

f4 = np.float32


def carried_areas(regions: RegionMasks, flow: Motion) -> RegionMasks:
    """A painting's regions where the flow has taken them; what is new is of the region it is carried from."""
    cv2 = tools()
    _, height, width = regions.masks.shape
    rows, columns = flow.size
    x, y = (cv2.resize(plane, (width, height)) for plane in flow.sources)
    x, y = (x + 0.5) * f4(width / columns) - 0.5, (y + 0.5) * f4(height / rows) - 0.5
    moved = [
        cv2.remap(mask.astype(f4), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE) for mask in regions.masks
    ]
    return _with(regions, np.stack(moved).clip(0, 255))


def areas_of(regions: RegionMasks, given: Regions) -> RegionMasks:
    """The regions of a painting with the masks that are given for a frame. Raises ImpastoError for others' names."""
    names = list(given.names)
    if set(names) != set(regions.names):
        raise ImpastoError("the masks of this frame are of other regions than those of the first; give the same names")
    masks = kept_masks(given)
    order = [names.index(name) for name in regions.names]
    return replace(regions, masks=np.ascontiguousarray(masks[order]), labels=None, layers=None, fronts=0)


def _with(regions: RegionMasks, weights: NDArray[np.float32]) -> RegionMasks:
    total = np.maximum(weights.sum(0), 1e-6)
    return replace(regions, masks=quantised(weights / total), labels=None, layers=None, fronts=0)
