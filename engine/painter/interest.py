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
from functools import cached_property
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
GREEDIEST = 5.0  # the most that attention is multiplied by, less one,
GREEDIEST_COVER = 10.0  # and of strokes that cover: of a small face there is little, however dense they are
STEEP = 2.5  # times as dense is what a detail map shows white, if strokes were spread evenly
SHARES = 0.85, 0.25, 1.9  # of the appetite, for faces, animals' eyes and things
SOUGHT = 0.9  # by how much of the focus steeper where they go after errors
_HEAVIEST = 2.0  # the most that the loss is multiplied by, less one,
_HEAVIER = 2.0  # and times as heavy is what is white
FINEST = 0.5  # of the smallest radius, where interest is whole
_REMEMBERED = 8  # pictures
_AROUND = 0.15, 0.7  # of a thing's map: from where on it matters, and from where in full
_SUREST, _LEAST_RANGE = 0.995, 0.5  # quantile that is whole interest; range of probabilities, so that noise is none

_known: "OrderedDict[bytes, tuple[np.ndarray, np.ndarray]]" = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class Interest:
    """How much each part of a picture is looked at, and what is asked for by hand: the rule that follows from both.

    layers: (L, h, w) float32 in 0..1, each of which has a gain of its own, so that a face gets no less for the things
    around it; appetite: k of the rule; strength: what gains are multiplied by, 0..2; area: what share of the canvas is
    painted at all. detail: (h, w) float32 in -1..1, as a detail map has it: much coarser, as usual, much finer; None
    for as usual everywhere. All are spread over the whole canvas. shares: of the appetite, for each layer; most: the
    largest gain.
    """

    layers: np.ndarray
    appetite: float = APPETITE
    strength: float = 1.0
    area: float = 1.0
    detail: np.ndarray | None = None
    shares: tuple[float, ...] = (1.0,)
    most: float = GREEDIEST

    @cached_property
    def gains(self) -> tuple[float, ...]:
        """g of the rule for each layer: large where little is of interest, and none where nothing is.

        The more faces take of what they may, the less is left for the rest: who looks at a face looks at little else.
        """
        gains, left = [], 1.0
        for layer, share in zip(self.layers, self.shares, strict=True):
            mean, most = float(layer.mean(dtype=np.float64)) / max(self.area, 1e-6), self.appetite * share
            gains.append(min(most * left / mean, self.most) if mean > 1e-6 else 0.0)
            if len(gains) == 1:
                left = max(1 - gains[0] * mean / most, 0.0)
        return tuple(self.strength * gain for gain in gains)

    @property
    def gain(self) -> float:
        """The largest of them."""
        return max(self.gains)

    @cached_property
    def map(self) -> np.ndarray:
        """All layers as one (h, w)."""
        return self.layers.max(0)

    @property
    def _share(self) -> float:
        """How much of what it does at most to what a stroke may be."""
        return min(self.strength, 1.0) if self.gain else 0.0

    @property
    def is_even(self) -> bool:
        """Is all as usual everywhere?"""
        return self.gain == 0 and self.detail is None

    def on(self, height: int, width: int) -> np.ndarray:
        """The map at another size (height, width)."""
        return _spread(self.map, height, width).clip(0, 1)

    def density(self, height: int, width: int, focus: float = 0.0) -> np.ndarray:
        """What the density of strokes is to be multiplied by (height, width); 1 where all is as usual.

        focus: with which power of the error they are spread, which is less where they are close already.
        """
        density = 1 + self._gained(height, width, np.inf)
        return (
            density
            if self.detail is None
            else density * np.float32(STEEP ** (1 + SOUGHT * focus)) ** self._asked(height, width)
        )

    def eagerness(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """What strokes at places (N,) in canvas units are worth as a detail map has it, 1 where all is as usual."""
        return np.ones(len(x), np.float32) if self.detail is None else np.float32(STEEP**2) ** _at(self.detail, x, y)

    def sharp(self, height: int, width: int) -> np.ndarray:
        """How much of the picture's own detail is to be kept where a style simplifies it (height, width): 0..1."""
        return np.maximum(np.float32(self._share) * self.on(height, width), self._asked(height, width))

    def weight(self, height: int, width: int) -> np.ndarray:
        """What the loss is to be multiplied by (height, width); 1 on average, so that learning is as fast."""
        weight = 1 + self._gained(height, width, _HEAVIEST)
        if self.detail is not None:
            weight = weight * np.float32(_HEAVIER) ** self._asked(height, width)
        return weight / weight.mean(dtype=np.float64).astype(np.float32)

    def smallest(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """What the smallest radius is to be multiplied by at places (N,) in canvas units: .5 to 1."""
        finer = np.float32(self._share) * _at(self.map, x, y)
        if self.detail is not None:
            finer = np.maximum(finer, _at(self.detail, x, y))
        return 1 - np.float32(1 - FINEST) * finer

    def finest(self, height: int, width: int) -> np.ndarray:
        """`smallest` of each pixel (height, width)."""
        return 1 - np.float32(1 - FINEST) * self.sharp(height, width)

    def _gained(self, height: int, width: int, most: float) -> np.ndarray:
        """The layers, each times its gain or the most that it may be, as one (height, width)."""
        planes = (_spread(plane, height, width).clip(0, 1) for plane in self.layers)
        return np.sum([np.float32(min(g, most)) * plane for g, plane in zip(self.gains, planes, strict=True)], 0)

    def _asked(self, height: int, width: int) -> np.ndarray:
        if self.detail is None:
            return np.zeros((1, 1), np.float32)
        return _spread(self.detail, height, width).clip(-1, 1)


def _spread(plane: np.ndarray, height: int, width: int) -> np.ndarray:
    """A plane at another size (height, width)."""
    if plane.shape == (height, width):
        return plane
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC), np.float32)


