"""VGG16 (Simonyan and Zisserman 2014), trained on ImageNet: its thirteen convolutions, of torchvision's layout.

Its weights come from the hub as safetensors, of which only the convolutions are read. Importing this imports torch and
safetensors.
"""

from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn import functional

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.networks.checkpoints import weight_files
from impasto.engine.segment.networks.models import find_folder

NAME = "vgg16"
_BLOCKS = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))  # numbers of the convolutions in the file
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's colours
_WIDEST = 4096  # channels; more would only fill the memory


class Vgg16(nn.Module):
    """The convolutions; widths: of the thirteen, 64 to 512 as it was trained."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1) for before, after in pairwise((3, *widths))
        )

    def features(self, rgb: Tensor, blocks: int = len(_BLOCKS)) -> list[Tensor]:
        """The last maps of the first blocks for rgb (B, 3, H, W) in 0..1: (B, C, ⌈H / 2^k⌉, …) for the k-th."""
        x = (rgb - _channels(_MEAN)) / _channels(_DEVIATION)
        maps, number = [], 0
        for block in _BLOCKS[:blocks]:
            if maps:
                x = functional.max_pool2d(x, 2, ceil_mode=True)
            for _ in block:
                x = functional.relu(self.convolutions[number](x))
                number += 1
            maps.append(x)
        return maps


def load_vgg16() -> Vgg16:
    """The network that was fetched, ready to look but not to learn.

    Raises ImpastoError if it is not on this computer, with the command that fetches it, or is damaged.
    """
    return read_vgg16(find_folder(NAME))


@lru_cache(1)
def read_vgg16(folder: Path) -> Vgg16:
    """Read the network from a folder with its `model.safetensors`. Raises ImpastoError for anything else."""
    files = weight_files(folder)
    names = [f"features.{number}" for block in _BLOCKS for number in block]
    try:
        weights = _read(files, [f"{name}.{part}" for name in names for part in ("weight", "bias")])
        widths = tuple(len(weights[f"{name}.bias"]) for name in names)
        if not 1 <= min(widths) <= max(widths) <= _WIDEST:
            raise ValueError("too wide")
        with torch.device("meta"):
            network = Vgg16(widths)
        state = {f"convolutions.{k}.{part}": weights[f"{name}.{part}"] for k, name in enumerate(names)
                 for part in ("weight", "bias")}  # fmt: skip
        network.load_state_dict(state, strict=True, assign=True)
    except Exception as error:  # damaged or hostile files raise almost anything
        if isinstance(error, MemoryError):
            raise
        raise ImpastoError(
            f"{folder} does not hold the weights of VGG16; run `impasto models fetch {NAME} --force`"
        ) from error
    return network.eval().requires_grad_(False)


def _read(files: list[Path], names: list[str]) -> dict[str, Tensor]:
    """The tensors of these names, as float32. Raises ValueError if one is missing or not made of finite numbers."""
    found = {}
    for path in files:
        with safe_open(path, framework="pt") as there:
            kept = set(there.keys())
            found |= {name: there.get_tensor(name).float() for name in names if name in kept}
    if len(found) < len(names) or not all(bool(each.isfinite().all()) for each in found.values()):
        raise ValueError("missing or no numbers")
    return found


def _channels(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values)[:, None, None]
