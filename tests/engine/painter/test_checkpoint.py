"""What a painter keeps of its state: all of it, as copies, in what a file can hold."""

from dataclasses import fields, replace

import numpy as np
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.checkpoint import WINDOW, CheckpointKey, State, pack, read_job, restore
from impasto.engine.painter.optimizer import Moments
from impasto.engine.painter.plan import Surface, plan
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.strokes import Strokes
from impasto.engine.styles import Style

JOB = CheckpointKey(12, 640, "d1ge57", (12,))
STYLE = Style.model_validate(
    {"name": "test", "lattice": 1, "passes": [{"radius": 0.1, "share": 1}, {"radius": 0.05, "share": 2}]}
)
PARTS = [(0,)]
SURFACE = Surface(640, (0.75,))
PHASES = plan(STYLE, (JOB.total,), SURFACE)  # 4 and 8 strokes, 60 iterations each, and a finish of 120


def state_of(count=12, **changes):
    rng = np.random.default_rng(0)
    moments = Moments(
        rng.normal(size=(count, 13)).astype(np.float32),
        rng.random((count, 13), np.float32),
        rng.integers(0, 60, count).astype(np.int32),
    )
    table = rng.random((count, 13), np.float32)
    strokes = Strokes.of(table, pass_index=np.arange(count) // 4, first_id=3)
    values = {
        "strokes": strokes, "moments": moments, "phase": 1, "iteration": 17, "placed": True, "next_id": 20,
        "steps": 77, "loss": 0.1, "recent": (*rng.uniform(0.3, 0.4, 2 * WINDOW - 1).tolist(), 0.1),
    }  # fmt: skip
    return State(**(values | changes))


def painting_of(state, seconds=12.25):
    return Painting(
        state.strokes,
        64,
        48,
        {"name": "test"},
        5,
        (0.0, 0.0, 0.0, 1.0),
        0.01,
        0.5,
        checkpoint=pack(state, [], JOB, seconds),
    )


def assert_same(one, other):
    for field in fields(State):
        if field.name in ("strokes", "moments"):
            for name in vars(getattr(one, field.name)):
                first, second = (getattr(getattr(each, field.name), name) for each in (one, other))
                assert np.array_equal(first, second) and np.asarray(first).dtype == np.asarray(second).dtype, name
        elif field.name == "average":
            assert np.array_equal(*(np.array(each.average, np.float32) for each in (one, other)), equal_nan=True)
        else:
            assert getattr(one, field.name) == getattr(other, field.name), field.name


@pytest.mark.parametrize(
    "state",
    [
        state_of(),
        state_of(iteration=60, steps=120),  # a pass is done, the next has not begun
        state_of(4, phase=1, iteration=0, placed=False, next_id=9, steps=60),
        state_of(phase=2, iteration=120, steps=240),
        state_of(recent=(0.1,)),
        state_of(phase=2, iteration=119, steps=239, average=np.random.default_rng(1).random((12, 13), np.float32)),
    ],
)
def test_a_state_comes_back_from_a_file_to_the_bit(state, tmp_path):
    painting_of(state).save(tmp_path / "kept.impasto")
    kept = Painting.load(tmp_path / "kept.impasto")
    assert read_job(kept) == JOB
    found, done, losses, seconds = restore(kept, PHASES, PARTS)
    assert len(done) == 0 and losses == []
    assert_same(found, state)
    assert seconds == 12.25


def test_before_the_first_step_there_is_no_loss():
    state = state_of(0, phase=0, iteration=0, placed=False, next_id=3, steps=0, recent=())
    found, *_ = restore(painting_of(state), PHASES, PARTS)
    assert len(found.strokes) == 0 and np.isnan(found.loss) and found.recent == ()


def test_a_checkpoint_does_not_change_with_the_painter_and_the_other_way_round():
    state = state_of()
    painting = painting_of(replace(state, strokes=state.strokes.take(slice(None))))
    copy = {name: array.copy() for name, array in painting.checkpoint.arrays.items()}  # pyright: ignore
    state.moments.mean += 1
    state.moments.square += 1
    state.moments.age += 1
    found, *_ = restore(painting, PHASES, PARTS)
    for array in (found.moments.mean, found.moments.square, found.moments.age, found.strokes.table):
        array += 1
    assert painting.checkpoint is not None
    assert all(np.array_equal(painting.checkpoint.arrays[name], copy[name]) for name in copy)
    assert np.array_equal(painting.strokes.table, state.strokes.table)


def test_only_the_losses_that_matter_are_kept():
    painting = painting_of(state_of(recent=tuple(k / 100 for k in range(3 * WINDOW))))
    found, *_ = restore(painting, PHASES, PARTS)
    assert found.recent == tuple(k / 100 for k in range(WINDOW, 3 * WINDOW))


def test_a_finished_painting_has_no_job_and_no_state():
    painting = replace(painting_of(state_of()), checkpoint=None)
    with pytest.raises(ImpastoError, match="finished"):
        read_job(painting)
    with pytest.raises(ImpastoError, match="damaged"):
        restore(painting, PHASES, PARTS)


def test_a_state_of_another_plan_is_refused():
    painting = painting_of(state_of())
    restore(painting, PHASES, PARTS)
    longer = plan(STYLE.model_copy(update={"passes": (*STYLE.passes, STYLE.passes[-1])}), (JOB.total,), SURFACE)
    with pytest.raises(ImpastoError, match="damaged"):
        restore(painting, longer, PARTS)


def test_a_finish_that_was_planned_longer_ends_where_it_ends_now():
    found, *_ = restore(painting_of(state_of(phase=2, iteration=127, steps=247)), PHASES, PARTS)
    assert (found.iteration, found.steps) == (120, 247)
    with pytest.raises(ImpastoError, match="damaged"):
        restore(painting_of(state_of(phase=2, iteration=133, steps=253)), PHASES, PARTS)


@pytest.mark.parametrize(
    "average", [np.zeros((11, 13)), np.zeros((12, 12)), np.full((12, 13), np.nan), np.full((12, 13), -9.0), ["x"]]
)
def test_an_average_that_is_none_of_these_strokes_is_refused(average):
    painting = painting_of(state_of(phase=2, iteration=119, steps=239))
    assert painting.checkpoint is not None
    painting.checkpoint.arrays["average"] = np.array(average)
    with pytest.raises(ImpastoError):
        restore(painting, PHASES, PARTS)


def test_an_average_forgets_by_the_step_and_strokes_end_on_it():
    first, second = state_of(iteration=118), state_of(iteration=119)
    second.strokes.table[:, :8] += 1
    state = replace(second, average=first.averaged(1, False).average)
    for steps, share in ((1, 0.1), (2, 0.19)):
        average = state.averaged(steps, False).average
        assert average is not None and np.allclose(average, first.strokes.table + share * (np.arange(13) < 8))
    begun = first.averaged(1, False).average
    assert begun is not None and not np.shares_memory(begun, first.strokes.table)  # which goes on to move
    end = state.averaged(2, True)
    assert end.average is None and np.array_equal(end.strokes.table, average)
    assert np.array_equal(end.strokes.table[:, 8:], first.strokes.table[:, 8:])  # what stays put stays exact
    assert np.array_equal(state.strokes.table, second.strokes.table)


@pytest.mark.parametrize(("before", "now", "stops"), [(1.0, 0.98, True), (1.0, 0.96, False), (1.0, 1.5, True)])
def test_a_plateau_is_where_a_window_gains_less_than_a_share(before, now, stops):
    """And never before there are two windows, or if no share is asked for."""
    losses = (before,) * WINDOW + (now,) * WINDOW
    assert state_of(recent=losses).gains_less_than(0.03) == stops
    assert not state_of(recent=losses[1:]).gains_less_than(0.03) and not state_of(recent=losses).gains_less_than(0)
    assert state_of(recent=(7.0, *losses)[: 2 * WINDOW]).gains_less_than(0.03) == (now > before)


def test_the_average_forgets_a_tenth_with_each_step():
    """Of several steps at a time as much as of as many single ones, and at the end the strokes are where it is."""
    begun = state_of().averaged(1, False)
    assert begun.average is not None and np.array_equal(begun.average, begun.strokes.table)
    moved = replace(begun, strokes=replace(begun.strokes, table=begun.strokes.table + np.float32(1)))
    one, two, end = moved.averaged(1, False), moved.averaged(2, False), moved.averaged(2, True)
    assert one.average == pytest.approx(begun.average + 0.1, abs=1e-5)
    assert two.average == pytest.approx(begun.average + 0.19, abs=1e-5)
    assert two.average is not None and end.average is None
    assert np.array_equal(end.strokes.table, two.average)
