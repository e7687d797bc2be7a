"""The optimiser's loop on the GPU: its steps are the CPU's, and neither room nor interruptions leave a trace."""

from typing import Any

import numpy as np
import pytest
from raster_cases import f4, realistic

from impasto.engine.painter.optimizer import LATTICE_BETAS, Moments, Optimizer
from impasto.engine.raster import layout
from impasto.engine.raster.cpu import raster as cpu
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.lattice import Lattice
from impasto.engine.raster.region_tiles import RegionTiles
from impasto.engine.styles.style import Learning, Shape

pytest.importorskip("triton")
from impasto.engine.raster.triton import descent as module
from impasto.engine.raster.triton import raster as cuda
from impasto.engine.raster.triton.descent import RecordedSteps

# Three of the four lattices of a canvas of 47 × 31 pixels take turns; the last row and column of one lie beyond it.
CANVAS, COUNT, STEPS = (47, 31), 4, 2
LATTICES = Lattice(2, 0, 0), Lattice(2, 0, 1), Lattice(2, 1, 1)
SIZE, PHASES = LATTICES[0].size(*CANVAS), np.array([2, 1], np.int32)
SHAPE = Shape(taper=0.5, bend=0.1)
LOOK: dict[str, Any] = {"edges": StrokeEdge(SHAPE.softness, SHAPE.edge)}
# Adam divides by the root of its mean square, so that a gradient near zero moves a stroke by its sign: in canvas units
# and shares, of steps of 1e-2. Measured: 1e-6.
STEP = 1e-4
BENT = 6e-3  # of bent strokes' gradients, see test_cuda_raster.py; measured: 5e-4


def setting():
    rng = np.random.default_rng(1)
    table = realistic(rng, COUNT, *SIZE)
    target, weight, spill = rng.random((3, *CANVAS)).astype(f4), rng.random(CANVAS).astype(f4), rng.random(CANVAS)
    total = 3 * CANVAS[0] * CANVAS[1] / 4
    tiles = RegionTiles.on_lattices(LATTICES, [weight / f4(total)], [(spill / total).astype(f4)])
    colours = np.stack([lattice.of(target) for lattice in LATTICES])
    grounds = np.append(rng.random((STEPS, 3)), np.ones((STEPS, 1)), 1).astype(f4)
    return table, colours, tiles, grounds, np.linspace(1, 0.5, STEPS).astype(f4)


def optimizer():
    return Optimizer(SHAPE, Learning(), (16 / 24, 1.0))


def raster_of(raster):
    return raster(*SIZE, scale=max(CANVAS), lattice=LATTICES[0], **LOOK)


def descent(colours, region_tiles, lattices=LATTICES, **options):
    """As long-lived as a descent on lattices is: with other betas than one on a whole canvas."""
    raster, rules = raster_of(cuda.TritonRaster), optimizer().rules(LATTICE_BETAS)
    return RecordedSteps(raster, COUNT, colours, region_tiles, lattices, layout.L1, rules, STEPS, **options)


def descended(**options):
    table, colours, region_tiles, grounds, rates = setting()
    moments = Moments.zeros(COUNT)
    made = descent(colours, region_tiles, **options)
    losses = made.run(table, moments.mean, moments.square, moments.age, None, grounds, rates, PHASES)
    return [table, moments.mean, moments.square, moments.age, np.array(losses)], made


@pytest.fixture(scope="module")
def usual():
    return descended()


def test_its_steps_are_the_cpus(usual):
    table, colours, region_tiles, grounds, rates = setting()
    before, moments, raster, losses = table.copy(), Moments.zeros(COUNT), raster_of(cpu.CpuRaster), []
    for ground, rate, phase in zip(grounds, rates, PHASES, strict=True):
        raster.lattice = LATTICES[phase]
        loss, gradient = raster.loss_and_gradient(table, ground, colours[phase], region_tiles[phase])
        optimizer().step(table, moments, gradient, float(rate), LATTICE_BETAS)
        losses.append(loss)
    found = usual[0]
    assert np.abs(found[0] - table).max() < STEP < 0.01 * np.abs(table - before).max()
    assert np.abs(found[1] - moments.mean).max() < BENT * np.abs(moments.mean).max()
    assert np.abs(found[2] - moments.square).max() < BENT * np.abs(moments.square).max()
    assert np.array_equal(found[3], moments.age) and (moments.age == STEPS).all()
    assert found[4] == pytest.approx(losses, rel=1e-5)


def test_too_little_room_at_first_changes_no_bit(usual, monkeypatch):
    """The first step is tried with a fourth of the room it needs, found wanting, and taken again."""
    monkeypatch.setattr(module, "LEAST_ROOM", 4)
    tries, make = [], RecordedSteps._make_room

    def grudging(self, pairs):
        tries.append(pairs)
        make(self, pairs // 4 if len(tries) == 1 else pairs)

    monkeypatch.setattr(RecordedSteps, "_make_room", grudging)
    found, _ = descended()
    assert len(tries) == 2 and tries[1] > module.SPARE * (tries[0] // 4)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(found, usual[0], strict=True))


def test_without_graphs_it_is_the_same(usual):
    found, made = descended(graphs=False)
    assert made._graph is None
    assert all(a.tobytes() == b.tobytes() for a, b in zip(found, usual[0], strict=True))


def test_an_interrupted_run_has_changed_nothing(usual):
    table, colours, region_tiles, grounds, rates = setting()
    moments, asked = Moments.zeros(COUNT), []
    made = descent(colours, region_tiles)

    def interrupt():
        asked.append(True)
        return len(asked) == 2

    arrays = table, moments.mean, moments.square, moments.age
    with pytest.raises(cpu.Interrupted):
        made.run(*arrays, None, grounds, rates, PHASES, interrupt)
    assert np.array_equal(table, setting()[0]) and not moments.age.any() and not moments.mean.any()
    made.run(*arrays, None, grounds, rates, PHASES)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(arrays, usual[0], strict=False))


def test_lattices_that_do_not_fit_are_refused():
    _, colours, region_tiles, *_ = setting()
    other = RegionTiles.of([np.pad(np.ones((8, 4), f4), ((0, SIZE[0] - 8), (0, SIZE[1] - 4)))])
    for says, args in (
        ("each lattice has its colours", (colours[:2], region_tiles)),
        ("each lattice has its colours", (colours, region_tiles, LATTICES[:2])),
        ("the raster's stride", (colours, region_tiles, (*LATTICES[:2], Lattice(3)))),
        ("the same tiles at the same places", (colours, (*region_tiles[:2], other))),
    ):
        with pytest.raises(ValueError, match=says):
            descent(*args)


def test_memory_is_planned_for_what_is_there(usual):
    """More strokes, tiles, pixels and lattices take more; and the plan is not below what a descent takes."""
    made, (height, width) = usual[1], SIZE
    tiles = -(-height // cuda.TILE_H) * -(-width // cuda.TILE_W)
    plan = module.bytes_needed(COUNT, tiles, height, width, len(LATTICES))
    placed = made._placed
    held = (made._kept, made._moments, made._target, placed.weight, placed.spill)
    assert sum(tensor.nbytes for tensor in held) < plan
    more = module.bytes_needed(COUNT, tiles, height, width, len(LATTICES) + 1) - plan
    assert more >= sum(tensor[0].nbytes for tensor in held[2:])
    assert module.bytes_needed(1000, 64, 128, 128) < module.bytes_needed(4000, 64, 128, 128)
    assert module.bytes_needed(1000, 64, 128, 128) < module.bytes_needed(1000, 256, 256, 256)
