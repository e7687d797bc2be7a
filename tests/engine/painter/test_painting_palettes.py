"""Palettes in paintings: every stroke of a finished one has one of the given colours, exactly."""

import numpy as np
import pytest
from making_paintings import assert_same, begun, checkpoints, finished
from making_paintings import scene as small_scene
from test_painter_regions import disc, paint, regions_of, scene, style_of
from test_painter_regions import finished as done

from impasto.engine.painter.budget import RegionSettings
from impasto.engine.painter.events import Finished, StrokesAdded
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.repaint import Repainter

WARM, COLD = ("#f2e8d5", "#C9A227", "#a33a2a", "#1c1b1a"), ("#102040", "#7fa0c0")


def with_palette(palette, **values):
    return style_of(colour={"palette": palette, "jitter": 0.3}, **values)


def levels(table):
    """The colours of strokes, as #rrggbb; they are those exactly."""
    wanted = np.round(table[:, 10:] * 255).astype(int)
    assert np.array_equal(table[:, 10:], wanted.astype(np.float32) / np.float32(255))
    return {"#{:02x}{:02x}{:02x}".format(*row) for row in wanted}


def of(palette):
    return {name.lower() for name in palette}


@pytest.mark.parametrize("edges", ["strict", "filter"])
def test_each_region_has_colours_of_its_own_palette(edges):
    settings = {"disc": RegionSettings(with_palette(COLD, edges=edges)), "sky": RegionSettings(style_of())}
    painting = paint(with_palette(WARM, edges=edges), region_settings=settings)
    strokes = painting.strokes
    assert levels(strokes.table[strokes.region == 2]) <= of(COLD)
    assert of(WARM) >= levels(strokes.table[strokes.region == 1]) > set()
    free = strokes.table[strokes.region == 0, 10:] * 255
    assert (np.abs(free - np.round(free)) > 0.01).any()
    assert levels(np.array([[0] * 10 + list(painting.background[:3])], np.float32)) <= of(WARM)


def test_strokes_that_replace_others_in_the_finish_have_them_as_well():
    """Those that leave their region: there are some, as the passes replace none and are short."""
    style = with_palette(WARM, edges="filter", passes=[{"radius": 0.2, "share": 1, "iterations": 1}])
    heard = list(Painter(scene(), style, strokes=60, regions=regions_of()).paint())
    assert sum(event.replaced for event in heard if isinstance(event, StrokesAdded)) > 1
    last = heard[-1]
    assert isinstance(last, Finished) and levels(last.painting.strokes.table) <= of(WARM)


@pytest.mark.parametrize("edges", ["strict", "loose"])
def test_the_strokes_have_them_before_the_last_steps_and_move_on(edges):
    still, moved = (paint(with_palette(WARM, edges=edges, finish=steps)).strokes for steps in (0, 12))
    assert levels(still.table) <= of(WARM) and len(levels(still.table)) > 2
    assert np.array_equal(still.table[:, 10:], moved.table[:, 10:])
    assert (np.abs(still.table[:, :8] - moved.table[:, :8]).max(1) > 1e-4).mean() > 0.9


def test_what_was_stopped_anywhere_becomes_the_same():
    style = with_palette(WARM, finish=3)
    whole = finished(begun(style))
    assert levels(whole.painting.strokes.table) <= of(WARM)
    for painting in checkpoints(begun(style, every={"checkpoint": 0.0})):
        assert_same(finished(Painter.resume(painting, small_scene(), threads=1)).painting, whole.painting)


def test_a_part_repainted_has_the_palette_it_is_given():
    old = paint()
    painter = Repainter(old, scene(), disc() * np.uint8(255), with_palette(COLD), strokes=80)
    new = done(painter).painting
    added = new.strokes.id >= old.strokes.next_id
    assert levels(new.strokes.table[added]) <= of(COLD)
