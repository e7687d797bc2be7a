"""Stopping and going on: a painting that was stopped, anywhere, becomes the painting that never was."""

import threading
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import events
from engine.errors import ImpastoError
from engine.painter import Painter
from engine.painting import Painting
from engine.pictures import Picture
from engine.strokes import Strokes
from engine.styles import Style

STROKES, ITERATIONS = 40, 6 + 5 + 7 + 5
STYLE = Style.model_validate(
    {
        "name": "quick",
        "passes": [
            {"radius": 0.2, "share": 1, "iterations": 6, "canvas": 0.75},
            {"radius": 0.08, "share": 2, "iterations": 5, "respawn": 0.3},
            {"radius": 0.04, "share": 3, "iterations": 7, "respawn": 0.3},
        ],
        "finish": 5,
        "plateau": 0,
        "attention": {"mode": "selective", "patches": 4},
        "colour": {"jitter": 0.05},
    }
)
# With plateaus, the last losses decide when a pass ends: they have to come back to the bit as well.
PATIENT = Style.model_validate(
    {
        "name": "patient",
        "passes": [{"radius": r, "share": 1, "iterations": 200, "respawn": 0.2} for r in (0.2, 0.05)],
        "finish": 6,
        "plateau": 0.1,
    }
)


def scene(seed=0, alpha=None):
    y, x = np.mgrid[:48, :64] / 64
    rgb = np.stack([0.3 + 0.6 * x, 0.8 - 0.7 * y, 0.5 + 0.3 * np.sin(25 * x + seed)], -1)
    rgb[(x - 0.6) ** 2 + (y - 0.3) ** 2 < 0.03] = [0.1, 0.15, 0.3]
    return Picture(np.round(255 * rgb.clip(0, 1)).astype(np.uint8), alpha)


class After:
    """Says yes from the n-th question on; any number of threads may ask."""

    def __init__(self, n):
        self.left, self.lock = n, threading.Lock()
        self.asked = 0

    def __call__(self):
        with self.lock:
            self.left -= 1
            self.asked += 1
            return self.left < 0


def begun(style=STYLE, picture=None, **options) -> Painter:
    given: dict[str, Any] = {"strokes": STROKES, "threads": 1} | options
    return Painter(picture or scene(), style, **given)


def finished(painter: Painter, cancelled=lambda: False) -> events.Finished:
    heard = list(painter.paint(cancelled))
    last = heard[-1]
    assert isinstance(last, events.Finished)
    assert not any(isinstance(event, events.Finished) for event in heard[:-1])
    return last


def assert_same(one: Painting, other: Painting):
    for field in fields(Strokes):
        assert np.array_equal(getattr(one.strokes, field.name), getattr(other.strokes, field.name)), field.name


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


def checkpoints(painter: Painter) -> list[Painting]:
    """One after every iteration."""
    return [event.painting for event in painter.paint() if isinstance(event, events.Checkpointed)]


def state_of(painting: Painting) -> dict[str, Any]:
    assert painting.checkpoint is not None
    return painting.checkpoint.state


# --- checkpoints


def test_from_every_iteration_on_the_same_painting_comes_out(whole, kept):
    """Among them the last of every pass, those right before and after strokes are respawned, and the finish."""
    all_of_them = checkpoints(begun(checkpoint_every=0.0))
    assert len(all_of_them) == ITERATIONS
    places = [(state_of(p)["phase"], state_of(p)["iteration"]) for p in all_of_them]
    assert places == [(k, i + 1) for k, count in enumerate((6, 5, 7, 5)) for i in range(count)]
    assert {(0, 6), (1, 2), (1, 3), (2, 7), (3, 2), (3, 5)} <= set(places)
    for painting in all_of_them:
        last = finished(Painter.resume(kept(painting), scene(), threads=1))
        assert_same(last.painting, whole.painting)
        assert (last.strokes, last.iterations, last.cancelled) == (STROKES, ITERATIONS, False)
        assert last.loss == whole.loss


