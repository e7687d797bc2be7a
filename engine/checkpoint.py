"""A painter's state, and its way into a checkpoint and back. Whatever comes from a file is checked."""

from dataclasses import dataclass, replace

import numpy as np

from engine.errors import ImpastoError
from engine.optimizer import Moments
from engine.painting import Checkpoint, Painting
from engine.plan import MOST_STROKES, Phase
from engine.strokes import Strokes

f4 = np.float32
WINDOW = 20  # iterations whose mean loss is compared to find a plateau
LARGEST_SLOPE = 1e15  # no gradient gets near; its square fits into a float32


@dataclass(frozen=True)
class State:
    """All that changes while painting. phase, iteration: what comes next; placed: that phase's strokes are there."""

    strokes: Strokes
    moments: Moments
    phase: int = 0
    iteration: int = 0
    placed: bool = False
    next_id: int = 0
    steps: int = 0
    loss: float = float("nan")
    recent: tuple[float, ...] = ()


@dataclass(frozen=True)
class Job:
    """What a checkpoint must agree with: total strokes, working size, and a digest of the picture painted after."""

    total: int
    working_size: int
    picture: str


def pack(state: State, job: Job, seconds: float) -> Checkpoint:
    """The checkpoint of a state; the strokes themselves are the painting's."""
    m = state.moments
    return Checkpoint(
        {
            **vars(job),
            **{k: getattr(state, k) for k in ("phase", "iteration", "placed", "next_id", "steps")},
            "recent": list(state.recent),
            "seconds": seconds,
        },
        {"mean": m.mean.copy(), "square": m.square.copy(), "age": m.age.copy()},
    )


def damaged() -> ImpastoError:
    """What to say of a checkpoint that makes no sense."""
    return ImpastoError("the painting's checkpoint is damaged; paint it anew.")


def read_job(painting: Painting) -> Job:
    """What the unfinished painting was to become. Raises ImpastoError if it is finished or damaged."""
    if painting.checkpoint is None:
        raise ImpastoError("this painting is finished, there is nothing to resume; `render` shows it.")
    try:
        s = painting.checkpoint.state
        job = Job(int(s["total"]), int(s["working_size"]), str(s["picture"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise damaged() from None
    if not (1 <= job.total <= MOST_STROKES and 1 <= job.working_size <= 65535):
        raise damaged()
    return job


def restore(painting: Painting, phases: list[Phase]) -> tuple[State, float]:
    """The state a checkpoint holds, and the seconds painted. Raises ImpastoError if it cannot be one of this plan."""
    strokes = painting.strokes.validated("the painting's strokes")
    strokes = replace(strokes, table=strokes.table.copy())  # the painting stays as it is
    n = len(strokes)
    try:
        if painting.checkpoint is None:
            raise ValueError
        s, arrays = painting.checkpoint.state, painting.checkpoint.arrays
        with np.errstate(all="ignore"):  # what does not fit becomes infinite or negative, and is refused below
            mean, square = np.array(arrays["mean"], f4), np.array(arrays["square"], f4)
            age = np.array(arrays["age"], np.int32)
        recent = tuple(float(x) for x in s["recent"])[-2 * WINDOW :]
        state = State(
            strokes, Moments(mean, square, age), int(s["phase"]), int(s["iteration"]), bool(s["placed"]),
            int(s["next_id"]), int(s["steps"]), recent[-1] if recent else float("nan"), recent,
        )  # fmt: skip
        seconds = float(s["seconds"])
        sound = (
            mean.shape == square.shape == (n, 13)
            and age.shape == (n,)
            and bool((np.abs(mean) < LARGEST_SLOPE).all())
            and bool(((square >= 0) & (square < LARGEST_SLOPE**2)).all())
            and bool(((age >= 0) & (age <= state.steps)).all())
            and 0 <= state.phase < len(phases)
            and 0 <= state.iteration <= phases[state.phase].iterations
            and (state.placed or state.iteration == 0)
            and n == sum(p.strokes for p in phases[: state.phase + state.placed])
            and state.steps <= sum(p.iterations for p in phases[: state.phase]) + state.iteration
            and strokes.next_id <= state.next_id <= len(phases) * sum(p.strokes for p in phases)
            and all(0 <= x < float("inf") for x in (*recent, seconds))
        )
    except (KeyError, TypeError, ValueError, OverflowError, IndexError):
        raise damaged() from None
    if not sound:
        raise damaged()
    return state, seconds
