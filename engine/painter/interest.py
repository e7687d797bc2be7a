"""What the eye wants of a picture: faces, animals' eyes and things, and what painters make of it.

The rule of the study (LOSSES.md, section 2): with as many strokes as before, they lie closer there, count for more and
may be finer. Nothing here changes a painting by itself: a painter multiplies its numbers by these.
"""

import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.looking import Looked, faces_in, things_in
from impasto.engine.pictures.io import Picture
from impasto.engine.segment.colours import seen, working_size
from impasto.engine.segment.eyes import LOOKED_AT, find_eyes
from impasto.engine.segment.things import SIZES

MAPPED = 256  # longer side of a map, pixels
APPETITE = 0.12  # k of the rule; .35 gives faces and things more, and takes it from all else
GREEDIEST = 5.0  # the most that attention is multiplied by, less one
_HEAVIEST = 2.0  # likewise of the loss
_FINER = 0.5  # of the smallest radius, where interest is whole
_REMEMBERED = 8  # pictures
_SUREST, _LEAST_RANGE = 0.995, 0.25  # quantile that is whole interest; range of probabilities, so that noise is none

_known: "OrderedDict[bytes, np.ndarray]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class Interest:
    """How much each part of a picture is looked at: (h, w) float32 in 0..1, and the rule that follows from it."""

    map: np.ndarray
    appetite: float = APPETITE

    @property
    def gain(self) -> float:
        """g of the rule: large where little is of interest, and none where nothing is."""
        mean = float(self.map.mean(dtype=np.float64))
        return min(self.appetite / mean, GREEDIEST) if mean > 1e-6 else 0.0

    def on(self, height: int, width: int) -> np.ndarray:
        """The map at another size (height, width)."""
        if self.map.shape == (height, width):
            return self.map
        resized = Image.fromarray(self.map).resize((width, height), Image.Resampling.BICUBIC)
        return np.asarray(resized, np.float32).clip(0, 1)

    def density(self, height: int, width: int) -> np.ndarray:
        """What the density of strokes is to be multiplied by (height, width): 1 and more."""
        return 1 + np.float32(self.gain) * self.on(height, width)

    def weight(self, height: int, width: int) -> np.ndarray:
        """What the loss is to be multiplied by (height, width); 1 on average, so that learning is as fast."""
        weight = 1 + np.float32(min(self.gain, _HEAVIEST)) * self.on(height, width)
        return weight / weight.mean(dtype=np.float64).astype(np.float32)

    def smallest(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """What the smallest radius is to be multiplied by at places (N,) in canvas units: .5 to 1."""
        side = max(self.map.shape)
        row = np.clip(np.asarray(y) * side, 0, self.map.shape[0] - 1).astype(np.intp)
        column = np.clip(np.asarray(x) * side, 0, self.map.shape[1] - 1).astype(np.intp)
        return 1 - np.float32(_FINER) * self.map[row, column]


def interest(picture: "Picture | np.ndarray") -> np.ndarray:
    """Where a picture is looked at: (h, w) float32 in 0..1, its longer side `MAPPED` at most.

    picture: or its pixels (H, W, 3), float32 in 0..1 or uint8. Faces take scikit-image, things and animals' eyes
    torch and EfficientNet-Lite0; what is not installed finds nothing, and without any of them all is 0. The same
    picture gives the same map, and at once if it was asked for lately. See-through pixels are of no interest.
    """
    if isinstance(picture, np.ndarray):
        if picture.dtype != np.uint8:
            picture = np.round(picture.clip(0, 1) * 255).astype(np.uint8)
        picture = Picture(np.ascontiguousarray(picture))
    rgb = seen(picture, SIZES[0])
    size = working_size(picture.height, picture.width, MAPPED)
    alpha = None if picture.alpha is None else picture.resampled(*size)[1]
    digest = hashlib.blake2b(rgb.tobytes() + (b"" if alpha is None else alpha.tobytes()), digest_size=16)
    key = repr(rgb.shape).encode() + digest.digest()
    with _lock:
        if key in _known:
            _known.move_to_end(key)
            return _known[key]
    found = _found(picture, size)
    if alpha is not None:
        found = found * alpha.clip(0, 1)
    found.flags.writeable = False
    with _lock:
        _known[key] = found
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return found


def _found(picture: Picture, size: tuple[int, int]) -> np.ndarray:
    """The map (h, w), of faces in one thread and of things in this one."""
    with suppress(ImportError):  # two threads that import at a time may find half a module
        import_module("skimage.feature")
    with ThreadPoolExecutor(1, thread_name_prefix="impasto") as beside:
        looked = Looked(picture)
        faces = beside.submit(faces_in, looked)
        try:
            result = _things(looked, size)
        except (ImportError, ImpastoError):  # torch or the network is not there
            result = np.zeros(size, np.float32)
        with suppress(ImpastoError):  # scikit-image is not there
            for face in faces.result():
                result = np.maximum(result, face.mask(*size))
    return result


def _things(looked: Looked, size: tuple[int, int]) -> np.ndarray:
    """Things (h, w) as far as they stand out from the rest, and animals' eyes."""
    animals, things = things_in(looked)
    middle = np.median(things)
    result = ((things - middle) / max(np.quantile(things, _SUREST) - middle, _LEAST_RANGE)).clip(0, 1)
    for eye in find_eyes(seen(looked.picture, LOOKED_AT), animals):
        result = np.maximum(result, eye.confidence * eye.mask(*result.shape))
    whole = Image.fromarray(result.astype(np.float32)).resize(size[::-1], Image.Resampling.BOX)
    return np.asarray(whole, np.float32)
