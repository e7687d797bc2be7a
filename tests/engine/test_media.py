"""Media: one file or one entry point each, chosen by name in a style, seen when a painting is shown."""

import io
import json
from dataclasses import replace
from importlib.metadata import EntryPoint
from zipfile import ZipFile

import numpy as np
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.media import MEDIA, Medium, medium_of
from impasto.engine.painting.look import with_look
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import RegionInfo, RegionMasks
from impasto.engine.painting.strokes import Strokes
from impasto.engine.raster import render
from impasto.engine.styles import changed_style, load_style, validate_style

STROKE = np.array([[0.1, 0.2, 0.5, 0.5, 0.9, 0.3, 0.1, 0.2, 0.5, 0.8, 1, 0, 0]], np.float32)


class Inverted(Medium):
    """Strokes in the colours' complements."""

    def render(self, table, height, width, **options):
        """Flat strokes, their colours the other way round."""
        table = table.copy()
        table[:, 10:] = 1 - table[:, 10:]
        return super().render(table, height, width, **options)


@pytest.fixture
def inverted(monkeypatch):
    """Another package brings a medium."""
    point = EntryPoint("inverted", f"{__name__}:Inverted", "impasto.media")
    monkeypatch.setattr(MEDIA, "_others", {"inverted": point})
    yield
    MEDIA._loaded.pop("inverted", None)


def painting_of(style, regions=None):
    return Painting(
        strokes=Strokes.of(STROKE, region=0, pass_index=0, first_id=0), width=32, height=24, style=style, seed=0,
        background=(1.0, 1.0, 1.0, 1.0), softness=0.02, edge=0.3, regions=regions,
    )  # fmt: skip


def version_of(painting, path):
    painting.save(path, overwrite=True)
    with ZipFile(io.BytesIO(path.read_bytes())) as file:
        return json.loads(file.read("recipe.json"))["version"]


def test_flat_is_what_the_rasteriser_lays():
    medium = medium_of("flat", 0.02, 0.3)
    look = {"background": (1.0, 1.0, 1.0, 0.5), "rows": (3, 20), "columns": (2, 30)}
    assert type(medium) is MEDIA["flat"] is Medium
    assert np.array_equal(medium.render(STROKE, 24, 32, **look), render(STROKE, 24, 32, edges=medium, **look))


def test_a_style_of_flat_strokes_is_written_as_ever():
    style = load_style("realistic")
    assert style.medium.kind == "flat" and "medium" not in style.model_dump(mode="json")


def test_a_medium_is_set_by_name_and_kept(inverted):
    style = load_style("realistic", ["medium.kind=inverted"])
    values = style.model_dump(mode="json")
    assert values["medium"] == {"kind": "inverted"} and validate_style(values, "it") == style
    assert changed_style(style, ["medium.kind=flat"]) == load_style("realistic")


def test_a_medium_that_is_not_there_is_told_with_those_that_are():
    names = "charcoal, dry, filbert, flat, gouache, ink, knife, oil, pastel, pen, pencil, pointillist, watercolour"
    with pytest.raises(ImpastoError, match=rf"there is no medium milk; there are {names}\.$"):
        load_style("painterly", ["medium.kind=milk"])
    with pytest.raises(ImpastoError, match="there is no medium milk; there are charcoal"):
        painting_of({"medium": {"kind": "milk"}}).render()
    with pytest.raises(ImpastoError, match="there is no medium of that name; there are charcoal"):
        painting_of({"medium": {"kind": "\x1b[2J"}}).render()


@pytest.mark.parametrize("style", [{"medium": 5}, {"medium": {"kind": 5}}, {"medium": {}}])
def test_a_style_that_says_nothing_of_a_medium_is_flat(style):
    assert painting_of(style).media() == [Medium(0.02, 0.3)]


def test_a_painting_is_shown_in_its_medium_and_older_programs_refuse_it(inverted, tmp_path):
    plain, painting = painting_of({}), painting_of({"medium": {"kind": "inverted"}})
    shown = painting.render()
    assert shown[8, 16, 1] > 200 > plain.render()[8, 16, 1]  # red strokes are seen as cyan
    assert version_of(plain, tmp_path / "it.impasto") == 1
    assert version_of(painting, tmp_path / "it.impasto") == 3
    assert np.array_equal(Painting.load(tmp_path / "it.impasto").render(), shown)


def test_each_region_has_the_medium_of_its_style(inverted, tmp_path):
    infos = (
        RegionInfo(name="one", softness=0.02, edge=0.3, style={"medium": {"kind": "inverted"}}),
        RegionInfo(name="other", softness=0.02, edge=0.3),
    )
    masks = np.zeros((2, 24, 32), np.uint8)
    masks[0] = 255
    painting = painting_of({}, RegionMasks(masks, infos))
    assert [medium.kind for medium in painting.media()] == ["inverted", "flat"]
    assert painting.render()[8, 16, 1] > 200 and version_of(painting, tmp_path / "it.impasto") == 3
    plain = painting_of({}, RegionMasks(masks, tuple(info.model_copy(update={"style": {}}) for info in infos)))
    assert plain.render()[8, 16, 1] < 200 and version_of(plain, tmp_path / "it.impasto") == 2