def _at(plane: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Its values (N,) at places in canvas units, of which its longer side is 1."""
    side = max(plane.shape)
    row = np.clip(np.asarray(y) * side, 0, plane.shape[0] - 1).astype(np.intp)
    column = np.clip(np.asarray(x) * side, 0, plane.shape[1] - 1).astype(np.intp)
    return plane[row, column]


def interest(picture: "Picture | np.ndarray") -> np.ndarray:
    """Where a picture is looked at: (h, w) float32 in 0..1, its longer side `MAPPED` at most.

    picture: or its pixels (H, W, 3), float32 in 0..1 or uint8. Faces take scikit-image, things and animals' eyes
    torch and EfficientNet-Lite0; what is not installed finds nothing, and without any of them all is 0. The same
    picture gives the same map, and at once if it was asked for lately. See-through pixels are of no interest.
    """
    return _looked_at(picture)[0]


def closed_in(layers: np.ndarray) -> np.ndarray:
    """Layers (3, h, w) 0..1 as strokes that cover want them: things with firmer borders, to lose less around."""
    ramp = ((layers[2] - _AROUND[0]) / (_AROUND[1] - _AROUND[0])).clip(0, 1)
    return np.stack([*layers[:2], ramp * ramp * (3 - 2 * ramp)])


def layers_of(picture: Picture) -> np.ndarray:
    """The same as (3, h, w): faces, animals' eyes, and things."""
    return _looked_at(picture)[1]


def _looked_at(picture: "Picture | np.ndarray") -> tuple[np.ndarray, np.ndarray]:
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
    layers = _found(picture, size)
    if alpha is not None:
        layers = layers * alpha.clip(0, 1)
    found = layers.max(0), layers
    for each in found:
        each.flags.writeable = False
    with _lock:
        _known[key] = found
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return found


def _found(picture: Picture, size: tuple[int, int]) -> np.ndarray:
    """The layers (3, h, w), faces by one thread and the others by this one."""
    with suppress(ImportError):  # two threads that import at a time may find half a module
        import_module("skimage.feature")
    layers = np.zeros((3, *size), np.float32)
    with ThreadPoolExecutor(1, thread_name_prefix="impasto") as beside:
        looked = Looked(picture)
        faces = beside.submit(faces_in, looked)
        with suppress(ImportError, ImpastoError):  # torch or the network is not there
            layers[1:] = _things(looked, size)
        with suppress(ImpastoError):  # scikit-image is not there
            for face in faces.result():
                layers[0] = np.maximum(layers[0], face.mask(*size))
    return layers


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
