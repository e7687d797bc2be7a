import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from impasto.engine.pictures.io import Picture

sys.path.insert(0, str(Path(__file__).parent))  # for the modules that are no tests

from hubs import Hub
from photos import example


@pytest.fixture(scope="session", autouse=True)
def one_torch_thread() -> Iterator[None]:
    """Tiny networks are slower with more."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees what networks the developer has fetched, or a proxy."""
    monkeypatch.setenv("IMPASTO_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "models"


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny network of each kind."""
    import tiny

    folder = tmp_path_factory.mktemp("checkpoints")
    for name in tiny.BUILDERS:
        tiny.build(name, folder / name)
    return folder


@pytest.fixture(scope="session")
def blocks() -> Picture:
    """A small picture of four plain areas."""
    rgb = np.zeros((96, 128, 3), np.uint8)
    rgb[:, :64], rgb[:, 64:] = (200, 60, 40), (40, 90, 200)
    rgb[48:] //= 2
    rgb[20:50, 40:90] = (240, 240, 90)
    return Picture(rgb)


@pytest.fixture(scope="session")
def coffee() -> Picture:
    return example("coffee")


@pytest.fixture
def hub(empty_hub: Hub, checkpoints: Path) -> Hub:
    """Holds the tiny DETR."""
    empty_hub.files = {path.name: path.read_bytes() for path in (checkpoints / "detr").iterdir()}
    empty_hub.files["README.md"] = b"not wanted"
    empty_hub.files["pytorch_model.bin"] = b"not wanted"
    return empty_hub


@pytest.fixture
def empty_hub() -> Iterator[Hub]:
    """Holds nothing yet."""
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