def test_passes_that_end_early_end_at_the_same_step(kept):
    options = {"strokes": 60, "checkpoint_every": 0.0}
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
    painting = checkpoints(begun(style, picture, checkpoint_every=0.0))[9]
    resumed = finished(Painter.resume(kept(painting), picture, threads=1)).painting
    assert_same(resumed, whole)
    assert np.array_equal(resumed.render(), whole.render())


def test_other_threads_go_on_with_the_same_painting(whole):
    for threads in (2, 3):
        painting = checkpoints(begun(checkpoint_every=0.0, threads=threads))[11]
        assert_same(finished(Painter.resume(painting, scene(), threads=5 - threads)).painting, whole.painting)


def test_a_smaller_working_size_is_remembered(kept):
    whole = finished(begun(working_size=50)).painting
    painting = kept(checkpoints(begun(working_size=50, checkpoint_every=0.0))[8])
    assert_same(finished(Painter.resume(painting, scene(), threads=1)).painting, whole)


def test_going_on_leaves_the_unfinished_painting_as_it_was(whole):
    """So it can be gone on with twice."""
    painting = checkpoints(begun(checkpoint_every=0.0))[8]
    before = painting.strokes.table.copy()
    for _ in range(2):
        assert_same(finished(Painter.resume(painting, scene(), threads=1)).painting, whole.painting)
        assert np.array_equal(painting.strokes.table, before)


def test_what_a_resumed_painter_tells():
    painting = checkpoints(begun(checkpoint_every=0.0))[8]  # the third iteration of the second pass
    state_of(painting)["seconds"] = 100.0
    heard = list(Painter.resume(painting, scene(), threads=1, preview_every=0.0, checkpoint_every=0.0).paint())
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
    monkeypatch.setattr("engine.raster.cpu.TILES_PER_CHUNK", 1)


def test_it_asks_many_times_in_every_iteration():
    assert questions() >= 4 * ITERATIONS


def test_stopped_before_the_start_it_can_go_on(whole, kept):
    last = finished(begun(), lambda: True)
    assert last.cancelled and last.iterations == 0
    state = state_of(last.painting)
    assert (state["phase"], state["iteration"], state["steps"]) == (0, 0, 0)
    assert_same(finished(Painter.resume(kept(last.painting), scene(), threads=1)).painting, whole.painting)


@pytest.mark.parametrize("part", range(4))
def test_stopped_at_any_question_it_can_go_on(part, whole, kept):
    """Every question of the whole painting, each time from the start; inside every kind of step."""
    seen = set()
    for n in range(part, questions(), 4):
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
    last = finished(begun(), After(60))
    sittings = 1
    while last.cancelled:
        last = finished(Painter.resume(kept(last.painting), scene(), threads=1), After(60))
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


# --- what cannot be gone on with


@pytest.fixture(scope="module")
def halfway():
    """In the second pass, after its strokes were respawned."""
    return checkpoints(begun(checkpoint_every=0.0))[9]


def test_a_finished_painting_has_nothing_to_go_on_with(whole):
    with pytest.raises(ImpastoError, match="finished, there is nothing to resume"):
        Painter.resume(whole.painting, scene())


def one_pixel_off():
    picture = scene()
    picture.rgb[20, 30, 1] ^= 1
    return picture


@pytest.mark.parametrize(
    "picture",
    [
        scene(seed=1),
        one_pixel_off(),
        scene(alpha=np.tile(np.array([255, 254], np.uint8), (48, 32))),
        Picture(scene().rgb[:, :-1]),
        Picture(scene().rgb[::-1].copy()),
        Picture(np.ascontiguousarray(scene().rgb.transpose(1, 0, 2))),
    ],
    ids=["other", "one pixel", "alpha", "size", "flipped", "turned"],
)
def test_another_picture_is_refused(halfway, picture):
    with pytest.raises(ImpastoError, match="begun from another picture"):
        Painter.resume(halfway, picture)


