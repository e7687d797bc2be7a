"""What the eye wants of a picture: faces, animals' eyes and things. What painters make of it is in `rule`."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.kept_interest import LAYERS, keep, recall
from impasto.engine.painter.looking import Looked, faces_in, things_in
from impasto.engine.pictures.io import Picture
from impasto.engine.segment.colours import seen, working_size
from impasto.engine.segment.eyes import LOOKED_AT, find_eyes
from impasto.engine.segment.faces import cascade
from impasto.engine.shapes import Map, Maps

MAPPED = 256  # longer side of a map, pixels
_REMEMBERED = 8  # pictures
_SUREST, _LEAST_RANGE = 0.995, 0.5  # quantile that is whole interest; range of probabilities, so that noise is none

_known: OrderedDict[bytes, tuple[np.ndarray, np.ndarray]] = OrderedDict()
_lock = threading.Lock()


def interest(picture: Picture | np.ndarray) -> Map:
    """Where a picture is looked at: (h, w) float32 in 0..1, its longer side `MAPPED` at most.

    picture: or its pixels (H, W, 3), float32 in 0..1 or uint8. Faces take scikit-image, things and animals' eyes
    EfficientNet-Lite0, and torch the first time ever; what is not installed finds nothing, and without any of them all
    is 0. The same picture gives the same map, and at once if it was asked for before. See-through pixels are of no
    interest.
    """
    return _looked_at(picture)[0]


def layers_of(picture: Picture) -> Maps:
    """The same as (3, h, w): faces, animals' eyes, and things."""
    return _looked_at(picture)[1]


def _looked_at(picture: Picture | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(picture, np.ndarray):
        if picture.dtype != np.uint8:
            picture = np.round(picture.clip(0, 1) * 255).astype(np.uint8)
        picture = Picture(np.ascontiguousarray(picture))
    picture = picture.reduced  # whoever knows that knows all that is looked at
    size = working_size(picture.height, picture.width, MAPPED)
    key = _digest(picture)
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    kept = recall(key, size)
    if kept is None:
        layers, whole = _found(picture, size)
        if picture.alpha is not None:
            layers = layers * picture.resampled(*size)[1].clip(0, 1)
        kept = np.rint(layers * 255).astype(np.uint8)
        if whole:
            keep(key, kept)
    layers = kept / np.float32(255)
    found = layers.max(0), layers
    for each in found:
        each.flags.writeable = False
    with _lock:
        _known[key] = found
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return found


def _digest(picture: Picture) -> bytes:
    """Of all its pixels."""
    digest = hashlib.blake2b(repr(picture.rgb.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(picture.rgb).data)
    if picture.alpha is not None:
        digest.update(np.ascontiguousarray(picture.alpha).data)
    return digest.digest()


def _found(picture: Picture, size: tuple[int, int]) -> tuple[np.ndarray, bool]:
    """The layers (3, h, w), faces by one thread and the others by this one; and whether all were looked for."""
    with suppress(ImpastoError):  # two threads that import at a time may find half a module, or upset Python's parser
        cascade()
    layers, looks = np.zeros((LAYERS, *size), np.float32), 0
    with ThreadPoolExecutor(1, thread_name_prefix="impasto") as beside:
        looked = Looked(picture)
        faces = beside.submit(faces_in, looked)
        with suppress(ImportError, ImpastoError):  # the network is not there, or torch to read it
            layers[1:] = _things(looked, size)
            looks += 1
        with suppress(ImpastoError):  # scikit-image is not there
            for face in faces.result():
                layers[0] = np.maximum(layers[0], face.mask(*size))
            looks += 1
    return layers, looks == 2


def _things(looked: Looked, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Animals' eyes (h, w), and things as far as they stand out from the rest."""
    animals, things = things_in(looked)
    middle = np.median(things)
    things = ((things - middle) / max(np.quantile(things, _SUREST) - middle, _LEAST_RANGE)).clip(0, 1)
    eyes = np.zeros_like(things)
    for eye in find_eyes(seen(looked.picture, LOOKED_AT), animals):
        eyes = np.maximum(eyes, eye.confidence * eye.mask(*eyes.shape))
    return _smaller(eyes, size), _smaller(things, size)


def _smaller(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width = size
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BOX), np.float32)
