"""What cannot be gone on with: finished, foreign and damaged paintings are refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making_paintings import STROKES, STYLE, After, begun, checkpoints, finished, scene, state_of

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.painter import Painter
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture


@pytest.fixture(scope="module")
def whole():
    """Painted without a stop."""
    return finished(begun())


@pytest.fixture(scope="module")
def halfway():
    """In the second pass, after its strokes were respawned."""
    return checkpoints(begun(every={"checkpoint": 0.0}))[9]


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
    last = finished(begun(picture=Picture(black)), After(10))
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
    assert set(state_of(halfway)) == {*NAMES, "effort", "interest", "planned"}
    assert set(halfway.checkpoint.arrays) == {"mean", "square", "age", "interest"}


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
        ("planned", None),
        ("planned", "x"),
        ("planned", float("inf")),
        ("effort", "enormous"),
        ("effort", None),
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
