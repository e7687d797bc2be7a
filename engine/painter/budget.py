"""What is asked of the painter, region by region: in which style, with how many strokes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.plan import Phase, Surface, plan, require_strokes, shared
from impasto.engine.painting.region_masks import RegionInfo, RegionMasks, quantised
from impasto.engine.parallel import on_all
from impasto.engine.pictures.picture import USUAL, Picture
from impasto.engine.pictures.resize import resized
from impasto.engine.segment.naming import BACKGROUND, is_thing, noun
from impasto.engine.segment.regions import Regions
from impasto.engine.shapes import Mask, MaskStack, PerRegion
from impasto.engine.styles import Style, validate_style, varied
from impasto.protocol.limits import MOST_STROKES

f4 = np.float32
MEASURED = 512  # longer side of the picture whose errors decide the budgets, pixels
COARSE = 1 / 128  # canvas units: how far the picture is blurred that errors are measured from
FLOOR = 0.008  # error of a region without any detail
FACES, THINGS, BACKGROUNDS = 3.0, 1.2, 0.8  # times the share of these regions: what eyes go to first gets more
FACIAL, FEW = 2.0, 1.8  # regions of more detail than this get so many times as many washes
ASKED = 2.5  # times as much paint is called for where a detail map is white, and where it is black so much less
MASK_SIDE = 2048  # longer side of the masks that are kept with a painting
MASK_BYTES = 1 << 26  # of all of them


@dataclass(frozen=True)
class RegionSettings:
    """How a region is painted unlike the rest: its own style or number of strokes, or `detail` times its share."""

    style: Style | None = None
    strokes: int | None = None
    detail: float = 1.0

    def varied(self, brush: float, looseness: float) -> RegionSettings:
        """The same with its own style, if it has one, varied as the painting's is."""
        return self if self.style is None else replace(self, style=varied(self.style, brush, looseness))


@dataclass(frozen=True, eq=False)
class Budget:
    """Regions (None: the whole picture is one), each with its style and exact number of strokes."""

    regions: RegionMasks | None
    styles: tuple[Style, ...]
    budgets: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The regions' names; none for the whole picture."""
        return () if self.regions is None else self.regions.names

    def groups(self) -> list[tuple[int, ...]]:
        """The regions that are painted together since they share a style, those of the hindmost region first.

        Styles that differ in nothing but their look are one: strokes move alike, whatever they are made of.
        """
        groups: list[list[int]] = []
        plain = [style.without_look() for style in self.styles]
        for k, style in enumerate(plain):
            if self.budgets[k] == 0:
                continue
            same = next((group for group in groups if plain[group[0]] == style), None)
            if same is None:
                groups.append([k])
            else:
                same.append(k)
        return [tuple(group) for group in groups]

    def phases(self, width: int, height: int, working_size: int, mask: Mask | None, effort: str) -> list[Phase]:
        """The whole plan, part after part, of a painting of width × height pixels.

        working_size: as in an `Order`; mask: (h, w) uint8, what of it is painted at all, None for everything.
        """
        side = min(max(width, height), working_size)
        areas = self._areas(width * height / max(width, height) ** 2, mask)
        phases: list[Phase] = []
        for number, group in enumerate(self.groups()):
            budgets = tuple(self.budgets[k] for k in group)
            surface = Surface(side, tuple(areas[k] for k in group))
            phases += plan(self.styles[group[0]], budgets, surface, effort, number, len(phases))
        return phases

    def _areas(self, whole: float, mask: np.ndarray | None) -> list[float]:
        """What each region has to paint, canvas units²; whole: the canvas's own area."""
        if self.regions is None:
            return [whole * (1.0 if mask is None else float(mask.mean()) / 255)]
        masks = self.regions.masks
        if mask is None:
            return [whole * float(own.mean()) / 255 for own in masks]
        painted = resized(mask, *masks.shape[1:])
        return [whole * float((own * (painted / f4(255))).mean()) / 255 for own in masks]


def allot(
    picture: Picture,
    style: Style,
    total: int,
    regions: Regions | None = None,
    region_settings: Mapping[str, RegionSettings] | None = None,
) -> Budget:
    """Share `total` strokes among the regions, by area × error unless their settings say otherwise.

    Raises ImpastoError for a care for a region that is not there, and for numbers of strokes that do not add up.
    """
    if regions is None:
        require_strokes(style, total)
        return Budget(None, (style,), (total,))
    region_settings = region_settings or {}
    for name in region_settings:
        regions.index(name)
    wanted = [region_settings.get(name, RegionSettings()) for name in regions.names]
    masks = kept_masks(regions)
    usual = [usual_detail(name) for name in regions.names]
    if style.absorbs:  # washes are few, and what is dark already no other makes light again
        usual = [each * FEW if each > FACIAL else each for each in usual]
    worth = worths(picture, masks) * usual * [care.detail for care in wanted]
    budgets = budgets_of(total, worth, [care.strokes for care in wanted], regions.names)
    styles = tuple(care.style or style for care in wanted)
    kept = RegionMasks(masks, tuple(map(_area, regions.regions, styles, [s == style for s in styles])))
    return Budget(kept, styles, budgets)


