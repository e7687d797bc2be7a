"""By looks, nothing to download.

That is by colour, texture, place and what a small network sees.
SLIC superpixels; descriptors of each; Ward's merging on their graph; as many regions as are worth their while (the
method "Lite0 + Ward" of the study in NETWORKS.md). Regions get names by what can be measured of them; faces, which are
the viewer's first concern and too small for the merging to spare, are looked for by themselves.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import FindOptions, Method
from impasto.engine.segment.colours import cielab, seen
from impasto.engine.segment.edges import soft_masks
from impasto.engine.segment.faces import ANALYSED as FACES_SOUGHT_IN
from impasto.engine.segment.faces import find_faces, unclaimed, with_faces
from impasto.engine.segment.features import descriptors, network_maps
from impasto.engine.segment.merging import regions_of
from impasto.engine.segment.naming import described
from impasto.engine.segment.networks.kept_lite0 import load_plain_lite0
from impasto.engine.segment.recognising import ClassMaps, class_maps
from impasto.engine.segment.regions import Regions
from impasto.engine.segment.superpixels import Graph, superpixels
from impasto.engine.segment.things import SIZES

Maps = tuple[list[np.ndarray], tuple[str, ...]]  # and warnings

NAME = "unsupervised"
ANALYSED = 512  # longer side of the picture that is looked at; more finds no better regions
_VISIBLE = 2.0  # in CIELAB; colours closer than this look the same
_EDGES = 1.5  # lightness by which the clearest edges of a picture differ from pixel to pixel; less is a blur


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
    _import_all(network)
    small = seen(picture, ANALYSED)
    with ThreadPoolExecutor(1, thread_name_prefix="impasto") as beside:  # a second core has as much to do as the first
        sought = beside.submit(lambda: find_faces(seen(picture, FACES_SOUGHT_IN))) if faces else None
        maps = beside.submit(_maps, small) if network else None
        small_lab, graph = cielab(small), None
        if np.ptp(small_lab, (0, 1)).max() > _VISIBLE:
            graph = superpixels(small, small_lab)
        sight = beside.submit(_sight, picture, small_lab) if network and graph is not None else None
        lab = cielab(seen(picture, size))  # while the network is still looking
        labels, warnings = _labelled(small_lab, graph, maps)
        seen_faces = [] if sought is None else sought.result()
        if claimed is not None:
            seen_faces = unclaimed(seen_faces, claimed)
        known = None if sight is None or warnings else sight.result()
        labels, regions = described(labels, small_lab, known, seen_faces)
    masks = soft_masks(labels, lab, len(regions), room=len(seen_faces))
    masks, regions = with_faces(masks, regions, seen_faces)
    return Regions(masks, tuple(regions), NAME, warnings)


def _import_all(network: bool) -> None:
    """Import what the threads need, one after the other: two that import at a time may find half a module."""
    needed = [("skimage.segmentation", "slic"), ("skimage.feature", "Cascade"), *[("torch", "nn")] * network]
    for module, name in needed:
        with suppress(ImportError):  # who needs it says so
            getattr(import_module(module), name)


def _labelled(lab: np.ndarray, graph: Graph | None, maps: "Future[Maps] | None") -> tuple[np.ndarray, tuple[str, ...]]:
    """The region of each pixel (H, W) int64 of a picture (H, W, 3) in CIELAB, and warnings.

    graph: None if the picture is a blank sheet; the network sees the borders of one, but there is nothing.
    """
    labels, warnings = np.zeros(lab.shape[:2], np.int64), ()
    if graph is not None:
        seen_there, warnings = ([], ()) if maps is None else maps.result()
        labels = regions_of(*descriptors(lab, graph, seen_there), graph)[graph.labels]
    return labels, warnings


def _sight(picture: Picture, lab: np.ndarray) -> ClassMaps | None:
    """What the classifier sees, if it is there: names are of use, but not needed. In a blur it sees ghosts."""
    steps = [np.abs(np.diff(lab[..., 0], axis=axis)) for axis in (0, 1)]
    if max((np.percentile(each, 99) for each in steps if each.size), default=0) < _EDGES:
        return None
    with suppress(ImportError, ImpastoError):
        return class_maps(load_plain_lite0(), seen(picture, SIZES[0]))
    return None


def _maps(rgb: np.ndarray) -> Maps:
    """What the network sees in a picture, or nothing and why."""
    try:
        try:
            from impasto.engine.segment.networks.lite0 import load_lite0
        except ImportError as error:
            raise ImpastoError(f"torch is not installed; {install('regions')}") from error
        return network_maps(load_lite0(), rgb), ()
    except ImpastoError as error:
        return [], (f"regions are found by colour and texture alone: {error}",)


def _find(picture: Picture, size: int, options: FindOptions) -> Regions:
    return unsupervised(picture, size, faces=options.faces, claimed=options.claimed)


METHOD = Method(_find, repeatable=True)
