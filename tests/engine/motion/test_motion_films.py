"""Strokes carried from frame to frame: where they go, which stay, and that nothing flickers."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from motion.film_cases import panned
from numpy.typing import NDArray

from impasto.engine.errors import ImpastoError
from impasto.engine.library import paint
from impasto.engine.motion.areas import areas_of, carried_areas
from impasto.engine.motion.carrying import carried
from impasto.engine.motion.films import Filmer, carried_on, film_style, is_cut
from impasto.engine.motion.flow import Motion, grey_of
from impasto.engine.order import Order
from impasto.engine.painting.look import with_look
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import RegionInfo, RegionMasks
from impasto.engine.painting.strokes import middles
from impasto.engine.pictures.io import Picture
from impasto.engine.segment.regions import Region, Regions
from impasto.engine.styles import Style

f4 = np.float32
STRIDE = 4  # pixels a frame
MAGENTA, GREEN = (1.0, 0.0, 1.0, 1.0), (0.0, 1.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def style() -> Style:
    return film_style("painterly", ["finish=12", *(f"passes.{k}.iterations=6" for k in range(1, 5))])


@pytest.fixture(scope="module")
def frames() -> list[NDArray[np.uint8]]:
    return panned(5, STRIDE, 96, 128)


@pytest.fixture(scope="module")
def film(frames: list[NDArray[np.uint8]], style: Style) -> list[Painting]:
    return list(carried_on(map(Picture, frames), style, strokes=160))


def motion(forth: tuple[float, float], height: int = 48, width: int = 64) -> Motion:
    """All of a picture moves by so many pixels."""
    there = np.broadcast_to(np.array(forth, f4), (height, width, 2)).copy()
    return Motion(there, -there)


def rendered(paintings: Sequence[Painting]) -> list[NDArray[np.float32]]:
    return [(each.render(each.height, each.width)[..., :3] / 255).astype(f4) for each in paintings]


def flicker(shown: Sequence[NDArray[np.float32]]) -> float:
    """Mean change along the pan."""
    return float(np.mean([np.abs(a[:, STRIDE:] - b[:, :-STRIDE]).mean() for a, b in pairwise(shown)]))


def test_flow_of_whole_pixels_is_found(frames: list[NDArray[np.uint8]]) -> None:
    greys = [grey_of(Picture(frame), 96, 128) for frame in frames]
    found = Motion.between(greys[0], greys[1])
    inner = found.forth[16:-16, 16:-16]
    assert np.abs(np.median(inner, (0, 1)) - (-STRIDE, 0)).max() < 0.05
    assert found.new[:, -STRIDE + 1 :].mean() > 0.9 and found.new[20:-20, 20:80].mean() < 0.1
    assert np.array_equal(found.forth, Motion.between(greys[0], greys[1], threads=1).forth)


def test_strokes_go_where_the_picture_goes() -> None:
    table = np.full((3, 13), 0.5, f4)
    table[:, :6] = (0.3, 0.3, 0.35, 0.33, 0.4, 0.36)
    table[:, 6:8] = 0.02
    moved = carried(table, motion((6.4, -3.2)), 0.001, 0.1)
    assert np.allclose(moved.table[:, :6] - table[:, :6], np.tile([0.1, -0.05], 3), atol=1e-6)
    assert np.array_equal(moved.table[:, 6:], table[:, 6:]) and not moved.away.any() and not moved.lost.any()
    assert carried(table, motion((64.0, 0)), 0.001, 0.1).away.all()


def test_strokes_grow_with_the_picture() -> None:
    rows, columns = np.mgrid[:48, :64].astype(f4)
    centred = np.stack([columns - 31.5, rows - 23.5], -1)
    zoomed = Motion(centred * f4(0.1), centred * f4(1 / 1.1 - 1))
    table = np.full((1, 13), 0.5, f4)
    table[:, :6] = (0.45, 0.36, 0.5, 0.375, 0.55, 0.39)
    table[:, 6:8] = 0.02
    moved = carried(table, zoomed, 0.001, 0.1).table
    assert moved[0, 6] == pytest.approx(0.022, rel=0.01)
    assert moved[0, 4] - moved[0, 0] == pytest.approx(0.11, rel=0.01)


def test_an_end_on_something_else_goes_with_the_middle() -> None:
    still = motion((0, 0))
    still.forth[:, :16] = (20, 0)
    table = np.full((1, 13), 0.5, f4)
    table[:, :6] = (0.2, 0.3, 0.5, 0.3, 0.7, 0.3)
    table[:, 6:8] = 0.01
    assert np.allclose(carried(table, still, 0.001, 0.1).table[:, :6], table[:, :6])


def test_a_film_does_not_flicker(film: list[Painting], frames: list[NDArray[np.uint8]], style: Style) -> None:
    alone = [paint(Picture(frame), style, strokes=160) for frame in frames[:3]]
    shown, by_itself = rendered(film), rendered(alone)
    assert flicker(shown) < 0.3 * flicker(by_itself)
    far = [np.abs(a - b / f4(255)).mean() for a, b in zip(shown, frames, strict=True)]
    assert far[-1] < 1.25 * np.abs(by_itself[-1] - frames[2] / f4(255)).mean()


def test_strokes_stay_the_same_ones(film: list[Painting]) -> None:
    for before, now in pairwise(film):
        _, a, b = np.intersect1d(before.strokes.id, now.strokes.id, return_indices=True)
        assert len(a) > 0.8 * len(before.strokes)
        way = middles(now.strokes.table)[b] - middles(before.strokes.table)[a]
        assert np.abs(np.median(way, 0) * 128 - (-STRIDE, 0)).max() < 0.4
        assert now.refit is not None and before.refit is not None
        assert np.array_equal(now.refit.carried[b], before.refit.carried[a])
        assert len(np.unique(now.strokes.id)) == len(now.strokes)
    for painting in film:
        painting.strokes.validated()


def test_nothing_is_born_where_something_was(film: list[Painting]) -> None:
    """But for a few, in place of those that nobody sees any more: by other random numbers 1 to 10."""
    new = ~np.isin(film[1].strokes.id, film[0].strokes.id)
    x = middles(film[1].strokes.table)[new, 0] * 128
    assert new.any() and (x > 112).sum() + 0.06 * 160 >= new.sum()


def test_no_more_ground_shows_where_the_camera_goes(film: list[Painting]) -> None:
    def bare(painting: Painting) -> float:
        one, other = (painting.render(96, 128, background=each).astype(int) for each in (MAGENTA, GREEN))
        return float((np.abs(one - other).max(-1) > 60)[:, -4 * STRIDE :].mean())

    assert bare(film[-1]) < 0.7 * bare(film[0])


def test_what_comes_into_view_is_painted_as_well_as_the_rest(style: Style) -> None:
    """In strokes as fine and as many, not only in the broad ones that keep the ground from showing."""
    frames = panned(3, 16, 96, 128, seed=5)
    *_, last = carried_on(map(Picture, frames), style, strokes=300)
    far = np.abs(rendered([last])[0] - frames[-1] / f4(255))
    assert far[:, -32:].mean() < 1.3 * far[:, :-32].mean()
    assert (middles(last.strokes.table)[:, 0] * 128 > 96).sum() > 300 * 32 / 128


@pytest.mark.parametrize(("asked", "weave"), [((), 0.0), (("light.weave=1",), 1.0)])
def test_no_grain_of_the_ground_stays_on_the_screen_but_by_wish(asked: tuple[str, ...], weave: float) -> None:
    quick = ("finish=2", "medium.kind=oil", *(f"passes.{k}.iterations=1" for k in range(1, 5)))
    painting = paint(Picture(panned(1)[0]), film_style("painterly", (*quick, *asked)), strokes=30)
    without, with_grain = (with_look(painting, {}, {"weave": value}).render(size=300) for value in (0.0, 1.0))
    assert np.abs(without.astype(int) - with_grain).mean() > 1  # else there is none to be seen
    assert np.array_equal(painting.render(size=300), with_grain if weave else without)


def test_bits_depend_on_no_threads(frames: list[NDArray[np.uint8]], style: Style, film: list[Painting]) -> None:
    one = list(carried_on(map(Picture, frames[:2]), style, strokes=160, threads=1))
    assert np.array_equal(one[1].strokes.table, film[1].strokes.table)
    assert one[1].refit and film[1].refit and np.array_equal(one[1].refit.colours, film[1].refit.colours)


def test_at_a_cut_it_begins_anew(frames: list[NDArray[np.uint8]], style: Style) -> None:
    other = panned(1, STRIDE, 96, 128, seed=11)
    film = list(carried_on(map(Picture, [frames[0], *other]), style, strokes=400))
    assert not np.isin(film[1].strokes.id, film[0].strokes.id).any()
    began, alone = rendered([film[1], paint(Picture(other[0]), style, strokes=400)])
    wanted = other[0] / f4(255)
    assert np.abs(began - wanted).mean() < 1.04 * np.abs(alone - wanted).mean()  # colours fit the bristles of its ids
    greys = [grey_of(Picture(frame), 96, 128) for frame in [*frames[:2], *other]]
    assert is_cut(greys[0], greys[2], Motion.between(greys[0], greys[2]))
    assert not is_cut(greys[0], greys[1], Motion.between(greys[0], greys[1]))
    assert not is_cut(greys[0], greys[0] // 2, Motion.between(greys[0], greys[0] // 2))  # a light goes out


def test_a_still_picture_stays_still(frames: list[NDArray[np.uint8]], style: Style) -> None:
    film = list(carried_on([Picture(frames[0])] * 3, style, strokes=160))
    shown = rendered(film)
    assert np.abs(shown[0] - shown[1]).mean() < 0.014 and np.abs(shown[1] - shown[2]).mean() < 0.008


def test_alpha_goes_along(frames: list[NDArray[np.uint8]], style: Style) -> None:
    masks = [np.zeros((96, 128), np.uint8) for _ in range(2)]
    masks[0][20:70, 60:110], masks[1][20:70, 60 - STRIDE : 110 - STRIDE] = 255, 255
    film = list(carried_on(map(Picture, frames[:2], masks), style, strokes=80))
    assert film[1].mask is not None and np.array_equal(film[1].mask, masks[1])


def test_a_frame_that_is_all_clear_shows_nothing(frames: list[NDArray[np.uint8]], style: Style) -> None:
    masks = [np.full((96, 128), value, np.uint8) for value in (255, 0, 255)]
    film = list(carried_on(map(Picture, frames[:3], masks), style, strokes=40))
    assert [bool(each.render(96, 128)[..., 3].any()) for each in film] == [True, False, True]


def test_regions_are_carried_along() -> None:
    masks = np.zeros((2, 48, 64), np.uint8)
    masks[1, 10:30, 20:40] = 255
    masks[0] = 255 - masks[1]
    infos = tuple(RegionInfo(name=name, softness=0.002, edge=0.1) for name in ("behind", "thing"))
    moved = carried_areas(RegionMasks(masks, infos), motion((5, 2)))
    assert np.array_equal(moved.masks[1, 14:30, 28:42] > 127, np.ones((16, 14), bool))
    assert moved.masks[1].sum() == pytest.approx(masks[1].sum(), rel=0.02)


def given(number: int) -> Regions:
    left = np.zeros((2, 96, 128), f4)
    left[1, 10:60, 70 - STRIDE * number : 110 - STRIDE * number] = 1
    left[0] = 1 - left[1]
    return Regions(left, (Region("behind"), Region("thing")))


def test_regions_that_are_given_for_each_frame(frames: list[NDArray[np.uint8]], style: Style) -> None:
    filmer = Filmer(
        lambda picture, number: Order(picture, style, strokes=120, regions=given(number)),
        lambda _, number: given(number),
    )
    first = filmer.next(None, Picture(frames[0]), 0)
    second = filmer.next(first, Picture(frames[1]), 1)
    regions = second.painting.regions
    assert regions is not None and (regions.masks[1, 20:50, 72:100] == 255).all() and len(regions) == 2
    assert (np.bincount(second.painting.strokes.region) > 10).all()


def test_each_region_keeps_its_own_mask_though_they_come_in_another_order() -> None:
    infos = tuple(RegionInfo(name=name, softness=0.002, edge=0.1) for name in ("behind", "thing"))
    before, one = RegionMasks(np.rint(given(0).masks * 255).astype(np.uint8), infos), given(1)
    for frame in (one, Regions(one.masks[::-1].copy(), one.regions[::-1])):
        found = areas_of(before, frame)
        assert found.names == ("behind", "thing") and np.array_equal(found.masks, np.rint(one.masks * 255))


def test_frames_of_another_shape_are_refused(style: Style) -> None:
    pictures = [Picture(np.full((64, 64, 3), 90, np.uint8)), Picture(np.full((64, 80, 3), 90, np.uint8))]
    with pytest.raises(ImpastoError, match="make all pictures of one size"):
        list(carried_on(pictures, style, strokes=20))