def test_regions_of_the_same_medium_are_not_composed_as_flat_ones(inverted):
    """They could be by one sweep of the rasteriser, which knows of edges alone."""
    masks = np.full((1, 24, 32), 255, np.uint8)
    regions = RegionMasks(masks, (RegionInfo(name="one", softness=0.02, edge=0.3),))
    assert painting_of({"medium": {"kind": "inverted"}}, regions).render()[8, 16, 1] > 200


def test_a_painting_has_its_look_changed_key_by_key(inverted):
    infos = (
        RegionInfo(name="one", softness=0.02, edge=0.3, style={"medium": {"kind": "inverted", "body": 2.0}}),
        RegionInfo(name="other", softness=0.02, edge=0.3),
    )
    masks = np.zeros((2, 24, 32), np.uint8)
    masks[0] = 255
    style = {"light": {"relief": 0.5, "gloss": 0.1}, "passes": [{"radius": 0.1, "medium": "inverted"}], "strokes": 7}
    old = painting_of(style, RegionMasks(masks, infos))
    new = with_look(old, {"dryness": 1.5}, {"relief": None, "angle": 90})
    assert new.style == style | {"medium": {"dryness": 1.5}, "light": {"gloss": 0.1, "angle": 90.0}}
    assert new.regions is not None and new.strokes is old.strokes and old.style is style
    assert new.regions.infos[0].style["medium"] == {"kind": "inverted", "body": 2.0, "dryness": 1.5}
    assert new.regions.infos[0].style["light"] == {"angle": 90.0} and new.regions.infos[1].style == {}
    flat = with_look(new, {"kind": "flat", "body": None}, {})
    assert [medium.kind for medium in flat.media()] == ["flat", "flat"] and flat.style["passes"] == [{"radius": 0.1}]
    assert with_look(flat, {"dryness": 1}, {"gloss": None, "angle": 130}).style == {"strokes": 7} | {
        "passes": [{"radius": 0.1}]
    }


def test_a_tip_comes_with_its_name_and_goes_with_it():
    plain, tip = painting_of({"medium": {"kind": "oil"}}), np.full((256, 128), 9, np.uint8)
    assert with_look(plain, {"tip": None}, {}).tip is None
    with_tip = with_look(plain, {"tip": "comb.gbr"}, {}, tip)
    assert with_tip.tip is tip and with_tip.style["medium"] == {"kind": "oil", "tip": "comb.gbr"}
    assert with_look(with_tip, {"tip": "comb.gbr", "body": 2}, {}).tip is tip
    for look in ({"tip": ""}, {"tip": None}, {"kind": "flat"}):
        bare = with_look(with_tip, look, {})
        assert bare.tip is None and "tip" not in bare.style.get("medium", {})
    with pytest.raises(ImpastoError, match="flat strokes show no tip; choose another medium"):
        with_look(painting_of({}), {"tip": "comb.gbr"}, {}, tip)
    with pytest.raises(ImpastoError, match="the painting has no tip, and a name alone is none"):
        with_look(plain, {"tip": "comb.gbr"}, {})


def test_without_light_nothing_of_the_relief_is_seen():
    thin, thick = (
        painting_of({"medium": {"kind": "oil", "body": body}, "colour": {"palette": ["#000000", "#ffffff"]}})
        for body in (0.0, 3.0)
    )
    assert np.array_equal(thin.render(size=128, light=False), thick.render(size=128, light=False))
    assert not np.array_equal(thin.render(size=128), thick.render(size=128))


def test_a_tip_says_where_a_stroke_is_bare():
    """Half of it: on one side of the stroke one sees what is beneath, on the other the paint."""
    table = np.array([[0.1, 0.4, 0.5, 0.4, 0.9, 0.4, 0.2, 0.2, 1, 1, 0.9, 0, 0]], np.float32)
    plain = painting_of({"medium": {"kind": "oil"}})
    plain = replace(plain, strokes=Strokes.of(table, region=0, pass_index=0, first_id=0))
    tip = np.full((256, 128), 255, np.uint8)
    tip[:128] = 0
    shown = with_look(plain, {"tip": "half"}, {}, tip).render(size=128)[..., 1].astype(int)
    sides = sorted(float(np.median(shown[rows, 30:90])) for rows in (slice(34, 46), slice(56, 68)))
    assert sides[0] < 60 and sides[1] > 200
    assert np.median(plain.render(size=128)[34:68, 30:90, 1]) < 60


@pytest.mark.parametrize(
    "medium, light, says",
    [
        ({"kind": "oill"}, {}, "^the look: medium: there is no medium oill; there are .*oil"),
        ({}, {"relief": 1.6}, r"^the look: light.relief \(given: 1.6\): .*less than or equal to 1.5\.$"),
        ({}, {"ground": "glass"}, "light.ground .*'canvas', 'paper', 'tooth' or 'none'"),
        ({"hair": 1}, {}, "there is no setting medium.hair"),
        ({"body": "x" * 999}, {}, "medium.body"),
    ],
)
def test_a_look_that_cannot_be_is_refused_in_a_sentence(medium, light, says):
    with pytest.raises(ImpastoError, match=says) as error:
        with_look(painting_of({}), medium, light)
    assert len(str(error.value)) < 300
