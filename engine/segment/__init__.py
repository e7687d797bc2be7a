"""Semantic areas of a picture: found by a segmenter or given by the user, as soft masks with names in an order.

`segment` is the way in. Importing this package loads none of NumPy, torch, transformers and scikit-image: the command
line's help lists the segmenters.
"""

from typing import TYPE_CHECKING, Any

from impasto.engine.registry import Registry
from impasto.engine.segment.method import FindOptions, Method

if TYPE_CHECKING:
    from impasto.engine.segment.regions import Region, Regions
    from impasto.engine.segment.segmenting import segment

__all__ = ["DEFAULT_METHOD", "SEGMENTERS", "FindOptions", "Method", "Region", "Regions", "method_names", "segment"]

SEGMENTERS: Registry[Method] = Registry(
    "segmenter", f"{__name__}.methods", "METHOD", "impasto.segmenters", lambda found: isinstance(found, Method)
)
DEFAULT_METHOD = "unsupervised"
NAMING_METHOD = "panoptic"  # the one that knows the names of things, which `auto` prefers if it is ready
AUTO, MASKS = "auto", "masks"  # words in a method's place that are no segmenters


def method_names() -> tuple[str, ...]:
    """All that `segment` takes for a method: auto, the default, the other segmenters, masks."""
    others = (name for name in SEGMENTERS.names if name not in (DEFAULT_METHOD, AUTO, MASKS))
    return (AUTO, DEFAULT_METHOD, *others, MASKS)


def __getattr__(name: str) -> Any:
    """What needs NumPy, loaded by those who ask for it."""
    if name in ("Region", "Regions"):
        from impasto.engine.segment import regions as module
    elif name == "segment":
        from impasto.engine.segment import segmenting as module
    else:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(module, name)
