"""A painter's state, and its way into a checkpoint and back. Whatever comes from a file is checked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.course import LONGEST, damaged
from impasto.engine.painter.optimizer import Moments
from impasto.engine.painter.plan import Phase
from impasto.engine.painting.painting import Checkpoint, Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.shapes import Table
from impasto.protocol.limits import EFFORTS, LARGEST_SIDE, MOST_STROKES

f4 = np.float32
PLANNED_MORE = 1.1  # iterations of a phase in older versions, at most, for each that it has now
REMEMBERED = 0.9  # of the average, from step to step
WINDOW = 20  # iterations whose mean loss is compared to find a plateau
LARGEST_SLOPE = 1e15  # no gradient gets near; its square fits into a float32


@dataclass(frozen=True)
class State:
    """All that changes while painting. phase, iteration: what comes next; placed: that phase's strokes are there.

    average: of the last tables (N, 13), on which a finish is going to end, as soon as it has begun to take it.
    """

    strokes: Strokes
    moments: Moments
    phase: int = 0
    iteration: int = 0
    placed: bool = False
    next_id: int = 0
    steps: int = 0
    loss: float = float("nan")
    recent: tuple[float, ...] = ()
    average: Table | None = None

    def averaged(self, steps: int, end: bool) -> State:
        """The state after so many steps, the average brought up to date; at the end the strokes are where it is."""
        table, average = self.strokes.table, self.average
        if average is None or average.shape != table.shape:
            average = table.copy()
        else:
            average = average + f4(1 - REMEMBERED**steps) * (table - average)  # what stays put stays exact
        if end:
            return replace(self, strokes=replace(self.strokes, table=average), average=None)
        return replace(self, average=average)

    def gains_less_than(self, share: float) -> bool:
        """Do the last iterations improve the loss by less than this share, 0..1, of what it was before them?"""
        if share == 0 or len(self.recent) < 2 * WINDOW:
            return False
        before, now = np.mean(self.recent[:WINDOW]), np.mean(self.recent[WINDOW:])
        return bool(before - now < share * before)


@dataclass(frozen=True)
class CheckpointKey:
    """What a checkpoint must agree with: total strokes, working size, a digest of the picture, strokes per region.

    effort: how much the painting is worth; what older versions have begun goes on with the usual one.
    """

    total: int
    working_size: int
    picture: str
    budgets: tuple[int, ...]
    effort: str = "normal"


def pack(state: State, losses: list[float], job: CheckpointKey, seconds: float, planned: int = 0) -> Checkpoint:
    """The checkpoint of a state, and the last losses of the parts before; the strokes themselves are the painting's.

    planned: how many iterations its phase has, if that is not a matter of the style alone.
    """
    m = state.moments
    more = {"average": state.average, "seen": m.seen}
    return Checkpoint(
        {
            **vars(job),
            "budgets": list(job.budgets),
            **{k: getattr(state, k) for k in ("phase", "iteration", "placed", "next_id", "steps")},
            "recent": list(state.recent),
            "losses": list(losses),
            "seconds": seconds,
            "planned": planned,
        },
        {
            "mean": m.mean.copy(),
            "square": m.square.copy(),
            "age": m.age.copy(),
            **{name: array.copy() for name, array in more.items() if array is not None},
        },
    )


def read_job(painting: Painting) -> CheckpointKey:
    """What the unfinished painting was to become. Raises ImpastoError if it is finished or damaged."""
    if painting.checkpoint is None:
        raise ImpastoError("this painting is finished, there is nothing to resume; `render` shows it.")
    try:
        s = painting.checkpoint.state
        budgets = tuple(int(n) for n in s["budgets"])
        effort = str(s.get("effort", "normal"))
        job = CheckpointKey(int(s["total"]), int(s["working_size"]), str(s["picture"]), budgets, effort)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise damaged() from None
    sound = 1 <= job.total <= MOST_STROKES and 1 <= job.working_size <= LARGEST_SIDE and effort in EFFORTS
    if not (sound and min(budgets, default=-1) >= 0 and sum(budgets) == job.total):
        raise damaged()
    return job


def restore(
    painting: Painting, phases: list[Phase], parts: list[tuple[int, ...]]
) -> tuple[State, Strokes, list[float], float]:
    """The state a checkpoint holds, the strokes and losses of the parts before, and the seconds painted.

    parts: the regions of each part. Raises ImpastoError if it cannot be a checkpoint of this plan.
    """
    strokes = painting.strokes.validated("the painting's strokes")
    strokes = replace(strokes, table=strokes.table.copy())  # the painting stays as it is
    try:
        if painting.checkpoint is None:
            raise ValueError
        s, arrays = painting.checkpoint.state, painting.checkpoint.arrays
        phase, placed = int(s["phase"]), bool(s["placed"])
        if not 0 <= phase < len(phases):
            raise ValueError
        now = phases[phase].group
        present = np.isin(strokes.region, parts[now])
        done, strokes = strokes.take(~present), strokes.take(present)
        n = len(strokes)
        with np.errstate(all="ignore"):  # what does not fit becomes infinite or negative, and is refused below
            mean, square = np.array(arrays["mean"], f4), np.array(arrays["square"], f4)
            age = np.array(arrays["age"], np.int32)
            average, seen = (np.array(arrays[name], f4) if name in arrays else None for name in ("average", "seen"))
        if average is not None:
            replace(strokes, table=average).validated("the painting's average")
        recent = tuple(float(x) for x in s["recent"])[-2 * WINDOW :]
        losses = [float(x) for x in s["losses"]]
        iteration = int(s["iteration"])
        state = State(
            strokes, Moments(mean, square, age, seen), phase, min(iteration, phases[phase].iterations), placed,
            int(s["next_id"]), int(s["steps"]), recent[-1] if recent else float("nan"), recent, average,
        )  # fmt: skip
        seconds = float(s["seconds"])
        sound = (
            mean.shape == square.shape == (n, 13)
            and age.shape == (n,)
            and bool((np.abs(mean) < LARGEST_SLOPE).all())
            and bool(((square >= 0) & (square < LARGEST_SLOPE**2)).all())
            and bool(((age >= 0) & (age <= state.steps)).all())
            and (average is None or average.shape == (n, 13))
            and (seen is None or (seen.shape == (n, 13) and bool((np.abs(seen) < LARGEST_SLOPE).all())))
            and 0 <= iteration <= PLANNED_MORE * phases[phase].iterations
            and (placed or state.iteration == 0)
            and all(
                np.array_equal(
                    _laid(part, phases[: phase + placed], number, phase, state.iteration),
                    _counted(part, painting.strokes),
                )
                for number, part in enumerate(parts)
            )
            and state.steps <= PLANNED_MORE * (1 + LONGEST) * sum(p.iterations for p in phases[:phase]) + iteration
            and painting.strokes.next_id <= state.next_id <= len(phases) * sum(sum(p.counts) for p in phases)
            and len(losses) == now
            and all(0 <= x < float("inf") for x in (*recent, *losses, seconds))
        )
    except (KeyError, TypeError, ValueError, OverflowError, IndexError):
        raise damaged() from None
    if not sound:
        raise damaged()
    return state, done, losses, seconds


def _laid(part: tuple[int, ...], phases: list[Phase], number: int, present: int, iteration: int) -> np.ndarray:
    """How many strokes each region of a part has after these phases; the present one is in this iteration."""
    laid = (p.laid(iteration if p.index == present else p.iterations) for p in phases if p.group == number)
    return sum(laid, np.zeros(len(part), int))


def _counted(part: tuple[int, ...], strokes: Strokes) -> np.ndarray:
    """How many strokes each region of a part has."""
    return (strokes.region[:, None] == np.array(part)).sum(0)
