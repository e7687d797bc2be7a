"""Which strokes are to be replaced: what each is worth where viewers look and elsewhere."""

import numpy as np
import pytest

from impasto.engine.painter.replacing import idle
from impasto.engine.painter.rule import Interest
from impasto.engine.painter.targets import Targets
from impasto.engine.painting.strokes import Strokes
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.styles import load_style

SIDE = 100
SEEN, UNSEEN = 0, 1


def dot(y: float, x: float, shade: float, radius: float = 0.04) -> list[float]:
    return [x, y, x + 0.01, y, x + 0.02, y, radius, radius, 1, 1, shade, shade, shade]


@pytest.mark.parametrize(("share", "first"), [(0.6, [UNSEEN, SEEN]), (0.4, [SEEN, UNSEEN])])
def test_what_is_worth_half_as_much_stays_where_four_times_as_many_are_to_be(share, first):
    """Its worth counts by the root: a dot of .6 in the middle of a thing counts for 1.2 of one elsewhere."""
    table = [dot(0.65, 0.15, 0.5 + 0.2 * share), dot(0.5, 0.7, 0.7)]
    table += [dot(0.1, 0.15 + 0.2 * k, k % 2, 0.08) for k in range(4)]  # as dark as light, in the mean
    strokes = Strokes.of(np.array(table, np.float32), region=0, pass_index=0, first_id=0)
    raster = CpuRaster(SIDE, SIDE, edges=StrokeEdge(0.005), threads=1)
    shown = raster.forward(strokes.table, np.array([0.5, 0.5, 0.5, 1], np.float32))[:3]
    target = Targets(Picture(np.rint(shown * 255).astype(np.uint8).transpose(1, 2, 0)), load_style("realistic"))[SIDE]
    thing = np.zeros((1, SIDE, SIDE), np.float32)
    thing[:, 50:80, :30] = 1
    rule = Interest(thing, appetite=0.27)
    assert rule.gains == pytest.approx((3,))
    assert idle(strokes, target, raster, 0.4, None, rule).tolist() == first
    assert idle(strokes, target, raster, 0.2, None, rule).tolist() == first[:1]
    assert idle(strokes, target, raster, 0.0, None, rule).tolist() == []
