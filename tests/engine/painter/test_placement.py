"""New strokes: exactly as many as asked for, along the picture's structure, in its colours, within the limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.engine.painter.placement import COLOUR_TOLERANCE, TRACE_STEPS, flow_of, new_strokes
from impasto.engine.painting.strokes import Strokes
from impasto.engine.styles.style import Colour, Shape

HEIGHT, WIDTH = 48, 64
FLAT = np.full((3, HEIGHT, WIDTH), 0.5, np.float32)


def place(target, count=60, *, seed=0, wanted=None, limit=0.5, room=0.85, jitter=0.0, finest=None, own=None, **shape):
    """New strokes, in canvas units, in an even density."""
    height, width = target.shape[1:]
    even = np.full((height, width), count / (height * width))
    return new_strokes(
        np.ascontiguousarray(target, np.float32),
        even if wanted is None else wanted,
        count,
        shape=Shape(**{"curl": 0, **shape}),
        colour=Colour(jitter=jitter),
        largest=limit,
        room=room,
        rng=np.random.default_rng(seed),
        own=own,
        finest=finest,
    )


def ends(table):
    return table[:, 0:2], table[:, 4:6]


def middles(table):
    """Where the curves pass through at half time."""
    return (table[:, 0:2] + 2 * table[:, 2:4] + table[:, 4:6]) / 4


def angles(table):
    """Directions of the chords, degrees 0..180."""
    start, end = ends(table)
    return np.degrees(np.arctan2(end[:, 1] - start[:, 1], end[:, 0] - start[:, 0])) % 180


def apart(angle, other):
    """Between two directions, which have no sense: 0..90 degrees."""
    return np.abs((angle - other + 90) % 180 - 90)


def striped(angle, period=8.0):
    """Stripes that run in the direction of `angle`, degrees."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    across = x * np.sin(np.radians(angle)) - y * np.cos(np.radians(angle))
    return np.broadcast_to(0.5 + 0.4 * np.sin(2 * np.pi * across / period), (3, HEIGHT, WIDTH))


def photo(height, width, seed=0):
    return np.random.default_rng(seed).random((3, height, width), np.float32)


@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)) | st.sampled_from([(1, 200), (200, 1), (6, 120)]),
    count=st.integers(1, 80),
    seed=st.integers(0, 2**32),
    flat=st.booleans(),
    limit=st.sampled_from([0.0005, 0.02, 0.5]),
    aspect=st.sampled_from([1, 3, 30]),
    curl=st.sampled_from([0, 0.02, 1]),
    straight=st.booleans(),
    angle=st.sampled_from([0, 180]),
    flow=st.sampled_from([0, 0.5, 1]),
)
@settings(max_examples=80, deadline=None)
def test_any_picture_gets_exactly_its_strokes_and_they_are_sound(size, count, seed, flat, limit, **shape):
    target = np.full((3, *size), 0.3, np.float32) if flat else photo(size[0], size[1], seed)
    table = place(target, count, seed=seed, limit=limit, jitter=0.1, room=2.0, largest=0.5, **shape)
    assert table.shape == (count, 13) and table.dtype == np.float32 and table.flags["C_CONTIGUOUS"]
    Strokes.of(table).validated()
    assert np.array_equal(table[:, 6], table[:, 7]) and np.array_equal(table[:, 8], table[:, 9])


def test_the_longest_strokes_that_a_style_allows_can_be_kept():
    """One stroke of the largest radius and aspect, that all the picture's structure tells to go on."""
    target = 0.5 + 0.01 * (striped(0, 16) - 0.5)
    table = place(target, 1, room=100.0, aspect=30, largest=0.5)
    start, end = ends(table)
    assert np.linalg.norm(end - start) > 2
    Strokes.of(table).validated()
    bent = place(target, 40, room=100.0, aspect=30, largest=0.5, curl=1)
    Strokes.of(bent).validated()


@pytest.mark.parametrize("angle", [0, 30, 90, 135])
def test_strokes_lie_along_the_stripes(angle):
    table = place(striped(angle), 100)
    start, end = ends(table)
    inside = ((middles(table) > 0.1) & (middles(table) < np.array([0.9, 0.65]))).all(axis=1)
    assert inside.sum() > 40
    assert apart(angles(table), angle)[inside].max() < 6
    assert np.median(np.linalg.norm(end - start, axis=1)) > 2 * np.median(table[:, 6])


def test_flow_is_sure_of_stripes_and_of_nothing_else():
    flow = flow_of(np.ascontiguousarray(striped(30), np.float32), 3.0, 0.7)
    core = np.s_[8:-8, 8:-8]
    assert flow.coherence[core].min() > 0.9
    assert apart(np.degrees(np.arctan2(flow.y, flow.x)), 30)[core].max() < 5
    assert np.hypot(flow.x, flow.y) == pytest.approx(np.ones((HEIGHT, WIDTH)))
    assert flow_of(FLAT, 3.0, 0.7).coherence.max() < 1e-3


def rings():
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return np.broadcast_to(0.5 + 0.05 * np.sin(np.hypot(y - 24, x - 32) * 0.8), (3, HEIGHT, WIDTH))


