"""Repainting: what a mask shows is painted anew, and nothing else is touched, to the bit."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from test_painter_regions import HEIGHT, WIDTH, disc, finished, paint, regions_of, scene, style_of

from impasto.engine.errors import ImpastoError
from impasto.engine.painter import events
from impasto.engine.painter.painter import Painter
from impasto.engine.painter.repaint import Repainter
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import RegionMasks
from impasto.engine.painting.strokes import Strokes
from impasto.engine.texture.settings import MediumSettings

f4 = np.float32
HALF = np.where(np.arange(WIDTH) > 30, 255, 0).astype(np.uint8)[None].repeat(HEIGHT, 0)
FINE = style_of(name="fine", shape={"largest": 0.02}, colour={"saturation": 0.5})


def mask_of(softness=2.0):
    return np.rint(gaussian_filter(disc() * 255.0, softness)).astype(np.uint8)


def whole() -> Painting:
    return finished(Painter(scene(), style_of(), strokes=100)).painting


def repainted(old, mask=None, strokes=80, style=None, **options) -> Painting:
    return finished(
        Repainter(old, scene(), mask_of() if mask is None else mask, style or FINE, strokes=strokes, **options)
    ).painting


@pytest.mark.parametrize("kind", ["whole", "strict", "filter", "loose"])
@pytest.mark.parametrize("softness", [0.0, 2.0])
def test_only_what_the_mask_shows_changes(kind, softness):
    old = whole() if kind == "whole" else paint(style_of(edges=kind))
    mask = mask_of(softness)
    new = repainted(old, mask)
    before, after = old.render(), new.render()
    assert np.array_equal(before[mask == 0], after[mask == 0])
    changed = np.abs(before.astype(int) - after)[mask == 255].max(-1)
    assert (changed > 0).mean() > 0.5


def test_strokes_that_the_mask_hides_wholly_go_and_no_others():
    """Those that come within a pixel of its border stay: at another size that lies elsewhere."""
    old = whole()
    radius = 1.0 / WIDTH
    ends = [(40, 55), (34, 55), (32.5, 55), (20, 55), (5, 15)]
    table = np.array(
        [[a / WIDTH, 0.3, (a + b) / 2 / WIDTH, 0.3, b / WIDTH, 0.3, radius, radius, 1, 1, 1, 0, 0] for a, b in ends], f4
    )
    old = replace(old, strokes=Strokes.of(table), softness=1e-3, edge=0.0)
    kept = repainted(old, HALF).strokes
    assert kept.id[kept.region == 0].tolist() == [2, 3, 4]


@pytest.mark.parametrize("scale", [0.5, 2, 3.7])
def test_at_any_size_nothing_changes_away_from_the_mask(scale):
    from scipy.ndimage import binary_dilation

    old = paint()
    new = repainted(old)
    size = round(HEIGHT * scale), round(WIDTH * scale)
    far = ~np.asarray(binary_dilation(mask_of() > 0, np.ones((5, 5))), bool)
    y, x = ((np.arange(n) / scale).astype(int) for n in size)
    far = far[y[:, None], x]
    assert far.mean() > 0.3 and np.array_equal(old.render(*size)[far], new.render(*size)[far])


@pytest.mark.parametrize("kind", ["whole", "strict", "loose"])
@pytest.mark.parametrize("scale", [1, 3.7])
def test_in_oil_nothing_changes_beyond_four_pixels(kind, scale):
    """Light falls over the new paint's edge and bristles fray it; all that lies further keeps its bits."""
    from scipy.ndimage import distance_transform_edt

    oil = MediumSettings(kind="oil")
    old = whole() if kind == "whole" else paint(style_of(edges=kind))
    old = replace(old, style=old.style | {"medium": {"kind": "oil"}}).fitted()
    new = repainted(old, mask_of(0), style=FINE.model_copy(update={"medium": oil}))
    size = round(HEIGHT * scale), round(WIDTH * scale)
    y, x = ((np.arange(n) / scale).astype(int) for n in size)
    far = np.asarray(distance_transform_edt(mask_of(0)[y[:, None], x] == 0)) > 4
    before, after = old.render(*size), new.render(*size)
    assert far.mean() > 0.3 and np.array_equal(before[far], after[far])
    assert (before != after).any(-1)[~far].mean() > 0.3


