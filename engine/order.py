"""An order: all that is asked for, from wherever, and the one place that makes a painter of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import beginning
from impasto.engine.painter.budget import RegionSettings
from impasto.engine.painter.checkpoint import read_job
from impasto.engine.painter.drawn_flow import flow_drawn
from impasto.engine.painter.painter import WORKING_SIZE
from impasto.engine.painter.repaint import Repainter
from impasto.engine.painter.retry import Paints, RetryingPainter
from impasto.engine.painter.wanted import detail_of
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture
from impasto.engine.segment import Regions
from impasto.engine.styles import Style, validate_style
from impasto.engine.texture.tips import load_tip
from impasto.protocol.limits import EFFORTS


@dataclass(frozen=True, eq=False)
class Order:
    """What is to be painted, and how.

    Attributes:
        picture: as far as it is to be painted: `engine.painter.budget` cuts it by a selection, or by skipped regions.
        style: of all that no region has another style for.
        strokes: how many: exactly, but of lines at most, see `beginning.begin`; by default the style's number, for a
            repaint as dense as the painting is, and of lines as many as the picture asks for.
        seed: 0..2^63 - 1.
        regions: painted one by one, back to front; None to paint the picture as a whole.
        region_settings: by a region's name, what is different there.
        working_size: longer side, at most, of the canvas the strokes are fitted on, pixels.
        effort: "draft", "normal" or "high": how long it may take, see `engine.painter.plan`.
        device: "cpu" or "cuda", see `engine.raster.devices.chosen`.
        threads: how many to use, all cores by default.
        may_shrink: whether the canvas may be smaller than asked for if memory is short.
        painting: an unfinished one to go on with (see `resuming`), or with a mask, one to repaint a part of.
        mask: uint8 (h, w), spread over the whole canvas: the part to repaint, 255 inside.
        tip: of the medium, as `engine.texture.tips.load_tip` reads it, if a style names one; see `with_tip_read`.
        name: what the repainted part is to be called.
        detail: uint8 (h, w) of any size, spread over the whole canvas: how finely each part is to be painted, 128 as
            usual, 255 with at least twice the strokes, 0 with at most half of them, of as many in all.
        flow: a picture of strokes, spread over the whole canvas, that say where brush strokes are to go, as far as
            they are opaque; see `engine.painter.drawn_flow`.

    Raises ImpastoError for a mask without a painting; what only the painter can judge is refused by `painter`.
    """

    picture: Picture
    style: Style
    strokes: int | None = None
    seed: int = 0
    regions: Regions | None = None
    region_settings: Mapping[str, RegionSettings] = field(default_factory=dict)
    working_size: int = WORKING_SIZE
    effort: str = "normal"
    device: str = "cpu"
    threads: int | None = None
    may_shrink: bool = True
    painting: Painting | None = None
    mask: np.ndarray | None = None
    tip: np.ndarray | None = None
    name: str = "repaint"
    detail: np.ndarray | None = None
    flow: Picture | None = None

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.mask is not None and self.painting is None:
            raise ImpastoError("a mask alone cannot be repainted; give the painting as well")
        if self.working_size < 1:
            raise ImpastoError(f"a working size of {self.working_size} pixels is too small; choose 64 to 8192")
        if self.effort not in EFFORTS:
            raise ImpastoError(f"there is no effort {self.effort}; there are {', '.join(EFFORTS)}")

    @classmethod
    def resuming(
        cls, painting: Painting, picture: Picture, *, device: str = "cpu", threads: int | None = None
    ) -> Order:
        """To go on with an unfinished painting, which keeps its style, strokes, canvas and effort.

        Raises ImpastoError if the painting is finished or damaged.
        """
        job = read_job(painting)
        style = validate_style(painting.style, "the style in the painting")
        return cls(
            picture, style, strokes=job.total, seed=painting.seed, working_size=job.working_size, effort=job.effort,
            device=device, threads=threads, may_shrink=False, painting=painting,
        )  # fmt: skip

    def with_tip_read(self, within: Path | None = None) -> Order:
        """The same with the tip that its styles name read from its file; its name is all that a painting keeps of that.

        within: the only folder whose files may be read, for orders that others send, who name them by their whole path
        or with that folder's name; None for whoever may read all.

        Raises ImpastoError for a file that is no tip, and for a second tip.
        """
        kept = None if self.painting is None else self.painting.tip
        files = {name for name in self._tips if kept is None or Path(name).is_absolute()}
        if within is not None:
            named = {within.parent / name for name in files}
            files = {str(file) for file in named if file.resolve().is_relative_to(within.resolve())}
        if self.tip is not None or not files:
            return self
        if len(files) > 1:
            raise ImpastoError(f"a painting has one tip, and here are {len(files)}: {', '.join(sorted(files))}")
        tip = load_tip(next(iter(files)))
        if kept is not None and not np.array_equal(kept, tip):
            raise ImpastoError(f"the painting has a tip already, and can have no second; leave out {next(iter(files))}")
        settings = {
            name: its if its.style is None else replace(its, style=_without_folder(its.style))
            for name, its in self.region_settings.items()
        }
        return replace(self, tip=tip, style=_without_folder(self.style), region_settings=settings)

    @property
    def _tips(self) -> set[str]:
        """What its styles call their tips."""
        styles = [self.style, *(its.style for its in self.region_settings.values() if its.style is not None)]
        return {style.medium.tip for style in styles} - {""}

    def painter(self, *, preview_every: float | None = None, checkpoint_every: float | None = None) -> RetryingPainter:
        """A painter that carries it out, and begins again smaller if memory is short.

        preview_every, checkpoint_every: seconds between those events, None for never; a repaint has no checkpoints.
        Raises ImpastoError for all that `beginning.begin`, `beginning.resume` or `Repainter` refuses.
        """
        every = {"preview": preview_every, "checkpoint": checkpoint_every}
        tip = self.tip if self.tip is not None or self.painting is None else self.painting.tip
        if tip is None and self._tips:
            raise ImpastoError(f"there is only the name of the tip {min(self._tips)[:200]}; give its file as well")

        detail = self.picture.detail if self.detail is None else self.detail
        picture = self.picture if detail is None else replace(self.picture, detail=detail_of(detail))
        if self.flow is not None:
            picture = replace(picture, flow=flow_drawn(self.flow, picture.height, picture.width))

        def begin(device: str, working_size: int) -> Paints:
            if self.painting is None:
                painter = beginning.begin(
                    picture, self.style, strokes=self.strokes, seed=self.seed, regions=self.regions,
                    region_settings=self.region_settings, working_size=working_size, effort=self.effort,
                    threads=self.threads, device=device, every=every,
                )  # fmt: skip
                painter.blank = replace(painter.blank, tip=tip)
                return painter
            if self.mask is None:
                return beginning.resume(self.painting, self.picture, threads=self.threads, device=device, every=every)
            return Repainter(
                replace(self.painting, tip=tip), picture, self.mask, self.style, strokes=self.strokes,
                name=self.name, seed=self.seed, working_size=working_size, effort=self.effort, threads=self.threads,
                device=device, every={"preview": preview_every},
            )  # fmt: skip

        return RetryingPainter(begin, self.device, self.working_size, shrink=self.may_shrink)


def _without_folder(style: Style) -> Style:
    """A style that calls its tip by the file's name alone."""
    if not style.medium.tip:
        return style
    return style.model_copy(update={"medium": style.medium.model_copy(update={"tip": Path(style.medium.tip).name})})
