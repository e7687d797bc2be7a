"""EfficientNet-Lite0 (see `lite0`) in NumPy and Numba, for those who only look.

Importing torch would take 1.5 s and 250 MB. Each BatchNorm is folded into the convolution before it.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from impasto.engine.segment.networks.convolving import convolve, filter_channels, shift_and_clip
from impasto.engine.segment.networks.lite0_package import CLASSES, EPSILON, HEAD, STAGES, STEM

Weights = Mapping[str, np.ndarray]


def layers() -> Iterator[tuple[str, tuple[int, ...], str, str]]:
    """Each convolution: its name, the shape of its weights here, its name in the package, and its BatchNorm's."""
    yield "stem", (3, 3, 3, STEM), "_conv_stem", "_bn0"
    before = STEM
    for number, (expansion, after, taps, _) in enumerate(_blocks()):
        wide, place = before * expansion, f"_blocks.{number}."
        if expansion > 1:
            yield f"{number}.expand", (before, wide), place + "_expand_conv", place + "_bn0"
        yield f"{number}.filter", (taps, taps, wide), place + "_depthwise_conv", place + "_bn1"
        yield f"{number}.project", (wide, after), place + "_project_conv", place + "_bn2"
        before = after
    yield "head", (before, HEAD), "_conv_head", "_bn1"
    yield "classes", (HEAD, CLASSES), "_fc", ""


def shapes() -> dict[str, tuple[int, ...]]:
    """The shape of every array that `PlainLite0` takes: weights, and biases called name + ".bias"."""
    found = {}
    for name, shape, *_ in layers():
        found[name], found[f"{name}.bias"] = shape, shape[-1:]
    return found


def folded(package: Weights) -> dict[str, np.ndarray]:
    """What `PlainLite0` takes, float32, of the package's weights. The same ones give the same bits."""
    found = {}
    for name, shape, convolution, norm in layers():
        weights = package[f"{convolution}.weight"].astype(np.float64)  # (C', C, k, k), or (C', C)
        if norm:
            scale = package[f"{norm}.weight"] / np.sqrt(package[f"{norm}.running_var"].astype(np.float64) + EPSILON)
            weights = weights * scale[:, None, None, None]
            bias = package[f"{norm}.bias"] - package[f"{norm}.running_mean"] * scale
        else:
            bias = package[f"{convolution}.bias"]
        weights = weights.transpose(2, 3, 1, 0) if weights.ndim == 4 else weights.T
        found[name] = np.ascontiguousarray(weights.reshape(shape), np.float32)
        found[f"{name}.bias"] = bias.astype(np.float32)
    return found


class PlainLite0:
    """The network. weights: those that `shapes` names, C-contiguous float32."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def last(self, rgb: np.ndarray) -> np.ndarray:
        """The last stage's maps (⌈H / 32⌉, ⌈W / 32⌉, 320) of rgb (H, W, 3), float32 in 0..1."""
        # What is padded is 0 after this, so it cannot be folded into the weights.
        x = np.ascontiguousarray((rgb * np.float32(255) - np.float32(127)) / np.float32(128))
        x = self._convolved("stem", x, 2)
        for number, (expansion, _, _, stride) in enumerate(_blocks()):
            y = self._mixed(f"{number}.expand", x) if expansion > 1 else x
            y = self._convolved(f"{number}.filter", y, stride)
            y = _product(y, self._weights[f"{number}.project"]) + self._weights[f"{number}.project.bias"]
            x = x + y if x.shape == y.shape else y
        return x

    def everywhere(self, last: np.ndarray) -> np.ndarray:
        """Scores (h, w, 1000) of ImageNet's classes at each place of the last stage's maps (h, w, 320)."""
        x = _smoothed(self._mixed("head", last))
        return _product(x, self._weights["classes"]) + self._weights["classes.bias"]

    def _convolved(self, name: str, x: np.ndarray, stride: int) -> np.ndarray:
        weights, bias = self._weights[name], self._weights[f"{name}.bias"]
        found = np.empty((-(-x.shape[0] // stride), -(-x.shape[1] // stride), len(bias)), np.float32)
        (convolve if weights.ndim == 4 else filter_channels)(x, weights, bias, stride, found)
        return found

    def _mixed(self, name: str, x: np.ndarray) -> np.ndarray:
        """A convolution of single pixels, with ReLU6."""
        found = _product(x, self._weights[name])
        shift_and_clip(found.reshape(-1, found.shape[-1]), self._weights[f"{name}.bias"])
        return found


def _product(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One matrix product for all pixels (H, W, C): of three dimensions NumPy makes one for each row."""
    return (x.reshape(-1, x.shape[-1]) @ weights).reshape(*x.shape[:-1], -1)


def _blocks() -> Iterator[tuple[int, int, int, int]]:
    """Expansion, channels, kernel and stride of each block."""
    for expansion, channels, count, taps, stride in STAGES:
        for k in range(count):
            yield expansion, channels, taps, stride if k == 0 else 1


def _smoothed(x: np.ndarray) -> np.ndarray:
    """Means (h, w, C) of up to 3 × 3 places: of those there are."""
    for axis in (0, 1):
        total, count = x.copy(), np.ones(x.shape[:2], np.float32)
        before, after = (slice(None),) * axis + (slice(-1),), (slice(None),) * axis + (slice(1, None),)
        total[after] += x[before]
        total[before] += x[after]
        count[after] += 1
        count[before] += 1
        x = total / count[..., None]
    return x