def test_a_picture_that_differs_only_in_what_is_transparent_is_another():
    """Black is black: the colours are the same, what matters is not."""
    black = np.zeros((48, 64, 3), np.uint8)
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:, :30] = 0
    last = finished(begun(picture=Picture(black)), After(30))
    assert last.cancelled
    Painter.resume(last.painting, Picture(black.copy()))
    with pytest.raises(ImpastoError, match="begun from another picture"):
        Painter.resume(last.painting, Picture(black, alpha))


def damaged(painting, state=None, arrays=None, gone=(), **changes):
    """A copy of the painting with other values in its checkpoint."""
    from dataclasses import replace

    checkpoint = painting.checkpoint
    values = {**checkpoint.state, **(state or {})}
    kept = {**checkpoint.arrays, **(arrays or {})}
    for name in gone:
        values.pop(name, None)
        kept.pop(name, None)
    return replace(painting, checkpoint=replace(checkpoint, state=values, arrays=kept), **changes)


def refused(painting):
    with pytest.raises(ImpastoError) as caught:
        Painter.resume(painting, scene())
    assert str(caught.value).isprintable()
    return str(caught.value)


NAMES = ["total", "working_size", "picture", "budgets", "phase", "iteration", "placed", "next_id", "steps", "recent"]
NAMES += ["losses", "seconds"]
NOT_A_NUMBER = [None, "x", [], {}, float("nan"), float("inf"), -float("inf"), "9" * 5000]


def test_every_value_of_a_checkpoint_is_tried_here(halfway):
    assert set(state_of(halfway)) == set(NAMES)
    assert set(halfway.checkpoint.arrays) == {"mean", "square", "age"}


@pytest.mark.parametrize("name", [*NAMES, "mean", "square", "age"])
def test_a_checkpoint_without_one_of_its_values_is_refused(halfway, name):
    assert "damaged" in refused(damaged(halfway, gone=[name]))


@pytest.mark.parametrize("name", ["total", "working_size", "phase", "iteration", "next_id", "steps"])
@pytest.mark.parametrize("value", [*NOT_A_NUMBER, -1, 10**30], ids=lambda value: str(value)[:9])
def test_a_number_that_is_none_is_refused(halfway, name, value):
    assert "damaged" in refused(damaged(halfway, {name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("total", 0),
        ("total", 1_000_001),
        ("total", 10**18),
        ("total", 41),  # deals out other numbers of strokes
        ("working_size", 0),
        ("working_size", 65_536),
        ("phase", 4),
        ("phase", 0),
        ("phase", 2),
        ("iteration", 6),
        ("placed", False),
        ("next_id", 0),
        ("next_id", 20),  # taken
        ("next_id", 10**9),
        ("next_id", 2**63),
        ("steps", 0),  # fewer than its strokes have taken
        ("steps", 1000),  # more than its passes have
        ("recent", [float("nan")]),
        ("recent", [0.1, float("inf")]),
        ("recent", [-1.0]),
        ("recent", 3),
        ("recent", [[1]]),
        ("seconds", -1),
        ("seconds", float("nan")),
        ("seconds", float("inf")),
        ("seconds", None),
    ],
)
def test_a_value_that_cannot_be_is_refused(halfway, name, value):
    assert "damaged" in refused(damaged(halfway, {name: value}))


def test_a_pass_that_has_begun_has_its_strokes(halfway):
    waiting = {"phase": 2, "placed": False, "iteration": 0}
    assert Painter.resume(damaged(halfway, waiting), scene())
    assert "damaged" in refused(damaged(halfway, {**waiting, "iteration": 3}))


@pytest.mark.parametrize("value", ["", "0" * 64, None, 7, [1]])
def test_another_digest_is_another_picture(halfway, value):
    assert "another picture" in refused(damaged(halfway, {"picture": value}))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("mean", lambda a: a[:-1]),
        ("mean", lambda a: a[:, :-1]),
        ("square", lambda a: a.ravel()),
        ("age", lambda a: a[:, None]),
        ("age", lambda a: a[:-1]),
        ("mean", lambda a: a * np.float32(np.nan)),
        ("mean", lambda a: a + np.float32(np.inf)),
        ("mean", lambda a: a + np.float32(3e38)),
        ("mean", lambda a: a.astype(np.float64) + 1e300),
        ("square", lambda a: a - 1),
        ("square", lambda a: a + np.float32(3e38)),
        ("square", lambda a: a * np.float32(np.nan)),
        ("age", lambda a: a - 100),
        ("age", lambda a: a + 100),
        ("age", lambda a: a * 0 + (2**31 - 1)),
        ("age", lambda a: a * np.float64("nan")),
        ("mean", lambda a: np.array("text")),
    ],
)
def test_arrays_that_cannot_be_are_refused(halfway, name, change):
    assert "damaged" in refused(damaged(halfway, arrays={name: change(halfway.checkpoint.arrays[name])}))


