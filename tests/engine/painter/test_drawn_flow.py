"""A flow that somebody has drawn: which way it says, how far it holds, and that strokes go by it."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from quick_paintings import paint, same, scene, style_of

from impasto.engine.errors import ImpastoError
from impasto.engine.order import Order
from impasto.engine.painter import events
from impasto.engine.painter.beginning import resume
from impasto.engine.painter.drawn_flow import DrawnFlow, flow_drawn
from impasto.engine.painting.painting import Painting
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import load_style

HEIGHT, WIDTH = 96, 128
CENTRE = (0.5, 0.375)  # of the rings, canvas units


def rings(opacity: int = 255) -> Picture:
    """Rings around the middle, as if drawn by hand: strokes of many colours that begin anywhere."""
    sheet = Image.new("RGBA", (512, 384), (0, 0, 0, 0))
    pen, rng = ImageDraw.Draw(sheet), np.random.default_rng(0)
    for radius in range(40, 190, 17):
        begin, colour = rng.uniform(0, 360), tuple(int(level) for level in rng.integers(0, 255, 3))
        box = (256 - radius, 192 - radius, 256 + radius, 192 + radius)
        pen.arc(box, begin, begin + 330, fill=(*colour, opacity), width=15)
    pixels = np.asarray(sheet.filter(ImageFilter.GaussianBlur(1)))
    return Picture(pixels[..., :3].copy(), pixels[..., 3].copy())


def around(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where rings go at places in canvas units, radians."""
    return np.arctan2(y - CENTRE[1], x - CENTRE[0]) + np.pi / 2


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How far directions are apart, degrees; either way is the same."""
    return np.degrees(np.abs((one - other + np.pi / 2) % np.pi - np.pi / 2))


def seen(painting: Painting, side: int = 256) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which way the stroke goes that is seen at each pixel of a canvas (NaN: none), and x and y, canvas units."""
    y, x = (np.mgrid[: side * painting.height // painting.width, :side] + 0.5) / side
    found = np.full(x.shape, np.nan)
    t = np.linspace(0, 1, 13)[:, None]
    for row in painting.strokes.table.astype(float):
        ends, control = row[[0, 1, 4, 5]].reshape(2, 2), row[2:4]
        curve = (1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * control + t * t * ends[1]
        tangent = (1 - t) * (control - ends[0]) + t * (ends[1] - control)
        away = (x[..., None] - curve[:, 0]) ** 2 + (y[..., None] - curve[:, 1]) ** 2
        under = away.min(-1) < row[6:8].mean() ** 2
        found[under] = np.arctan2(tangent[:, 1], tangent[:, 0])[away.argmin(-1)][under]
    return found, x, y


def straight_share(painting: Painting, drawn: Picture) -> float:
    """For what share of the area that a flow covers the strokes that are seen lie within 15 degrees of it."""
    found, x, y = seen(painting)
    assert drawn.alpha is not None
    covered = np.asarray(Image.fromarray(drawn.alpha).resize(found.shape[::-1])) >= 128
    return float((apart(found, around(x, y))[covered & ~np.isnan(found)] < 15).mean())


def test_it_goes_along_what_is_drawn_and_fades_beside_it():
    flow = DrawnFlow(flow_drawn(rings(), HEIGHT, WIDTH))
    _, _, hold = flow.on(HEIGHT, WIDTH)
    y, x = (np.mgrid[:HEIGHT, :WIDTH] + 0.5) / WIDTH
    found, _ = flow.at(x, y)
    drawn = np.hypot(x - CENTRE[0], y - CENTRE[1])
    off = apart(found, around(x, y))[(drawn > 0.09) & (drawn < 0.36)]
    assert np.median(off) < 3 and np.percentile(off, 95) < 12
    assert hold[(drawn > 0.1) & (drawn < 0.35)].mean() > 0.9 and hold[drawn > 0.45].max() == 0
    assert np.abs(np.diff(hold, axis=1)).max() < 0.45  # it fades, over some pixels
    half = DrawnFlow(flow_drawn(rings(128), HEIGHT, WIDTH)).on(HEIGHT, WIDTH)[2]
    assert np.median(half[(drawn > 0.1) & (drawn < 0.35)]) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("name", "strokes"), [("painterly", 260), ("realistic", 260), ("watercolour", 500), ("pointillist", 260)]
)
def test_strokes_go_by_it_for_nine_tenths_of_what_it_covers(name, strokes):
    drawn = rings()
    for flow, least, most in ((drawn, 0.9, 1.0), (None, 0.0, 0.55)):
        order = Order(scene(HEIGHT, WIDTH), load_style(name), strokes=strokes, flow=flow, working_size=128)
        *_, done = order.painter().paint()
        assert isinstance(done, events.Finished)
        assert least <= straight_share(done.painting, drawn) <= most


def test_hatching_goes_by_it():
    shares = []
    for flow in (rings(), None):
        *_, done = Order(scene(HEIGHT, WIDTH), load_style("pencil"), flow=flow, working_size=256).painter().paint()
        assert isinstance(done, events.Finished)
        table = done.painting.strokes.table
        x, y = ((table[:, k] + 2 * table[:, k + 2] + table[:, k + 4]) / 4 for k in (0, 1))
        lean = np.arctan2(table[:, 5] - table[:, 1], table[:, 4] - table[:, 0])
        drawn = np.abs(np.hypot(x - CENTRE[0], y - CENTRE[1]) - 0.22) < 0.12
        shares.append(float((apart(lean, around(x, y))[drawn] < 20).mean()))
    assert shares[0] > 0.6 > 2 * shares[1]


def test_where_nothing_is_drawn_strokes_move_as_they_like():
    flow = DrawnFlow(flow_drawn(rings(), HEIGHT, WIDTH))
    far = np.array([[0.02, 0.02, 0.05, 0.03, 0.08, 0.02, 0.01, 0.01, 1, 1, 0, 0, 0]], np.float32)
    moved = far.copy()
    flow.keep(moved)
    assert np.array_equal(moved, far)
    across = far + np.array([0.66, 0.355, 0.68, 0.345, 0.7, 0.355, *[0] * 7], np.float32)
    flow.keep(across)
    x, y = across[:, 0] + across[:, 4], across[:, 1] + across[:, 5]
    lean = np.arctan2(across[:, 5] - across[:, 1], across[:, 4] - across[:, 0])
    assert apart(lean, around(x / 2, y / 2))[0] < 6
    before = across.copy()
    flow.keep(across)
    assert np.allclose(before, across, atol=1e-3)


def test_stopped_and_gone_on_with_it_is_the_same(tmp_path):
    picture = scene(HEIGHT, WIDTH)
    led = replace(picture, flow=flow_drawn(rings(), HEIGHT, WIDTH))
    heard, last = paint(led, style_of(), 60, every={"checkpoint": 0.0})
    kept = [event.painting for event in heard if isinstance(event, events.Checkpointed)]
    kept[5].save(tmp_path / "kept.impasto")
    *_, done = resume(Painting.load(tmp_path / "kept.impasto"), picture, threads=1).paint()
    assert isinstance(done, events.Finished) and same(done.painting, last.painting)


@pytest.mark.parametrize(
    ("drawn", "what"),
    [
        (Picture(np.full((64, 64, 3), 9, np.uint8)), "one colour"),
        (Picture(np.zeros((64, 64, 3), np.uint8), np.zeros((64, 64), np.uint8)), "nothing"),
    ],
)
def test_a_flow_without_strokes_is_refused(drawn, what):
    with pytest.raises(ImpastoError, match="no strokes are to be seen in the flow; draw some"):
        Order(scene(HEIGHT, WIDTH), style_of(), flow=drawn).painter()
