"""The default segmenter: regions by colour, texture, place and what a small network sees; nothing to download.

SLIC superpixels; descriptors of each; Ward's merging on their graph; as many regions as are worth their while (the
method "Lite0 + Ward" of the study in NETWORKS.md). Regions get names by what can be measured of them; faces, which are
the viewer's first concern and too small for the merging to spare, are looked for by themselves.
"""

from typing import TYPE_CHECKING

import numpy as np

from engine.errors import ImpastoError
from engine.pictures import Picture
from engine.regions.edges import soft_masks
from engine.regions.faces import ANALYSED as FACES_SOUGHT_IN
from engine.regions.faces import find_faces, with_faces
from engine.regions.features import descriptors
from engine.regions.merging import regions_of
from engine.regions.naming import described
from engine.regions.pixels import cielab, seen
from engine.regions.regions import Regions
from engine.regions.superpixels import superpixels

if TYPE_CHECKING:
    from engine.regions.lite0 import Lite0

METHOD = "unsupervised"
ANALYSED = 512  # longer side of the picture that is looked at; more finds no better regions
_VISIBLE = 2.0  # in CIELAB; colours closer than this look the same


def unsupervised(
    picture: Picture,
    size: int = 1024,
    network: bool = True,
    faces: bool = True,
    claimed: np.ndarray | None = None,
) -> Regions:
    """Divide a picture into 3 to 12 regions (fewer if there is little to see), the same ones every time, and faces.

    The masks' longer side is `size` pixels or the picture's own if that is less. `network` = False leaves
    EfficientNet-Lite0 out; so does, with a warning in the result, its absence. `faces`, `claimed`: whether each
    face is a region, in front of the others, unless most of it is `claimed` (H, W) by the user's own masks.

    Raises ImpastoError if scikit-image is not installed.
    """
    small = seen(picture, ANALYSED)
    lab = cielab(small)
    warnings = []
    net = None
    if network:
        try:
            net = _network()
        except ImpastoError as error:
            warnings.append(f"regions are found by colour and texture alone: {error}")
    labels = np.zeros(lab.shape[:2], np.int64)
    if np.ptp(lab, (0, 1)).max() > _VISIBLE:  # the network sees the borders of a blank sheet, but there is nothing
        graph = superpixels(small, lab)
        labels = regions_of(*descriptors(small, lab, graph, net), graph)[graph.labels]
    labels, regions = described(labels, lab)
    masks = soft_masks(labels, seen(picture, size), len(regions))
    found = Regions(masks, tuple(regions), METHOD, tuple(warnings))
    return with_faces(found, find_faces(seen(picture, FACES_SOUGHT_IN)), claimed) if faces else found


def _network() -> "Lite0":
    try:
        from engine.regions.lite0 import load_lite0
    except ImportError as error:
        raise ImpastoError("torch is not installed; run pip install 'impasto[regions]'") from error
    return load_lite0()