def usual_detail(name: str) -> float:
    """How many times its share of strokes a region of this name gets."""
    first = noun(name)
    return FACES if first == "face" else BACKGROUNDS if first == BACKGROUND else THINGS if is_thing(name) else 1.0


def resumed_budget(regions: RegionMasks | None, style: Style, budgets: tuple[int, ...]) -> Budget:
    """The budget of an unfinished painting. Raises ImpastoError for what cannot be one."""
    if regions is None:
        if len(budgets) != 1:
            raise ImpastoError("the painting's checkpoint is damaged; paint it again.")
        return Budget(None, (style,), budgets)
    if len(budgets) != len(regions):
        raise ImpastoError("the painting's checkpoint is damaged; paint it again.")
    styles = tuple(
        validate_style(info.style, f"the style of {info.name}") if info.style else style for info in regions.infos
    )
    return Budget(regions, styles, budgets)


def worths(picture: Picture, masks: MaskStack) -> PerRegion:
    """How much paint each region (K, h, w) calls for: the sum over its pixels of what a blur of it gets wrong.

    More where the picture's detail map is light, and less where it is dark.
    """
    from scipy.ndimage import gaussian_filter

    side = min(MEASURED, max(picture.height, picture.width))
    longest = max(picture.height, picture.width)
    height, width = (max(1, round(s * side / longest)) for s in (picture.height, picture.width))
    rgb, alpha = picture.resampled(height, width)
    channels = on_all(lambda k: gaussian_filter(rgb[..., k], COARSE * side, mode="nearest"), range(3))
    blurred = np.stack(channels, -1)
    error = (np.abs(rgb - blurred).mean(-1) + FLOOR) * alpha
    if picture.detail is not None:
        error *= f4(ASKED) ** ((resized(picture.detail, height, width).astype(f4) - USUAL) / (255 - USUAL)).clip(-1, 1)
    sums = on_all(lambda mask: (resized(mask, height, width) * error).sum(dtype=np.float64), list(masks))
    return np.array(sums) / 255


def budgets_of(
    total: int, worth: PerRegion, fixed: list[int | None], names: tuple[str, ...] | None = None
) -> tuple[int, ...]:
    """Share `total` strokes, exactly, in proportion to the worth (K,), of which some have a fixed number.

    A region of no worth gets none, any other at least one. Raises ImpastoError if that cannot be.
    """
    budgets = np.array([n or 0 for n in fixed])
    free = np.array([n is None for n in fixed]) & (worth > 0)
    left = total - int(budgets.sum())
    if not 1 <= total <= MOST_STROKES:
        raise ImpastoError(f"{total} strokes cannot be painted; ask for 1 to {MOST_STROKES}.")
    if free.sum() > left or (left and not free.any()):
        asked = ", ".join(f"{n} for {names[k] if names else k}" for k, n in enumerate(fixed) if n is not None)
        raise ImpastoError(
            f"{total} strokes cannot be shared among {len(worth)} regions{' with ' + asked if asked else ''}; "
            f"ask for {int(budgets.sum() + max(free.sum(), 0))}{' or more' if free.any() else ''} in all."
        )
    if left:
        budgets[free] += shared(left, worth[free])
    return tuple(int(n) for n in budgets)


def with_alpha_mask(picture: Picture, mask: Mask) -> Picture:
    """The picture with its alpha cut by a mask (h, w) uint8, such as a selection."""
    cut = resized(mask, picture.height, picture.width)
    if picture.alpha is not None:
        cut = ((cut.astype(np.uint16) * picture.alpha + 127) // 255).astype(np.uint8)
    return replace(picture, alpha=cut)


def left_out(picture: Picture, regions: Regions, names: list[str]) -> tuple[Picture, Regions]:
    """The picture and its regions without some of them, which stay unpainted. Raises ImpastoError if none is left."""
    gone = {regions.index(name) for name in names}
    kept = [k for k in range(len(regions)) if k not in gone]
    if not kept:
        raise ImpastoError("no region is left to be painted; skip fewer.")
    if not gone:
        return picture, regions
    weights = regions.masks[kept]
    total = weights.sum(0)
    weights = weights + (total <= 0)  # where nothing is left nobody paints, but masks still sum to one
    cut = np.rint(total.clip(0, 1) * 255).astype(np.uint8)
    rest = Regions.shared_out(weights, [regions.regions[k] for k in kept], regions.method, regions.warnings)
    return with_alpha_mask(picture, cut), rest


def _area(region, style: Style, usual: bool) -> RegionInfo:
    return RegionInfo(
        name=region.name, kind=region.kind, edges=style.edges, softness=style.shape.softness, edge=style.shape.edge,
        style={} if usual else style.model_dump(mode="json"),
    )  # fmt: skip


def kept_masks(regions: Regions) -> MaskStack:
    """Masks (K, h, w) of 8 bits, small enough to be kept with the painting."""
    return quantised(regions.resampled(*kept_size(len(regions), regions.height, regions.width)).masks)


def kept_size(count: int, height: int, width: int) -> tuple[int, int]:
    """The height and width at which `count` masks of this size are kept with a painting."""
    scale = min(1.0, MASK_SIDE / max(height, width), (MASK_BYTES / (count * height * width)) ** 0.5)
    return (max(1, int(height * scale)), max(1, int(width * scale)))
