"""Regions that the user drew: masks, one per region, or one picture whose colours are the regions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.files import AnyPath
from impasto.engine.pictures.io import Picture, has_deep_colours, load_numbers, load_picture
from impasto.engine.pictures.resize import resized
from impasto.engine.segment.colours import cielab, enlarged, working_size
from impasto.engine.segment.naming import colour_name
from impasto.engine.segment.regions import LONGEST_NAME, MOST_REGIONS, REST, Region, Regions, is_name, unique_names

METHOD = "masks"
_ASPECT = 0.01  # by which a mask's may differ from the picture's
_EMPTY = 0.02  # a mask that is nowhere more than this is empty, and what is left to the rest as well
_GREY = 48  # levels its channels may differ by: what JPEG makes of a grey mask
_COLOURED = 0.01  # share of pixels that differ by more, of a picture that is no mask


@dataclass(frozen=True, eq=False)
class Mask:
    """One region as the user gave it."""

    name: str
    values: np.ndarray
    """(H, W) float32 in 0..1."""
    source: str
    """What to call it when something is wrong with it."""


def read_mask(name: str, path: AnyPath, max_pixels: int = 100_000_000) -> Mask:
    """Read a mask: the alpha channel of a picture that has one, else its grey; white and opaque are inside.

    Raises ImpastoError for a name that is none, for all that `engine.pictures.io.load_picture` refuses, and for a
    picture in colours without alpha.
    """
    check_name(name)
    picture = load_picture(path, max_pixels)
    if picture.alpha is not None:
        return Mask(name, picture.alpha / np.float32(255), str(path))
    values, coloured = np.empty(picture.rgb.shape[:2], np.float32), 0
    for rows in _bands(values.shape):
        band = [picture.rgb[rows, :, channel] for channel in range(3)]
        coloured += np.count_nonzero(np.maximum.reduce(band) - np.minimum.reduce(band) > _GREY)
        values[rows] = sum(channel.astype(np.uint16) for channel in band) / np.float32(3 * 255)
    if coloured > _COLOURED * values.size:
        raise ImpastoError(f"{path} is in colours; make the mask grey, or give it as a label image")
    return Mask(name, values, str(path))


def regions_of_masks(masks: Sequence[Mask], height: int, width: int, size: int = 1024) -> Regions:
    """Regions of masks for a picture of height × width, the later on top; what none claims is the rest.

    A pixel is given out from the top: each mask gets what it claims of what those above have left. So masks that
    meet along a soft edge leave no gap, and one that covers another takes only what it claims. The result's
    longer side is `size` pixels or the picture's own if that is less.

    A mask of another size is resized, with a warning in the result, if its aspect is the picture's within 1 %;
    one that is wholly covered is left out with a warning. Raises ImpastoError if there are no masks or more than
    255, for names that come twice, and for a mask that is empty, of another aspect, or holds no numbers in 0..1.
    """
    _check_names(masks)
    fine = working_size(height, width, size)
    warnings, claims = [], []
    for mask in masks:
        values = np.asarray(mask.values, np.float32)
        if values.ndim != 2 or not values.size or not (values.min() >= 0 and values.max() <= 1):
            raise ImpastoError(f"the mask {mask.source} of {mask.name} is not in 0..1; give a grey picture")
        warnings += _size_warning(mask.source, values.shape, (height, width))
        if values.max() <= _EMPTY:
            raise ImpastoError(f"the mask {mask.source} of {mask.name} is empty; paint its area white or leave it out")
        claims.append(resized(values, *fine))
    left = np.ones(fine, np.float32)
    given, regions = [], []
    for mask, claim in zip(reversed(masks), reversed(claims), strict=True):
        part = np.minimum(claim, left)
        if part.max() <= _EMPTY:
            warnings.append(f"the mask {mask.source} of {mask.name} is covered by those after it and left out")
        else:
            left = left - part
            given.append(part)
            regions.append(Region(mask.name, "user", 1.0))
    return _with_rest(given[::-1], regions[::-1], left, warnings)


def regions_of_planes(
    planes: np.ndarray, over: int, wanted: Sequence[tuple[Region, Sequence[int]]], height: int, width: int
) -> Regions:
    """Regions of height × width that consist of planes (N, h, w) of 8 bits; wanted: which ones, back to front.

    The last `over` planes are laid over all before them, the later on top, given out as in `regions_of_masks`; the
    others sum to 255 at each pixel. A region without planes gets what no other has; if none is without and something
    is left, that becomes the rest, behind all.

    Raises ImpastoError for sums that are others, for a plane that is not there or in two regions, and for a second
    region without planes; ValueError for names that come twice and too many regions.
    """
    base = len(planes) - over
    if base < 0:
        raise ImpastoError(f"{over} masks cannot lie over others, there are {len(planes)} in all; correct `over`")
    if base and (planes[:base].sum(0, dtype=np.uint32) != 255).any():
        raise ImpastoError("the masks do not sum to 255 at every pixel; share each pixel out, or say `over`")
    owners, rest = _owners(len(planes), wanted)
    weights = np.zeros((len(wanted) + 1, height, width), np.float32)  # the last one's: what nobody has
    left = np.ones((height, width), np.float32)
    for number in reversed(range(base, len(planes))):
        part = np.minimum(resized(planes[number] / np.float32(255), height, width), left)
        left -= part
        weights[owners.get(number, rest)] += part
    for number in range(base):
        weights[owners.get(number, rest)] += resized(planes[number] / np.float32(255), height, width) * left
    if not base:
        weights[rest] += left
    regions = [region for region, _ in wanted]
    if weights[-1].max() <= _EMPTY:
        return Regions.shared_out(weights[:-1], regions, METHOD)
    return _with_rest(list(weights[:-1]), regions, weights[-1], ())


def _owners(count: int, wanted: Sequence[tuple[Region, Sequence[int]]]) -> tuple[dict[int, int], int]:
    """Whose each plane is, and whose all others are: the region without planes, or -1."""
    owners: dict[int, int] = {}
    rest = -1
    for row, (region, numbers) in enumerate(wanted):
        for number in numbers:
            if not 0 <= number < count:
                raise ImpastoError(
                    f"the region {region.name} has the mask {number}, and there are {count}; count from 0"
                )
            if number in owners:
                raise ImpastoError(f"the mask {number} is in two regions; give it to {region.name} or to the other")
            owners[number] = row
        if not numbers and rest >= 0:
            raise ImpastoError(f"two regions, {wanted[rest][0].name} and {region.name}, have no masks; merge them")
        if not numbers:
            rest = row
    return owners, rest


def regions_of_labels(
    path: AnyPath, height: int, width: int, size: int = 1024, names: dict[str, str] | None = None,
    max_pixels: int = 100_000_000,
) -> Regions:  # fmt: skip
    """Regions of a picture whose colours, or numbers of 16 bits, are the regions; black or see-through is the rest.

    names: {"#rrggbb": name}; the others are called by their colours. Sizes as in `regions_of_masks`. Raises
    ImpastoError for all that `load_picture` refuses, another aspect, more than 255 colours (those of a photo, or
    edges that were smoothed), none at all, and a name for a colour that is not there.
    """
    codes = load_numbers(path, max_pixels)
    numbered = codes is not None
    if codes is None:
        codes = _codes(load_picture(path, max_pixels))
    warnings = _size_warning(str(path), codes.shape, (height, width))
    if not numbered and has_deep_colours(path):
        warnings.append(f"of the colours in {path} 8 of 16 bits are seen; save numbers as a grey picture without alpha")
    colours, areas = _counted(codes)
    if not len(colours):
        raise ImpastoError(f"{path} is black all over; paint each region in a colour of its own")
    if len(colours) >= MOST_REGIONS:
        raise ImpastoError(
            f"{path} has too many colours, over {MOST_REGIONS - 1}; paint the regions in plain colours, without "
            "smoothing, and save it as PNG"
        )
    colours = colours[np.argsort(-areas, kind="stable")]  # the large behind the small
    called = [f"number {n}" for n in colours] if numbered else _colour_names(path, colours, names or {})
    fine = working_size(height, width, size)
    labels = enlarged(codes, *fine)
    masks = [(labels == colour).astype(np.float32) for colour in colours]
    seen = [row for row, mask in enumerate(masks) if mask.any()]
    warnings += [
        f"{called[row]} in {path} is too small to be seen and left out" for row in range(len(masks)) if row not in seen
    ]
    if not seen:
        raise ImpastoError(f"the regions in {path} are too small to be seen; paint larger ones")
    left = (labels == 0).astype(np.float32)
    return _with_rest([masks[row] for row in seen], [Region(called[row], "user", 1.0) for row in seen], left, warnings)


def check_name(name: str) -> None:
    """Raise ImpastoError unless a region can be called this."""
    if not is_name(name):
        raise ImpastoError(
            f"{name!r} is no name for a region; use 1 to {LONGEST_NAME} plain letters, without : = , ; / \\"
        )


def _check_names(masks: Sequence[Mask]) -> None:
    if not masks:
        raise ImpastoError("there are no masks; give one at least")
    if len(masks) >= MOST_REGIONS:
        raise ImpastoError(f"there are {len(masks)} masks, over {MOST_REGIONS - 1}; leave some out")
    names = [mask.name for mask in masks]
    for name in names:
        check_name(name)
        if names.count(name) > 1:
            raise ImpastoError(f"two masks are called {name!r}; give each its own name")


def _size_warning(source: str, shape: tuple[int, ...], wanted: tuple[int, int]) -> list[str]:
    if shape == wanted:
        return []
    sizes = f"{source} is {shape[1]}×{shape[0]} and the picture {wanted[1]}×{wanted[0]}"
    if not same_aspect(shape, wanted):
        raise ImpastoError(f"{sizes}; make the mask as large as the picture")
    return [f"{sizes}: it was resized"]


def same_aspect(shape: tuple[int, ...], wanted: tuple[int, int]) -> bool:
    """Can a mask (height, width, …) be stretched over a picture? Within 1 %, or the pixel that sizes are rounded by."""
    (height, width), (tall, wide) = sorted((shape[:2], wanted))
    off = abs(height * wide - width * tall)  # the smaller one's sides against the larger one's
    return off <= _ASPECT * width * tall or off <= 0.51 * max(tall, wide)


def _with_rest(masks: list[np.ndarray], regions: list[Region], left: np.ndarray, warnings: Iterable[str]) -> Regions:
    if left.max() > _EMPTY:
        name = unique_names([*(region.name for region in regions), REST])[-1]
        masks, regions = [left, *masks], [Region(name, "rest", 1.0), *regions]
    return Regions.shared_out(np.stack(masks), regions, METHOD, warnings)


def _bands(shape: tuple[int, ...]) -> Iterator[slice]:
    """Rows of about a million pixels at a time: what is worked out of a picture should not take many times its room."""
    step = max(1, (1 << 20) // shape[1])
    yield from (slice(top, top + step) for top in range(0, shape[0], step))


def _codes(picture: Picture) -> np.ndarray:
    """(H, W) int32: the colours as numbers; 0 is black, and what is more than half see-through."""
    codes = np.empty(picture.rgb.shape[:2], np.int32)
    for rows in _bands(codes.shape):
        red, green, blue = (picture.rgb[rows, :, channel].astype(np.int32) for channel in range(3))
        codes[rows] = (red << 16) + (green << 8) + blue
        if picture.alpha is not None:
            codes[rows][picture.alpha[rows] <= 127] = 0
    return codes


def _counted(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers that there are, but for 0, in order, and how many pixels have each; no further than too many."""
    areas: Counter[int] = Counter()
    for rows in _bands(codes.shape):
        flat = codes[rows].reshape(-1)
        starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])  # of runs, which are long mostly
        found, place = np.unique(flat[starts], return_inverse=True)
        lengths = np.bincount(place.reshape(-1), np.diff(starts, append=flat.size)).astype(np.int64)
        areas.update(dict(zip(found.tolist(), lengths.tolist(), strict=True)))
        if len(areas) > MOST_REGIONS:
            break
    areas.pop(0, None)
    colours = np.array(sorted(areas), np.int64)
    return colours, np.array([areas[colour] for colour in colours.tolist()], np.int64)


def _colour_names(path: AnyPath, colours: np.ndarray, names: dict[str, str]) -> list[str]:
    known = {f"#{code:06x}": code for code in colours.tolist()}
    for colour, name in names.items():
        check_name(name)
        if colour.lower() not in known:
            raise ImpastoError(f"there is no {colour} in {Path(path)}; it has {', '.join(list(known)[:8])}")
    by_code = {known[colour.lower()]: name for colour, name in names.items()}
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1) / 255
    plain = [colour_name(lab) for lab in cielab(rgb)]
    return unique_names(by_code.get(code, name) for code, name in zip(colours.tolist(), plain, strict=True))
