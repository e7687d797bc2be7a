"""What is wanted of a painting where: what its viewers look at, found beside the first passes, and maps drawn by hand.

Which pass first goes by what is found is a matter of the plan, never of time, so a painting's bits depend on no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.files import AnyPath
from impasto.engine.painter.drawn_flow import SIDE, DrawnFlow
from impasto.engine.painter.rule import (
    APPETITE,
    GREEDIEST,
    GREEDIEST_COVER,
    HEAVIEST,
    HEAVIEST_COVER,
    SHARES,
    Interest,
    closed_in,
)
from impasto.engine.painting.painting import Checkpoint, Painting
from impasto.engine.painting.region_masks import RegionMasks
from impasto.engine.pictures.io import load_picture
from impasto.engine.pictures.picture import USUAL, Picture
from impasto.engine.pictures.resize import resized
from impasto.engine.raster.devices import lacks_memory
from impasto.engine.shapes import Mask
from impasto.engine.styles import Style

if TYPE_CHECKING:
    from impasto.engine.segment.regions import Regions

f4 = np.float32
CLOSER = 1  # is the pass from which on strokes go by what a viewer looks at: of the first there is a preview at once
MOST = 127  # of a detail map: the farthest from what is as usual
DETAILED = 512  # longer side of a detail map, pixels
FACE = "face"  # what the name of a region begins with that is one
_ABSORBING, _COVERING = ((1.0,), GREEDIEST, (HEAVIEST,)), (SHARES, GREEDIEST_COVER, HEAVIEST_COVER)
_KEPT, _DETAIL, _FLOW = "interest", "detail", "flow"  # in a checkpoint


def detail_of(pixels: np.ndarray) -> Mask:
    """A detail map as it is kept: (h, w) uint8, its longer side `DETAILED` at most. Raises ImpastoError for another."""
    if pixels.dtype != np.uint8 or pixels.ndim != 2 or 0 in pixels.shape:
        raise ImpastoError(f"a detail map of shape {pixels.shape} and type {pixels.dtype} is none; give uint8 (h, w)")
    scale = DETAILED / max(pixels.shape)
    if scale >= 1:
        return pixels
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    return resized(pixels, height, width)


def read_detail(path: AnyPath, max_pixels: int = 100_000_000) -> Mask:
    """A detail map from a picture's grey, uint8 (h, w) as `detail_of` has it; what is see-through is as usual.

    Raises ImpastoError for all that `engine.pictures.io.load_picture` refuses.
    """
    picture = load_picture(path, max_pixels)
    grey = picture.rgb @ np.array([0.299, 0.587, 0.114], f4)
    if picture.alpha is not None:
        grey = USUAL + (grey - USUAL) * (picture.alpha / f4(255))
    return detail_of(np.rint(grey).clip(0, 255).astype(np.uint8))


def looked_at(picture: Picture, regions: Regions | None = None) -> np.ndarray:
    """What viewers look at, as it is shown: a grey picture (H, W, 3) uint8, white where they look most.

    regions: those that somebody has named; what begins with "face" is one.
    """
    from impasto.engine.painter.interest import interest

    found = interest(picture)
    for name, mask in () if regions is None else zip(regions.names, regions.masks, strict=True):
        if is_face(name):
            found = np.maximum(found, resized(mask, *found.shape))
    grey = np.rint(Interest(found[None]).on(picture.height, picture.width) * 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, 2)


class Wanted:
    """What one picture's strokes are to go by.

    picture: with its detail map, if it has one. faces: masks (h, w) uint8 of what somebody has called a face.
    found: (3, h, w) uint8, what viewers look at (faces, eyes, things), if it is known already. older: whether the
    painting was begun by a version in which only washes went by that. threads: of one none looks beside the passes.
    """

    def __init__(
        self,
        picture: Picture,
        faces: Sequence[np.ndarray] = (),
        *,
        found: np.ndarray | None = None,
        older: bool = False,
        threads: int | None = None,
    ) -> None:
        self._picture, self._faces, self._kept, self._older = picture, faces, found, older
        self._threads = threads
        self._detail: np.ndarray | None = None
        if picture.detail is not None and (picture.detail != USUAL).any():
            self._detail = ((picture.detail.astype(f4) - USUAL) / MOST).clip(-1, 1)
        self._looking: Future[np.ndarray] | None = None
        self._rules: dict[tuple[float, float, bool], Interest | None] = {}

    @classmethod
    def of(
        cls, picture: Picture, regions: RegionMasks | None, begun: Painting | None, threads: int | None
    ) -> Wanted:  # fmt: skip
        """What is wanted of a painting with such regions; begun: an unfinished one that is gone on with."""
        if begun is None or begun.checkpoint is None:
            return cls(picture, _faces_of(regions), threads=threads)
        if not begun.checkpoint.state.get(_KEPT, False):
            return cls(picture, older=True, threads=threads)
        found = _planes(begun.checkpoint.arrays.get(_KEPT), 3)
        return cls(picture, _faces_of(regions), found=found, threads=threads)

    def strength(self, style: Style) -> float:
        """How strongly a style's strokes go by what viewers look at, 0..2."""
        return style.attention.interest if not self._older or style.absorbs else 0.0

    def look(self, styles: Iterable[Style]) -> None:
        """Begin to look, in a thread beside this one, unless that is known, has begun or is of no matter to styles."""
        if self._threads == 1:
            return
        if self._kept is None and self._looking is None and any(map(self.strength, styles)):
            pool = ThreadPoolExecutor(1, thread_name_prefix="impasto-interest")
            self._looking = pool.submit(self._found)
            pool.shutdown(wait=False)

    def rule(self, style: Style, appetite: float = APPETITE, *, looked: bool = True) -> Interest | None:
        """The rule for strokes of a style; None if all is as usual everywhere.

        looked: whether to wait for what viewers look at; without, only the detail map counts.
        """
        strength = self.strength(style) if looked else 0.0
        key = strength, appetite, style.absorbs
        if key not in self._rules:
            shares, most, heaviest = _ABSORBING if style.absorbs else _COVERING
            found = np.zeros((len(shares), 1, 1), f4)
            if strength > 0:
                self.look([style])
                if self._kept is None:
                    self._kept = self._found() if self._looking is None else self._looking.result()
                found = self._kept / f4(255)
                found = found.max(0, keepdims=True) if style.absorbs else closed_in(found)
            rule = Interest(found, appetite, strength, self._area, self._detail, shares, most, heaviest)
            self._rules[key] = None if rule.is_even else rule
        return self._rules[key]

    @cached_property
    def flow(self) -> DrawnFlow | None:
        """Where strokes are to go, if somebody has drawn that."""
        return None if self._picture.flow is None else DrawnFlow(self._picture.flow)

    @cached_property
    def _area(self) -> float:
        """What share of the picture is to be painted."""
        alpha = self._picture.alpha
        return 1.0 if alpha is None else float(alpha.mean(dtype=np.float64)) / 255

    def _found(self) -> np.ndarray:
        """What viewers look at, (3, h, w) uint8."""
        from impasto.engine.painter.interest import layers_of  # it takes its time to load

        try:
            faces, *others = layers_of(self._picture)
        except Exception as error:
            if not lacks_memory(error):
                raise
            return np.zeros((3, 1, 1), np.uint8)  # rather as usual than no painting
        alpha = self._picture.alpha
        for face in self._faces:
            own = resized(face, *faces.shape) / f4(255)
            faces = np.maximum(faces, own if alpha is None else own * (resized(alpha, *faces.shape) / f4(255)))
        return np.rint(np.stack([faces, *others]) * 255).astype(np.uint8)

    def kept_in(self, checkpoint: Checkpoint) -> Checkpoint:
        """The checkpoint with all it takes to want the same again."""
        own = {_KEPT: self._kept, _DETAIL: self._picture.detail, _FLOW: self._picture.flow}
        arrays = {name: plane for name, plane in own.items() if plane is not None}
        return replace(checkpoint, state=checkpoint.state | {_KEPT: True}, arrays=dict(checkpoint.arrays) | arrays)


def is_face(name: str) -> bool:
    """Is a region of this name one?"""
    return name.strip().lower().startswith(FACE)


def _faces_of(regions: RegionMasks | None) -> list[np.ndarray]:
    if regions is None:
        return []
    return [mask for mask, name in zip(regions.masks, regions.names, strict=True) if is_face(name)]


def as_begun(painting: Painting, picture: Picture) -> Picture:
    """The picture with the detail map and the flow that an unfinished painting was begun with."""
    if painting.checkpoint is None:
        return picture
    detail, flow = _planes(painting.checkpoint.arrays.get(_DETAIL)), _planes(painting.checkpoint.arrays.get(_FLOW), 3)
    return picture if detail is None and flow is None else replace(picture, detail=detail, flow=flow)


def _planes(array: np.ndarray | None, *count: int) -> np.ndarray | None:
    """Planes (count, h, w), or one (h, w), that come from a file. Raises ImpastoError for what is none."""
    if array is None:
        return None
    if (
        array.dtype != np.uint8
        or array.shape[:-2] != count
        or array.ndim < 2
        or 0 in array.shape
        or max(array.shape) > max(DETAILED, SIDE)
    ):
        raise ImpastoError("the painting's checkpoint is damaged; paint it again.")
    return array
