"""The networks that senses ask, and which of their maps are looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.engine.errors import ImpastoError
from impasto.engine.installing import install

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.engine.painter.seeing.perceptual import Features
    from impasto.engine.segment.networks.clip import Clip
    from impasto.engine.segment.networks.lite0 import Lite0

# Maps that are compared. Deeper ones know what a thing is, and no longer how it is drawn.
_STAGES = {"lite0": (1, 2), "vgg16": (1, 2, 3)}  # strides 4 and 8; 2, 4 and 8


def features_of(network: str) -> Features:
    """The maps of a network, "lite0" or "vgg16", that are compared.

    Raises ImpastoError if it is not on this computer, with what brings it.
    """
    stages, look = _STAGES[network], _look_of(network)

    def features(picture: Tensor) -> Sequence[Tensor]:
        maps = look(picture, stages[-1] + 1)
        return [maps[stage] for stage in stages]

    return features


def lite0() -> Lite0:
    """EfficientNet-Lite0. Raises ImpastoError if it is not installed, with what brings it."""
    try:
        from impasto.engine.segment.networks.lite0 import load_lite0

        return load_lite0()
    except ImportError as error:
        raise ImpastoError(f"what a network sees takes more than is installed; {install('regions')}") from error


def _look_of(network: str) -> Callable[[Tensor, int], list[Tensor]]:
    """All maps of a network's first stages."""
    if network == "lite0":
        return lite0().features
    try:
        from impasto.engine.segment.networks.vgg16 import load_vgg16

        return load_vgg16().features
    except ImportError as error:
        raise ImpastoError(f"what {network} sees takes more than is installed; {install('panoptic')}") from error


def words_network() -> Clip:
    """The network that knows what words look like, loaded once.

    Raises ImpastoError if there is none on this computer, with what brings it, and for one that is damaged.
    """
    from impasto.engine.segment.networks.clip import NAME, TASK
    from impasto.engine.segment.networks.models import first_there

    folder = first_there(TASK)
    if folder is None:
        raise ImpastoError(
            f"no network that knows words is on this computer; run `impasto models fetch {NAME}`, or do without a guide"
        )
    return clip_in(folder)


@lru_cache(1)
def clip_in(folder: Path) -> Clip:
    """The network of a folder, kept for the next who asks."""
    from impasto.engine.segment.networks.clip import Clip

    return Clip(folder)
