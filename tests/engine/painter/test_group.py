"""What a group does: which lattice it looks at in a step, what pixels count, how large its first strokes are."""

from dataclasses import replace

import numpy as np
import pytest
from quick_paintings import HEIGHT, PASSES, WIDTH, paint, painted, scene, style_of

from impasto.engine.losses import LOSSES, PixelLoss
from impasto.engine.painter import events
from impasto.engine.painter.budget import RegionSettings
from impasto.engine.painter.descent import Step, betas_on, descent_on
from impasto.engine.painter.optimizer import Moments, Optimizer
from impasto.engine.painter.painter import Painter, _mean_loss
from impasto.engine.painter.targets import Target, Targets
from impasto.engine.painting.crops import Crop
from impasto.engine.pictures.io import Picture
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.segment import Region, Regions
from impasto.engine.styles.style import Learning, Shape

f4 = np.float32
EDGES = StrokeEdge(0.01, 0.3)


def table_of(count: int = 30) -> np.ndarray:
    table = np.random.default_rng(1).random((count, 13), f4)
    table[:, 6:8] *= 0.1
    return table


def test_a_descent_looks_at_one_lattice_after_the_other():
    """And tells the loss there, before each step."""
    goal = Targets(scene(), style_of())[WIDTH].goal(2)
    still = Optimizer(Shape(), Learning(position=0, radius=0, opacity=0, colour=0), (1.0, HEIGHT / WIDTH))
    descent = descent_on("cpu", EDGES, LOSSES["l1"], still, 1)
    table, ground = table_of(), np.ones(4, f4)
    still.step(table, Moments.zeros(len(table)), np.zeros_like(table), 1.0)  # into the range that strokes have
    steps = [Step(number, ground, 1.0) for number in (0, 1, 2, 3, 6)]
    told = descent.run(table.copy(), Moments.zeros(len(table)), None, goal, steps, lambda: False)
    loss = LOSSES["l1"]
    assert isinstance(loss, PixelLoss)
    for step, value in zip(steps, told, strict=True):
        turn = step.number % 4
        raster = CpuRaster(
            goal.height, goal.width, edges=EDGES, scale=goal.scale, lattice=goal.lattices[turn], threads=1
        )
        there = raster.loss_and_gradient(table, ground, goal.colours[turn], goal.region_tiles[turn], loss.mode)[0]
        assert value == pytest.approx(there, rel=1e-4)
    assert len(set(told)) == 4


def test_what_a_lattice_shows_is_remembered_for_longer():
    target = Targets(scene(), style_of())[WIDTH]
    assert betas_on(target.goal(1)) == (0.7, 0.7) and betas_on(target.goal(2)) == (0.9, 0.9)


def test_pixels_that_matter_weigh_more():
    """Of the same loss, which is a mean over all that is to be painted."""
    importance = np.zeros((HEIGHT, WIDTH), f4)
    importance[:, WIDTH // 2 :] = 0.5
    matters = np.linspace(0.5, 2, WIDTH, dtype=f4)[None].repeat(HEIGHT, 0)
    plain = Target(np.zeros((3, HEIGHT, WIDTH), f4), importance, (Crop.of(importance),))
    even, uneven = (
        t.goal(1).region_tiles[0].planes(HEIGHT, WIDTH)[0] for t in (plain, replace(plain, matters=matters))
    )
    assert 3 * even.sum(dtype=float) == pytest.approx(1, rel=1e-5)
    assert uneven == pytest.approx(even * matters, rel=1e-6)
    shown = plain.goal(2)
    assert 3 * sum(tiles.weight.sum(dtype=float) for tiles in shown.region_tiles) == pytest.approx(4, rel=1e-5)


def test_what_is_looked_at_does_not_change_how_large_a_loss_is():
    """What matters is 1 on average, over what is painted at all."""
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:, :20] = 0
    detail = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
    painter = Painter(Picture(scene().rgb, alpha, detail), style_of(), strokes=30, threads=1)
    target = painter._groups[0].target(painter.phases[-1])
    assert target.matters is not None and np.ptp(target.matters) > 0.5
    mean = float((target.matters * target.importance).sum(dtype=float) / target.importance.sum(dtype=float))
    assert mean == pytest.approx(1, rel=1e-4)


def test_the_first_strokes_are_spread_evenly_and_fill_twice_their_room():
    shape = {"largest": 0.5, "aspect": 3}
    style = style_of(passes=[{"radius": 0.5, "share": 1, "iterations": 0, "canvas": 1}], finish=0, shape=shape)
    radii = painted(style=style, strokes=40).strokes.table[:, 6]
    room = np.sqrt(HEIGHT / WIDTH / (40 * 4 * 3))
    assert radii == pytest.approx(np.full(40, 2 * style.shape.width * room), rel=1e-3)


def test_later_strokes_go_where_the_canvas_is_wrong_and_fill_less_than_their_room():
    """Where they are few they are as large as the rest of the canvas is left to them."""
    style = style_of(
        passes=[{"radius": 0.5, "share": 1, "iterations": 0, "canvas": 1}] * 2, finish=0,
        shape={"largest": 0.5, "aspect": 3}, attention={"mode": "uniform", "focus": 0, "interest": 0},
    )  # fmt: skip
    strokes = painted(style=style, strokes=80).strokes
    first, second = (strokes.table[strokes.pass_index == number, 6] for number in (0, 1))
    assert second == pytest.approx(np.full(40, first[0] * 0.85 / 2), rel=1e-3)


def test_the_finish_goes_on_though_nothing_gets_better():
    flat = Picture(np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    style = style_of(passes=[{**PASSES[0], "iterations": 5}], finish=60, plateau=0.9, lattice=1)
    heard, last = paint(flat, style, 20)
    started = next(event for event in heard if isinstance(event, events.Started))
    assert started.plan[-1]["iterations"] == 60 and last.iterations == 65


def test_the_loss_of_the_whole_is_that_of_its_parts_by_what_they_cover():
    labels = (np.arange(WIDTH) >= WIDTH // 4).astype(int)[None].repeat(HEIGHT, 0)
    painter = Painter(
        scene(), style_of(), strokes=40, threads=1, regions=Regions.from_labels(labels, [Region("a"), Region("b")]),
        region_settings={"b": RegionSettings(style_of(name="other", cover=False))},
    )  # fmt: skip
    assert _mean_loss([1.0, 3.0], painter._groups) == pytest.approx(0.25 * 1 + 0.75 * 3, abs=0.01)
    assert _mean_loss([1.0], painter._groups) == 1.0
