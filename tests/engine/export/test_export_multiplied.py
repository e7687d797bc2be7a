"""Washes and lines as layers that are multiplied, and put together again."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from export_cases import multiplied, over, over_white, whole_plane

from impasto.engine.export.folders import layer_files, write_layers
from impasto.engine.export.multiplied import Multiplied
from impasto.engine.export.stacks import planned_layers, stack_of
from impasto.engine.export.writers.ora import write_ora
from impasto.engine.painting.absorbing import AbsorbingComposer
from impasto.engine.painting.painting import Painting

WAYS = [(rounded, grouped) for rounded in (True, False) for grouped in (True, False)]
CLEAR = (0.0, 0.0, 0.0, 0.0)
PAPER = (0.98, 0.97, 0.94, 1.0)
CASES = {
    "as a whole": {},
    "regions": {"regions": 4, "edges": ("strict", "loose")},
    "regions, masked": {"regions": 3, "mask": True},
    "on nothing": {"regions": 3, "background": CLEAR},
    "masked on nothing": {"mask": True, "background": CLEAR},
    "on glass": {"background": (0.9, 0.8, 0.7, 0.5)},
    "over a blur": {"under": True, "regions": 2},
}
STYLES = {
    "watercolour": {"medium": {"kind": "watercolour", "spatter": 20}},
    "watercolour with a pen": {
        "medium": {"kind": "watercolour", "border": 0.04}, "passes": [{}, {}, {"medium": "pen"}],
    },
    "ink": {"medium": {"kind": "ink", "wetness": 2}},
    "charcoal": {"medium": {"kind": "charcoal"}},
}  # fmt: skip


def washed(handmade, style: str = "watercolour", **case) -> Painting:
    painting = handmade(**{"strokes": 14, "background": PAPER, **case})
    pale = painting.strokes.table.copy()
    pale[:, 10:] = 0.4 + 0.6 * pale[:, 10:]
    return replace(painting, strokes=replace(painting.strokes, table=pale), style=STYLES[style])


def check(stack, planes, share: float = 0.001, ways: Sequence[tuple[bool, bool]] = WAYS) -> None:
    rendered = stack.painting.render(stack.height, stack.width)
    for rounded, grouped in ways:
        together = multiplied(stack, planes, rounded, grouped)
        off = np.abs(over_white(together) - over_white(rendered)).max(-1)
        assert (off > 2.01).mean() <= share, f"rounded {rounded}, grouped {grouped}: {off.max()}"
        if stack.layers[0].name == "paper":
            alpha = np.abs(together[..., 3] - rendered[..., 3].astype(float))
            assert (alpha > 2.01).mean() <= share
        else:
            assert (together[..., 3] > rendered[..., 3].astype(float) - 2.01).all()


@pytest.mark.parametrize("name", ["as a whole", "regions, masked"])
def test_multiplied_layers_are_the_painting_at_1024(handmade, name):
    stack = stack_of(washed(handmade, **CASES[name]), 683, 1024)
    check(stack, stack.planes(), ways=((True, True), (False, False)))


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("style", STYLES)
def test_multiplied_layers_are_the_painting(handmade, style, name):
    stack = stack_of(washed(handmade, style, **CASES[name]), 96, 144)
    check(stack, stack.planes(), 0.002)


def test_light_and_dark_papers_and_a_flat_look(handmade):
    for light in ({"ground": "none"}, {"weave": 3.0}):
        painting = washed(handmade, regions=2)
        stack = stack_of(replace(painting, style={**painting.style, "light": light}), 100, 150)
        check(stack, stack.planes())
    stack = stack_of(washed(handmade, regions=2), 100, 150, background=(0.3, 0.25, 0.2, 1.0))
    check(stack, stack.planes())


def test_what_is_a_layer(handmade):
    stack = stack_of(washed(handmade, "watercolour with a pen", regions=2), 64, 96)
    assert [layer.name for layer in stack.layers] == ["paper", *["pass 1", "pass 2", "pen"] * 2]
    assert [layer.blending for layer in stack.layers] == ["normal", *["multiply"] * 6]
    assert [name for name, _ in stack.groups] == [None, "region 0", "region 1"]
    for _, numbers in stack.groups[1:]:
        ground = stack.layers[numbers[0]]
        for number in numbers:
            layer = stack.layers[number]
            assert ground.top <= layer.top and layer.top + layer.height <= ground.top + ground.height
            assert ground.left <= layer.left and layer.left + layer.width <= ground.left + ground.width
    whole = stack_of(washed(handmade, "watercolour", regions=2), 64, 96, parts="regions")
    assert [(layer.region, layer.name) for layer in whole.layers] == [
        (None, "paper"), (0, "pass 1"), (1, "pass 1"), (None, "spatter"),
    ]  # fmt: skip
    check(whole, whole.planes())
    drawn = stack_of(washed(handmade, "charcoal"), 64, 96)
    assert [layer.name for layer in drawn.layers] == ["paper", "charcoal"]


def test_hidden_layers_leave_the_others_as_they_were(handmade):
    """Without the second wash, the picture is what is painted without it."""
    painting = washed(handmade, "ink")
    stack = stack_of(painting, 96, 144)
    planes = stack.planes()
    planes[2][..., :3] = 255
    without = painting.fitted(1)  # as strong as with it
    kept = without.strokes.pass_index != 1
    table = without.strokes.table.copy()
    assert without.refit is not None
    table[:, 10:13] = without.refit.colours
    without = replace(without, strokes=replace(without.strokes, table=table).take(kept), refit=None)
    plain = 255 * AbsorbingComposer(without, 96, 144).band(0, 96, PAPER, True)
    off = np.abs(multiplied(stack, planes, False, False) - plain)
    assert np.percentile(off, 99) <= 2.5


def test_bands_and_threads_change_nothing(handmade, monkeypatch):
    painting = washed(handmade, regions=2, mask=True)
    planes = stack_of(painting, 96, 144, threads=1).planes()
    monkeypatch.setattr("impasto.engine.export.multiplied._BAND_PIXELS", 144 * 32)
    again = stack_of(painting, 96, 144, threads=2).planes()
    assert all(np.array_equal(a, b) for a, b in zip(planes, again, strict=True))


def test_an_ora_says_multiply(handmade, tmp_path):
    stack = stack_of(washed(handmade, regions=2), 64, 96)
    write_ora(tmp_path / "p.ora", stack)
    with zipfile.ZipFile(tmp_path / "p.ora") as archive:
        [tree] = ElementTree.fromstring(archive.read("stack.xml"))
    how = [(entry.tag, entry.get("name"), entry.get("composite-op", "").removeprefix("svg:")) for entry in tree]
    assert how == [
        ("layer", "spatter", "multiply"), ("stack", "region 1", "multiply"), ("stack", "region 0", "multiply"),
        ("layer", "paper", "src-over"),
    ]  # fmt: skip
    for group in tree.iter("stack"):
        if group.get("name"):
            assert group.get("isolation") == "isolate"
            assert [entry.get("composite-op") for entry in group] == [*["svg:multiply"] * 2, "svg:src-over"]
    write_ora(tmp_path / "clear.ora", stack_of(washed(handmade, background=CLEAR), 64, 96))
    with zipfile.ZipFile(tmp_path / "clear.ora") as archive:
        [tree] = ElementTree.fromstring(archive.read("stack.xml"))
    assert [entry.get("composite-op") for entry in tree] == [*["svg:multiply"] * 3, "svg:src-over"]


def test_folders_tell_what_is_multiplied_and_how_it_came_about(handmade, tmp_path):
    painting = washed(handmade, regions=2)
    stack = stack_of(painting, 64, 96)
    names = layer_files(stack)
    assert names[0] == "00-paper.png" and names[1] == "01-region-0-pass-1-multiply.png"
    assert [path.name for path in write_layers(tmp_path / "layers", stack)] == names
    pictures = [(region, n, rows) for _, _, some in stack.steps() for region, n, rows in some]
    steps = [rows for region, _, rows in pictures if region is None]
    assert len(steps) == len(stack.layers)
    assert np.abs(steps[-1].astype(int) - painting.render(64, 96)).max() <= 1
    light = [step.mean() for step in steps]
    assert light == sorted(light, reverse=True)
    alone = {region: rows for region, _, rows in pictures if region is not None}
    assert set(alone) == {0, 1} and all(0 < rows[..., 3].mean() < 255 for rows in alone.values())


def test_layers_of_regions_keep_what_their_passes_are_made_of(handmade):
    """Put together, passes of several media are in none but their own."""
    painting = replace(handmade(regions=2), style={"medium": {"kind": "oil"}, "passes": [{}, {"medium": "knife"}]})
    stack = stack_of(painting, 64, 96, parts="regions")
    assert len(stack.layers) == 3
    whole = np.zeros((64, 96, 4))
    for number, plane in enumerate(stack.planes()):
        over(whole, stack.layers[number], plane, True)
        assert whole_plane(stack, number, plane).shape == (64, 96, 4)
    assert np.abs(whole - painting.render(64, 96)).max() <= 2


def test_clipped_layers_are_whole_and_shown_where_the_paper_is(handmade):
    for name in ("regions, masked", "over a blur"):
        stack = stack_of(washed(handmade, **CASES[name]), 96, 144)
        assert isinstance(stack, Multiplied)
        stack.clipped = True
        planes = stack.planes()
        rendered = stack.painting.render(96, 144)
        assert np.array_equal(planes[0][..., 3], rendered[..., 3])
        assert all((plane[..., 3] == 255).all() for plane in planes[1:])
        planes[0][..., 3] = 255
        together = multiplied(stack, planes, True, True)
        seen = rendered[..., 3] > 40
        assert np.abs(together - rendered)[seen][:, :3].max() <= 2 + 255 / 40
        off = np.abs(together - rendered)[..., :3].max(-1) * rendered[..., 3] / 255
        assert (off > 2.01).mean() <= 0.001


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("regions", [0, 3])
def test_layers_are_told_before_there_are_strokes(handmade, style, regions):
    painting = washed(handmade, style, regions=regions, names=["one"])
    if "passes" not in painting.style:
        painting = replace(painting, style={**painting.style, "passes": [{}, {}, {}]})
    blank = replace(painting, strokes=painting.strokes.take(np.zeros(len(painting.strokes), bool)))
    for parts in ("passes", "regions"):
        stack = stack_of(painting, 64, 96, parts=parts)
        group_of = {n: name for name, numbers in stack.groups for n in numbers}
        there = [(group_of[n], layer.name, layer.blending) for n, layer in enumerate(stack.layers)]
        planned = [(each["group"], each["name"], each["blending"]) for each in planned_layers(blank, parts)]
        assert there == [each for each in planned if each in there]
