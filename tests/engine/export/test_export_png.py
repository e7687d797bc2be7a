"""PNGs that are written row by row."""

import io

import numpy as np
import pytest
from PIL import Image

from impasto.engine.export.png import Gallery, PngStream, RowSpool


def pictures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:70, :50]
    return {
        "noise": rng.integers(0, 256, (200, 2000, 4), np.uint8),
        "smooth": np.stack([x * 5, y * 3, x + y, 255 - x], -1).astype(np.uint8),
        "nothing": np.zeros((33, 44, 4), np.uint8),
        "one pixel": np.full((1, 1, 4), 200, np.uint8),
        "one row": rng.integers(0, 256, (1, 3000, 4), np.uint8),
        "one column": rng.integers(0, 256, (3000, 1, 4), np.uint8),
    }


@pytest.mark.parametrize("name", pictures())
def test_others_read_what_is_written(name):
    pixels = pictures()[name]
    stream = PngStream(*pixels.shape[:2])
    data = stream.head + stream.rows(pixels) + stream.end()
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.mode) == ("PNG", "RGBA")
        assert np.array_equal(np.asarray(image), pixels)
    with Image.open(io.BytesIO(data)) as image:
        image.verify()  # every chunk's checksum


def test_the_bytes_do_not_depend_on_how_rows_come():
    pixels = pictures()["noise"]
    found = set()
    for step in (1, 7, 64, 200):
        stream = PngStream(*pixels.shape[:2])
        parts = [stream.rows(pixels[top : top + step]) for top in range(0, 200, step)]
        found.add(b"".join([stream.head, *parts, stream.rows(pixels[:0]), stream.end()]))
    assert len(found) == 1


def test_a_gallery_keeps_pictures_apart():
    pixels = [picture for picture in pictures().values() if len(picture) > 1] * 3
    with Gallery([picture.shape[:2] for picture in pixels], threads=3) as gallery:
        for top in range(0, 3000, 32):
            gallery.add((n, p[top : top + 32]) for n, p in enumerate(pixels) if top < len(p))
        gallery.end()
        for number, picture in enumerate(pixels):
            data = b"".join(gallery.read(number))
            assert gallery.size(number) == len(data)
            assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), picture)


def test_a_spool_gives_long_files_in_pieces():
    with RowSpool(2) as spool:
        spool.add(0, b"a" * 3_000_000)
        spool.add(1, b"b")
        spool.add(0, b"c")
        parts = list(spool.read(0))
        assert max(map(len, parts)) <= 1 << 20
        assert b"".join(parts) == b"a" * 3_000_000 + b"c"
        assert b"".join(spool.read(1)) == b"b"
