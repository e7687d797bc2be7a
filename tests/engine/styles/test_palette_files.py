"""Palettes: files of GIMP and Krita read, all others refused in a sentence; the nearest colour; in a style."""

import io
from zipfile import ZIP_BZIP2, ZipFile

import numpy as np
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.pictures.io import Picture
from impasto.engine.styles import load_style, validate_style
from impasto.engine.styles.palette import nearest, of_picture, read_palette

GPL = """GIMP Palette\r
Name: Zorn
Columns: 2
# a remark
242 232 213\tlead white
201 162 39
  0   0   0 black
201 162 39 once more
"""
KPL = """<?xml version="1.0" encoding="UTF-8"?>
<ColorSet version="2.0" name="Zorn" comment="" columns="4" rows="2">
 <ColorSetEntry spot="false" id="0" bitdepth="U8" name="red">
  <RGB space="sRGB-elle-V2-srgbtrc.icc" r="0.639215686" g="0.164705882" b="0.1647"/><Position row="0" column="0"/>
 </ColorSetEntry>
 <Group name="more" rows="1">
  <ColorSetEntry id="1" bitdepth="F32" name="half the light">
   <Position row="0" column="0"/><RGB space="sRGB-elle-V2-g10.icc" r="0.2158605" g="7.5" b="-1"/>
  </ColorSetEntry>
  <ColorSetEntry id="2" bitdepth="U16"><Gray space="Gray-D50-elle-V2-srgbtrc.icc" g="0.2"/></ColorSetEntry>
  <ColorSetEntry id="3"><sRGB r="1" g="0.2" b="0"/></ColorSetEntry>
  <ColorSetEntry id="4"><CMYK space="Chemical proof" c="0" m="0" y="0" k="0"/></ColorSetEntry>
  <ColorSetEntry id="5"><RGB space="ClayRGB-elle-V2-srgbtrc.icc" r="0" g="0" b="0"/></ColorSetEntry>
 </Group>
</ColorSet>"""
BOMB = '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><ColorSet>&d;</ColorSet>'


def kpl(text, name="colorset.xml", **options):
    packed = io.BytesIO()
    with ZipFile(packed, "w", **options) as archive:
        archive.writestr("mimetype", "krita/x-colorset")
        archive.writestr(name, text)
    return packed.getvalue()


@pytest.fixture
def read(tmp_path):
    """Reads bytes as a palette file of that name."""

    def read(name, data):
        (tmp_path / name).write_bytes(data)
        return read_palette(tmp_path / name)

    return read


def test_gimps_palettes_are_read_each_colour_once(read):
    assert read("zorn.GPL", b"\xef\xbb\xbf" + GPL.encode()) == (("#f2e8d5", "#c9a227", "#000000"), [])


def test_kritas_palettes_are_read_and_what_is_not_srgb_is_told(read):
    colours, warnings = read("zorn.kpl", kpl(KPL))
    assert colours == ("#a32a2a", "#80ff00", "#333333", "#ff3300")
    (warning,) = warnings
    assert warning.startswith("2 of the colours in ") and warning.endswith("zorn.kpl are not in sRGB and were left out")


@pytest.mark.parametrize(
    "name, data, says",
    [
        ("a.png", b"", "is no palette; give a .gpl"),
        ("a.gpl", b"", "does not begin with `GIMP Palette`"),
        ("a.gpl", GPL.encode() + b"1 2\n", "line 9 is no colour"),
        ("a.gpl", GPL.encode() + b"1 2 256 x\n", "line 9 is no colour"),
        ("a.gpl", b"GIMP Palette\n1 2 3\n1 2 3\n", "has 1 colours, and a palette 2 to 256$"),
        (
            "a.gpl",
            "\n".join(["GIMP Palette", *(f"{k % 256} {k // 256} 0" for k in range(257))]).encode(),
            "257 colours",
        ),
        ("a.gpl", b"GIMP Palette\n" + b"#" * (4 << 20), "is over 4 MB"),
        ("a.kpl", b"PK\3\4 not really", "it cannot be unpacked"),
        ("a.kpl", kpl(KPL, "palette.xml"), "it holds no colorset.xml"),
        ("a.kpl", kpl(KPL, compression=ZIP_BZIP2), "it holds no colorset.xml"),
        ("a.kpl", kpl("<" * 5_000_000, compression=8), "its colorset.xml is too large"),
        ("a.kpl", kpl(BOMB), "declares a document type"),
        ("a.kpl", kpl(BOMB.encode("utf-16")), "declares a document type"),
        ("a.kpl", kpl("<ColorSet>"), "is no XML"),
        ("a.kpl", kpl('<C><ColorSetEntry><RGB r="x" g="0" b="0"/></ColorSetEntry></C>'), "lacks a number"),
        ("a.kpl", kpl('<C><ColorSetEntry><RGB r="nan" g="0" b="0"/></ColorSetEntry></C>'), "out of range"),
        ("a.kpl", kpl("<C><ColorSetEntry><Lab/></ColorSetEntry></C>"), "0 colours.*; 1 in other colour models"),
    ],
)
def test_what_is_no_palette_is_refused_in_a_sentence(read, name, data, says):
    with pytest.raises(ImpastoError, match=says) as error:
        read(name, data)
    assert "\n" not in str(error.value)


