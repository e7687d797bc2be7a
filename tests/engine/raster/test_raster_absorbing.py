"""Strokes that absorb: values, gradients, losses and costs as the reference has them, on lattices, by regions."""

import numpy as np
import pytest
import torch
from raster_cases import (
    COLUMNS,
    FUSED,
    KINDS,
    bent,
    even_ended,
    f4,
    realistic,
    reference_gradient,
    reference_values,
    straight,
)

from impasto.engine.raster import reference, render
from impasto.engine.raster.cpu.raster import CpuRaster
from impasto.engine.raster.edges import StrokeEdge
from impasto.engine.raster.lattice import Lattice
from impasto.engine.raster.region_tiles import RegionTiles

SIZE = (33, 28)
PAPER = (0.98, 0.97, 0.94, 1.0)
GROUND = np.array(PAPER, f4)
EDGES = StrokeEdge(0.02, 0.3, absorbs=True)
EXACT = 1e-4  # of the norm of a column group's gradient, of straight strokes: float32
STEP, DIFFERENCES = 1e-6, 1e-4


def washes(kind, seed, count=6):
    """Strokes that let something through in every channel."""
    table = kind(np.random.default_rng(seed), count, *SIZE)
    table[:, 10:] = 0.05 + 0.9 * table[:, 10:]
    return table


def relative(found, expected, columns):
    return np.linalg.norm((found - expected)[:, columns]) / np.linalg.norm(expected[:, columns])


@pytest.mark.interpreted(when=lambda kind: kind is bent)
@pytest.mark.parametrize("kind", [straight, realistic, bent])
def test_values_are_the_references_and_order_is_nothing(backend, kind):
    table, render = washes(kind, 1), backend.render
    found = render(table, *SIZE, background=PAPER, edges=EDGES)
    assert np.abs(found - reference_values(table, *SIZE, background=PAPER, edges=EDGES)).max() < 2e-3
    assert np.abs(found - render(table[::-1], *SIZE, background=PAPER, edges=EDGES)).max() < 1e-6
    assert found[..., :3].min() < 0.5 and (found[..., 3] == 1).all()


@pytest.mark.interpreted(when=lambda seed: seed == 0)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_the_references_and_its_slopes(backend, seed):
    """Radii and opacities differ from end to end, so that t* carries gradient; slopes are central differences."""
    table, ascent = washes(straight, seed), np.random.default_rng(seed).normal(size=(*SIZE, 4)).astype(f4)
    look = {"background": PAPER, "edges": EDGES}
    found, expected = backend.gradient(table, ascent, **look), reference_gradient(table, ascent, **look)
    for group, columns in COLUMNS.items():
        assert relative(found, expected, columns) < EXACT, group
        direction = np.zeros_like(expected)
        direction[:, columns] = expected[:, columns] / np.linalg.norm(expected[:, columns])
        up, down = (
            reference_values(table.astype(np.float64) + sign * STEP * direction, *SIZE, **look) for sign in (1, -1)
        )
        slope = ((up - down) * ascent).sum() / (2 * STEP)
        size = np.linalg.norm(expected[:, columns])
        assert abs(size - slope) / size < DIFFERENCES, group
        assert abs((found * direction).sum() - slope) / size < DIFFERENCES, group


def test_bent_and_tapered_strokes_have_nearly_the_references_gradient(backend):
    for kind in ("bent", "tapered"):
        errors = []
        for seed in range(5):
            table = even_ended(washes(KINDS[kind], seed, 4))
            ascent = np.random.default_rng(seed).normal(size=(*SIZE, 4)).astype(f4)
            look = {"background": PAPER, "edges": EDGES}
            found, expected = backend.gradient(table, ascent, **look), reference_gradient(table, ascent, **look)
            errors.append([relative(found, expected, columns) for columns in COLUMNS.values()])
        assert (np.median(errors, 0) < 0.03).all(), kind


