"""A person against the background, by a small network to be fetched.

The network, MediaPipe's selfie segmentation (0.1 million parameters, Apache-2.0), is fetched once. It knows people
and little else, and sees something in almost any picture; so it is asked three times, and what it sees each time is
believed.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import DEFAULT_METHOD, FindOptions, Method
from impasto.engine.segment.colours import cielab, seen
from impasto.engine.segment.edges import soft_masks
from impasto.engine.segment.features import one_thread
from impasto.engine.segment.networks.models import find_model, folder_of
from impasto.engine.segment.regions import Region, Regions

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.engine.segment.networks.tflite_network import TfliteNetwork

NAME = "foreground"
NETWORK = "selfie-segmentation"
FILE = "selfie_segmentation.tflite"

_ANALYSED = 512  # longer side of the picture that the network is shown, which makes it smaller still
_MARGIN = 0.15  # of the picture, added around it for the third look
_LIKELY = 0.65  # where the network is less sure, such as at the sides of the picture, there is mostly no person
_SCRAP = 0.005  # share of the picture: smaller pieces, and smaller holes, are the network's mistakes
# Confidences were .77 to .98 on pictures of three people, but 0 on a mere sleeve and .33 on a person who had a tenth of
# the picture. Of 33 without people the network is fooled by a retina (.95), coins, a logo, a cat and a blur (.67 to
# .75); the others had at most .43.
_FOUND, _SURE = 0.5, 0.75


def foreground(picture: Picture, size: int = 1024) -> Regions:
    """Part a picture into `background` and, in front of it, `person`: all people there are; always the same.

    The masks' longer side is `size` pixels or the picture's own if that is less. If nobody is found, there is
    `background` alone, with a warning, and if a person fills the picture, `person` alone. What might be no person
    comes with a warning.

    Raises ImpastoError if the network has not been fetched or is damaged, and if torch is not installed.
    """
    looks = _looks(_network(), seen(picture, _ANALYSED))
    confidence = _agreement(looks)
    rgb = seen(picture, size)
    labels = _person(looks[:2].mean(0), *rgb.shape[:2])
    if confidence < _FOUND or not labels.any():
        why = f"nobody was found in the picture; choose the method {DEFAULT_METHOD}, or give masks of your own"
        return Regions.from_labels(np.zeros_like(labels), [Region("background", "stuff")], NAME, [why])
    person = Region("person", "thing", confidence)
    warnings = []
    if confidence < _SURE:
        warnings.append(f"what was found in front may be no person; look at it, or choose the method {DEFAULT_METHOD}")
    if labels.all():
        return Regions.from_labels(np.zeros_like(labels), [person], NAME, warnings)
    masks = soft_masks(labels, cielab(rgb), 2)
    return Regions(masks, (Region("background", "stuff", confidence), person), NAME, tuple(warnings))


def _network() -> "TfliteNetwork":
    """The network, of whose file every byte is checked before it is read."""
    model = find_model(NETWORK)
    folder = folder_of(model)
    if folder is None:
        raise ImpastoError(f"the network {NETWORK} is not on this computer; run `impasto models fetch {NETWORK}`")
    remedy = f"run `impasto models fetch {NETWORK} --force`"
    path, expected = folder / FILE, model.expected[FILE]
    try:
        with path.open("rb") as stream:
            data = stream.read(expected.size + 1)
    except OSError as error:
        raise ImpastoError(f"{path} cannot be read ({error.strerror}); {remedy}") from error
    if hashlib.sha256(data).hexdigest() != expected.sha256:
        raise ImpastoError(f"{path} is not the network it should be; {remedy}")
    try:
        from impasto.engine.segment.networks.tflite import read_tflite
        from impasto.engine.segment.networks.tflite_network import TfliteNetwork
    except ImportError as error:
        raise ImpastoError(f"torch is not installed; {install('regions')}") from error
    return TfliteNetwork(read_tflite(data, str(path), remedy), str(path), remedy)


def _looks(network: "TfliteNetwork", rgb: np.ndarray) -> np.ndarray:
    """How likely a person is at each pixel of a picture (H, W, 3) float32 in 0..1: (3, height, width) of the network.

    As it is, mirrored, and smaller within a margin.
    """
    import torch
    from torch.nn import functional

    height, width = network.size

    def look(picture: "Tensor", *size: int) -> "Tensor":
        shown = functional.interpolate(picture, network.size, mode="bilinear", antialias=True)
        return functional.interpolate(network(shown), size, mode="bilinear", antialias=True)

    with one_thread(), torch.inference_mode():
        picture = torch.from_numpy(rgb).permute(2, 0, 1)[None]
        plain = look(picture, height, width)
        mirrored = look(picture.flip(3), height, width).flip(3)
        down, across = (max(1, round(side * _MARGIN)) for side in rgb.shape[:2])
        wider = functional.pad(picture, (across, across, down, down), mode="replicate")
        shown = look(wider, *wider.shape[2:])[..., down:-down, across:-across]
        smaller = functional.interpolate(shown, network.size, mode="bilinear", antialias=True)
    return torch.cat([plain, mirrored, smaller])[:, 0].clamp(0, 1).numpy()


def _agreement(looks: np.ndarray) -> float:
    """What all looks see, compared with what any does: 0..1, and 0 if they see nothing."""
    most = looks.max(0).sum(dtype=np.float64)
    return float(looks.min(0).sum(dtype=np.float64) / most) if most > _SCRAP * looks[0].size else 0.0


def _person(chance: np.ndarray, height: int, width: int) -> np.ndarray:
    """1 where a person is, else 0: (height, width), without scraps and holes that are mistakes."""
    from PIL import Image

    enlarged = Image.fromarray(chance).resize((width, height), Image.Resampling.BILINEAR)
    labels = (np.asarray(enlarged) > _LIKELY).astype(np.int64)
    pieces = np.empty(labels.shape, np.int32)
    for value in (1, 0):
        ndimage.label(labels == value, output=pieces)
        small = np.bincount(pieces.ravel()) < _SCRAP * labels.size
        small[0] = False
        labels[small[pieces]] = 1 - value
    return labels


def _find(picture: Picture, size: int, _: FindOptions) -> Regions:
    return foreground(picture, size)


METHOD = Method(_find)
