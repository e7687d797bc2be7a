"""What was found in a picture is kept for whoever paints it next, and believed if it is as it was kept."""

import os
from pathlib import Path

import numpy as np
import pytest

from impasto.engine.painter import interest as module
from impasto.engine.painter import kept_interest
from impasto.engine.painter.interest import layers_of
from impasto.engine.pictures.io import Picture

LAYERS = np.random.default_rng(0).integers(0, 256, (3, 20, 30)).astype(np.uint8)
PICTURE = Picture(np.random.default_rng(1).integers(0, 256, (20, 30, 3)).astype(np.uint8))
KEY = b"a picture"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where maps are kept, empty so far."""
    monkeypatch.setattr(kept_interest, "cache_folder", lambda: tmp_path / "kernels")
    module._known.clear()
    yield tmp_path / "interest"
    module._known.clear()


@pytest.fixture
def looks(monkeypatch):
    """Each look at a picture, which finds `LAYERS`; of the last of `whole` it is told whether all was looked for."""
    found, whole = [], [True]

    def look(picture: Picture, size: tuple[int, int]):
        found.append(size)
        return LAYERS / np.float32(255), whole[0]

    monkeypatch.setattr(module, "_found", look)
    return found, whole


def place_of(key: bytes) -> Path:
    """Where a picture's map is kept."""
    place = kept_interest._place(key)
    assert place is not None
    return place


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_picture_is_looked_at_once_ever(folder, looks):
    for _ in range(3):
        module._known.clear()  # as in another process
        assert np.array_equal(layers_of(PICTURE), LAYERS / np.float32(255))
    assert len(looks[0]) == 1
    layers_of(Picture(255 - PICTURE.rgb))
    half_clear = np.full((20, 30), 128, np.uint8)
    layers_of(Picture(PICTURE.rgb, half_clear))
    assert len(looks[0]) == 3, "another picture, or the same one in part"


def test_what_was_not_wholly_looked_for_is_looked_for_again(folder, looks):
    looks[1][0] = False
    for _ in range(2):
        module._known.clear()
        layers_of(PICTURE)
    assert len(looks[0]) == 2 and not folder.exists()


@pytest.mark.parametrize("damage", ["flipped", "short", "long", "empty", "another's", "gone"])
def test_a_damaged_map_is_not_believed(folder, damage):
    kept_interest.keep(KEY, LAYERS)
    path = only_file(folder)
    data = path.read_bytes()
    found = kept_interest.recall(KEY, (20, 30))
    assert found is not None and np.array_equal(found, LAYERS)
    if damage == "flipped":
        path.write_bytes(data[:-9] + bytes([data[-9] ^ 4]) + data[-8:])
    elif damage == "short":
        path.write_bytes(data[:-1])
    elif damage == "long":
        path.write_bytes(data + b"0")
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "gone":
        path.unlink()
    else:
        path.rename(place_of(b"another"))
        assert kept_interest.recall(b"another", (20, 30)) is None
    assert kept_interest.recall(KEY, (20, 30)) is None


def test_a_map_of_another_size_is_none(folder):
    kept_interest.keep(KEY, LAYERS)
    assert kept_interest.recall(KEY, (30, 20)) is None


def test_the_ones_not_asked_for_longest_make_way(folder, monkeypatch):
    monkeypatch.setattr(kept_interest, "MOST_KEPT", 2)
    for age, key in enumerate((b"one", b"two", b"three")):
        kept_interest.keep(key, LAYERS)
        if age < 2:
            os.utime(place_of(key), (1000 + age, 1000 + age))
            if age:
                assert kept_interest.recall(b"one", (20, 30)) is not None  # now it is the youngest
    kept = [key for key in (b"one", b"two", b"three") if kept_interest.recall(key, (20, 30)) is not None]
    assert kept == [b"one", b"three"]
    later = place_of(b"one").stat().st_mtime + 3600
    for key in kept:
        os.utime(place_of(key), (later, later))  # before the clock was set back
    kept_interest.keep(b"four", LAYERS)
    assert kept_interest.recall(b"four", (20, 30)) is not None
    assert len(list(place_of(b"four").parent.iterdir())) == 2


def test_where_nothing_can_be_kept_all_goes_on(tmp_path, looks, monkeypatch):
    (tmp_path / "file").write_text("")
    for place in (None, tmp_path / "file" / "kernels"):
        monkeypatch.setattr(kept_interest, "cache_folder", lambda place=place: place)
        module._known.clear()
        assert np.array_equal(layers_of(PICTURE), LAYERS / np.float32(255))
    module._known.clear()
    assert len(looks[0]) == 2