@pytest.mark.parametrize("kind", ["whole", "strict", "loose"])
def test_all_other_strokes_are_the_same_ids_included(kind):
    old = whole() if kind == "whole" else paint(style_of(edges=kind))
    new = repainted(old, HALF)
    kept = np.isin(old.strokes.id, new.strokes.id)
    assert 0 < (~kept).sum() < 0.9 * len(kept)  # those that cannot be seen any more
    rows = np.isin(new.strokes.id, old.strokes.id)
    assert np.array_equal(new.strokes.table[rows], old.strokes.table[kept])
    assert np.array_equal(new.strokes.id[rows], old.strokes.id[kept])
    assert new.strokes.id[~rows].min() > old.strokes.id.max() and (~rows).sum() == 80
    assert (np.diff(new.strokes.region) >= 0).all()
    assert new.regions is not None and new.regions.names[-1] == "repaint"
    assert new.regions.infos[-1].style["name"] == "fine"


def test_what_is_left_out_could_not_be_seen():
    """With all the old strokes kept, the painting would look the same."""
    old = paint()
    new = repainted(old, HALF)
    assert len(new.strokes) < len(old.strokes) + 80
    fresh = new.strokes.take(~np.isin(new.strokes.id, old.strokes.id))
    from impasto.engine.painting.strokes import Strokes

    crowded = replace(new, strokes=Strokes.concatenate([old.strokes, fresh]))
    differences = np.abs(crowded.render().astype(int) - new.render())
    assert differences.max() <= 1


def test_again_and_again_and_from_a_file(tmp_path):
    painting = whole()
    for number in range(3):
        mask = np.roll(mask_of(), 12 * number, 1)
        painting = repainted(painting, mask, seed=number)
        painting.save(tmp_path / f"{number}.impasto")
        painting = Painting.load(tmp_path / f"{number}.impasto")
    assert painting.regions is not None
    assert painting.regions.names == ("painting", "repaint", "repaint 2", "repaint 3")
    assert len(np.unique(painting.strokes.id)) == len(painting.strokes)


def test_masks_finer_and_coarser_than_the_paintings():
    old = paint(regions=regions_of(softness=0).resampled(HEIGHT // 2, WIDTH // 2))
    fine = np.repeat(np.repeat(mask_of(0), 2, 0), 2, 1)
    new = repainted(old, fine)
    assert new.regions is not None and new.regions.masks.shape[1:] == fine.shape
    coarse = repainted(paint(), mask_of(0)[::2, ::2])
    assert coarse.regions is not None and coarse.regions.masks.shape[1:] == (HEIGHT, WIDTH)


def test_previews_show_the_whole():
    old = paint()
    heard = list(Repainter(old, scene(), mask_of(), FINE, strokes=60, every={"preview": 0.0}).paint())
    previews = [e.pixels for e in heard if isinstance(e, events.Preview)]
    assert len(previews) > 5
    outside = mask_of() == 0
    assert all(np.array_equal(p[outside], old.render()[outside]) for p in previews)
    assert not any(isinstance(e, events.Checkpointed) for e in heard)


def test_what_was_cancelled_is_kept():
    left = iter(range(15))
    last = finished(Repainter(paint(), scene(), mask_of(), FINE, strokes=60), lambda: next(left, None) is None)
    assert last.cancelled and last.painting.checkpoint is None and last.painting.regions is not None


def test_strokes_are_as_dense_as_before_if_nothing_is_said():
    total = Repainter(paint(strokes=200), scene(), mask_of(0), FINE).total
    assert total == round(200 * disc().mean())


def test_what_cannot_be_repainted_is_refused():
    from impasto.engine.pictures.io import Picture

    old = paint()
    left = iter(range(20))
    unfinished = finished(Painter(scene(), style_of(), strokes=50), lambda: next(left, None) is None).painting
    with pytest.raises(ImpastoError, match="unfinished"):
        Repainter(unfinished, scene(), mask_of(), FINE)
    with pytest.raises(ImpastoError, match="80×60; give that one"):
        Repainter(old, Picture(np.zeros((HEIGHT, WIDTH + 1, 3), np.uint8)), mask_of(), FINE)
    with pytest.raises(ImpastoError, match="empty"):
        Repainter(old, scene(), np.zeros((HEIGHT, WIDTH), np.uint8), FINE)
    with pytest.raises(ImpastoError, match="'12:30' is no name"):
        Repainter(old, scene(), mask_of(), FINE, name="12:30")
    assert old.regions is not None
    many = [old.regions.infos[0].model_copy(update={"name": f"r{k}"}) for k in range(256)]
    masks = np.zeros((256, HEIGHT, WIDTH), np.uint8)
    masks[0] = 255
    with pytest.raises(ImpastoError, match="256 regions"):
        Repainter(replace(old, regions=RegionMasks(masks, tuple(many))), scene(), mask_of(), FINE)
