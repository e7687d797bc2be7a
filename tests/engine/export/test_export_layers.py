"""A painting split into layers, and put together again."""

from dataclasses import replace

import numpy as np
import pytest
from export_cases import CASES, together, whole_plane

from impasto.engine.errors import ImpastoError
from impasto.engine.export import layers
from impasto.engine.export.layers import Stack, tree_of
from impasto.engine.media import Medium
from impasto.engine.pictures.resize import straight
from impasto.engine.raster import render


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("size", [None, (150, 225), (31, 47)])
def test_layers_over_each_other_are_the_painting(handmade, name, size):
    painting = handmade(**CASES[name])
    stack = Stack(painting, *(size or ()))
    rendered = painting.render(*(size or ())).astype(float)
    planes = stack.planes()
    for rounded in (True, False):
        off = np.abs(np.rint(together(stack, planes, rounded)) - rendered)
        seen = off * rendered[..., 3:] / 255  # where little is seen, a colour says little
        seen[..., 3] = off[..., 3]
        assert seen.max() <= (1 if rounded else 1.5), f"rounded {rounded}: {(seen > 1).sum()} of {seen.size}"


def test_a_whole_that_is_opaque_is_exact_to_one(handmade):
    painting = handmade(regions=8, passes=4, strokes=100, size=(200, 300))
    stack = Stack(painting)
    assert np.abs(together(stack, stack.planes()) - painting.render()).max() <= 1


@pytest.mark.parametrize("regions", [0, 1])
def test_where_nothing_is_soft_layers_are_plain_paint_even_if_hidden(handmade, regions):
    """Whoever hides the upper layers finds what was painted there."""
    painting = handmade(regions=regions, opacity=1.0, strokes=120)
    stack = Stack(painting)
    strokes, shape = painting.strokes, painting if painting.regions is None else painting.regions.infos[0]
    hidden = np.zeros((stack.height, stack.width), bool)
    for number in range(len(stack.layers) - 1, 0, -1):
        table = strokes.table[strokes.pass_index == number - 1]
        plain = straight(
            render(table, 64, 96, background=(0, 0, 0, 0), edges=Medium(shape.softness, shape.edge))
        ).astype(int)  # fmt: skip
        plane = whole_plane(stack, number, stack.planes()[number]).astype(int)
        assert np.abs(plane - plain)[..., 3].max() <= 1
        assert (np.abs(plane - plain)[plain[..., 3] > 40].max()) <= 3
        if number < 3:
            assert (np.abs(plane - plain)[hidden].max(initial=0)) <= 1
            assert (hidden & (plain[..., 3] == 255)).sum() > 100
        hidden |= plain[..., 3] == 255


def test_names_and_order(handmade):
    painting = handmade(regions=3, passes=2, strokes=60)
    stack = Stack(painting)
    assert [(layer.region, layer.name) for layer in stack.layers] == [
        (None, "background"), *((region, f"pass {p}") for region in range(3) for p in (1, 2)),
    ]  # fmt: skip
    assert stack.groups == [(None, [0]), ("region 0", [1, 2]), ("region 1", [3, 4]), ("region 2", [5, 6])]


def test_without_regions_there_are_no_groups(handmade):
    painting = handmade(passes=2)
    strays = replace(painting.strokes, region=np.arange(len(painting.strokes), dtype=np.int16))
    assert Stack(replace(painting, strokes=strays)).groups == [(None, [0]), (None, [1, 2])]


def test_a_region_without_strokes_is_an_empty_group(handmade):
    stack = Stack(handmade(regions=3, passes=1, strokes=90, empty=(1,)))
    alone = [(None, [(0, "background")]), (None, [(1, "region 0")]), ("region 1", []), (None, [(2, "region 2")])]
    assert tree_of(stack) == alone  # a group of one layer is that layer
    assert stack.groups == [(None, [0]), ("region 0", [1]), ("region 1", []), ("region 2", [2])]


def test_no_strokes_and_no_ground(handmade):
    painting = handmade(strokes=0, background=(1.0, 1.0, 1.0, 0.0))
    stack = Stack(painting)
    assert stack.layers == []
    assert stack.planes() == []
    [(top, bottom, whole, parts)] = stack.bands()
    assert (top, bottom, parts, whole.any()) == (0, 64, [], False)


