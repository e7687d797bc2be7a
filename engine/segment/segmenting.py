"""The way in: a picture goes in, its regions come out, whoever finds them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.pictures.io import Picture
from impasto.engine.segment.regions import Regions

METHODS = ("auto", "unsupervised", "foreground", "panoptic", "masks")
SIZE = 1024


def segment(
    picture: Picture,
    method: str = "auto",
    *,
    model: str | None = None,
    masks: Regions | None = None,
    order: Sequence[str] | None = None,
    size: int = SIZE,
    device: str = "auto",
    allow_pickle: bool = False,
    faces: bool = True,
) -> Regions:
    """Divide a picture into regions, from back to front; the longer side of their masks is at most `size`.

    method: unsupervised; foreground, a person against the background; panoptic, by the network `model` (a folder,
    a name in the manifest, an id on the hub) or the first one that has been fetched; masks, those alone; auto, by
    `model` or such a network that has been fetched if that works, else unsupervised, which a warning in the result
    tells of if a model was asked for.
    masks: regions of the user's, of `engine.segment.masks` and of this `size`; they lie on top, and their rest is
    divided by the method. order: names from back to front, as `Regions.ordered` takes them.
    device, allow_pickle: for networks, as `engine.segment.methods.panoptic.Segmenter` takes them.
    faces: whether `unsupervised` makes each face a region, unless one of `masks` has it already.

    Raises ImpastoError for another method, and for all that the chosen one refuses.
    """
    if method not in METHODS:
        raise ImpastoError(f"there is no method {method}; there are {', '.join(METHODS)}")
    if method == "masks":
        if masks is None:
            raise ImpastoError("the method masks needs masks; give one at least")
        result = masks
    else:
        found, warnings = _named_if_wished(picture, method, model, size, device, allow_pickle)
        if found is None and method == "foreground":
            from impasto.engine.segment.methods.foreground import foreground

            found = foreground(picture, size)
        elif found is None:
            from impasto.engine.segment.methods.unsupervised import unsupervised

            found = unsupervised(picture, size, faces=faces, claimed=None if masks is None else _claimed(masks))
            if warnings:  # or all masks would be checked again for nothing
                found = replace(found, warnings=warnings + found.warnings)
        result = found if masks is None else masks.filled_by(found)
    return result if order is None else result.ordered(order)


def _named_if_wished(
    picture: Picture, method: str, model: str | None, size: int, device: str, allow_pickle: bool
) -> tuple[Regions | None, tuple[str, ...]]:
    """What a network finds, or None if there is none to be asked, or it failed while `method` is auto: a warning."""
    if method == "panoptic" or (method == "auto" and _network_to_hand(model)):
        try:
            return _named(picture, model, size, device, allow_pickle), ()
        except ImpastoError as error:
            if method != "auto":
                raise
            return None, (f"the regions have no names of things: {error}",)
    if model is not None:
        raise ImpastoError(f"the method {method} takes no network; leave {model} out, or choose panoptic")
    return None, ()


def _claimed(masks: Regions) -> np.ndarray:
    """(H, W), what the user's masks have of every pixel."""
    total = np.zeros(masks.masks.shape[1:], np.float32)
    for mask, region in zip(masks.masks, masks.regions, strict=True):
        if region.kind != "rest":
            total += mask
    return total


def _network_to_hand(model: str | None) -> bool:
    from impasto.engine.segment.networks.models import first_there

    return model is not None or first_there("panoptic", "semantic") is not None


def _named(picture: Picture, model: str | None, size: int, device: str, allow_pickle: bool) -> Regions:
    from impasto.engine.segment.methods.panoptic import Segmenter
    from impasto.engine.segment.networks.models import find_folder, first_there

    folder = first_there("panoptic", "semantic") if model is None else find_folder(model)
    if folder is None:
        raise ImpastoError(
            "no network that names regions is on this computer; run `impasto models fetch "
            "mask2former-swin-tiny-coco-panoptic`, or choose the method unsupervised"
        )
    return Segmenter(folder, device, allow_pickle)(picture, size)
