"""Semantic areas of a picture: found by a segmenter or given by the user, as soft masks with names in an order.

`segment` is the way in. Importing this package loads none of torch, transformers and scikit-image.
"""

from impasto.engine.segment.regions import Region, Regions
from impasto.engine.segment.segmenting import METHODS, segment

__all__ = ["METHODS", "Region", "Regions", "segment"]