def test_strokes_that_do_not_belong_to_it_are_refused(halfway):
    strokes = halfway.strokes
    assert "damaged" in refused(damaged(halfway, strokes=strokes.take(slice(0, -1))))
    assert "damaged" in refused(damaged(halfway, strokes=Strokes.empty()))
    table = strokes.table.copy()
    table[3, 0] = np.nan
    assert "stroke 3" in refused(
        damaged(halfway, strokes=Strokes(table, strokes.region, strokes.pass_index, strokes.id))
    )


@pytest.mark.parametrize(
    ("style", "names"),
    [
        ({}, "name"),
        ({"name": "quick"}, "passes"),
        ({**STYLE.model_dump(mode="json"), "speed": 3}, "no setting speed"),
        ({**STYLE.model_dump(mode="json"), "finish": -1}, "finish (given: -1)"),
    ],
)
def test_a_painting_whose_style_is_none_is_refused(halfway, style, names):
    message = refused(damaged(halfway, style=style))
    assert message.startswith("the style in the painting: ") and names in message


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(0, 60) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def goes_on_or_is_refused(painting):
    """Whatever is in it: it becomes a painting, or is refused."""
    try:
        last = finished(Painter.resume(painting, scene(), threads=1))
    except ImpastoError:
        return
    last.painting.strokes.validated()
    assert last.strokes == STROKES and np.isfinite(last.loss)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_no_value_in_a_checkpoint_makes_another_exception(halfway, state):
    goes_on_or_is_refused(damaged(halfway, state))


@given(
    name=st.sampled_from(["mean", "square", "age"]),
    kind=st.sampled_from(["|b1", "<i2", "<u8", "<i8", "<f2", "<f4", "<f8"]),
    place=st.integers(0, 9),
    value=st.floats() | st.integers(-(2**63), 2**63).map(float),
    whole=st.booleans(),
)
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # casts of this test itself
def test_no_array_in_a_checkpoint_makes_another_exception(halfway, name, kind, place, value, whole):
    array = halfway.checkpoint.arrays[name].astype(kind)
    with np.errstate(all="ignore"):
        array[... if whole else place] = np.float64(value).astype(kind)
    goes_on_or_is_refused(damaged(halfway, arrays={name: array}))


@given(st.dictionaries(st.sampled_from(list(STYLE.model_dump())), ANYTHING, min_size=1, max_size=2))
@settings(max_examples=100, deadline=None)
def test_no_style_in_a_painting_makes_another_exception(halfway, values):
    style = {**STYLE.model_dump(mode="json"), **values}
    for key, limit in (("finish", 20), ("strokes", 10**6)):
        if isinstance(style.get(key), int | float) and style[key] > limit:
            style[key] = limit
    try:
        painting = damaged(halfway, style=style)
    except ImpastoError:  # no painting could hold it
        return
    goes_on_or_is_refused(painting)
