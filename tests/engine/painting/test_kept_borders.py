"""Borders in .impasto files: kept beside the masks, which older programs go on by, and believed only if they fit."""

import io
import zipfile

import numpy as np
import pytest

from impasto.engine.errors import ImpastoError
from impasto.engine.painting.archive import pack_arrays
from impasto.engine.painting.painting import Painting
from impasto.engine.painting.region_masks import NO_LABEL, RegionInfo, RegionMasks
from impasto.engine.painting.strokes import Strokes

INFOS = tuple(RegionInfo(name=name, softness=0.01, edge=0.1) for name in ("left", "right"))
NEW = RegionInfo(name="new", softness=0.01, edge=0.1)


def painting_of(regions: RegionMasks) -> Painting:
    strokes = Strokes.of(np.random.default_rng(5).random((6, 13), np.float32), region=[0, 0, 0, 1, 1, 1])
    return Painting(
        strokes=strokes, width=640, height=480, style={}, seed=7, background=(1.0, 0.5, 0.25, 1.0), softness=0.01,
        edge=0.5, regions=regions,
    )  # fmt: skip


def regions_of() -> RegionMasks:
    right = np.zeros((48, 64), np.uint8)
    right[:, 30:] = 255
    labels = np.full((96, 128), NO_LABEL, np.uint8)
    labels[:, :61], labels[:90, 61:] = 0, 1
    return RegionMasks(np.stack([255 - right, right]), INFOS, labels)


def repainted() -> RegionMasks:
    mask = np.zeros((48, 64), np.uint8)
    mask[10:30, 20:40], mask[30:35, 20:40] = 255, 99
    return regions_of().with_repaint(mask, NEW)


@pytest.mark.parametrize("regions", [regions_of(), repainted()], ids=["labels", "layers"])
def test_borders_come_back(tmp_path, regions):
    painting = painting_of(regions)
    painting.save(tmp_path / "a.impasto")
    again = Painting.load(tmp_path / "a.impasto")
    again.save(tmp_path / "b.impasto")
    assert (tmp_path / "a.impasto").read_bytes() == (tmp_path / "b.impasto").read_bytes()
    assert np.array_equal(again.render(size=300), painting.render(size=300))
    older = Painting.load(rewritten(tmp_path, painting, None))  # without: what an older program sees
    assert older.regions is not None and older.regions.labels is None and older.regions.layers is None
    assert np.array_equal(older.regions.masks, regions.masks)
    assert np.array_equal(older.render(48, 64), painting.render(48, 64))
    assert not np.array_equal(older.render(size=300), painting.render(size=300))
    with zipfile.ZipFile(tmp_path / "a.impasto") as archive:
        assert b'"version":2' in archive.read("recipe.json")


def rewritten(folder, painting, borders):
    """The file of a painting with other bytes for its borders, or none."""
    painting.save(folder / "whole.impasto", overwrite=True)
    with zipfile.ZipFile(folder / "whole.impasto") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    del members["borders.npz"]
    members |= {} if borders is None else {"borders.npz": borders}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    path = folder / "other.impasto"
    path.write_bytes(buffer.getvalue())
    return path


LAYERS = repainted().layers
assert LAYERS is not None
ONE = np.ones(1, np.uint8)


@pytest.mark.parametrize(
    ("borders", "reason"),
    [
        (b"no zip", "its end is missing"),
        ({"labels": np.zeros((96, 128), np.float32)}, "not a uint8"),
        ({"labels": np.zeros((96, 128, 2), np.uint8)}, "not a uint8"),
        ({"labels": np.zeros((0, 0), np.uint8)}, "0 x 0 pixels"),
        ({"labels": np.zeros((48, 64), np.uint8)}, "64 x 48 pixels"),
        ({"labels": np.zeros((49, 4097), np.uint8)}, "4097 x 49 pixels"),
        ({"labels": np.full((96, 128), 2, np.uint8), "layers": LAYERS, "fronts": ONE}, "a region that is not there"),
        ({"layers": LAYERS}, "0 cannot be repaints"),
        ({"layers": LAYERS, "fronts": ONE * 2}, "do not make up its masks"),
        ({"layers": LAYERS, "fronts": ONE * 3}, "3 cannot be repaints"),
        ({"layers": LAYERS, "fronts": np.array(1, np.uint8)}, "how many"),
        ({"layers": LAYERS, "fronts": np.ones(1)}, "how many"),
        ({"layers": 255 - LAYERS, "fronts": ONE}, "do not make up its masks"),
        ({"layers": LAYERS[:, :9], "fronts": ONE}, "not a uint8 array of their size"),
        ({"fronts": ONE}, "not a uint8 array of their size"),
    ],
)
def test_hostile_borders_are_refused(tmp_path, borders, reason):
    data = borders if isinstance(borders, bytes) else pack_arrays(borders)
    with pytest.raises(ImpastoError, match=f"is damaged .*{reason}.*; restore it"):
        Painting.load(rewritten(tmp_path, painting_of(repainted()), data))
