"""Semantic areas as data: soft masks that sum to one at every pixel, each with a name, in painting order."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Literal, get_args

import numpy as np
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.segment.ordering import painting_order

Kind = Literal["thing", "stuff", "user", "rest"]

MOST_REGIONS = 256
LONGEST_NAME = 60
REST = "rest"
_TOLERANCE = 1e-4  # of the sum of masks: far below an 8-bit level, far above what float32 sums go astray
_NOT_IN_NAMES = dict.fromkeys(map(ord, ":=,;/\\"), " ")  # they part names from settings on the command line


def clean_name(text: str, fallback: str = "region") -> str:
    """Make any text a region's name: printable, on one line, at most 60 letters, without `: = , ; / \\`."""
    text = unicodedata.normalize("NFC", text).translate(_NOT_IN_NAMES)
    words = "".join(letter if letter.isprintable() else " " for letter in text).split()
    return " ".join(words)[:LONGEST_NAME].strip() or fallback


def is_name(text: str) -> bool:
    """Tell whether a region can be called this: `clean_name` has nothing to change."""
    return bool(text) and text == clean_name(text, "")


def unique_names(names: Iterable[str]) -> list[str]:
    """Number the names that come again: person, person 2, person 3. Taken numbers are passed over."""
    names = list(names)
    taken, result = set(names), []
    for name in names:
        number, unique = 1, name
        while unique in result or (number > 1 and unique in taken):
            number += 1
            unique = f"{name[: LONGEST_NAME - 5].strip()} {number}"
        result.append(unique)
    return result


@dataclass(frozen=True)
class Region:
    """What is known of an area besides where it is."""

    name: str
    kind: Kind = "user"
    """A countable thing, stuff such as sky, an area of the user's, or the rest that nobody claimed."""
    confidence: float = 1.0
    """0..1, as its finder says."""

    def __post_init__(self) -> None:
        """Raise ValueError for a name that `clean_name` would change, an unknown kind or no confidence."""
        if not is_name(self.name):
            raise ValueError(f"{self.name!r} is no name for a region")
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.kind!r} is no kind of region")
        if not 0 <= self.confidence <= 1:
            raise ValueError(f"a confidence of {self.confidence} is not in 0..1")


