"""The optimiser: Adam as the books have it, strokes that keep within the style, and a true eye for useless ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.engine.losses import LOSSES
from impasto.engine.painter.adam import adam_step
from impasto.engine.painter.optimizer import CANVAS_MARGIN, STEP_SIZE, Moments, Optimizer, useless
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.styles.style import Learning, Shape

f4 = np.float32
EXTENT = (1.0, 0.75)
BETAS = 0.6, 0.9  # unlike each other
EVEN = np.ones((1, 1), f4)


def table_of(count, seed=0):
    rng = np.random.default_rng(seed)
    table = rng.random((count, 13)).astype(f4)
    table[:, 1:6:2] *= EXTENT[1]
    table[:, 6:8] = rng.uniform(0.002, 0.05, (count, 2))
    return table


def plain_step(table, gradient, moments, rates, low, high, bend):
    """One step of one stroke after the other, in float64, straight from the definition."""
    table, mean, square, age = (np.array(a, np.float64) for a in (table, moments.mean, moments.square, moments.age))
    for n in range(len(table)):
        age[n] += 1
        mean[n] = BETAS[0] * mean[n] + (1 - BETAS[0]) * gradient[n]
        square[n] = BETAS[1] * square[n] + (1 - BETAS[1]) * gradient[n] ** 2.0
        step = rates * (mean[n] / (1 - BETAS[0] ** age[n])) / (np.sqrt(square[n] / (1 - BETAS[1] ** age[n])) + 1e-12)
        step[:8] *= np.clip(table[n, 6:8].mean(), *STEP_SIZE)
        table[n] = np.clip(table[n] - step, low, high)
        start, control, end = table[n, 0:2], table[n, 2:4], table[n, 4:6]
        middle = (start + end) / 2
        limit = bend * np.linalg.norm(end - start)
        off = np.linalg.norm(control - middle)
        if off > limit:
            table[n, 2:4] = middle + (control - middle) * limit / off
    return table, Moments(mean, square, age.astype(np.int32))


def test_a_step_is_adam_with_an_age_of_its_own_for_every_stroke():
    rng = np.random.default_rng(1)
    rates = rng.uniform(0.005, 0.2, 13).astype(f4)
    low, high = np.full(13, -0.03, f4), np.full(13, 1.03, f4)
    low[6:8], high[6:8] = 0.004, 0.04
    table, moments = table_of(20), Moments.zeros(20)
    expected, remembered = table.astype(np.float64), Moments.zeros(20)
    for step in range(12):
        if step == 5:  # others join, and one leaves
            keep = np.arange(1, len(table))
            more = table_of(7, seed=2)
            table, expected = np.concatenate([table[keep], more]), np.concatenate([expected[keep], more])
            moments = moments.take(keep).join(Moments.zeros(7))
            remembered = remembered.take(keep).join(Moments.zeros(7))
        gradient = (rng.normal(size=table.shape) * 10.0 ** rng.integers(-6, 3, table.shape)).astype(f4)
        expected, remembered = plain_step(expected, gradient, remembered, rates, low, high, 0.25)
        adam_step(
            table, gradient, moments.mean, moments.square, moments.age, rates,
            f4(STEP_SIZE[0]), f4(STEP_SIZE[1]), low, high, EVEN, f4(0.25), f4(1), False, f4(BETAS[0]), f4(BETAS[1]),
            0, len(table),
        )  # fmt: skip
        assert table == pytest.approx(expected, abs=3e-6)
        slack = 1e-5 * np.sqrt(remembered.square) + 1e-12  # means of both signs lose digits
        assert (np.abs(moments.mean - remembered.mean) <= slack).all()
        assert moments.square == pytest.approx(remembered.square, rel=1e-5, abs=1e-15)
        assert np.array_equal(moments.age, remembered.age)
    assert sorted(set(moments.age.tolist())) == [7, 12]


def test_a_step_of_some_strokes_leaves_the_others_alone():
    table, moments, gradient = table_of(9), Moments.zeros(9), np.ones((9, 13), f4)
    before = table.copy()
    adam_step(
        table, gradient, moments.mean, moments.square, moments.age, np.full(13, 0.1, f4),
        f4(STEP_SIZE[0]), f4(STEP_SIZE[1]), np.full(13, -9, f4), np.full(13, 9, f4), EVEN, f4(1e9), f4(1), False,
        f4(0.9), f4(0.99), 3, 6,
    )  # fmt: skip
    rest = np.r_[0:3, 6:9]
    assert np.array_equal(table[rest], before[rest]) and not moments.age[rest].any() and not moments.mean[rest].any()
    assert (table[3:6] != before[3:6]).all() and (moments.age[3:6] == 1).all()


SHAPES = st.fixed_dictionaries(
    {
        "smallest": st.sampled_from([0.0005, 0.01]),
        "largest": st.sampled_from([0.01, 0.06, 0.5]),
        "opacity": st.sampled_from([(0, 1), (0.3, 0.8), (1, 1), (0, 0)]),
        "bend": st.sampled_from([0, 0.05, 0.25, 1]),
        "straight": st.booleans(),
        "taper": st.sampled_from([0, 0.1, 0.6, 1]),
    }
)


@given(shape=SHAPES, seed=st.integers(0, 2**32), wide=st.booleans(), power=st.integers(-12, 12))
@settings(max_examples=100, deadline=None)
def test_strokes_keep_within_what_the_style_allows(shape, seed, wide, power):
    width, height = extent = (1.0, 0.05) if wide else EXTENT
    style = Shape(**shape)
    optimizer = Optimizer(style, Learning(position=1, radius=1, opacity=0.5, colour=0.5), extent)
    rng = np.random.default_rng(seed)
    table, moments = table_of(30, seed), Moments.zeros(30)
    table[:, :6] += rng.normal(0, 0.5, (30, 6))  # placed beyond the canvas, the limits and the bend
    table[:, 6:8] *= 20 * rng.random((30, 1))
    for _ in range(3):
        gradient = (rng.normal(size=table.shape) * 10.0**power).astype(f4)
        optimizer.step(table, moments, gradient, 1.0)
        x, y = table[:, 0:6:2], table[:, 1:6:2]
        assert min(x.min(), y.min()) >= -CANVAS_MARGIN - 1e-6
        assert x.max() <= width + CANVAS_MARGIN + 1e-6 and y.max() <= height + CANVAS_MARGIN + 1e-6
        radii, opacities = table[:, 6:8], table[:, 8:10]
        assert radii.min() >= f4(style.smallest) * (1 - 1e-6) and radii.max() <= f4(style.largest) * (1 + 1e-6)
        assert opacities.min() >= f4(style.opacity[0]) and opacities.max() <= f4(style.opacity[1])
        assert table[:, 10:].min() >= 0 and table[:, 10:].max() <= 1
        chord = table[:, 4:6] - table[:, 0:2]
        bend = np.linalg.norm(table[:, 2:4] - (table[:, 0:2] + table[:, 4:6]) / 2, axis=1)
        most = 0 if style.straight else style.bend
        assert (bend <= most * np.linalg.norm(chord, axis=1) + 2e-6).all()
        assert style.taper > 0 or np.array_equal(table[:, 6], table[:, 7])


def test_strokes_leave_the_canvas_by_three_hundredths_at_most():
    table, moments = table_of(3), Moments.zeros(3)
    table[:, 0:6] = [-0.02, 0.5, 0.5, 0.5, 1.02, 0.5]
    optimizer = Optimizer(Shape(), Learning(position=1), (1.0, 0.6))
    gradient = np.zeros_like(table)
    gradient[:, 0:6] = [1, 1, 1, 1, -1, -1]
    for _ in range(200):
        optimizer.step(table, moments, gradient, 1.0)
    assert table[:, [0, 1]] == pytest.approx(np.full((3, 2), -0.03))
    assert table[:, [4, 5]] == pytest.approx(np.tile([1.03, 0.63], (3, 1)))


@pytest.mark.parametrize("taper", [0, 1])
def test_strokes_may_be_finer_where_a_map_says(taper):
    """Each quarter of a canvas, pixels of a map, has a smallest radius of its own."""
    table, moments = table_of(40), Moments.zeros(40)
    table[:, 0:6:2], table[:, 1:6:2] = table[:, 4:5], table[:, 5:6]  # dots, whose middle is where they are
    optimizer = Optimizer(Shape(smallest=0.01, taper=taper), Learning(position=0, radius=1), EXTENT)
    finest = np.array([[0.5, 1], [0.8, 0.25]], f4)
    gradient = np.zeros_like(table)
    gradient[:, 6:8] = 1
    for _ in range(200):
        optimizer.step(table, moments, gradient, 1.0, finest=finest)
    expected = 0.01 * finest[(table[:, 5] > 0.5).astype(int), (table[:, 4] > 0.5).astype(int)]
    assert len(set(expected.tolist())) == 4
    assert table[:, 6:8] == pytest.approx(np.tile(expected[:, None], 2))


@pytest.mark.parametrize("taper", [0, 0.3, 1])
def test_taper_holds_the_ends_together(taper):
    table = table_of(10)
    table[:, 2:4] = (table[:, 0:2] + table[:, 4:6]) / 2
    before = table.copy()
    optimizer = Optimizer(Shape(taper=taper, smallest=0.001, largest=0.06, bend=1), Learning(), EXTENT)
    optimizer.step(table, Moments.zeros(10), np.zeros_like(table), 1.0)
    assert table[:, 6:8].mean(1) == pytest.approx(before[:, 6:8].mean(1))
    assert np.diff(table[:, 6:8]) == pytest.approx(taper * np.diff(before[:, 6:8]), abs=1e-8)
    others = np.r_[0:6, 8:13]
    assert np.array_equal(table[:, others], before[:, others])


@pytest.mark.parametrize(
    ("part", "columns"),
    [("position", np.r_[0:6]), ("radius", np.r_[6:8]), ("opacity", np.r_[8:10]), ("colour", np.r_[10:13])],
)
def test_what_is_not_learned_stays_and_the_rest_moves_by_its_rate(part, columns):
    table = table_of(10)
    table[:, :6] = [0.4, 0.3, 0.5, 0.3, 0.6, 0.3]
    table[:, 6:] = [0.01, 0.01, *[0.5] * 5]
    before, gradient = table.copy(), np.where(np.arange(13) % 2, 1, -1) * np.ones((10, 13), f4)
    others = np.setdiff1d(np.arange(13), columns)
    nothing = {"position": 0.0, "radius": 0.0, "opacity": 0.0, "colour": 0.0}
    optimizer = Optimizer(Shape(bend=1), Learning(**{**nothing, part: 0.04}), EXTENT)
    optimizer.step(table, Moments.zeros(10), gradient.astype(f4), 0.5)
    assert np.array_equal(table[:, others], before[:, others])
    size = 0.01 if part in ("position", "radius") else 1  # those move in shares of the radius
    moved = table[:, columns] - before[:, columns]
    assert moved == pytest.approx(-gradient[:, columns] * 0.5 * 0.04 * size, rel=1e-2)


@pytest.mark.parametrize(("radius", "size"), [(0.0005, STEP_SIZE[0]), (0.01, 0.01), (0.2, STEP_SIZE[1])])
def test_large_strokes_move_in_large_steps(radius, size):
    table = np.tile(np.array([0.4, 0.3, 0.5, 0.3, 0.6, 0.3, radius, radius, *[0.5] * 5], f4), (1, 1))
    Optimizer(Shape(smallest=0.0005, largest=0.5), Learning(position=0.1), EXTENT).step(
        table, Moments.zeros(1), np.ones((1, 13), f4), 1.0
    )
    assert 0.4 - table[0, 0] == pytest.approx(0.1 * size, rel=1e-2)


def test_strokes_without_a_gradient_stay():
    table = table_of(10)
    optimizer = Optimizer(Shape(bend=1), Learning(), EXTENT)
    moments = Moments.zeros(10)
    optimizer.step(table, moments, np.zeros((10, 13), f4), 1.0)  # and are what the style allows, now
    settled = table.copy()
    for _ in range(20):
        optimizer.step(table, moments, np.zeros((10, 13), f4), 1.0)
    assert table == pytest.approx(settled, abs=1e-6)


def test_steps_lead_downhill():
    """Colours to where a parabola is lowest."""
    goal = np.random.default_rng(4).random((10, 3)).astype(f4)
    table, moments = table_of(10), Moments.zeros(10)
    optimizer = Optimizer(Shape(), Learning(colour=0.02), EXTENT)
    for k in range(150):
        gradient = np.zeros((10, 13), f4)
        gradient[:, 10:] = table[:, 10:] - goal
        optimizer.step(table, moments, gradient, 1 - k / 160)
    assert np.abs(table[:, 10:] - goal).max() < 0.01


HEIGHT, WIDTH = 24, 32


def bar(x, y, colour, radius=0.08, length=0.15, opacity=1.0):
    """A level stroke; the canvas is 1 wide and 0.75 high."""
    return [x - length, y, x, y, x + length, y, radius, radius, opacity, opacity, *colour]


def scene():
    """Red, green and blue bars on white as target; two more of them lie hidden under those, and one is harmful."""
    red, green, blue, grey = (0.9, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.9), (0.5, 0.5, 0.5)
    shown = [bar(0.25, 0.15, red), bar(0.7, 0.35, green), bar(0.25, 0.55, blue)]
    hidden = [bar(0.25, 0.15, grey, 0.03, 0.1), bar(0.7, 0.35, grey, 0.03, 0.1)]
    raster = CpuRaster(HEIGHT, WIDTH, edges=StrokeEdge(0.02), threads=1)
    target = raster.forward(np.array(shown, f4), np.ones(4, f4))[:3]
    return raster, shown, hidden, target, np.full((HEIGHT, WIDTH), 1 / (3 * HEIGHT * WIDTH), f4)


def test_hidden_strokes_are_useless_and_no_others():
    raster, shown, hidden, target, weight = scene()
    table = np.array([shown[0], hidden[0], *shown[1:]], f4)
    table[[0, 1]] = table[[1, 0]]  # the hidden one comes first, the others over it
    assert useless(raster, table, target, weight, 0.5).tolist() == [0]
    assert useless(raster, np.array(shown, f4), target, weight, 0.5).tolist() == []


def test_what_harms_comes_before_what_is_only_hidden():
    raster, shown, hidden, target, weight = scene()
    harmful = bar(0.75, 0.65, (0, 0, 0), 0.03, 0.05)
    table = np.array([*hidden, *shown, harmful], f4)
    assert useless(raster, table, target, weight, 0.5).tolist() == [5, 0, 1]


@pytest.mark.parametrize(("share", "most"), [(0, 0), (0.16, 0), (0.17, 1), (0.34, 2), (0.5, 3)])
def test_never_more_than_the_share_and_the_worst_first(share, most):
    raster, shown, hidden, target, weight = scene()
    table = np.array([*hidden, *shown, bar(0.75, 0.65, (0, 0, 0), 0.03, 0.05)], f4)
    assert useless(raster, table, target, weight, share).tolist() == [5, 0, 1][:most]


def test_where_most_strokes_are_hidden_they_are_useless_still():
    raster, shown, hidden, target, weight = scene()
    table = np.array([*hidden, *hidden, *hidden, *shown], f4)
    found = useless(raster, table, target, weight, 0.5)
    assert sorted(found.tolist()) == [0, 1, 2, 3]


def test_what_is_worth_less_than_elsewhere_goes_too_the_least_wanted_first():
    """Six tenths of the median, times what is wanted of each."""
    raster, shown, _, target, weight = scene()
    table = np.array(shown, f4)

    def gone(share, *wanted):
        return useless(raster, table, target, weight, share, wanted=np.array(wanted, f4)).tolist()

    assert gone(1.0, 0.4, 1, 0.3) == [2, 0]
    assert gone(0.4, 0.4, 1, 0.3) == [2]
    assert gone(1.0, 0.8, 0.8, 0.8) == []


@pytest.mark.parametrize("seed", range(4))
def test_useless_is_what_could_be_left_out_one_at_a_time(seed):
    """Against painting the picture again without each stroke."""
    rng = np.random.default_rng(seed)
    target = rng.random((3, HEIGHT, WIDTH), f4)
    weight = rng.random((HEIGHT, WIDTH), f4) / (3 * HEIGHT * WIDTH)
    table = table_of(30, seed)
    table[:, 6:8] *= 2
    table[:, 10:] = 0.4 + 0.2 * table[:, 10:]
    raster = CpuRaster(HEIGHT, WIDTH, edges=StrokeEdge(0.02), threads=1)
    ground = np.append(target.mean((1, 2)), 1).astype(f4)

    def loss(strokes):
        canvas = raster.forward(np.ascontiguousarray(strokes), ground)
        return LOSSES["l1"].value_and_gradient(canvas[:3], target, weight)[0]

    worth = np.array([loss(np.delete(table, k, axis=0)) for k in range(30)]) - loss(table)
    limit = 0.1 * np.median(worth)
    found = useless(raster, table, target, weight, 0.5).tolist()
    assert len(found) > 2
    clear = np.abs(worth - limit) > 1e-6  # where rounding does not decide
    expected = [k for k in np.argsort(worth)[:15] if worth[k] < limit]
    assert {k for k in found if clear[k]} == {k for k in expected if clear[k]}
    assert (np.diff(worth[found]) > -1e-6).all()
