"""OpenRaster files, read back with other people's tools."""

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from export_cases import CASES, together
from PIL import Image

from impasto.engine.errors import ImpastoError
from impasto.engine.export import check_result, write_result
from impasto.engine.export.layers import Stack, tree_of
from impasto.engine.export.writers.ora import write_ora


def image_in(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with Image.open(io.BytesIO(archive.read(name))) as image:
        assert (image.format, image.mode) == ("PNG", "RGBA")
        return np.array(image)


@pytest.mark.parametrize("name", CASES)
def test_all_there_is_in_it(handmade, tmp_path, name):
    painting = handmade(**CASES[name])
    stack = Stack(painting, 90)
    path = tmp_path / "p.ora"
    write_ora(path, stack)
    assert [found.name for found in tmp_path.iterdir()] == ["p.ora"]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        root = ElementTree.fromstring(archive.read("stack.xml"))
        assert (root.tag, root.get("w"), root.get("h")) == ("image", str(stack.width), "90")
        [tree] = root
        groups = [entry for entry in tree if entry.tag == "stack"]
        want = tree_of(stack)
        assert [group.get("name") for group in groups] == [name for name, _ in want if name is not None][::-1]
        entries = list(tree.iter("layer"))
        assert [entry.get("name") for entry in entries] == [title for _, own in want for _, title in own][::-1]
        planes = []
        for layer, entry in zip(stack.layers, entries[::-1], strict=True):
            plane = image_in(archive, entry.get("src", ""))
            assert (entry.get("x"), entry.get("y")) == (str(layer.left), str(layer.top))
            assert plane.shape[:2] == (layer.height, layer.width)
            assert entry.get("composite-op") == "svg:src-over"
            planes.append(plane)
        assert all(np.array_equal(a, b) for a, b in zip(planes, stack.planes(), strict=True))
        rendered = painting.render(90)
        assert np.array_equal(image_in(archive, "mergedimage.png"), rendered)
        thumbnail = np.asarray(Image.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png"))))
        assert thumbnail.shape[:2] == (90, stack.width)
    opaque = rendered[..., 3] == 255
    assert np.abs(together(stack, planes) - rendered)[opaque].max(initial=0) <= 1


def test_programs_know_it_by_its_first_bytes(handmade, tmp_path):
    write_ora(tmp_path / "p.ora", Stack(handmade()))
    assert (tmp_path / "p.ora").read_bytes()[30:54] == b"mimetypeimage/openraster"
    with zipfile.ZipFile(tmp_path / "p.ora") as archive:
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED


@pytest.mark.parametrize(("size", "thumbnail"), [((64, 1024), (16, 256)), ((700, 64), (256, 23)), ((1, 500), (1, 256))])
def test_thumbnails_are_small(handmade, tmp_path, size, thumbnail):
    write_ora(tmp_path / "p.ora", Stack(handmade(strokes=3), *size))
    with zipfile.ZipFile(tmp_path / "p.ora") as archive:
        picture = Image.open(io.BytesIO(archive.read("Thumbnails/thumbnail.png")))
        assert picture.size == thumbnail[::-1]


def test_equal_paintings_give_equal_bytes(handmade, tmp_path):
    for name, threads in (("a", 1), ("b", 2)):
        write_ora(tmp_path / name, Stack(handmade(regions=4, mask=True), threads=threads))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_file_is_lost(handmade, tmp_path):
    path = tmp_path / "p.ora"
    path.write_text("old")
    with pytest.raises(ImpastoError, match="already exists"):
        write_ora(path, Stack(handmade()))
    assert path.read_text() == "old"
    write_ora(path, Stack(handmade()), overwrite=True)
    assert zipfile.is_zipfile(path)
    with pytest.raises(ImpastoError, match="there is no folder"):
        write_ora(tmp_path / "none" / "p.ora", Stack(handmade()))


def test_a_result_is_what_its_extension_says(handmade, tmp_path):
    painting = handmade(regions=2)
    for name in ("p.ORA", "p.png"):
        check_result(tmp_path / name, size=(150, 100))
        write_result(painting, tmp_path / name, 100, 150, background=(0, 0, 0, 1))
    with zipfile.ZipFile(tmp_path / "p.ORA") as archive:
        merged = image_in(archive, "mergedimage.png")
    assert np.array_equal(merged[..., :3], np.asarray(Image.open(tmp_path / "p.png")))
    for name in ("p.xcf", "p"):
        with pytest.raises(ImpastoError, match=r"give it an extension of .*\.png.* \.ora "):
            check_result(tmp_path / name)
    with pytest.raises(ImpastoError, match="already exists"):
        check_result(tmp_path / "p.ORA")
    assert {path.name for path in Path(tmp_path).iterdir()} == {"p.ORA", "p.png"}