def test_strokes_of_an_earlier_pass_on_top_go_where_they_lie(handmade):
    """Repainting lays first passes over last ones."""
    painting = handmade(regions=2, passes=3)
    count = len(painting.strokes)
    for seed in range(3):
        mixed = painting.strokes.take(np.random.default_rng(seed).permutation(count))
        other = replace(painting, strokes=mixed)
        stack = Stack(other)
        assert len(stack.layers) <= 7
        assert np.abs(together(stack, stack.planes()) - other.render()).max() <= 1


def test_another_background_takes_the_place_of_the_underpainting(handmade):
    painting = handmade(regions=2, under=True)
    ground = (0.1, 0.2, 0.3, 1.0)
    stack = Stack(painting, background=ground)
    assert np.abs(together(stack, stack.planes()) - painting.render(background=ground)).max() <= 1
    assert Stack(painting, background=(0.0, 0.0, 0.0, 0.0)).layers[0].name == "pass 1"


def test_bands_and_threads_change_nothing(handmade, monkeypatch):
    painting = handmade(regions=5, mask=True, size=(150, 90))
    stack = Stack(painting, threads=1)
    once = stack.planes()
    assert len(list(stack.bands())) == 1
    steps = [[rows for _, _, rows in pictures] for _, _, pictures in stack.steps()]
    monkeypatch.setattr(layers, "_BAND_PIXELS", 90 * 32)
    stack = Stack(painting, threads=2)
    assert len(list(stack.bands())) == 5
    assert all(np.array_equal(a, b) for a, b in zip(once, stack.planes(), strict=True))
    parts = zip(*([rows for _, _, rows in pictures] for _, _, pictures in stack.steps()), strict=True)
    assert all(np.array_equal(a, np.concatenate(b)) for a, b in zip(steps[0], parts, strict=True))


def test_the_whole_is_what_is_rendered(handmade):
    painting = handmade(regions=3, mask=True)
    whole = np.concatenate([whole for _, _, whole, _ in Stack(painting, 100).bands()])
    assert np.array_equal(whole, painting.render(100))


@pytest.mark.parametrize("name", ["as a whole", "several", "all kinds of edges", "masked on nothing", "over a blur"])
def test_steps_lead_to_the_painting(handmade, name):
    painting = handmade(**CASES[name])
    stack = Stack(painting)
    [(top, bottom, pictures)] = stack.steps()
    assert (top, bottom) == (0, 64)
    pictures = list(pictures)
    steps = {number: rows for region, number, rows in pictures if region is None}
    assert list(steps) == list(range(len(stack.layers)))
    assert np.abs(steps[len(steps) - 1].astype(int) - painting.render()).max() <= 1
    assert [region for region, _, _ in pictures if region is not None] == list(range(len(painting.regions or "1")))
    for number in range(len(steps)):
        done = replace(painting, strokes=painting.strokes.take(_laid(stack, number)))
        assert np.abs(steps[number].astype(int) - done.render()).max() <= 1


def _laid(stack: Stack, number: int) -> np.ndarray:
    """Which strokes are in a layer or in those behind it."""
    strokes, laid = stack.painting.strokes, np.zeros(len(stack.painting.strokes), bool)
    for layer in stack.layers[: number + 1]:
        own = (
            np.full(len(strokes), layer.region == 0)
            if stack.painting.regions is None
            else strokes.region == layer.region
        )
        laid |= own & (strokes.pass_index == int(layer.name.split()[-1]) - 1 if layer.region is not None else False)
    return laid


def test_a_region_alone_shows_where_its_mask_is(handmade):
    painting = handmade(regions=3, opacity=1.0, strokes=200, edges=("strict", "strict", "loose"))
    assert painting.regions is not None
    [(_, _, pictures)] = Stack(painting).steps()
    alone = {region: rows for region, _, rows in pictures if region is not None}
    for region in (0, 1):
        mask = painting.regions.masks[region].astype(int)
        assert (alone[region][..., 3] <= mask + 1).all()
        assert (alone[region][..., 3] == mask).mean() > 0.8
    assert (alone[2][painting.regions.masks[2] == 0]).any()  # loose strokes leave their region


def test_what_cannot_be_layers(handmade):
    painting = handmade(strokes=700)
    with pytest.raises(ImpastoError, match="cannot render 0 x 5 pixels"):
        Stack(painting, 5, 0)
    with pytest.raises(ImpastoError, match="cannot be a painting"):
        Stack(painting, background=(2.0, 0.0, 0.0, 1.0))
    many = replace(painting.strokes, pass_index=np.arange(len(painting.strokes), dtype=np.int16))
    with pytest.raises(ImpastoError, match="more than 2000 layers; write a plain picture"):
        Stack(replace(painting, strokes=many))
