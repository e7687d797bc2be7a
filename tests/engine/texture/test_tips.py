"""Tips of the user's: read from what GIMP and Krita write, made into strokes; all else refused in a sentence."""

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from impasto.engine.errors import ImpastoError
from impasto.engine.texture.tips import load_tip

Y, X = np.mgrid[:40, :40]
ROUND = np.where(2 * (X - 19.5) ** 2 + (Y - 19.5) ** 2 < 350, 255, 0).astype(np.uint8)
COMB = (ROUND // 255 * np.where(Y % 8 < 3, 255, 0)).astype(np.uint8)  # hairs side by side


def gbr(paint, version=2, depth=1, size=None, magic=b"GIMP"):
    size = paint.shape[:2] if size is None else size
    name = b"a tip\0"
    middle = magic + struct.pack(">I", 25) if version > 1 else b""
    head = struct.pack(">5I", 20 + len(middle) + len(name), version, size[1], size[0], depth)
    return head + middle + name + bytes(paint)


def rgba(paint):
    return np.dstack([np.full_like(paint, 90)] * 3 + [paint])


def png(pixels, *texts):
    packed, info = io.BytesIO(), PngImagePlugin.PngInfo()
    for key, text in texts:
        info.add_text(key, text, zip=True)
    Image.fromarray(pixels).save(packed, "PNG", pnginfo=info)
    return packed.getvalue()


def preset(resources="", named="comb.gbr"):
    """A preset as Krita 5 writes it; the picture it is in is not its tip."""
    text = (
        f'<Preset paintopid="paintbrush" name="p" embedded_resources="1">{resources}'
        '<param type="string" name="brush_definition"><![CDATA[<!DOCTYPE x><Brush type="gbr_brush"/>]]></param>'
        "<param name='hSensor'><![CDATA[<params><curve><![CDATA[0,0;]]></curve></params>]]></param>"
        f'<param type="string" name="requiredBrushFile"><![CDATA[{named}]]></param></Preset>'
    )
    return png(np.zeros((20, 60, 3), np.uint8), ("version", "2.2"), ("preset", text))


def resource(data, name="comb.gbr", kind="brushes"):
    inner = base64.b64encode(data).decode()
    one = f'<resource type="{kind}" md5sum="" name="n" filename="{name}"><![CDATA[{inner}]]></resource>'
    return f"<resources>{one}</resources>"


@pytest.fixture
def read(tmp_path):
    """Reads bytes as a tip's file, whose name does not matter."""

    def read(data):
        (tmp_path / "tip").write_bytes(data)
        return load_tip(tmp_path / "tip")

    return read


def hairs(strip):
    """How many stripes of paint there are across the middle of a stroke."""
    middle = strip[:, 64] > 100
    return int((middle[1:] & ~middle[:-1]).sum() + middle[0])


@pytest.mark.parametrize(
    "data",
    [
        gbr(COMB),
        gbr(COMB, version=1),
        gbr(rgba(COMB), version=3, depth=4),
        gbr((COMB / 255).astype(">f4").view(">u2")[:, ::2].copy(), version=3, depth=18, size=COMB.shape),
        b"hose\n2 ncells:2\n" + gbr(COMB) + gbr(ROUND),
        png(255 - COMB),
        png(rgba(COMB)),
        png(np.dstack([255 - COMB] * 3)),
        png((255 - COMB).astype(np.uint16) * 257),
        preset(resource(gbr(COMB))),
        preset(resource(png(255 - COMB))),
        preset(resource(gbr(ROUND), "other.gbr") + resource(gbr(COMB))),
        preset(resource(gbr(ROUND), kind="patterns") + resource(gbr(COMB)), named=""),
    ],
)
def test_a_tip_is_dragged_into_a_stroke_whatever_file_it_comes_in(read, data):
    strip = read(data)
    assert strip.dtype == np.uint8 and strip.shape == (256, 128) and strip.max() > 250
    assert hairs(strip) == 5  # each hair has left its mark,
    inner = strip[:, 20:-20].astype(float)
    assert inner.std(0).mean() > 4 * inner.std(1).mean()  # along the whole stroke
    assert np.abs(strip.astype(int) - read(gbr(COMB))).max() < 6


def test_a_tip_fills_the_width_with_its_longer_side_across(read):
    small = np.zeros((300, 300), np.uint8)
    small[100:140, 200:216] = 255
    for paint in (small, small.T):
        strip = read(gbr(np.ascontiguousarray(paint)))
        assert (strip[20:-20, 64] > 200).all()


def test_the_picture_of_a_stroke_is_taken_as_it_is_and_a_rake_is_not(read):
    stroke = np.where(np.mgrid[:60, :200][0] % 20 < 10, 0, 255).astype(np.uint8)
    stroke[:, :50] = 255
    strip = read(png(stroke))
    assert hairs(strip) == 3
    assert hairs(read(png(np.rot90(stroke).copy()))) == 3
    rake = np.where(np.mgrid[:40, :200][1] % 40 < 20, 0, 255).astype(np.uint8)
    assert hairs(read(png(rake))) == 5  # hairs side by side, drawn along


def test_what_a_picture_says_of_itself_is_no_reason_to_refuse_it(read):
    """More than a megabyte of text, as programs leave it of how a picture was made."""
    said = png(rgba(COMB), ("workflow", "1, " * 500_000))
    assert np.array_equal(read(said), read(png(rgba(COMB))))


def test_the_same_tip_makes_the_same_stroke(read):
    assert np.array_equal(read(gbr(COMB)), read(gbr(COMB)))


def bomb(size):
    """A preset that unpacks to `size` bytes, in a PNG."""
    body = b"preset\0\0" + zlib.compress(b" " * size, 9)
    chunk = struct.pack(">I4s", len(body), b"zTXt") + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    whole = png(ROUND)
    return whole[:33] + chunk + whole[33:]


def huge():
    whole = bytearray(png(ROUND))
    whole[16:24] = struct.pack(">II", 100_000, 100_000)
    whole[29:33] = struct.pack(">I", zlib.crc32(whole[12:29]))
    return bytes(whole)


@pytest.mark.parametrize(
    "data, says",
    [
        (b"x", "neither a .gbr, a .png nor a .kpp"),
        (b"not a tip at all, but a text\n" * 9, "neither a .gbr, a .png nor a .kpp"),
        (gbr(COMB)[:900], "it is cut short"),
        (gbr(COMB, magic=b"PIMG"), "neither a .gbr"),
        (gbr(COMB, version=4), "neither a .gbr"),
        (gbr(COMB, depth=3), "it has 3 bytes a pixel"),
        (gbr(COMB, size=(100_000, 100_000)), "it is 100000×100000 pixels, and a side has 3 to 4096"),
        (gbr(COMB, size=(1, 1)), "it is 1×1 pixels"),
        (gbr(COMB * 0), "it is empty"),
        (png(np.full((40, 40), 255, np.uint8)), "it is empty"),
        (png(ROUND)[:80], "is damaged or no tip"),
        (huge(), "it is 100000×100000 pixels"),
        (b"\x89PNG\r\n\x1a\n", "it is 0×0 pixels"),
        (bomb(40 << 20), "its preset is larger than 32 MB"),
        (bomb(1000), "its preset is damaged"),
        (preset(), "the preset only names its tip, comb.gbr; give that file instead"),
        (preset(named=""), "the preset has no tip, as Krita computes it"),
        (preset(resource(b"<svg/>", "leaf.svg"), "leaf.svg"), "tip, leaf.svg, is neither a .gbr nor a .png"),
        (preset(resource(b"")), "cannot be used as a tip"),
        (preset(resource(gbr(COMB)).replace("CDATA[", "CDATA[%")), "the tip in the preset is damaged"),
        (preset(resource(huge())), "it is 100000×100000 pixels"),
        (png(ROUND, ("preset", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')), "declares a document type"),
        (b"GIMP" * (5 << 20), "is over 16 MB"),
        (b"", "is empty"),
    ],
)
def test_what_is_no_tip_is_refused_in_a_sentence(read, data, says):
    with pytest.raises(ImpastoError, match=says) as error:
        read(data)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_tip_that_is_not_there(tmp_path):
    with pytest.raises(ImpastoError, match="there is no file"):
        load_tip(tmp_path / "no.gbr")
