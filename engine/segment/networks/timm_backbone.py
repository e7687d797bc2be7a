"""DETR's checkpoints on the hub have their backbone in timm's layout; here they are read without timm.

The two are the same ResNet under other names, so the weights only change theirs (the study in NETWORKS.md compared the
outputs of timm's ResNet-50 and transformers': no difference).
"""

import re
from typing import TYPE_CHECKING, Any

from impasto.engine.errors import ImpastoError

if TYPE_CHECKING:
    from torch import Tensor

_BACKBONE = r"(.*\bbackbone\.(?:conv_encoder\.)?model\.)"
_STEM = re.compile(_BACKBONE + r"(conv|bn)1\.(.+)")
_LAYER = re.compile(_BACKBONE + r"layer(\d)\.(\d+)\.(conv|bn|downsample)\.?(\d)\.(.+)")
_STAGES = ("stage1", "stage2", "stage3", "stage4")


def has_timm_backbone(weights: "dict[str, Tensor]") -> bool:
    """Tell whether any weight has the name of one in timm's ResNets."""
    return any(_LAYER.fullmatch(key) for key in weights)


def without_timm(config: dict[str, Any], weights: "dict[str, Tensor]") -> tuple[dict[str, Any], "dict[str, Tensor]"]:
    """Rewrite the settings and weights of a DETR for transformers' own ResNet.

    The ResNet's depth and widths are read off the weights. Raises ImpastoError for one with a dilated last stage
    ("dc5"), which transformers' ResNet lacks, and for one that is none after all.
    """
    if config.get("dilation"):
        raise ImpastoError("DETR with a dilated backbone (dc5) needs timm; fetch detr-resnet-50-panoptic instead")
    backbone = {"model_type": "resnet", "out_features": list(_STAGES)} | _shape(weights)
    config = {key: value for key, value in config.items() if not key.startswith(("backbone", "use_timm"))}
    return config | {"use_timm_backbone": False, "backbone_config": backbone}, {
        _renamed(key): value for key, value in weights.items()
    }


def _renamed(key: str) -> str:
    part = {"conv": "convolution", "bn": "normalization"}
    if match := _STEM.fullmatch(key):
        root, kind, rest = match.groups()
        return f"{root}embedder.embedder.{part[kind]}.{rest}"
    if match := _LAYER.fullmatch(key):
        root, stage, block, kind, number, rest = match.groups()
        block = f"{root}encoder.stages.{int(stage) - 1}.layers.{block}."
        if kind == "downsample":
            return f"{block}shortcut.{'convolution' if number == '0' else 'normalization'}.{rest}"
        return f"{block}layer.{int(number) - 1}.{part[kind]}.{rest}"
    return key


def _shape(weights: "dict[str, Tensor]") -> dict[str, Any]:
    depths, widths, last = [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]
    stem = 0
    for key, value in weights.items():
        if (match := _STEM.fullmatch(key)) and match[2] == "conv":
            stem = value.shape[0]
        elif (match := _LAYER.fullmatch(key)) and match[4] == "conv" and 1 <= int(match[2]) <= 4:
            stage, block, number = int(match[2]) - 1, int(match[3]), int(match[5])
            depths[stage] = max(depths[stage], block + 1)
            if number >= last[stage]:  # a block's last convolution has its width
                last[stage], widths[stage] = number, value.shape[0]
    if not (stem and all(depths) and max(depths) <= 64 and set(last) in ({2}, {3})):
        raise ImpastoError("the backbone of this DETR is no ResNet; fetch detr-resnet-50-panoptic instead")
    kind = "bottleneck" if last[0] == 3 else "basic"
    return {"embedding_size": stem, "hidden_sizes": widths, "depths": depths, "layer_type": kind}