def test_a_stroke_passes_through_the_pixel_that_was_drawn_for_it():
    """However much it bends."""
    wanted = np.zeros((HEIGHT, WIDTH))
    places = [(8, 32), (24, 50), (40, 20), (30, 14)]
    for place_of in places:
        wanted[place_of] = 0.02
    table = place(rings(), 40, wanted=wanted, aspect=8)
    passed = middles(table) * WIDTH
    start, end = ends(table)
    assert (np.linalg.norm(passed - (start + end) / 2 * WIDTH, axis=1) > 0.5).mean() > 0.5
    found = {(int(y), int(x)) for x, y in np.floor(passed + 1e-4 * (np.floor(passed) + 0.5 - passed))}
    assert found == set(places)


def half():
    """The left half of the picture."""
    return np.repeat((np.arange(WIDTH) < WIDTH // 2).astype(np.float32)[None], HEIGHT, 0)


def test_strokes_of_a_region_grow_to_its_border_and_no_further():
    table = place(FLAT, 200, own=half(), wanted=half() * 200 / half().sum(), aspect=15, flow=0)
    start, end = ends(table)
    assert max(start[:, 0].max(), end[:, 0].max()) * WIDTH < WIDTH // 2 + 1e-3
    length = np.linalg.norm(end - start, axis=1)
    assert np.median(length / table[:, 6]) > 14


def test_strokes_of_a_region_have_its_colours_to_the_very_border():
    table = place(np.broadcast_to(1 - half(), (3, HEIGHT, WIDTH)), 200, own=half(), wanted=half() * 200 / half().sum())
    assert (middles(table)[:, 0] * WIDTH > WIDTH // 2 - 1).any()
    assert table[:, 10:].max() < 1e-3


def test_strokes_curve_with_the_picture():
    """On rings, too faint to stop anywhere, they bend round the centre."""
    table = place(rings(), 80, room=1.5, aspect=8)
    start, end = ends(table)
    centre = np.array([32.5, 24.5]) / WIDTH
    outwards = middles(table) - (start + end) / 2
    from_centre = middles(table) - centre
    distance = np.linalg.norm(from_centre, axis=1)
    ring = (distance > 0.12) & (distance < 0.3)
    assert ring.sum() > 20
    assert ((outwards * from_centre).sum(1) > 0)[ring].mean() > 0.95


@pytest.mark.parametrize("direction", [0, 30, -75, 180])
def test_without_flow_strokes_go_in_the_given_direction(direction):
    for target in (FLAT, striped(60)):
        table = place(target, straight=True, flow=0, direction=direction)
        assert apart(angles(table), direction).max() < 0.5


def test_half_flow_goes_between_the_two():
    table = place(striped(0), straight=True, flow=0.5, direction=60)
    turned = apart(angles(table), 30)
    assert np.median(turned) < 8 and turned.min() < turned.max()


def test_the_random_turn_keeps_to_its_angle():
    spread = {angle: apart(angles(place(FLAT, 300, straight=True, flow=0, angle=angle)), 0) for angle in (0, 20, 90)}
    assert spread[0].max() < 0.5
    assert 15 < spread[20].max() < 20.5
    assert spread[90].max() > 80 and 35 < spread[90].mean() < 55


@pytest.mark.parametrize("curl", [0, 0.5])
def test_straight_strokes_do_not_bend_at_all(curl):
    table = place(photo(HEIGHT, WIDTH), straight=True, curl=curl, aspect=6)
    start, end = ends(table)
    assert table[:, 2:4] == pytest.approx((start + end) / 2, abs=1e-6)


def test_curl_bends_at_random():
    def bend(curl):
        table = place(FLAT, 300, flow=0, curl=curl)
        start, end = ends(table)
        length = np.linalg.norm(end - start, axis=1)
        return np.linalg.norm(table[:, 2:4] - (start + end) / 2, axis=1) / length

    assert bend(0).max() < 1e-4
    assert bend(0.2).mean() == pytest.approx(2 * bend(0.1).mean(), rel=0.01) and bend(0.1).mean() > 0.03


def test_a_flat_picture_lets_strokes_grow_to_their_full_length():
    table = place(FLAT, aspect=5, flow=0)
    start, end = ends(table)
    # the stroke's round ends make up the rest of its length
    assert np.linalg.norm(end - start, axis=1) == pytest.approx(2 * table[:, 6] * (5 - 1), rel=1e-4)


def test_strokes_stop_where_the_colour_changes():
    """Going straight for an edge, none grows past it by more than the first step, which is never looked at."""
    target = np.zeros((3, HEIGHT, WIDTH), np.float32)
    target[:, :, WIDTH // 2 :] = 1
    edge = 0.5
    table = place(target, 300, flow=0, direction=0, aspect=15, room=1.5)
    start, end = ends(table)
    reach = table[:, 6] * (15 - 1)
    home = np.where(middles_of_growth(table, reach) < edge, -1, 1)
    tips = np.maximum(home * (edge - start[:, 0]), home * (edge - end[:, 0]))
    assert (tips < reach / TRACE_STEPS + 1 / WIDTH).all()
    free = place(target * COLOUR_TOLERANCE * 0.9, 300, flow=0, direction=0, aspect=15, room=1.5)
    start, end = ends(free)
    crossing = (start[:, 0] - edge) * (end[:, 0] - edge) < 0
    assert crossing.mean() > 0.2


def middles_of_growth(table, reach):
    """Where each stroke grew from: the curve passes through it."""
    assert (np.abs(middles(table)[:, 0] - table[:, 0]) <= reach + 1e-6).all()
    return middles(table)[:, 0]


def test_colours_come_from_the_picture():
    corners = np.random.default_rng(3).random((3, 2, 2)).astype(np.float32)
    target = np.kron(corners, np.ones((HEIGHT // 2, WIDTH // 2), np.float32))
    table = place(target, 200)
    x, y = (middles(table) * WIDTH).T
    inside = (np.abs(x - WIDTH / 2) > 6) & (np.abs(y - HEIGHT / 2) > 6)
    assert inside.sum() > 100
    expected = corners[:, (y > HEIGHT / 2).astype(int), (x > WIDTH / 2).astype(int)].T
    assert table[inside, 10:] == pytest.approx(expected[inside], abs=0.01)


def test_jitter_changes_colours_at_random_and_keeps_them_colours():
    grey = place(FLAT, 400, jitter=0.1)[:, 10:]
    assert 0.08 < grey.std() < 0.14 and abs(grey.mean() - 0.5) < 0.02
    assert np.ptp(grey, axis=1).mean() > 0.1  # not only lighter and darker
    white = place(2 * FLAT, 400, jitter=0.3)[:, 10:]
    assert white.max() == 1 and white.min() > 0 and (white < 1).mean() > 0.3


def test_radius_fills_the_room_there_is():
    """As if strokes were rectangles of their length and width, they would cover the canvas room² times over."""
    for count in (30, 120):
        for aspect in (2, 6):
            table = place(FLAT, count, aspect=aspect, room=0.85)
            area = (4 * aspect * (table[:, 6].astype(float) * WIDTH) ** 2).sum()
            assert area / (WIDTH * HEIGHT) == pytest.approx(0.85**2, rel=1e-4)


def test_where_strokes_are_dense_they_are_small():
    wanted = np.full((HEIGHT, WIDTH), 0.01)
    wanted[:, WIDTH // 2 :] = 0.09
    count = round(wanted.sum())
    table = place(FLAT, count, wanted=wanted, aspect=2)
    right = middles(table)[:, 0] > 0.5
    assert right.mean() == pytest.approx(0.9, abs=0.02)
    assert table[~right, 6] == pytest.approx(3 * table[right, 6].mean(), rel=1e-3)


@pytest.mark.parametrize(
    ("limit", "shape", "low", "high"),
    [
        (0.5, {"smallest": 0.1, "largest": 0.2}, 0.1, 0.1),  # has room for less
        (0.5, {"smallest": 0.0005, "largest": 0.01}, 0.01, 0.01),
        (0.02, {"smallest": 0.0005, "largest": 0.2}, 0.85 / np.sqrt(0.1 * 4 * 3) / WIDTH, 0.02),
        (0.02, {"smallest": 0.03, "largest": 0.2}, 0.03, 0.03),
        (0.5, {"smallest": 0.03, "largest": 0.05}, 0.03, 0.05),
    ],
)
def test_radius_keeps_to_the_limits_of_the_pass_and_of_the_style(limit, shape, low, high):
    wanted = np.geomspace(0.002, 0.1, WIDTH) * np.ones((HEIGHT, 1))
    radius = place(FLAT, round(wanted.sum()), wanted=wanted, limit=limit, **shape)[:, 6]
    assert (np.diff(radius) <= 0).all()  # largest first
    assert radius.min() == pytest.approx(low) and radius.max() == pytest.approx(high)


@pytest.mark.parametrize(
    ("limits", "opacity"), [((0, 1), 0.9), ((0.2, 0.5), 0.5), ((0.95, 1), 0.95), ((1, 1), 1), ((0, 0), 0)]
)
def test_opacity_keeps_to_the_limits(limits, opacity):
    assert place(FLAT, opacity=limits)[:, 8:10] == pytest.approx(np.full((60, 2), opacity))


def test_the_same_randomness_places_the_same():
    target, options = photo(HEIGHT, WIDTH), {"jitter": 0.1, "angle": 30, "curl": 0.1}
    first = place(target, seed=5, **options)
    assert np.array_equal(first, place(target, seed=5, **options))
    assert not np.array_equal(first, place(target, seed=6, **options))


def test_chance_has_little_say_where_a_viewer_looks():
    usual, calm, wild = (
        place(striped(30), 200, jitter=0.2, angle=60.0, smallest=0.002, finest=finest)
        for finest in (np.ones((3, 4), np.float32), np.full((3, 4), 0.5, np.float32), None)
    )
    assert np.array_equal(usual, wild)
    assert apart(angles(calm), 30).mean() < 0.5 * apart(angles(usual), 30).mean()
    assert np.ptp(calm[:, 10:], axis=1).mean() < 0.5 * np.ptp(usual[:, 10:], axis=1).mean()
