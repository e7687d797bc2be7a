"""A style of a picture: what it takes from it, what it keeps, and what no style can be made of."""

from dataclasses import replace

import numpy as np
import pytest
from quick_paintings import scene

from impasto.engine.errors import ImpastoError
from impasto.engine.painter.toning import toning
from impasto.engine.pictures.io import Picture, save_picture
from impasto.engine.pictures.oklab import to_oklab
from impasto.engine.raster import StrokeEdge, render
from impasto.engine.styles import changed_style, load_style, validate_style
from impasto.engine.styles.example import hand_of, plain_name, style_from
from impasto.engine.styles.own import toml_text
from impasto.engine.styles.palette import levels_of

SIDE = 256


def painted(radius: float, aspect: float, lively: float = 0.02, seed: int = 0) -> Picture:
    """A night of slanting strokes of one size, as a painter with such a hand would leave it."""
    rng = np.random.default_rng(seed)
    count = int(3 / (4 * radius**2 * aspect))
    x, y = rng.random((2, count))
    table = np.zeros((count, 13), np.float32)
    for column, way in ((0, -1), (2, 0), (4, 1)):
        table[:, column], table[:, column + 1] = x + way * radius * aspect * 0.8, y + way * radius * aspect * 0.6
    table[:, 6:8], table[:, 8:10] = radius, 1
    yellow = (np.hypot(x - 0.7, y - 0.3) < 0.25)[:, None]
    table[:, 10:] = np.where(yellow, [0.9, 0.75, 0.2], [0.1, 0.2, 0.55])
    table[:, 10:] += rng.normal(0, 0.07, (count, 1)) + rng.normal(0, lively, (count, 3))
    table = table.clip(-1, 2)
    canvas = render(table, SIDE, SIDE, background=(0.1, 0.2, 0.5, 1), edges=StrokeEdge(0.002, 0.1))
    return Picture(np.round(255 * canvas[..., :3].clip(0, 1)).astype(np.uint8))


FINE = painted(0.008, 6)


def test_it_is_data_that_can_be_kept() -> None:
    style = style_from(FINE, "a/Night, 1889?.jpg")
    assert style.name == "Night 1889 .jpg" == plain_name("a/Night, 1889?.jpg")
    assert validate_style(style.model_dump(mode="json"), "it") == style
    assert len(toml_text(style.model_dump(mode="json"))) < 8000
    assert style == style_from(FINE, "a/Night, 1889?.jpg")  # no chance in it


def test_the_hand_is_seen() -> None:
    fine, broad = (hand_of(each.rgb / 255) for each in (FINE, painted(0.02, 6)))
    assert 1.6 < broad.across / fine.across < 3.5
    assert hand_of(painted(0.008, 1.5).rgb / 255).along < 0.8 * fine.along
    assert fine.coherence > 0.6  # all one way
    assert hand_of(painted(0.008, 6, lively=0.1).rgb / 255).liveliness > 1.3 * fine.liveliness


def test_a_broader_hand_makes_a_style_of_fewer_broader_strokes() -> None:
    base = load_style("painterly")
    fine, broad = style_from(FINE, "fine", base=base), style_from(painted(0.02, 6), "broad", base=base)
    assert broad.strokes < fine.strokes
    assert all(b.radius > f.radius for b, f in zip(broad.passes, fine.passes, strict=True))
    assert broad.shape.smallest > fine.shape.smallest


def test_strength_goes_from_the_base_to_the_picture() -> None:
    base = load_style("expressionist")
    none, half, whole = (style_from(FINE, "night", strength=s, base=base) for s in (0, 0.5, 1))
    assert none == base.model_copy(update={"name": "night", "description": none.description})
    assert half.colour.like.strength == 0.5 and not none.colour.like.changes
    assert base.colour.saturation > half.colour.saturation > whole.colour.saturation == 1
    between = sorted((base.shape.aspect, whole.shape.aspect))
    assert between[0] < half.shape.aspect < between[1]
    assert half.medium == base.medium


def test_a_style_that_lets_the_paper_through_keeps_its_hand() -> None:
    base = load_style("watercolour")
    style = style_from(FINE, "night", base=base)
    assert (style.shape, style.passes, style.strokes) == (base.shape, base.passes, base.strokes)
    assert style.colour.like.changes


def test_plain_shapes_are_painted_in_gouache() -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    shapes = np.select([np.hypot(x - 80, y - 80) < 50, x > 170], [0, 1], 2)
    flat = np.array([[200, 60, 30], [30, 60, 120], [230, 220, 190]], np.uint8)[shapes]
    assert style_from(Picture(flat), "print").medium.kind == "gouache"
    assert style_from(FINE, "night").medium.kind == "oil"


def test_a_photo_gets_the_picture_s_colours_and_a_see_through_part_has_no_say() -> None:
    alpha = np.full((SIDE, SIDE), 255, np.uint8)
    alpha[:, :100] = 0
    rgb = FINE.rgb.copy()
    rgb[:, :100] = [0, 255, 0]
    like = style_from(Picture(rgb, alpha), "night").colour.like
    assert (to_oklab(levels_of(like.colours))[:, 1] > -0.1).all()  # no green
    photo = scene()
    found = toning(photo, style_from(FINE, "night").colour)
    ours, theirs = found(photo.rgb / np.float32(255)).mean((0, 1)), FINE.rgb.mean((0, 1)) / 255
    assert np.abs(ours - theirs).max() < 0.1 < np.abs(photo.rgb.mean((0, 1)) / 255 - theirs).max()
    clear = replace(photo, alpha=np.zeros(photo.rgb.shape[:2], np.uint8))  # nothing is painted, and nothing breaks
    assert np.isfinite(toning(clear, style_from(FINE, "night").colour)(rgb / np.float32(255))).all()


@pytest.mark.parametrize(
    ("picture", "problem"),
    [
        (Picture(np.full((64, 64, 3), 90, np.uint8)), "hardly more than one colour"),
        (Picture(np.zeros((1, 1, 3), np.uint8)), "1×1 pixels shows no style"),
        (Picture(FINE.rgb, np.zeros((SIDE, SIDE), np.uint8)), "see-through everywhere"),
    ],
    ids=["plain", "small", "clear"],
)
def test_what_shows_no_style(picture: Picture, problem: str) -> None:
    with pytest.raises(ImpastoError, match=problem):
        style_from(picture, "this")


def test_lines_have_no_picture_s_colours() -> None:
    with pytest.raises(ImpastoError, match="pen draws lines"):
        style_from(FINE, "night", base=load_style("pen"))


def test_a_picture_in_place_of_a_style_s_name(tmp_path) -> None:
    path = tmp_path / "Night.PNG"
    save_picture(path, FINE.rgb)
    style = load_style(str(path), ["strokes=77"])
    assert style == changed_style(style_from(FINE, "Night"), ["strokes=77"])
    like = load_style(str(path), ["colour.like.strength=0.25"]).colour.like
    assert like.strength == 0.25
    for name, problem in (("no.png", "no.png"), ("text.jpg", "is not a picture")):
        (tmp_path / "text.jpg").write_text("a night, please")
        with pytest.raises(ImpastoError, match=problem):
            load_style(str(tmp_path / name))


@pytest.mark.parametrize("colours", [["#000000", "black"], ["#000000"] * 513], ids=len)
def test_colours_that_are_none_are_refused(colours: list[str]) -> None:
    values = load_style("painterly").model_dump(mode="json")
    values["colour"]["like"] = {"colours": colours}
    with pytest.raises(ImpastoError, match=r"colour\.like\.colours"):
        validate_style(values, "it")
