"""EfficientNet-Lite0 without torch: the same network, and its weights as they are kept."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from photos import example

from impasto.engine.segment.colours import seen
from impasto.engine.segment.networks import kept_lite0
from impasto.engine.segment.networks.kept_lite0 import load_plain_lite0
from impasto.engine.segment.networks.lite0_package import weights_file
from impasto.engine.segment.networks.plain_lite0 import PlainLite0, folded
from impasto.engine.segment.things import find_things

ROOT = Path(__file__).resolve().parents[3]
SIDE, LONGEST = 256, 128  # pixels, of the picture that is looked at and of its maps
LOOK = f"""
import hashlib, json, sys
import numpy as np
from impasto.engine.painter.interest import interest
from impasto.engine.pictures.io import load_picture
from impasto.engine.segment.colours import seen
from impasto.engine.segment.networks.kept_lite0 import load_plain_lite0
from impasto.engine.segment.things import find_things
rgb = seen(load_picture("examples/chelsea.jpg"), {SIDE})
maps = find_things(load_plain_lite0(), rgb, {LONGEST})
found = interest(rgb)
print(json.dumps([hashlib.sha256(np.stack(maps).tobytes()).hexdigest(), float(found.max()), "torch" in sys.modules]))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where weights are kept, with nothing there; nothing is remembered, before and after."""
    load_plain_lite0.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(kept_lite0, "cache_folder", lambda: tmp_path / "kernels")
        yield tmp_path
    load_plain_lite0.cache_clear()


@pytest.fixture
def read_by_torch(monkeypatch):
    """Files that torch has read the weights from."""
    from impasto.engine.segment.networks import lite0

    paths, read = [], lite0.read_lite0
    monkeypatch.setattr(lite0, "read_lite0", lambda path: paths.append(path) or read(path))
    return paths


def look_elsewhere(**environment: str) -> list:
    """What another process finds: the checksum of both maps, the most interest, and whether it has torch."""
    command, known = [sys.executable, "-c", LOOK], {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, cwd=ROOT, env=known, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("size", [(192, 256), (75, 101)])
def test_it_sees_what_torch_sees(size):
    """Also at sizes that want other pixels padded than multiples of 32 do."""
    import torch

    from impasto.engine.segment.networks.lite0 import load_lite0

    rgb = seen(example("chelsea"), 300)[: size[0], : size[1]]
    with torch.inference_mode():
        network = load_lite0()
        last = network.features(torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None])[-1]
        chance = network.everywhere(last).softmax(1)[0].permute(1, 2, 0).numpy()
    plain = load_plain_lite0()
    maps = plain.last(rgb)
    np.testing.assert_allclose(maps, last[0].permute(1, 2, 0).numpy(), atol=2e-3)
    scores = plain.everywhere(maps)
    found = np.exp(scores - scores.max(2, keepdims=True))
    assert found.shape == chance.shape == (-(-size[0] // 32), -(-size[1] // 32), 1000)
    assert np.abs(found / found.sum(2, keepdims=True) - chance).max() < 1e-3


def test_weights_are_read_by_torch_once_and_the_same_ones_after_damage(folder, read_by_torch):
    first = load_plain_lite0()._weights
    (kept,) = folder.iterdir()
    content = kept.read_bytes()
    assert len(read_by_torch) == 1 and kept.name.startswith("lite0-") and kept.suffix == ".npz"
    load_plain_lite0.cache_clear()
    again = load_plain_lite0()._weights
    assert len(read_by_torch) == 1 and list(again) == list(first)
    assert all(np.array_equal(again[name], values) for name, values in first.items())
    with np.load(kept) as arrays:
        others = {**arrays, "classes.bias": arrays["classes.bias"] + 1}
        fewer = {name: values for name, values in arrays.items() if name != "head"}
        endless = {name: values * (np.inf if name == "head" else 1) for name, values in first.items()}
    damages = [lambda: kept.write_bytes(content[: len(content) // 2]), lambda: kept.write_bytes(b"")]
    damages += [
        lambda: np.savez(kept, **others),
        lambda: np.savez(kept, **fewer),
        lambda: kept_lite0._keep(kept, endless),
    ]
    for count, damage in enumerate(damages, 2):
        damage()
        load_plain_lite0.cache_clear()
        again = load_plain_lite0()._weights
        assert len(read_by_torch) == count and kept.read_bytes() == content
        assert all(np.array_equal(again[name], values) for name, values in first.items())


def test_where_weights_cannot_be_kept_torch_reads_them(folder, read_by_torch, monkeypatch):
    (folder / "file").write_text("no folder")
    for place in (None, folder / "file" / "kernels"):
        load_plain_lite0.cache_clear()
        monkeypatch.setattr(kept_lite0, "cache_folder", lambda place=place: place)
        assert load_plain_lite0().last(np.zeros((32, 32, 3), np.float32)).shape == (1, 1, 320)
    assert len(read_by_torch) == 2 and [path.name for path in folder.iterdir()] == ["file"]


def test_looking_takes_no_torch_once_weights_are_kept():
    """And finds the same, to the bit, with another number of threads and whoever read the weights."""
    from impasto.engine.segment.networks.lite0 import read_lite0

    load_plain_lite0()
    state = read_lite0(weights_file()).state_dict()
    network = PlainLite0(folded({name: values.numpy() for name, values in state.items()}))
    maps = np.stack(find_things(network, seen(example("chelsea"), SIDE), LONGEST))
    digest, most, torch = look_elsewhere(OPENBLAS_NUM_THREADS="1")
    assert digest == hashlib.sha256(maps.tobytes()).hexdigest()
    assert most > 0.5 and not torch
