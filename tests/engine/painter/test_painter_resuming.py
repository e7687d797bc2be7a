"""Stopping and going on: a painting that was stopped, anywhere, becomes the painting that never was."""

import numpy as np
import pytest
from making_paintings import (
    ITERATIONS,
    PATIENT,
    STROKES,
    STYLE,
    After,
    assert_same,
    begun,
    checkpoints,
    finished,
    scene,
    state_of,
)

from impasto.engine.painter import events
from impasto.engine.painter.painter import Painter
from impasto.engine.painting.painting import Painting


@pytest.fixture(scope="module")
def whole():
    """Painted without a stop."""
    return finished(begun())


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Saves a painting and loads it again."""
    folder = tmp_path_factory.mktemp("kept")

    def keep(painting):
        painting.save(folder / "kept.impasto", overwrite=True)
        return Painting.load(folder / "kept.impasto")

    return keep


# --- checkpoints


def test_from_every_iteration_on_the_same_painting_comes_out(whole, kept):
    """Among them the last of every pass, those right before and after strokes are respawned, and the finish."""
    all_of_them = checkpoints(begun(every={"checkpoint": 0.0}))
    assert len(all_of_them) == ITERATIONS
    places = [(state_of(p)["phase"], state_of(p)["iteration"]) for p in all_of_them]
    assert places == [(k, i + 1) for k, count in enumerate((6, 5, 7, 8)) for i in range(count)]
    assert {(0, 6), (1, 2), (1, 3), (2, 7), (3, 2), (3, 8)} <= set(places)
    averaging = [
        place for place, p in zip(places, all_of_them, strict=True) if p.checkpoint and "average" in p.checkpoint.arrays
    ]
    assert averaging == [(3, 7)], "a finish ends on the mean of its last quarter"
    for painting in all_of_them:
        last = finished(Painter.resume(kept(painting), scene(), threads=1))
        assert_same(last.painting, whole.painting)
        assert (last.strokes, last.iterations, last.cancelled) == (STROKES, ITERATIONS, False)
        assert last.loss == whole.loss


def test_passes_that_end_early_end_at_the_same_step(kept):
    options = {"strokes": 60, "every": {"checkpoint": 0.0}}
    whole = finished(begun(PATIENT, strokes=60))
    all_of_them = checkpoints(begun(PATIENT, **options))
    assert len(all_of_them) == whole.iterations < 200 + 200 + 6
    for painting in all_of_them[::9]:
        last = finished(Painter.resume(kept(painting), scene(), threads=1))
        assert_same(last.painting, whole.painting)
        assert last.iterations == whole.iterations


@pytest.mark.parametrize("background", ["transparent", "blurred", "#336699"])
def test_all_kinds_of_ground_and_a_mask_come_back(background, kept):
    style = STYLE.model_copy(update={"background": background, "cover": background != "#336699"})
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:, :20] = 0
    picture = scene(alpha=alpha)
    whole = finished(begun(style, picture)).painting
    painting = checkpoints(begun(style, picture, every={"checkpoint": 0.0}))[9]
    resumed = finished(Painter.resume(kept(painting), picture, threads=1)).painting
    assert_same(resumed, whole)
    assert np.array_equal(resumed.render(), whole.render())


def test_other_threads_go_on_with_the_same_painting(whole):
    for threads in (2, 3):
        painting = checkpoints(begun(every={"checkpoint": 0.0}, threads=threads))[11]
        assert_same(finished(Painter.resume(painting, scene(), threads=5 - threads)).painting, whole.painting)


def test_a_smaller_working_size_is_remembered(kept):
    whole = finished(begun(working_size=50)).painting
    painting = kept(checkpoints(begun(working_size=50, every={"checkpoint": 0.0}))[8])
    assert_same(finished(Painter.resume(painting, scene(), threads=1)).painting, whole)


def test_going_on_leaves_the_unfinished_painting_as_it_was(whole):
    """So it can be gone on with twice."""
    painting = checkpoints(begun(every={"checkpoint": 0.0}))[8]
    before = painting.strokes.table.copy()
    for _ in range(2):
        assert_same(finished(Painter.resume(painting, scene(), threads=1)).painting, whole.painting)
        assert np.array_equal(painting.strokes.table, before)


def test_what_a_resumed_painter_tells():
    painting = checkpoints(begun(every={"checkpoint": 0.0}))[8]  # the third iteration of the second pass
    state_of(painting)["seconds"] = 100.0
    heard = list(Painter.resume(painting, scene(), threads=1, every={"preview": 0.0, "checkpoint": 0.0}).paint())
    start, first_pass, *_ = [event for event in heard if not isinstance(event, events.Preparing)]
    assert start == events.Started("quick", STROKES, 0, 64, 48, 4, resumed=True)
    assert first_pass == events.PassStarted(2, 4, 20, 5, 64, 48)
    told = [event for event in heard if isinstance(event, events.Progress)]
    assert told[0].index == 2 and told[0].seconds >= 100 and told[0].fraction > 0.1
    assert (np.diff([event.fraction for event in told]) > 0).all() and told[-1].fraction == 1
    for kind in (events.Preview, events.Checkpointed):
        assert sum(isinstance(event, kind) for event in heard) == ITERATIONS - 9
    assert isinstance(heard[-1], events.Finished) and heard[-1].seconds >= 100


# --- cancelling


def questions():
    """How often a whole painting asks whether to stop."""
    never = After(10**9)
    finished(begun(), never)
    return never.asked


@pytest.fixture(autouse=True)
def many_chunks(monkeypatch):
    """Ask between single tiles: on these small canvases a chunk would else be the whole canvas."""
    monkeypatch.setattr("impasto.engine.raster.cpu.raster.TILES_PER_CHUNK", 1)


def test_it_asks_many_times_in_every_iteration():
    assert questions() >= 4 * ITERATIONS


def test_stopped_before_the_start_it_can_go_on(whole, kept):
    last = finished(begun(), lambda: True)
    assert last.cancelled and last.iterations == 0
    state = state_of(last.painting)
    assert (state["phase"], state["iteration"], state["steps"]) == (0, 0, 0)
    assert_same(finished(Painter.resume(kept(last.painting), scene(), threads=1)).painting, whole.painting)


@pytest.mark.parametrize("group", range(4))
def test_stopped_at_any_question_it_can_go_on(group, whole, kept):
    """Every question of the whole painting, each time from the start; inside every kind of step."""
    seen = set()
    for n in range(group, questions(), 4):
        flag = After(n)
        last = finished(begun(), flag)
        assert last.cancelled and flag.asked == n + 1  # not one question more: it stops at once
        state = state_of(last.painting)
        seen.add((state["phase"], state["placed"]))
        assert last.iterations == state["steps"] and last.strokes == len(last.painting.strokes)
        resumed = finished(Painter.resume(kept(last.painting), scene(), threads=1))
        assert not resumed.cancelled and resumed.iterations == ITERATIONS
        assert_same(resumed.painting, whole.painting)
    assert {(0, True), (1, True), (2, True), (3, True)} <= seen


def test_stopped_while_strokes_are_placed_it_places_them_when_it_goes_on(whole, kept):
    """Stopped between two passes: the first has ended, and the strokes of the second are not there yet."""
    found = 0
    for n in range(questions()):
        last = finished(begun(), After(n))
        state = state_of(last.painting)
        if state["phase"] == 1 and not state["placed"]:
            found += 1
            assert len(last.painting.strokes) == 7 and state["iteration"] == 0
            assert_same(finished(Painter.resume(kept(last.painting), scene(), threads=1)).painting, whole.painting)
        elif state["phase"] > 0:
            break
    assert found > 0


def test_stopped_again_and_again_it_still_becomes_the_same(whole, kept):
    last = finished(begun(), After(40))
    sittings = 1
    while last.cancelled:
        last = finished(Painter.resume(kept(last.painting), scene(), threads=1), After(40))
        sittings += 1
    assert sittings > 4
    assert last.iterations == ITERATIONS and last.painting.checkpoint is None
    assert_same(last.painting, whole.painting)


def test_stopped_among_several_threads_it_can_go_on(whole, kept):
    for n in range(3, 200, 23):
        last = finished(begun(threads=3), After(n))
        assert last.cancelled
        assert_same(finished(Painter.resume(kept(last.painting), scene(), threads=2)).painting, whole.painting)


def test_an_ear_that_turns_away_can_listen_again(whole):
    """A generator left in the middle leaves a painter that goes on."""
    painter = begun()
    for event in painter.paint():
        if isinstance(event, events.PassStarted) and event.index == 3:
            break
    assert_same(finished(painter).painting, whole.painting)
