"""What paintings of two checkouts say about each other: medians of ratios, and the lines of a table.

Nothing is painted or read here. Results come as `Painted`, one for each photo and side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

COST = {"before": 8, "after": 8, "ratio": 6}  # widths
# what the table tells, by group: headings and their widths
COLUMNS = {
    "": {"row": 16},
    "seconds": COST | {"least": 6, "most": 6},
    "whole process": COST,
    "processor": COST,
    "megabytes at most": COST,
    "mean L1": {"before": 8, "after": 8, "ratio": 7, "lower on": 9},
    "PSNR": {"before": 7, "change": 8},
    "SSIM": {"before": 7, "change": 9},
}
WIDTHS = [width for group in COLUMNS.values() for width in group.values()]


def headings() -> str:
    """Two lines: groups, and what is in them."""
    groups = [f"{name:>{sum(group.values())}}" for name, group in COLUMNS.items()]
    return "".join(groups) + "\n" + in_columns([heading for group in COLUMNS.values() for heading in group])


def in_columns(cells: Sequence[str]) -> str:
    """A line of the table: the first cell begins at the left, the others end at the right of their columns."""
    return cells[0].ljust(WIDTHS[0]) + "".join(f"{c:>{w}}" for c, w in zip(cells[1:], WIDTHS[1:], strict=True))


@dataclass(frozen=True)
class Sitting:
    """One painting in a process of its own.

    seconds: what the painting itself says it took; wall: the whole process's; processor: what that worked, on all its
    threads together, which a busy machine hardly changes; megabytes: the most it ever held.
    """

    seconds: float
    wall: float
    processor: float
    megabytes: float
    strokes: int
    iterations: int


@dataclass(frozen=True)
class Painted:
    """One photo as one side paints it: each time it did, and how close the finished picture is to the photo."""

    runs: Sequence[Sitting]
    l1: float
    psnr: float
    ssim: float


@dataclass(frozen=True)
class Cost:
    """Seconds before and after, medians over photos of medians over runs; `ratio` is what counts.

    ratio: median over photos of the median over turns of after / before; least, most: of the photos' ratios.
    """

    before: float
    after: float
    ratio: float
    least: float
    most: float

    @property
    def texts(self) -> tuple[str, str, str]:
        """Before, after and the ratio, for the table."""
        return f"{self.before:.2f}", f"{self.after:.2f}", f"{self.ratio:.2f}"


@dataclass(frozen=True)
class Verdict:
    """One row of the table: each pair is (before, after).

    photos: how many closeness is about; lower_on: on how many of them L1 is lower after; timed: how many costs are of.
    """

    timed: int
    seconds: Cost
    wall: Cost
    processor: Cost
    photos: int
    megabytes: tuple[float, float]
    l1: tuple[float, float]
    psnr: tuple[float, float]
    ssim: tuple[float, float]
    lower_on: int

    def line(self, name: str) -> str:
        """As a line under `headings`."""
        s, m, l1 = self.seconds, self.megabytes, self.l1
        return in_columns([
            name,
            *(*s.texts, f"{s.least:.2f}", f"{s.most:.2f}"),
            *self.wall.texts,
            *self.processor.texts,
            *(f"{m[0]:.0f}", f"{m[1]:.0f}", f"{m[1] / m[0]:.2f}"),
            *(f"{l1[0]:.5f}", f"{l1[1]:.5f}", f"{l1[1] / l1[0]:.4f}", f"{self.lower_on}/{self.photos}"),
            *(f"{self.psnr[0]:.2f}", f"{self.psnr[1] - self.psnr[0]:+.3f}"),
            *(f"{self.ssim[0]:.4f}", f"{self.ssim[1] - self.ssim[0]:+.5f}"),
        ])  # fmt: skip


def verdict(before: Mapping[str, Painted], after: Mapping[str, Painted], timed: Sequence[str]) -> Verdict:
    """Compare the same photos as two sides painted them; the times are those of the photos in `timed`, by turns."""
    photos = list(before)

    def mean(what: str) -> tuple[float, float]:
        return fmean(getattr(before[p], what) for p in photos), fmean(getattr(after[p], what) for p in photos)

    def peak(side: Mapping[str, Painted]) -> float:
        return max(run.megabytes for photo in photos for run in side[photo].runs)

    return Verdict(
        timed=len(timed),
        seconds=_cost("seconds", before, after, timed),
        wall=_cost("wall", before, after, timed),
        processor=_cost("processor", before, after, timed),
        photos=len(photos),
        megabytes=(peak(before), peak(after)),
        l1=mean("l1"),
        psnr=mean("psnr"),
        ssim=mean("ssim"),
        lower_on=sum(after[p].l1 < before[p].l1 for p in photos),
    )


def _cost(what: str, before: Mapping[str, Painted], after: Mapping[str, Painted], timed: Sequence[str]) -> Cost:
    """Runs of one turn are compared with each other, so that a mood of the machine troubles both."""
    sides = [{p: [getattr(run, what) for run in side[p].runs] for p in timed} for side in (before, after)]
    ratios = [median(y / x for x, y in zip(sides[0][p], sides[1][p], strict=True)) for p in timed]
    middle = [median(median(times) for times in side.values()) for side in sides]
    return Cost(middle[0], middle[1], median(ratios), min(ratios), max(ratios))