@dataclass(frozen=True, eq=False)
class Regions:
    """Areas that share a picture between them, in painting order from back to front."""

    masks: np.ndarray
    """(K, H, W) float32 in 0..1, read-only; they sum to one at every pixel."""
    regions: tuple[Region, ...]
    """K of them, 1..256, their names all different."""
    method: str = ""
    """What found them."""
    warnings: tuple[str, ...] = field(default=())
    """Sentences for the user about what is not as it was asked for."""

    def __post_init__(self) -> None:
        """Raise ValueError where masks and regions are not what is said above."""
        masks = np.asarray(self.masks)
        if masks.ndim != 3 or masks.dtype != np.float32 or 0 in masks.shape:
            raise ValueError(f"masks are (K, H, W) float32, not {masks.shape} {masks.dtype}")
        if len(masks) != len(self.regions) or len(masks) > MOST_REGIONS:
            raise ValueError(f"{len(masks)} masks and {len(self.regions)} regions, of at most {MOST_REGIONS}")
        if len(set(self.names)) < len(masks):
            raise ValueError(f"names come twice in {self.names}")
        if not (masks.min() >= 0 and masks.max() <= 1):  # false for NaN as well
            raise ValueError("masks are not in 0..1")
        if np.abs(masks.sum(0) - 1).max() > _TOLERANCE:
            raise ValueError("masks do not sum to one")
        masks = masks[:]  # a view, so that only ours becomes read-only
        masks.setflags(write=False)
        object.__setattr__(self, "masks", masks)

    @classmethod
    def shared_out(
        cls, weights: np.ndarray, regions: Iterable[Region], method: str = "", warnings: Iterable[str] = ()
    ) -> "Regions":
        """Make masks of weights (K, H, W), ≥ 0, by dividing each pixel's by their sum.

        Raises ValueError where a weight is negative or not finite, or a pixel has none.
        """
        total = weights.sum(0, dtype=np.float64)
        if not (np.isfinite(total).all() and weights.min() >= 0 and total.min() > 0):
            raise ValueError("weights are finite and not negative, and every pixel has some")
        masks = np.empty(weights.shape, np.float32)
        for mask, weight in zip(masks, weights, strict=True):  # one by one: together they take ten times the memory
            np.minimum(weight / total, 1, out=mask, casting="same_kind")
        return cls(masks, tuple(regions), method, tuple(warnings))

    @classmethod
    def from_labels(
        cls, labels: np.ndarray, regions: Iterable[Region], method: str = "", warnings: Iterable[str] = ()
    ) -> "Regions":
        """Make hard masks of labels (H, W), integers in 0..K-1 that say which region has the pixel."""
        regions = tuple(regions)
        masks = (labels[None] == np.arange(len(regions))[:, None, None]).astype(np.float32)
        return cls(masks, regions, method, tuple(warnings))

    def __len__(self) -> int:
        """How many regions there are."""
        return len(self.regions)

    @property
    def height(self) -> int:
        """Height of the masks in pixels."""
        return self.masks.shape[1]

    @property
    def width(self) -> int:
        """Width of the masks in pixels."""
        return self.masks.shape[2]

    @property
    def names(self) -> tuple[str, ...]:
        """The names, back to front."""
        return tuple(region.name for region in self.regions)

    @property
    def shares(self) -> np.ndarray:
        """(K,) float64: the share of the picture's area each region has; they sum to one."""
        areas = self.masks.mean((1, 2), dtype=np.float64)
        return areas / areas.sum()

    def labels(self) -> np.ndarray:
        """(H, W) uint8: which region has most of the pixel; of equal ones, the first."""
        return self.masks.argmax(0).astype(np.uint8)

    def index(self, name: str) -> int:
        """Say where in the order a region is. Raises ImpastoError if there is none of that name."""
        if name in self.names:
            return self.names.index(name)
        close = get_close_matches(name, self.names, 1)
        guess = f"did you mean {close[0]}" if close else f"there are {', '.join(self.names)}"
        raise ImpastoError(f"there is no region {name!r}; {guess}")

    def resized_masks(self, height: int, width: int) -> Iterator[np.ndarray]:
        """Yield the masks (height, width) float32 one by one: all at once, at a photo's size, may be too many.

        Bilinear, and averaging where it shrinks: no kernel of these goes below zero, so 0..1 and, up to
        rounding, the sum of one are kept.
        """
        for mask in self.masks:
            if mask.shape == (height, width):
                yield mask
            else:
                resized = Image.fromarray(mask).resize((width, height), Image.Resampling.BILINEAR)
                yield np.asarray(resized).clip(0, 1)

    def resampled(self, height: int, width: int) -> "Regions":
        """Return the same regions at another size; their masks still sum to one."""
        if self.masks.shape[1:] == (height, width):
            return self
        weights = np.stack(list(self.resized_masks(height, width)))
        return Regions.shared_out(weights, self.regions, self.method, self.warnings)

    def renamed(self, names: Mapping[str, str]) -> "Regions":
        """Give regions other names, {old: new}.

        Raises ImpastoError for a region that is not there and for a name that is no name or is taken.
        """
        new = list(self.names)
        for old, name in names.items():
            if not is_name(name):
                raise ImpastoError(f"{name!r} is no name for a region; use at most {LONGEST_NAME} plain letters")
            new[self.index(old)] = name
        for name in new:
            if new.count(name) > 1:
                raise ImpastoError(f"two regions would be called {name!r}; merge them, or choose another name")
        regions = tuple(replace(region, name=name) for region, name in zip(self.regions, new, strict=True))
        return replace(self, regions=regions)

    def merged(self, names: Iterable[str], into: str | None = None) -> "Regions":
        """Make one region of several, where the hindmost of them was; it is called `into`, or as the largest.

        Raises ImpastoError for a region that is not there, for none at all and for a name that is taken.
        """
        rows = sorted({self.index(name) for name in names})
        if not rows:
            raise ImpastoError("no region was named to be merged; name some")
        shares = self.shares[rows]
        largest = self.regions[rows[int(shares.argmax())]]
        confidences = [self.regions[row].confidence for row in rows]
        confidence = float(np.average(confidences, weights=np.maximum(shares, 1e-9)))
        whole = replace(largest, confidence=min(1.0, max(0.0, confidence)))
        masks, regions = list(self.masks), list(self.regions)
        masks[rows[0]] = np.minimum(self.masks[rows].sum(0), np.float32(1))
        regions[rows[0]] = whole
        keep = [row for row in range(len(self)) if row not in rows[1:]]
        result = replace(
            self, masks=np.stack([masks[row] for row in keep]), regions=tuple(regions[row] for row in keep)
        )
        return result if into is None else result.renamed({whole.name: into})

    def selected(self, names: Iterable[str]) -> "Regions":
        """Keep these regions; all others become one, called rest, at the back.

        Raises ImpastoError for a region that is not there, and if none is kept.
        """
        kept = sorted({self.index(name) for name in names})
        if not kept:
            raise ImpastoError("no region was named to be kept; name one")
        if len(kept) == len(self):
            return self
        others = [row for row in range(len(self)) if row not in kept]
        rest = np.minimum(self.masks[others].sum(0), np.float32(1))
        masks = np.concatenate([rest[None], self.masks[kept]])
        kept_regions = [self.regions[row] for row in kept]
        names = unique_names([*(region.name for region in kept_regions), REST])
        return replace(self, masks=masks, regions=(Region(names[-1], "rest"), *kept_regions))

    def ordered(self, names: Sequence[str] | None = None) -> "Regions":
        """Bring the regions into painting order.

        names: back to front, those that are not named stay behind them in their present order; None: the
        customary order of `engine.segment.ordering`. Raises ImpastoError for a region that is not there or
        is named twice.
        """
        if names is None:
            return self._taken(painting_order(self.names, [r.kind for r in self.regions], self.shares))
        rows = [self.index(name) for name in names]
        if len(set(rows)) < len(rows):
            raise ImpastoError(f"the order {', '.join(names)} names a region twice; name each once")
        return self._taken([*(row for row in range(len(self)) if row not in rows), *rows])

    def filled_by(self, found: "Regions") -> "Regions":
        """Divide what is `rest` here among the regions found there; ours stay in front.

        `found` has the same size. Regions of the same name are told apart by numbers. Raises ValueError for
        another size, ImpastoError if there are more than 256 regions together.
        """
        if found.masks.shape[1:] != self.masks.shape[1:]:
            raise ValueError(f"regions of {found.masks.shape[1:]} cannot fill {self.masks.shape[1:]}")
        ours = [row for row, region in enumerate(self.regions) if region.kind != "rest"]
        rest = [row for row in range(len(self)) if row not in ours]
        if not rest:
            return self
        theirs = found.masks * self.masks[rest].sum(0)
        seen = [row for row in range(len(found)) if theirs[row].max() > 0]
        if len(ours) + len(seen) > MOST_REGIONS:
            raise ImpastoError(f"there are more than {MOST_REGIONS} regions; leave out some masks")
        regions = [self.regions[row] for row in ours] + [found.regions[row] for row in seen]
        names = unique_names(region.name for region in regions)
        regions = [replace(region, name=name) for region, name in zip(regions, names, strict=True)]
        return Regions.shared_out(
            np.concatenate([theirs[seen], self.masks[ours]]),
            regions[len(ours) :] + regions[: len(ours)],
            found.method,
            (*self.warnings, *found.warnings),
        )

    def _taken(self, rows: Sequence[int]) -> "Regions":
        if list(rows) == list(range(len(self))):
            return self
        return replace(self, masks=self.masks[list(rows)], regions=tuple(self.regions[row] for row in rows))
