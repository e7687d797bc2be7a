"""The way in: a picture goes in and its regions come out, by whichever method finds them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import AUTO, DEFAULT_METHOD, MASKS, NAMING_METHOD, SEGMENTERS, FindOptions, method_names
from impasto.engine.segment.regions import Regions

SIZE = 1024


def segment(
    picture: Picture,
    method: str = AUTO,
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

    method: the name of a segmenter; masks, those alone; auto, the segmenter that names things, by `model` or such a
    network that has been fetched, if that works, else the default one, which a warning in the result tells of if a
    model was asked for.
    masks: regions of the user's, of `engine.segment.masks` and of this `size`; they lie on top, and their rest is
    divided by the method. order: names from back to front, as `Regions.ordered` takes them.
    model, device, allow_pickle, faces: see `engine.segment.method.FindOptions`.

    Raises ImpastoError for another method, and for all that the chosen one refuses.
    """
    if method == MASKS:
        if masks is None:
            raise ImpastoError("the method masks needs masks; give one at least")
        result = masks
    else:
        options = FindOptions(model, device, allow_pickle, faces, None if masks is None else _claimed(masks))
        found = _preferred(picture, size, options) if method == AUTO else _found(picture, method, size, options)
        result = found if masks is None else masks.filled_by(found)
    return result if order is None else result.ordered(order)


def _found(picture: Picture, method: str, size: int, options: FindOptions) -> Regions:
    if method not in SEGMENTERS:
        raise ImpastoError(f"there is no method {method[:60]}; there are {', '.join(method_names())}")
    segmenter = SEGMENTERS[method]
    if options.model is not None and not segmenter.takes_model:
        raise ImpastoError(
            f"the method {method} takes no network; leave {options.model} out, or choose {NAMING_METHOD}"
        )
    found = segmenter.find(picture, size, options)
    if not isinstance(found, Regions):
        raise ImpastoError(f"the segmenter {method} of another package gave no regions; mend or remove it")
    return found


def _preferred(picture: Picture, size: int, options: FindOptions) -> Regions:
    """Regions with the names of things, if that works; else those of the default, with a warning why."""
    warnings: tuple[str, ...] = ()
    if SEGMENTERS[NAMING_METHOD].is_ready(options.model):
        try:
            return _found(picture, NAMING_METHOD, size, options)
        except ImpastoError as error:
            warnings = (f"the regions have no names of things: {error}",)
    found = _found(picture, DEFAULT_METHOD, size, replace(options, model=None))
    # Only if need be, or all masks would be checked again for nothing.
    return replace(found, warnings=warnings + found.warnings) if warnings else found


def _claimed(masks: Regions) -> np.ndarray:
    """(H, W), what the user's masks have of every pixel."""
    total = np.zeros(masks.masks.shape[1:], np.float32)
    for mask, region in zip(masks.masks, masks.regions, strict=True):
        if region.kind != "rest":
            total += mask
    return total
