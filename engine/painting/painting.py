"""A painting: its strokes and all that is needed to show, keep and go on with them, in one .impasto file."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from operator import index as as_int
from pathlib import Path
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.files import atomic_write
from impasto.engine.media import (
    FLAT,
    Medium,
    Textured,
    absorbs,
    is_wash,
    kind_in,
    kinds_of_passes,
    kinds_of_strokes,
    medium_of,
    refuse_mixtures,
)
from impasto.engine.painting.archive import (
    FORMAT,
    LIMITS,
    MAX_UNDERPAINTING_SIDE,
    TIP,
    VERSION,
    Recipe,
    Refused,
    one_sentence,
    pack_arrays,
    pack_image,
    pack_json,
    write_zip,
)
from impasto.engine.painting.reading import Checkpoint, opened, read
from impasto.engine.painting.refit import Refit, look_of, refitted
from impasto.engine.painting.region_masks import RegionMasks
from impasto.engine.painting.strokes import T0, T2, Strokes
from impasto.engine.pictures.resize import resized
from impasto.engine.version import IMPASTO_VERSION
from impasto.protocol.limits import LARGEST_MASK_SIDE, LARGEST_PICTURE, LARGEST_SIDE

Background = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Painting:
    """The whole result as data; pixels are only a rendering of it.

    Attributes:
        strokes: in painting order.
        width: of the source picture, 1..65535 pixels.
        height: likewise.
        style: the style it was painted in, a JSON object of at most 64 kB.
        seed: of its random numbers, 0..2^63 - 1.
        background: what lies under the strokes, straight RGBA 0..1.
        softness: the width of a stroke's edge in canvas units, above 0 and at most 0.2.
        edge: more of that width, as a fraction of the stroke's mean radius, 0..2.
        mask: uint8 (h, w), at most 4096 a side, spread over the whole canvas whatever its own size: the paint
            shows in proportion to it (the source's alpha), everywhere if None. See `fit_mask`.
        underpainting: uint8 (h, w, 3), at most 256 a side, spread over the whole canvas: a picture that lies
            under the strokes in place of the background.
        regions: those it was painted by, None if it was painted as a whole; the strokes' `region` counts them.
        checkpoint: None once the painting is finished.
        refit: colours under its medium, None if there are none for its present look.
        tip: uint8 (256, 128), a whole stroke's picture, 0 where it is bare: the marks of those strokes whose medium has
            a tip, see `engine.texture.tips`.

    Raises:
        ImpastoError: anything but the strokes and the checkpoint is out of range; `save` checks those.
    """

    strokes: Strokes
    width: int
    height: int
    style: dict[str, Any]
    seed: int
    background: Background
    softness: float
    edge: float
    mask: NDArray[np.uint8] | None = None
    underpainting: NDArray[np.uint8] | None = None
    regions: RegionMasks | None = None
    checkpoint: Checkpoint | None = None
    refit: Refit | None = None
    tip: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Refuse bad input where it is made, not when hours later it is to be saved."""
        self._recipe()
        if self.mask is not None and not _is_picture(self.mask, 2, LARGEST_MASK_SIDE):
            raise ImpastoError(
                f"the painting's mask is not a uint8 (h, w) array of 1 to {LARGEST_MASK_SIDE} pixels a side; "
                f"shrink it with fit_mask"
            )
        if self.underpainting is not None and not _is_picture(self.underpainting, 3, MAX_UNDERPAINTING_SIDE):
            raise ImpastoError(
                f"the underpainting is not a uint8 (h, w, 3) array of 1 to {MAX_UNDERPAINTING_SIDE} pixels a side; "
                f"shrink it"
            )
        if self.tip is not None and not (_is_picture(self.tip, 2, TIP[0]) and self.tip.shape == TIP):
            raise ImpastoError(f"the painting's tip is not a uint8 {TIP} array; read it with load_tip")
        refuse_mixtures(kinds_of_strokes(self._styles))

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the painting to one file, whole or not at all; equal paintings give equal bytes.

        Raises:
            ImpastoError: strokes or checkpoint are invalid, or the file exists or cannot be written.
        """
        try:
            members = members_of(self)
        except Refused as reason:
            raise ImpastoError(f"the painting cannot be saved as {path} ({reason}); correct it first") from reason
        with atomic_write(Path(path), overwrite) as file:
            write_zip(file, members)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Painting:
        """Read what `save` wrote; nothing in the file is trusted.

        Raises:
            ImpastoError: the file is missing, unreadable, not a painting, damaged, hostile, or from a newer
                Impasto. No other exception escapes, whatever bytes are in it.
        """
        path = Path(path)
        with one_sentence(path, "is damaged ({reason}); restore it from a copy or paint again"), opened(path) as file:
            return cls(**read(file, path))

    def render(
        self,
        height: SupportsIndex | None = None,
        width: SupportsIndex | None = None,
        *,
        size: SupportsIndex | None = None,
        threads: int | None = None,
        background: Background | None = None,
        device: str = "cpu",
        light: bool = True,
        draft: bool = False,
    ) -> NDArray[np.uint8]:
        """The painting's pixels at any size.

        Rendered in bands of rows: besides the result this needs some 200 MB and a byte per pixel of a mask. In media
        with bristles, pictures below 2048 pixels are painted twice as large and halved, and a look that the painting's
        colours were not refitted for costs as much as six pictures of 512 pixels more.

        Args:
            height: in pixels; its own by default. With only one side given, the other keeps the proportions.
            width: likewise.
            size: of the longer side in pixels, instead of height and width.
            threads: how many to use, all by default; the pixels do not depend on it.
            background: straight RGBA 0..1, instead of the painting's own; the mask cuts it as well.
            device: "cpu", whose pixels are the same on every machine, or "cuda", where only flat media are painted.
            light: without, only the colours of media with bristles.
            draft: media with bristles quickly and not quite: neither finer nor refitted.

        Returns:
            uint8 (height, width, 4), straight alpha; colour is 0 where alpha is.

        Raises:
            ImpastoError: a side is not 1..65535 pixels, there are more than 268,435,456 of them, a size is given
                beside height or width, or the background is no colour.
        """
        from impasto.engine.painting.render import rendered

        painting = self if light else self.unlit(threads)
        if not draft:
            painting = painting.fitted(threads)
        if size is not None:
            if height is not None or width is not None:
                raise ImpastoError("a rendering has either a size or a height and a width; leave one out")
            height, width = (size, None) if self.height >= self.width else (None, size)
        rows, columns = self.size_of(height, width)
        ground = self.background if background is None else replace(self, background=background).background
        return rendered(
            painting, rows, columns, ground, under=background is None, threads=threads, device=device, draft=draft
        )

    def relief_map(self, height: SupportsIndex, width: SupportsIndex, threads: int | None = None) -> NDArray[np.uint16]:
        """How high the paint stands: uint16 (height, width), 65535 for a hundredth of the canvas's longer side.

        Raises:
            ImpastoError: as `render`, or no stroke has any relief.
        """
        from impasto.engine.painting.render import heights

        if not self.is_textured:
            raise ImpastoError("flat paint has no relief; choose another medium, such as oil")
        rows, columns = self.size_of(height, width)
        return heights(self.fitted(threads), rows, columns, threads)

    def fitted(self, threads: int | None = None, target: NDArray[np.float32] | None = None) -> Painting:
        """This painting with colours refitted for its look, so that they show the target, see `refitted`.

        Itself, if no target is given and they are already, or if it is not `is_fitted_by_colour`.
        """
        if not self.is_fitted_by_colour:
            return self if self.refit is None else replace(self, refit=None)
        if target is None and self.refit is not None and self.refit.fits(self):
            return self
        if self.absorbs:
            from impasto.engine.painting.strength import strengthened

            return replace(self, refit=strengthened(self, threads))
        return replace(self, refit=refitted(self, target, threads))

    @property
    def is_fitted_by_colour(self) -> bool:
        """Has it media that change the colours one sees, and may those of its strokes be changed?"""
        if self.absorbs:
            return any(map(is_wash, kinds_of_strokes(self._styles))) and len(self.strokes) > 0
        return self.is_textured and not any(_section(style, "colour").get("palette") for style in self._styles)

    def unlit(self, threads: int | None = None) -> Painting:
        """The same colours without relief and gloss: refitted, if they are, for the light that is gone."""
        light = {**_section(self.style, "light"), "relief": 0.0, "gloss": 0.0}
        fitted = self.fitted(threads)
        unlit = replace(fitted, style={**self.style, "light": light})
        if fitted.refit is None:
            return unlit
        return replace(unlit, refit=replace(fitted.refit, look=look_of(unlit)))

    def media(self) -> list[Medium]:
        """What the strokes of each region are made of; a painting without regions has one.

        Raises:
            ImpastoError: there is no medium of that name here.
        """
        infos = [self] if self.regions is None else self.regions.infos
        return [
            medium_of(kind_in(style), each.softness, each.edge) for style, each in zip(self._styles, infos, strict=True)
        ]

    @property
    def is_textured(self) -> bool:
        """Are some of its strokes of a medium with bristles? Raises ImpastoError for a medium that is not there."""
        return any(isinstance(medium_of(kind, 1, 0), Textured) for kind in self._all_kinds)

    @property
    def absorbs(self) -> bool:
        """Do its strokes let through what is beneath? Either all do or none, see `__post_init__`."""
        return any(absorbs(kind) for kind in kinds_of_strokes(self._styles))

    @property
    def _styles(self) -> list[dict[str, Any]]:
        """Each region's style."""
        return [self.style] if self.regions is None else [info.style or self.style for info in self.regions.infos]

    @property
    def _all_kinds(self) -> set[str]:
        """The kinds of media of all regions and their passes, by name."""
        return {kind for style in self._styles for kind in (kind_in(style), *kinds_of_passes(style))}

    @property
    def _version(self) -> int:
        """The oldest version of the format that says it all."""
        full = self.strokes.table[:, T0 : T2 + 1].max(initial=0) > 1
        if full or any(kind != FLAT for kind in self._all_kinds):
            return VERSION
        return 1 if self.regions is None else 2

    def _recipe(self) -> Recipe:
        try:
            return Recipe.read(
                {
                    "format": FORMAT,
                    "version": self._version,
                    "engine": IMPASTO_VERSION,
                    "strokes": len(self.strokes),
                    "width": self.width,
                    "height": self.height,
                    "style": self.style,
                    "seed": self.seed,
                    "background": self.background,
                    "softness": self.softness,
                    "edge": self.edge,
                    "regions": [] if self.regions is None else [info.model_dump() for info in self.regions.infos],
                }
            )
        except Refused as reason:
            raise ImpastoError(f"this cannot be a painting ({reason}); correct that") from reason

    def size_of(self, height: SupportsIndex | None, width: SupportsIndex | None) -> tuple[int, int]:
        """Height and width in pixels of a rendering; what is None follows from the other. Raises as `render`."""
        return _size_of(self, height, width)


def on_ground(painting: Painting, background: Background | None) -> Painting:
    """A painting on another background, straight RGBA 0..1, instead of its own ground; itself if None."""
    return painting if background is None else replace(painting, background=background, underpainting=None)


def _size_of(painting: Painting, height: SupportsIndex | None, width: SupportsIndex | None) -> tuple[int, int]:
    try:
        tall = None if height is None else as_int(height)
        wide = None if width is None else as_int(width)
    except TypeError as error:
        raise ImpastoError(f"the size {width!r} x {height!r} is not made of whole numbers") from error
    if tall is None:
        tall = painting.height if wide is None else _share(wide, painting.height, painting.width)
    if wide is None:
        wide = _share(tall, painting.width, painting.height)
    if not (1 <= tall <= LARGEST_SIDE and 1 <= wide <= LARGEST_SIDE) or tall * wide > LARGEST_PICTURE:
        raise ImpastoError(
            f"cannot render {wide} x {tall} pixels; choose sides of 1 to {LARGEST_SIDE:,} "
            f"and at most {LARGEST_PICTURE:,} pixels"
        )
    return tall, wide


def members_of(painting: Painting) -> list[tuple[str, bytes]]:
    """What a painting's file consists of, by name. Raises Refused or ImpastoError for strokes that cannot be."""
    strokes = painting.strokes.validated("the painting's strokes")
    members = [("recipe.json", pack_json(painting._recipe().model_dump()))]
    members += [("strokes.npz", pack_arrays(vars(strokes)))]
    if painting.mask is not None:
        members += [("mask.png", pack_image(painting.mask))]
    if painting.underpainting is not None:
        members += [("underpainting.png", pack_image(painting.underpainting))]
    if painting.tip is not None:
        members += [("tip.png", pack_image(painting.tip))]
    if painting.regions is not None:
        if strokes.region.max(initial=0) >= len(painting.regions):
            raise Refused("a stroke is of a region that is not there")
        members += [("regions.npz", pack_arrays({"masks": painting.regions.masks}))]
        if more := painting.regions.arrays():
            members += [("borders.npz", pack_arrays(more))]
    if painting.refit is not None and len(painting.refit.colours) == len(strokes):  # else of other strokes
        members += [("refit.npz", painting.refit.packed(len(strokes)))]
    if painting.checkpoint is not None:
        members += [("checkpoint.json", pack_json(painting.checkpoint.state))]
        members += [("checkpoint.npz", pack_arrays(painting.checkpoint.arrays))]
    for name, data in members:
        if len(data) > LIMITS[name]:
            raise Refused(f"{name} would be larger than {LIMITS[name] >> 10} kB")
    return members


def _section(style: dict[str, Any], name: str) -> dict[str, Any]:
    """A section of a style from wherever, empty if there is none."""
    section = style.get(name)
    return section if isinstance(section, dict) else {}


def _share(side: int, part: int, whole: int) -> int:
    """`side` times part / whole, rounded, but not to nothing; whole numbers, since `side` may be absurd."""
    return max(1, (2 * side * part + whole) // (2 * whole))


def fit_mask(alpha: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
    """The mask of a painting whose source has this `alpha` (h, w): None if opaque, at most 4096 px a side."""
    if alpha is None or alpha.min(initial=255) == 255:
        return None
    scale = LARGEST_MASK_SIDE / max(alpha.shape)
    if scale >= 1:
        return alpha
    height, width = (max(1, round(side * scale)) for side in alpha.shape)
    return resized(alpha, height, width)


def _is_picture(pixels: Any, dimensions: int, largest: int) -> bool:
    return (
        isinstance(pixels, np.ndarray)
        and pixels.dtype == np.uint8
        and pixels.ndim == dimensions
        and pixels.shape[2:] in ((), (3,))
        and 0 < min(pixels.shape) <= max(pixels.shape) <= largest
    )