@pytest.mark.interpreted(when=lambda loss, caution: (loss, caution) == ("smooth_l1", 3.0))
@pytest.mark.parametrize("loss", FUSED)
@pytest.mark.parametrize("caution", [1.0, 3.0])
def test_losses_and_their_gradients_with_caution_and_weights(raster_type, loss, caution):
    table, rng = washes(straight, 5), np.random.default_rng(5)
    target, weight = rng.random((3, *SIZE)).astype(f4), rng.random(SIZE).astype(f4)
    strokes = torch.from_numpy(table).double().requires_grad_()
    ground = torch.tensor(PAPER, dtype=torch.float64)
    canvas = reference.render(strokes, *SIZE, background=ground, edges=EDGES)
    d = canvas[..., :3].permute(2, 0, 1) - torch.from_numpy(target)
    value, slope = (torch.from_numpy(x) for x in FUSED[loss].formula(d.detach().numpy()))
    dear = torch.from_numpy(weight) * torch.where(d < 0, caution, 1.0)
    (d * (slope * dear).detach()).sum().backward()
    assert strokes.grad is not None
    found, grown = raster_type(*SIZE, edges=EDGES).loss_and_gradient(
        table, GROUND, target, weight, FUSED[loss].mode, caution=caution
    )
    assert found == pytest.approx(float((value * dear).sum()), rel=1e-4)
    for group, columns in COLUMNS.items():
        assert relative(grown, strokes.grad.numpy(), columns) < 2e-3, group


@pytest.mark.interpreted
def test_each_strokes_worth_is_what_the_loss_grows_without_it(raster_type):
    table, rng = washes(realistic, 7), np.random.default_rng(7)
    target, weight = rng.random((3, *SIZE)).astype(f4), rng.random(SIZE).astype(f4)
    raster = raster_type(*SIZE, edges=EDGES)

    def loss(rows):
        return CpuRaster(*SIZE, edges=EDGES).loss_and_gradient(rows, GROUND, target, weight, caution=2.0)[0]

    worth = raster.removal_costs(table, GROUND, target, weight, caution=2.0)
    for k in range(len(table)):
        assert worth[k] == pytest.approx(loss(np.delete(table, k, 0)) - loss(table), abs=1e-4 * loss(table))


def test_lattices_are_those_pixels_of_the_canvas():
    table, stride, size = washes(realistic, 3), 3, (41, 29)
    whole = CpuRaster(*size, edges=EDGES).forward(table, GROUND)
    lattice = Lattice(stride, 1, 2)
    raster = CpuRaster(*lattice.size(*size), edges=EDGES, scale=max(size), lattice=lattice)
    rows, columns = whole[:, 1::stride, 2::stride].shape[1:]
    assert np.abs(raster.forward(table, GROUND)[:, :rows, :columns] - whole[:, 1::stride, 2::stride]).max() < 3e-3


@pytest.mark.interpreted
def test_regions_see_their_own_strokes_and_pay_for_what_they_spill(raster_type):
    """Each region is a canvas of its own; to cover others' pixels costs by how often, since nothing hides."""
    table, rng = washes(straight, 9, 8), np.random.default_rng(9)
    region = np.arange(8, dtype=np.int32) % 2
    target = rng.random((3, *SIZE)).astype(f4)
    left = np.zeros(SIZE, f4)
    left[:, :14] = 1 / 99
    spills = [(1 / 99 - left) / 5, left / 5]
    weights = [left, 1 / 99 - left]
    raster = raster_type(*SIZE, edges=EDGES)
    found, grown = raster.loss_and_gradient(
        table, GROUND, target, RegionTiles.of(weights, spills), region=region, threshold=0.0
    )
    expected, slopes = 0.0, np.zeros_like(table)
    for k in (0, 1):
        own = np.flatnonzero(region == k)
        value, slope = raster.loss_and_gradient(table[own], GROUND, target, weights[k], threshold=0.0)
        stray = raster.strays(table[own], (spills[k] > 0).astype(f4))[0]
        expected += value + stray.sum() / (5 * 99)
        slopes[own] = slope
    assert found == pytest.approx(expected, rel=1e-4)
    assert np.abs(grown[:, 10:] - slopes[:, 10:]).max() < 1e-5  # a spill is no matter of colour
    assert np.abs(grown[:, 8:10] - slopes[:, 8:10]).max() > 1e-3  # but of opacity


def test_the_same_bits_for_any_threads_and_rows():
    table = washes(realistic, 4, 40)
    whole = render(table, 70, 50, background=PAPER, edges=EDGES, threads=1)
    assert np.array_equal(whole, render(table, 70, 50, background=PAPER, edges=EDGES, threads=3))
    assert np.array_equal(whole[33:60], render(table, 70, 50, background=PAPER, edges=EDGES, rows=(33, 60)))