def test_a_palette_that_is_not_there(tmp_path):
    for name in ("no.gpl", "folder.gpl"):
        (tmp_path / "folder.gpl").mkdir(exist_ok=True)
        with pytest.raises(ImpastoError, match="there is no palette"):
            read_palette(tmp_path / name)


def test_the_nearest_colour_is_the_one_that_looks_most_alike():
    palette = ("#FF0000", "#00ff00", "#0000ff", "#808080", "#000000")
    found = nearest(np.array([[0.9, 0.2, 0.1], [0.0, 0.0, 0.8], [0.45, 0.52, 0.5], [0.05, 0, 0.02]]), palette)
    assert found.dtype == np.float32
    assert np.array_equal(found * 255, [[255, 0, 0], [0, 0, 255], [128, 128, 128], [0, 0, 0]])
    # in numbers it is nearer to black
    assert np.array_equal(nearest(np.full((1, 3), 0.2), ("#000000", "#808080")) * 255, [[128, 128, 128]])


def test_a_style_has_a_palette_or_is_written_as_ever():
    style = load_style("painterly", ['colour.palette=["#f2e8d5", "#C9A227"]'])
    assert style.colour.palette == ("#f2e8d5", "#C9A227")
    values = style.model_dump(mode="json")
    assert values["colour"]["palette"] == ["#f2e8d5", "#C9A227"] and validate_style(values, "it") == style
    assert "palette" not in load_style("painterly").model_dump(mode="json")["colour"]


@pytest.mark.parametrize("palette, says", [(["#000000"], "at least 2"), (["#000000", "red"], "colour.palette.2")])
def test_what_cannot_be_a_styles_palette(palette, says):
    with pytest.raises(ImpastoError, match=says):
        load_style("painterly", [f"colour.palette={palette}"])


def patches(alpha=None):
    """Five colours with a little noise, the last of them few pixels; as a picture of 120 × 120."""
    rng = np.random.default_rng(1)
    rgb = np.repeat(np.repeat(FIVE[[[0, 1], [2, 3]]], 60, 0), 60, 1)
    rgb[50:70, 50:70] = FIVE[4]
    return Picture((rgb + rng.integers(-3, 4, rgb.shape)).astype(np.uint8), alpha)


FIVE = np.array([[20, 30, 40], [200, 40, 30], [40, 90, 200], [230, 220, 210], [90, 190, 60]])


def values(palette):
    return np.array([list(bytes.fromhex(colour[1:])) for colour in palette])


def test_the_colours_of_a_picture_are_its_groups_means_from_dark_to_light():
    found = values(of_picture(patches(), 5))
    assert len(found) == 5 and np.abs(found[:, None] - FIVE).max(2).min(0).max() <= 2
    assert found[0].sum() == found.sum(1).min() and found[-1].sum() == found.sum(1).max()
    assert of_picture(patches(), 5) == of_picture(patches(), 5, seed=0)
    assert len(of_picture(patches(), 64)) == 64


def test_what_is_transparent_has_no_colour():
    alpha = np.full((120, 120), 255, np.uint8)
    alpha[:60] = 0
    assert np.abs(values(of_picture(patches(alpha), 3))[:, None] - FIVE[[2, 3, 4]]).max(2).min(0).max() <= 2


def test_a_picture_of_few_colours_gives_those_it_has():
    rgb = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(ImpastoError, match="has one colour only"):
        of_picture(Picture(rgb), 4)
    rgb[1:, :] = (255, 0, 7)
    assert of_picture(Picture(rgb), 4) == ("#000000", "#ff0007")
    for count in (1, 257):
        with pytest.raises(ImpastoError, match="choose 2 to 256"):
            of_picture(Picture(rgb), count)
    with pytest.raises(ImpastoError, match="has one colour only"):
        of_picture(Picture(rgb, np.zeros((4, 4), np.uint8)), 4)
