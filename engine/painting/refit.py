"""Colours refitted under the medium: so that from afar the painting has the colours it was meant to have.

Bristles leave gaps, drag what is beneath and cast shadows, all of which shifts what one sees of a stroke. A picture is
linear in its strokes' colours, so each stroke's is moved by what is missing on average where it is seen.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from impasto.engine.media import light_in, medium_in
from impasto.engine.painting.archive import Refused, pack_arrays, unpack_arrays
from impasto.engine.texture.kernels.columns import MET

if TYPE_CHECKING:
    from impasto.engine.painting.painting import Painting

f4 = np.float32
SIDE = 512  # pixels of the longer side of the canvas that colours are fitted on
ROUNDS = 2  # more give little
_RATE = 1.2
BEYOND = 0.2  # that colours may be blacker than black or whiter than white, as marks on them are neither
_DOUBT = 2.0  # pixels; a stroke of which less is seen moves less
_AFAR = 2.0  # pixels by which what is missing is blurred: broken colour up close is wanted
LONGEST_LOOK = 1 << 20  # letters


@dataclass(frozen=True, eq=False)
class Refit:
    """Strokes' colours under a medium, and what their brushes drag along.

    colours: float32 (N, 3), up to BEYOND outside of 0..1; carried: uint8 (N, MET, 3), see `engine.texture.rows`; look:
    what `look_of` says of the painting they were made for.
    """

    colours: NDArray[np.float32]
    carried: NDArray[np.uint8]
    look: str

    def fits(self, painting: Painting) -> bool:
        """Are these the colours of this painting's strokes, for its look?"""
        return self.look == look_of(painting) and len(self.colours) == len(painting.strokes)

    def packed(self, count: int) -> bytes:
        """As a file's member. Raises Refused if these are not the colours of `count` strokes."""
        shapes = self.colours.shape, self.carried.shape
        if shapes != ((count, 3), (count, MET, 3)) or len(self.look) > LONGEST_LOOK:
            raise Refused("its refitted colours are not those of its strokes")
        look = np.frombuffer(self.look.encode(), np.uint8)
        return pack_arrays({"colours": self.colours, "carried": self.carried, "look": look})

    @classmethod
    def unpacked(cls, data: bytes, count: int) -> Refit:
        """From a file's member, which nobody vouches for. Raises Refused if it does not hold this."""
        arrays = unpack_arrays(data, "refit.npz")
        colours, carried, look = (arrays.get(name, np.zeros(0)) for name in ("colours", "carried", "look"))
        kinds = (colours, np.float32, (count, 3)), (carried, np.uint8, (count, MET, 3)), (look, np.uint8, look.shape)
        if any(array.dtype != kind or array.shape != shape for array, kind, shape in kinds):
            raise Refused("refit.npz does not hold colours for its strokes")
        if look.ndim != 1 or look.size > LONGEST_LOOK or not (np.abs(colours - 0.5) <= 0.5 + BEYOND + 1e-3).all():
            raise Refused("refit.npz holds what are no colours")
        return cls(colours, carried, look.tobytes().decode("utf-8", "replace"))


def look_of(painting: Painting) -> str:
    """All settings of media and light, and the tip, that refitted colours depend on, as JSON."""
    styles = [painting.style]
    if painting.regions is not None:
        styles += [info.style or painting.style for info in painting.regions.infos]
    media = []
    for style in styles:
        passes = style.get("passes")
        own = [each.get("medium") for each in passes if isinstance(each, dict)] if isinstance(passes, list) else []
        media.append([medium_in(style).model_dump(), own])
    light = light_in(painting.style).model_dump()
    light.pop("layers", None)
    tip = [painting.tip] if painting.tip is not None and any("tip" in settings for settings, _ in media) else []
    return json.dumps([media, light, *(zlib.crc32(each.tobytes()) for each in tip)], sort_keys=True)


def refitted(
    painting: Painting,
    target: NDArray[np.float32] | None = None,
    threads: int | None = None,
    *,
    begun: Refit | None = None,
    rounds: int = ROUNDS,
) -> Refit:
    """A painting's colours as its medium wants them. Costs about as much as six pictures of `SIDE` pixels.

    target: (h, w, 4) float32, at `size_of` such pixels, what is to be seen, premultiplied; where its alpha is 0 it does
    not matter. By default the painting itself, flat. begun: colours to begin with, and what brushes drag along.
    """
    from impasto.engine.painting.materials import carried_in
    from impasto.engine.painting.textured import TexturedComposer
    from impasto.engine.pictures.blur import gaussian_filter

    height, width = fitting_size(painting)
    if target is None:
        target = flat(painting, threads)
    look = look_of(painting)
    if begun is None:
        carried, colours = carried_in(painting), painting.strokes.table[:, 10:13].copy()
    else:
        carried, colours = begun.carried, begun.colours
    for left in reversed(range(rounds)):
        now = replace(painting, refit=Refit(colours, carried, look))
        coarse = TexturedComposer(now, height, width, threads, shown=False)
        # as people see it only the last time, which is four times as dear
        seen = coarse if left else TexturedComposer(now, height, width, threads)
        shown = seen.band(0, height, painting.background, True)
        missing = (target[..., :3] * shown[..., 3:] - shown[..., :3] * target[..., 3:]).astype(f4)
        rest = np.stack([gaussian_filter(np.ascontiguousarray(missing[..., c]), _AFAR) for c in range(3)], -1)
        sums = coarse.seen(rest)
        moved = colours + _RATE * sums[:, 1:] / (sums[:, :1] + _DOUBT)
        colours = np.clip(moved, -BEYOND, 1 + BEYOND, dtype=f4)
    return Refit(colours, carried, look)


def flat(painting: Painting, threads: int | None = None) -> NDArray[np.float32]:
    """A painting in flat paint, (h, w, 4) of `fitting_size`, premultiplied."""
    from impasto.engine.painting.composer import Composer
    from impasto.engine.painting.materials import plain

    height, width = fitting_size(painting)
    return Composer(plain(painting), height, width, threads).band(0, height, painting.background, True)


def fitting_side(painting: Painting) -> int:
    """Pixels of the longer side of the canvas that colours are fitted on."""
    return min(SIDE, max(painting.height, painting.width))


def fitting_size(painting: Painting) -> tuple[int, int]:
    """Height and width of that canvas."""
    side, longest = fitting_side(painting), max(painting.height, painting.width)
    return max(1, painting.height * side // longest), max(1, painting.width * side // longest)
